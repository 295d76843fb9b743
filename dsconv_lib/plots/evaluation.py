"""Figures of chapter 06, second half: what a trained network gets wrong, and how sure it is."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    MAGNITUDE,
    NEUTRAL,
    draw_pixels,
    figure,
)


@figure(width=6.4, height=5.8)
def plot_confusion(
    counts: Tensor, recall: Sequence[float], precision: Sequence[float], *, ax
) -> None:
    """Draw a confusion matrix with recall at the end of each row, precision under each column.

    The diagonal, where the reading was right, is left uncoloured, so that the mistakes are seen.

    Shape:
        counts              (classes, classes), true class by row, answer by column
        recall, precision   one number [0 to 1] per class

    Taught in: 06_training.
    """
    mistakes = counts.clone().fill_diagonal_(0)
    shown = np.ma.masked_equal(np.asarray(mistakes), 0)
    ax.imshow(shown, cmap=MAGNITUDE + "_r", vmin=0, vmax=max(4, int(mistakes.max())))
    classes = len(counts)
    for row, column in counts.nonzero().tolist():
        dark = row != column and mistakes[row, column] > 0.6 * max(4, int(mistakes.max()))
        ink = NEUTRAL if row == column else "white" if dark else "black"
        ax.text(column, row, int(counts[row, column]), ha="center", va="center", color=ink)
    for k in range(classes):
        ax.text(classes + 0.25, k, _percent(recall[k]), ha="center", va="center", fontsize=11)
        ax.text(k, classes - 0.05, _percent(precision[k]), ha="center", va="center", fontsize=11)
    ax.text(classes + 0.25, -0.85, "recall %", ha="center", fontsize=11, color=DEPTHWISE)
    ax.text(-0.7, classes - 0.05, "precision %", ha="right", va="center", color=DEPTHWISE)
    ax.set_xticks(range(classes))
    ax.set_yticks(range(classes))
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set(xlabel="read as", ylabel="is a", xlim=(-0.5, classes + 0.9), ylim=(classes + 0.4, -0.5))
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


@figure(height=6.0, rows=4, columns=5)
def plot_mistakes(
    images: Tensor, labels: Tensor, answers: Tensor, confidences: Tensor, *, ax
) -> None:
    """Draw misread digits, each with its label, the answer, and how sure the network was.

    Shape:
        images                         (N, 1, H, W), 0 to 255; the first 20 are shown
        labels, answers, confidences   (N,)

    Taught in: 06_training.
    """
    for panel in ax.flat:
        panel.axis("off")
    rows = zip(ax.flat, images, labels, answers, confidences, strict=False)
    for panel, image, label, answer, confidence in rows:
        panel.axis("on")
        draw_pixels(panel, image[0] / 255)
        panel.set_title(f"{label} read as {answer}", fontsize=11, pad=3)
        panel.set_xlabel(f"{100 * confidence:.1f} % sure", fontsize=11, labelpad=2, color=DENSE)


@figure(width=4.8, height=4.4, rows=2)
def plot_reliability(
    probabilities: Tensor, labels: Tensor, error: float, *, bins: int = 10, ax
) -> None:
    """Draw accuracy against confidence, bin by bin, and below how many answers each bin holds.

    On the dashed line the network is as often right as it says. Few words: a slider stores this
    figure many times.

    Args:
        error: the calibration error [0 to 1], written into the figure.

    Shape:
        probabilities   (N, classes), each row sums to 1
        labels          (N,)

    Taught in: 06_training.
    """
    confidence, answers = probabilities.max(dim=1)
    right = (answers == labels).float()
    place = (confidence * bins).ceil().long().clamp(1, bins) - 1  # bins are closed on the right
    counts = torch.bincount(place, minlength=bins)
    full = counts > 0
    middles = torch.bincount(place, confidence.float(), minlength=bins)[full] / counts[full]
    accuracy = torch.bincount(place, right, minlength=bins)[full] / counts[full]
    ax[0].plot([0, 1], [0, 1], "--", color="black", linewidth=1)
    ax[0].plot(middles, accuracy, "o-", color=DEPTHWISE, markersize=8)
    ax[0].set_title(f"calibration error {100 * error:.2f} %")
    ax[0].set(xlim=(0, 1), ylim=(0, 1.05), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax[0].set_ylabel("share right")
    ax[1].bar((torch.arange(bins) + 0.5) / bins, counts, width=0.9 / bins, color=NEUTRAL)
    ax[1].set(xlim=(0, 1), yscale="log", ylim=(0.7, 2 * len(labels)), ylabel="answers")
    ax[1].set(xlabel="confidence of the answer", xticks=[0, 0.5, 1])
    ax[1].set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    ax[1].minorticks_off()


@figure(height=3.9)
def plot_differences(
    differences: Mapping[str, Sequence[float]],
    intervals: Mapping[str, tuple[float, float]],
    *,
    ax,
) -> None:
    """Draw paired differences: a dot per seed, their mean, and the interval around it.

    Args:
        differences: by name, the difference that each seed shows [accuracy, 0 to 1].
        intervals: by the same names, low and high.

    Raises:
        ValueError: names that do not agree.

    Taught in: 06_training.
    """
    if differences.keys() != intervals.keys():
        raise ValueError(f"differences of {[*differences]}, but intervals of {[*intervals]}")
    ax.axvline(0, color="black", linestyle="--", linewidth=1)
    for row, (name, values) in enumerate(differences.items()):
        _draw_difference(ax, row, name, np.array(values), intervals[name])
    ax.set(ylim=(len(differences) - 0.5, -0.75), yticks=[])
    ax.set_xlabel("difference [percentage points of accuracy]")
    ax.spines["left"].set_visible(False)


def _draw_difference(
    ax: Axes, row: int, name: str, values: np.ndarray, interval: tuple[float, float]
) -> None:
    """Draw one comparison; it is blue where its interval leaves out zero."""
    low, high = interval
    colour = NEUTRAL if low <= 0 <= high else DEPTHWISE
    ax.plot([100 * low, 100 * high], [row, row], color=colour, linewidth=5, alpha=0.55)
    ax.plot(100 * values.mean(), row, "D", color=colour, markersize=9)
    ax.plot(100 * values, np.full(len(values), row + 0.22), "o", color="black", markersize=4)
    words = f"{name}: {100 * values.mean():+.2f}"
    ax.text(0, row - 0.28, words, transform=ax.get_yaxis_transform(), va="bottom", color=colour)


def _percent(share: float) -> str:
    """Write a share as a percentage of three digits at most."""
    return f"{100 * share:.0f}" if share >= 0.9995 else f"{100 * share:.1f}"

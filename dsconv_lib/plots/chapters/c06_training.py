"""How a run went, what it gets wrong, how sure it is, and what its weights buy."""

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from dsconv_lib.plots.curves import OFFSET, plot_bars, plot_curves
from dsconv_lib.plots.images import plot_table
from dsconv_lib.plots.style import DEPTHWISE, FAINT, NEUTRAL, POINTWISE, figure


@figure(height=2.9, columns=2)
def plot_history(history: object, *, ax: Sequence[Axes]) -> None:
    """Draw a run's loss and its validation accuracy against epochs, in two panels.

    Args:
        history: a ``training.History``; accuracy that was not measured is left out.

    Taught in: 06_training.
    """
    epochs = range(1, len(history.loss) + 1)
    percent = [100 * accuracy for accuracy in history.score]
    last = {f"{value:.2f} %": (len(epochs), value) for value in percent[-1:] if isfinite(value)}
    loss, accuracy = "training loss", "validation accuracy [%]"
    plot_curves(epochs, {"": history.loss}, xlabel="epoch", ylabel=loss, ylim=(0, None), ax=ax[0])
    plot_curves(epochs, {"": percent}, xlabel="epoch", ylabel=accuracy, marks=last, ax=ax[1])


@figure(height=3.0)
def plot_paired_seeds(
    runs: Mapping[str, Sequence[float]], means: Sequence[float], *, ax: Axes
) -> None:
    """Draw two ways of doing one thing, a line per seed, and the mean of each way.

    Args:
        runs: two names, with as many accuracies [0 to 1] each, in the order of the seeds.

    Raises:
        ValueError: not two ways, or not as many runs of each.

    Taught in: 06_training.
    """
    counts = [len(values) for values in runs.values()]
    if len(counts) != 2 or counts[0] != counts[1]:
        raise ValueError(f"runs per way: {counts}, but two ways with as many runs each are drawn")
    ax.plot([0, 1], 100 * np.array(list(runs.values())), "o-", color=NEUTRAL, linewidth=1.2)
    for place, (mean, side, along) in enumerate(
        zip(means, ("right", "left"), (-14, 14), strict=True)
    ):
        ax.plot(place, 100 * mean, "D", color=DEPTHWISE, markersize=10, zorder=3)
        style = {"ha": side, "va": "center", "color": DEPTHWISE, **OFFSET}
        ax.annotate(f"mean {100 * mean:.2f} %", (place, 100 * mean), (along, 0), **style)
    ax.set(xlim=(-0.75, 1.75), ylabel="validation accuracy [%]")
    ax.set_xticks([0, 1], list(runs))


def plot_confusion(
    counts: Tensor, recall: Sequence[float], precision: Sequence[float], *, ax: Axes | None = None
) -> None:
    """Draw a confusion matrix with recall at the end of each row, precision under each column.

    The diagonal, where the reading was right, is left uncoloured, so that the mistakes are seen.

    Shape:
        counts              (classes, classes), true class by row, answer by column
        recall, precision   one number [0 to 1] per class

    Taught in: 06_training.
    """
    classes = len(counts)
    mistakes = np.full((classes + 1, classes + 1), np.nan)
    mistakes[:-1, :-1] = counts.clone().fill_diagonal_(0)
    mistakes[mistakes == 0] = np.nan
    words = np.full(mistakes.shape, "", dtype=object)
    words[:-1, :-1] = [[f"{count}" if count else "" for count in row] for row in counts.tolist()]
    words[:-1, -1], words[-1, :-1] = ([f"{100 * x:.1f}" for x in s] for s in (recall, precision))
    names = [str(k) for k in range(classes)]
    rows, columns = [*names, "precision [%]"], [*names, "recall\n[%]"]
    plot_table(mistakes, words, rows=rows, columns=columns, xlabel="read as", ylabel="is a", ax=ax)


@figure(width=4.8, height=4.4, rows=2)
def plot_reliability(
    confidence: Tensor, accuracy: Tensor, counts: Tensor, error: float, *, ax: Sequence[Axes]
) -> None:
    """Draw accuracy against confidence, bin by bin, and below how many answers each bin holds.

    On the dashed line the network is as often right as it says. Few words: a slider stores this
    figure many times.

    Args:
        error: the calibration error [0 to 1], written into the figure.

    Shape:
        confidence, accuracy, counts   (bins,), as of ``evaluation.calibration_bins``

    Taught in: 06_training.
    """
    ax[0].plot([0, 1], [0, 1], "--", color="black", linewidth=1)
    plot_curves(confidence, {"": accuracy}, ylabel="share right", ylim=(0, 1.05), ax=ax[0])
    ax[0].set(xlim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax[0].set_title(f"calibration error {100 * error:.2f} %")
    plot_bars(
        counts, colours=NEUTRAL, xlabel="confidence of the answer", ylabel="answers", ax=ax[1]
    )
    ax[1].set(yscale="log", ylim=(0.7, 2 * float(counts.sum())), xlim=(-0.5, len(counts) - 0.5))
    ax[1].set_xticks([-0.5, len(counts) / 2 - 0.5, len(counts) - 0.5], ["0", "0.5", "1"])
    ax[1].set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    ax[1].minorticks_off()


@figure(height=4.4)
def plot_accuracy_per_weight(
    ours: Mapping[float, tuple[float, float, float]],
    published: Mapping[str, tuple[float, float]],
    goal: tuple[int, float],
    *,
    ax: Axes,
) -> None:
    """Draw accuracy against the number of weights: our nets as a curve, other people's as points.

    Args:
        ours: accuracy [0 to 1], low, middle and high, by weights in rising order.
        published: weights and accuracy by name; a name may break into lines.
        goal: at most so many weights, at least this accuracy; the corner is drawn.

    Taught in: 06_training.
    """
    weights = list(ours)
    low, middle, high = 100 * np.array(list(ours.values())).T
    ax.errorbar(
        weights, middle, (middle - low, high - middle), fmt="o-", color=DEPTHWISE, capsize=4
    )
    ax.annotate("DSNet", (weights[0], middle[0]), (9, -4), color=DEPTHWISE, **OFFSET)
    for name, (size, accuracy) in published.items():
        ax.plot(size, 100 * accuracy, "s", color=NEUTRAL, markersize=7)
        above = 100 * accuracy > np.interp(size, weights, middle)  # words keep off the curve
        side, along = ("right", -9) if above or size > weights[-1] else ("left", 9)
        style = {"ha": side, "va": "bottom" if above else "top", "color": "#555555", **OFFSET}
        ax.annotate(name, (size, 100 * accuracy), (along, 0 if above else -18), **style)
    _draw_goal(ax, goal[0], 100 * goal[1], left=weights[0] / 5)
    ax.set(xscale="log", xlabel="weights", ylabel="test accuracy [%]")
    ax.set_xticks([10**k for k in range(3, 7)], [f"{10**k:,}" for k in range(3, 7)])


def _draw_goal(ax: Axes, weights: int, percent: float, left: float) -> None:
    """Shade the corner of few weights and high accuracy that a net should reach."""
    top = percent + 0.2
    ax.plot([left, weights, weights], [percent, percent, top], "--", color=POINTWISE)
    ax.fill_between([left, weights], percent, top, color=FAINT, alpha=0.5, linewidth=0)
    words = f"goal: {weights:,} weights,\n{percent:.2f} %"
    ax.annotate(words, (left, top), (6, -5), va="top", color=POINTWISE, **OFFSET)

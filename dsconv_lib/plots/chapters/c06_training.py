"""How a run went, what it gets wrong, how sure it is, and what its weights buy."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from dsconv_lib.plots.curves import OFFSET, number_axis, plot_bars, plot_curves
from dsconv_lib.plots.images import plot_table
from dsconv_lib.plots.style import DEPTHWISE, NEUTRAL, POINTWISE, figure


@figure(height=3.0)
def plot_paired_seeds(
    runs: Mapping[str, Sequence[float]], means: Sequence[float], *, ax: Axes
) -> None:
    """Draw two ways of doing one thing, a line per seed, and the mean of each way.

    Args:
        runs: two names, with as many accuracies [0 to 1] each, in the order of the seeds.

    Taught in: 06_training.
    """
    ax.plot([0, 1], 100 * np.array(list(runs.values())), "o-", color=NEUTRAL, linewidth=1.2)
    for place, mean, side, along in zip((0, 1), means, ("right", "left"), (-14, 14), strict=True):
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

    Args:
        counts: true class by row, answer by column.
        recall, precision: one number [0 to 1] per class.

    Taught in: 06_training.
    """
    wrong = counts.clone().fill_diagonal_(0)
    mistakes = np.pad(np.where(wrong > 0, wrong, np.nan), (0, 1), constant_values=np.nan)
    ends, under = ([f"{100 * share:.1f}" for share in each] for each in (recall, precision))
    cells = zip(counts.tolist(), ends, strict=True)
    words = [*([*(f"{n or ''}" for n in row), end] for row, end in cells), [*under, ""]]
    names = [str(k) for k in range(len(counts))]
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
        confidence, accuracy, counts: as of ``evaluation.calibration_bins``.
        error: the calibration error [0 to 1], written into the figure.

    Taught in: 06_training.
    """
    ax[0].plot([0, 1], [0, 1], "--", color="black", linewidth=1)
    plot_curves(confidence, {"": accuracy}, ylabel="share right", ylim=(0, 1.05), ax=ax[0])
    ax[0].set(xlim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax[0].set_title(f"calibration error {100 * error:.2f} %")
    plot_bars(counts, colours=NEUTRAL, ax=ax[1])
    ax[1].set(
        xlabel="confidence of the answer",
        ylabel="answers",
        yscale="log",
        ylim=(0.7, 2 * float(counts.sum())),
        xlim=(-0.5, len(counts) - 0.5),
    )
    ax[1].set_xticks([-0.5, len(counts) / 2 - 0.5, len(counts) - 0.5], ["0", "0.5", "1"])
    number_axis(ax[1].yaxis)


@figure(height=4.4)
def plot_accuracy_per_weight(
    ours: Mapping[float, tuple[float, float, float]],
    published: Mapping[str, tuple[float, float]],
    goals: Mapping[int, float],
    *,
    ax: Axes,
) -> None:
    """Draw accuracy against the number of weights: our nets as a curve, other people's as points.

    Args:
        ours: accuracy [0 to 1], low, middle and high, by weights in rising order.
        published: weights and accuracy by name; a name may break into lines.
        goals: accuracy wished for with at most so many weights.

    Taught in: 06_training.
    """
    weights = list(ours)
    low, middle, high = 100 * np.array(list(ours.values())).T
    reach = middle - low, high - middle
    for most, accuracy in goals.items():
        ax.plot([0.72 * most, most], [100 * accuracy] * 2, "--", color=POINTWISE, linewidth=2)
    ax.errorbar(weights, middle, reach, fmt="o-", color=DEPTHWISE, capsize=4)
    ax.annotate("this book", (weights[-1], middle[-1]), (9, 2), color=DEPTHWISE, **OFFSET)
    first = next(iter(goals))
    place = 0.72 * first, 100 * goals[first]
    ax.annotate("goals", place, (-6, 0), ha="right", va="center", color=POINTWISE, **OFFSET)
    for name, (size, accuracy) in published.items():
        ax.plot(size, 100 * accuracy, "s", color=NEUTRAL, markersize=7)
        above = 100 * accuracy > np.interp(size, weights, middle)  # words keep off the curve
        side, along = ("right", -9) if above else ("left", 9)
        if size > 100_000:
            side, along, above = "center", 0, True
        style = {"ha": side, "va": "bottom" if above else "top", "color": "#555555", **OFFSET}
        ax.annotate(name, (size, 100 * accuracy), (along, 6 if above else -6), **style)
    ax.set(xscale="log", xlabel="weights", ylabel="test accuracy [%]", xlim=(40, 6e6))
    ax.set_xticks([10**k for k in range(3, 7)], [f"{10**k:,}" for k in range(3, 7)])

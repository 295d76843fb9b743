"""Figures of chapter 06, first half: how a run went, and what its settings and weights bought."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from torch import Tensor

from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    FAINT,
    MAGNITUDE,
    NEUTRAL,
    POINTWISE,
    draw_pixels,
    figure,
)


@figure(height=2.9, columns=2)
def plot_history(history: object, *, ax) -> None:
    """Draw a run's loss and its validation accuracy against epochs, in two panels.

    Args:
        history: a ``recipes.History``; accuracy that was not measured is left out.

    Taught in: 06_training.
    """
    epochs = range(1, len(history.loss) + 1)
    percent = 100 * np.array(history.accuracy)
    ax[0].plot(epochs, history.loss, "o-", color=NEUTRAL)
    ax[0].set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
    ax[1].plot(epochs, percent, "s-", color=DEPTHWISE)
    ax[1].set(xlabel="epoch", ylabel="validation accuracy [%]")
    ax[1].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    for panel in ax:
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panel.set_xlim(0.5, max(1, len(epochs)) + 0.5)
    if len(epochs) and np.isfinite(percent[-1]):
        place = (epochs[-1], percent[-1])
        ax[1].annotate(
            f"{percent[-1]:.2f} %", place, (0, -18), textcoords="offset points", ha="right"
        )


@figure(height=2.9)
def plot_schedule(rates: Sequence[float], *, ax) -> None:
    """Draw the learning rate at every step, and write its start, its peak and its end.

    Taught in: 06_training.
    """
    ax.plot(range(len(rates)), rates, color=DEPTHWISE)
    peak = int(np.argmax(rates))
    marks = {0: (32, 0), peak: (14, 3), len(rates) - 1: (8, 50)}
    for step, offset in marks.items():
        ax.plot(step, rates[step], "o", color=DEPTHWISE, markersize=7, clip_on=False)
        side, gap = ("right", "\n") if step == len(rates) - 1 else ("left", " ")
        label = f"step {step}:{gap}{rates[step]:.2g}"
        ax.annotate(label, (step, rates[step]), offset, textcoords="offset points", ha=side)
    ax.set(xlabel="step", ylabel="learning rate", ylim=(0, 1.08 * max(rates)))


@figure(height=4.4, rows=4, columns=6)
def plot_versions(digit: Tensor, versions: Tensor, *, ax) -> None:
    """Draw a digit, framed, and what augmentation made of it, one version per panel.

    Shape:
        digit      (1, 1, H, W), in [0, 1]
        versions   (N, 1, H, W); the first 23 are shown

    Taught in: 06_training.
    """
    first, *others = ax.flat
    draw_pixels(first, digit[0, 0])
    for spine in first.spines.values():
        spine.set(color=DENSE, linewidth=3)
    for panel in others:
        panel.axis("off")
    for panel, version in zip(others, versions, strict=False):
        panel.axis("on")
        draw_pixels(panel, version[0])


@figure(height=3.0)
def plot_paired_seeds(runs: Mapping[str, Sequence[float]], *, ax) -> None:
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
    pairs = 100 * np.array(list(runs.values()))  # (2, seeds)
    ax.plot([0, 1], pairs, "o-", color=NEUTRAL, linewidth=1.2, markersize=6)
    for place, mean in enumerate(pairs.mean(axis=1)):
        ax.plot(place, mean, "D", color=DEPTHWISE, markersize=10, zorder=3)
        side, offset = ("right", -14) if place == 0 else ("left", 14)
        label = f"mean {mean:.2f} %"
        ax.annotate(
            label, (place, mean), (offset, -4), textcoords="offset points", ha=side, color=DEPTHWISE
        )
    ax.set(xlim=(-0.75, 1.75), ylabel="validation accuracy [%]")
    ax.set_xticks([0, 1], list(runs))


@figure(height=3.2)
def plot_sensitivity(
    means: Tensor, spreads: Tensor, rates: Sequence[float], batch_sizes: Sequence[int], *, ax
) -> None:
    """Draw accuracy as a map: a row per batch size, a column per learning rate.

    Shape:
        means, spreads   (batch sizes, rates), accuracies [0 to 1]

    Taught in: 06_training.
    """
    percent, spread = 100 * np.asarray(means), 100 * np.asarray(spreads)
    ax.imshow(percent, cmap=MAGNITUDE, aspect="auto")
    middle = (percent.min() + percent.max()) / 2
    for row, column in np.ndindex(percent.shape):
        ink = "black" if percent[row, column] > middle else "white"
        label = f"{percent[row, column]:.1f}\n± {spread[row, column]:.1f}"
        ax.text(column, row, label, ha="center", va="center", color=ink)
    best = np.unravel_index(percent.argmax(), percent.shape)
    ax.plot(best[1] + 0.36, best[0] - 0.3, "*", color=DENSE, markersize=13)
    ax.set_xticks(range(len(rates)), [f"{rate:g}" for rate in rates])
    ax.set_yticks(range(len(batch_sizes)), [str(size) for size in batch_sizes])
    ax.set(xlabel="highest learning rate", ylabel="batch size")
    ax.tick_params(length=0)


@figure(height=4.4)
def plot_accuracy_per_weight(
    curve: Sequence[tuple[int, float, float]],
    published: Mapping[str, tuple[float, float]],
    goal: tuple[int, float],
    *,
    ax,
) -> None:
    """Draw accuracy against the number of weights: our nets as a curve, other people's as points.

    Args:
        curve: weights, mean accuracy and its spread over seeds, for each net.
        published: by name, weights and accuracy; a name may break into lines.
        goal: at most so many weights, at least this accuracy; the corner is drawn.

    Taught in: 06_training.
    """
    weights, means, spreads = np.array(sorted(curve)).T
    ax.errorbar(weights, 100 * means, 100 * spreads, fmt="o-", color=DEPTHWISE, capsize=4)
    ax.annotate("DSNet", (weights[0], 100 * means[0]), (9, -4), **_near, color=DEPTHWISE)
    for name, (size, accuracy) in published.items():
        ax.plot(size, 100 * accuracy, "s", color=NEUTRAL, markersize=7)
        side, offset = ("right", -9) if size > 100_000 else ("left", 9)
        place = (size, 100 * accuracy)
        ax.annotate(name, place, (offset, -3), **_near, ha=side, va="top", color="#555555")
    _draw_goal(ax, *goal)
    ax.margins(y=0.12)
    ax.set(xscale="log", xlabel="weights", ylabel="test accuracy [%]")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


_near = {"textcoords": "offset points", "fontsize": 11}


def _draw_goal(ax: Axes, weights: int, accuracy: float) -> None:
    """Shade the corner of few weights and high accuracy that a net should reach."""
    top, left = 100 * accuracy + 0.2, weights / 12
    ax.plot([left, weights, weights], [100 * accuracy, 100 * accuracy, top], "--", color=POINTWISE)
    ax.fill_between([left, weights], 100 * accuracy, top, color=FAINT, alpha=0.5, linewidth=0)
    words = f"goal: {weights:,} weights,\n{100 * accuracy:.2f} %"
    ax.annotate(words, (left, top), (6, -4), **_near, va="top", color=POINTWISE)

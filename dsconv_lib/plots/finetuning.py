"""Figures of chapter 07: other people's digits, six ways to adapt to them, and a leak."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    NEUTRAL,
    POINTWISE,
    draw_pixels,
    figure,
)

LOOKS = (  # one per way, in the order they are taught: colour, line, marker
    (NEUTRAL, "--", "v"),
    (POINTWISE, "-", "s"),
    (DEPTHWISE, "-", "o"),
    (DEPTHWISE, ":", "D"),
    (DENSE, "-.", "^"),
    (DENSE, "-", "P"),
)


@figure(height=3.5, rows=3, columns=7)
def plot_three_sources(rows: Mapping[str, tuple[Tensor, Tensor, Tensor]], *, ax) -> None:
    """Draw seven digits of each of three collections, with the network's answer under each.

    Args:
        rows: by name, images of shape (N, 1, H, W) in [0, 1], answers and labels of shape (N,).

    Raises:
        ValueError: not three collections.

    Taught in: 07_finetuning.
    """
    if len(rows) != 3:
        raise ValueError(f"{len(rows)} collections, but 3 are drawn, a row for each")
    for panels, (name, digits) in zip(ax, rows.items(), strict=True):
        panels[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=6, fontsize=11)
        for panel, *digit in zip(panels, *digits, strict=False):
            _draw_answer(panel, *digit)


@figure(height=2.9)
def plot_grey_levels(shares: Mapping[str, Tensor], *, ax) -> None:
    """Draw how often each level of ink occurs in two or three collections, paper left out.

    Args:
        shares: by name, the share of each level, from light grey to full ink.

    Taught in: 07_finetuning.
    """
    for (name, share), (colour, line) in zip(
        shares.items(), [(NEUTRAL, "-"), (POINTWISE, "--"), (DENSE, "-.")], strict=False
    ):
        edges = np.linspace(0, 1, len(share) + 1)
        ax.stairs(100 * np.asarray(share), edges, color=colour, linestyle=line, linewidth=2.4)
        ax.plot([], [], line, color=colour, label=name)
    ax.set(xlabel="ink of a pixel, 0 paper, 1 full", ylabel="share of inked pixels [%]")
    ax.set(xlim=(0, 1), ylim=(0, None))
    ax.legend(loc="upper center")


@figure(height=5.2)
def plot_few_labels(
    curves: Mapping[str, Sequence[tuple[float, float, float]]],
    per_class: Sequence[int],
    *,
    untouched: float,
    ax,
) -> None:
    """Draw the share of misread digits against labels per class: a line per way, and a band.

    Both axes are logarithmic, so that one and fifty per cent can be read in one picture.

    Args:
        curves: by way, the mean, lowest and highest accuracy [0 to 1] at each number of labels.
        untouched: accuracy [0 to 1] before any label is spent; dashed.

    Raises:
        ValueError: more ways than there are looks.

    Taught in: 07_finetuning.
    """
    if len(curves) > len(LOOKS):
        raise ValueError(f"{len(curves)} ways, but there are looks for {len(LOOKS)}")
    for (way, values), (colour, line, marker) in zip(curves.items(), LOOKS, strict=False):
        mean, low, high = (100 * (1 - np.array(column)) for column in zip(*values, strict=True))
        ax.plot(per_class, mean, line + marker, color=colour, label=way, markersize=7)
        ax.fill_between(per_class, high, low, color=colour, alpha=0.14, linewidth=0)
    ax.axhline(100 * (1 - untouched), color="black", linestyle="--", linewidth=1)
    place = (per_class[-1], 100 * (1 - untouched))
    ax.annotate("untouched", place, (0, 5), textcoords="offset points", ha="right")
    ax.set(xscale="log", yscale="log", xlabel="labels per class", ylabel="misread on the rest [%]")
    ax.set_xticks(per_class, [str(count) for count in per_class])
    ticks = [1, 2, 5, 10, 20, 50]
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.figure.legend(loc="outside lower center", ncols=2)


@figure(height=4.0)
def plot_forgetting(
    points: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    before: tuple[float, float],
    *,
    looks_from: int = 0,
    ax,
) -> None:
    """Draw each way as a point: accuracy on the new digits across, on the old ones up.

    Args:
        points: by way, accuracies [0 to 1] of every draw, new and old; bars are one spread.
        before: the same two for the untouched network.
        looks_from: how many of the six looks to skip, so that ways keep theirs.

    Taught in: 07_finetuning.
    """
    looks = [*LOOKS[looks_from:], ("black", "-", "*")]
    shown = [(way, pair, look) for (way, pair), look in zip(points.items(), looks, strict=False)]
    for way, pair, (colour, _, marker) in shown:
        (x, y), (dx, dy) = (
            [100 * measure(values) for values in pair] for measure in (np.mean, _spread)
        )
        size = 13 if marker == "*" else 9
        ax.errorbar(x, y, dy, dx, marker, color=colour, markersize=size, capsize=3, label=way)
    new, old = (100 * value for value in before)
    ax.axhline(old, color="black", linestyle="--", linewidth=1)
    words = f"untouched: old {old:.1f}, new {new:.1f}"
    ax.annotate(
        words, (0.02, old), (0, 5), xycoords=ax.get_yaxis_transform(), textcoords="offset points"
    )
    ax.set(xlabel="new digits: optdigits' rest [%]", ylabel="old digits: MNIST [%]")
    ax.margins(0.12)
    ax.figure.legend(loc="outside lower center", ncols=2)


@figure(height=2.6)
def plot_leak(measures: Mapping[str, tuple[float, float]], *, ax) -> None:
    """Draw accuracy before and after a leak, an arrow for each set of digits it is measured on.

    Args:
        measures: by name, accuracy [0 to 1] before and after.

    Taught in: 07_finetuning.
    """
    names = list(measures)
    for row, (before, after) in enumerate(measures.values()):
        ax.plot(100 * before, row, "o", color=NEUTRAL, markersize=8, markerfacecolor="white")
        ax.plot(100 * after, row, "D", color=DENSE if row == 0 else DEPTHWISE, markersize=8)
        ax.plot([100 * before, 100 * after], [row, row], color=NEUTRAL, linewidth=1, zorder=0)
        change = f"{100 * before:.1f} → {100 * after:.1f}"
        ax.annotate(change, (100, row), (8, -4), textcoords="offset points", annotation_clip=False)
    lowest = min(min(pair) for pair in measures.values())
    ax.set(yticks=range(len(names)), xlabel="accuracy [%], before (ring) and after")
    ax.set_yticklabels(names)
    ax.set(xlim=(100 * lowest - 3, 100.4), ylim=(len(names) - 0.5, -0.5))
    ax.tick_params(axis="y", length=0)


@figure(width=5.0, height=2.5, rows=2, columns=6)
def plot_adapted(images: Tensor, answers: Tensor, labels: Tensor, *, ax) -> None:
    """Draw up to twelve digits, each with the network's answer under it.

    A slider stores this figure many times, so it holds little: what is right is grey and small.

    Shape:
        images           (N, 1, H, W), in [0, 1]
        answers, labels  (N,)

    Taught in: 07_finetuning.
    """
    for panel in ax.flat:
        panel.axis("off")
    for panel, *digit in zip(ax.flat, images, answers, labels, strict=False):
        panel.axis("on")
        _draw_answer(panel, *digit)


def _draw_answer(panel: Axes, image: Tensor, answer: Tensor, label: Tensor) -> None:
    """Draw a digit with an answer under it, loudly where it is wrong."""
    wrong = bool(answer != label)
    draw_pixels(panel, image[0])
    word, weight = (f"said {answer}", "bold") if wrong else (f"{answer}", "normal")
    colour = DENSE if wrong else NEUTRAL
    panel.set_xlabel(word, fontsize=11, labelpad=2, color=colour, weight=weight)


def _spread(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

"""Figures of the separable convolution: kernel grids, the two stages, what they cost."""

from typing import Protocol

import numpy as np
from matplotlib.patches import Rectangle
from torch import Tensor

from dsconv_lib.plots.style import DENSE, DEPTHWISE, FAINT, NEUTRAL, POINTWISE, WEIGHTS, figure

STEP = 1.3  # distance between the corners of neighbouring tiles, which are 1 wide


class Price(Protocol):
    """What a layer costs: a ``Cost``, or anything with these two numbers."""

    params: int
    macs: int


def _tile(ax, values: Tensor, left: float, top: float, colour: str, limit: float = 0) -> None:
    """Show a small array as a framed tile of side 1, up to its own maximum or to ``limit``."""
    values = np.asarray(values, dtype=float)
    limit = limit or max(abs(values).max(), 1e-12)
    signed = values.min() < 0 or colour != NEUTRAL
    cmap, low = (WEIGHTS, -limit) if signed else ("gray_r", 0)
    extent = (left, left + 1, top + 1, top)
    ax.imshow(values, cmap=cmap, vmin=low, vmax=limit, extent=extent)
    ax.add_patch(Rectangle((left, top), 1, 1, fill=False, edgecolor=colour, linewidth=2))


def _frame(ax, left: float, right: float, top: float, bottom: float) -> None:
    """Show this part of the plane, y downwards, and no axes."""
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    ax.axis("off")


@figure(6.4, 2.5, columns=3)
def plot_channels(maps: Tensor, labels: list[str], *, ax) -> None:
    """Show feature maps (channels, H, W) side by side, each with its label above.

    Taught in: 02_separable_convolution.
    """
    for panel, values, label in zip(ax, maps, labels, strict=True):
        _tile(panel, values, 0, 0, NEUTRAL)
        panel.text(0.5, -0.06, label, ha="center", va="bottom")
        _frame(panel, -0.02, 1.02, -0.25, 1.02)


@figure(5.2, 4.7)
def plot_kernel_grid(weight: Tensor, *, ax) -> None:
    """Show a dense kernel as small tiles: a row for each output, a column for each input.

    Shape:
        weight  (out_channels, in_channels, K, K)

    Taught in: 02_separable_convolution.
    """
    rows, columns = weight.shape[:2]
    limit = float(abs(weight).max())
    for row, column in np.ndindex(rows, columns):
        _tile(ax, weight[row, column], STEP * column, STEP * row, DENSE, limit)
    for column in range(columns):
        ax.text(STEP * column + 0.5, -0.15, f"input {column}", ha="center", va="bottom")
    for row in range(rows):
        ax.text(STEP * columns, STEP * row + 0.5, f"→ output {row}", va="center")
    _frame(ax, -0.1, STEP * columns + 1.6, -0.5, STEP * rows)


@figure(5.6, 6.2)
def plot_factored_grid(matrix: Tensor, kernels: Tensor, *, ax) -> None:
    """Show the dense kernel that a separable layer amounts to, with its factors.

    Shape:
        matrix   (out_channels, in_channels), written above the tiles
        kernels  (in_channels, K, K), drawn in a row on top

    Taught in: 02_separable_convolution.
    """
    (rows, columns), tall = matrix.shape, STEP + 0.2
    limit = float(abs(matrix).max() * abs(kernels).max())
    for column in range(columns):
        _tile(ax, kernels[column], STEP * column, -1.75, DEPTHWISE, limit)
        ax.text(STEP * column + 0.5, -1.85, f"$D_{column}$", ha="center", color=DEPTHWISE)
    for row, column in np.ndindex(rows, columns):
        factor, left, top = float(matrix[row, column]), STEP * column, tall * row
        _tile(ax, factor * kernels[column], left, top, DENSE, limit)
        words = f"× {factor:g}".replace("-", "−")
        ax.text(left + 0.5, top - 0.08, words, ha="center", color=POINTWISE)
    for row in range(rows):
        ax.text(STEP * columns, tall * row + 0.5, f"→ output {row}", va="center")
    ax.text(STEP * columns, -1.25, "one kernel\nfor each input", va="center", color=DEPTHWISE)
    _frame(ax, -0.1, STEP * columns + 1.9, -2.2, tall * rows - 0.3)


@figure(6, 5.4)
def plot_two_stages(inputs: Tensor, filtered: Tensor, mixed: Tensor, *, ax) -> None:
    """Show the maps before, between and after the two stages, and who reads whom.

    Shape:
        inputs, filtered  (in_channels, H, W)
        mixed             (out_channels, H, W)

    Taught in: 02_separable_convolution.
    """
    stages = [(inputs, NEUTRAL), (filtered, DEPTHWISE), (mixed, POINTWISE)]
    tops = [STEP * (np.arange(len(maps)) - (len(maps) - 1) / 2) for maps, _ in stages]
    bottom = max(top.max() for top in tops) + 1.2
    for stage, (maps, colour) in enumerate(stages):
        for values, top in zip(maps, tops[stage], strict=True):
            _tile(ax, values, 2.4 * stage, top, colour)
        shape = " × ".join(str(side) for side in maps.shape)
        ax.text(2.4 * stage + 0.5, bottom, shape, ha="center", va="top", color=colour)
    for start, end in zip(tops[0], tops[1], strict=True):
        ax.plot([1.1, 2.3], [start + 0.5, end + 0.5], color=DEPTHWISE)
    for start, end in ((start, end) for start in tops[1] for end in tops[2]):
        ax.plot([3.5, 4.7], [start + 0.5, end + 0.5], color=POINTWISE, linewidth=1.3)
    top = min(top.min() for top in tops) - 0.25
    names = [("input", 0.5, NEUTRAL), ("depthwise\nfilters", 1.7, DEPTHWISE)]
    for name, left, colour in [*names, ("pointwise\nmixes", 4.1, POINTWISE)]:
        ax.text(left, top, name, ha="center", va="bottom", color=colour)
    _frame(ax, -0.3, 6.1, top - 0.85, bottom + 0.5)


@figure(6, 3.9, rows=2)
def plot_separable_cost(
    dense: Price, depthwise: Price, pointwise: Price, savings: dict[int, float], width: int, *, ax
) -> None:
    """Compare the price of a dense and a separable layer, and their ratio with its limit.

    Args:
        dense, depthwise, pointwise: at this width, without biases.
        savings: width -> how many times fewer multiply-adds; the limit is drawn above it.

    Taught in: 02_separable_convolution.
    """
    first, share = depthwise.macs / dense.macs, (depthwise.macs + pointwise.macs) / dense.macs
    ax[0].barh(1, 1, 0.42, color=DENSE)
    ax[0].barh(0, [first, share - first], 0.42, left=[0, first], color=[DEPTHWISE, POINTWISE])
    for row, name, parts in [(1, "dense", [dense]), (0, "separable", [depthwise, pointwise])]:
        weights, macs = sum(part.params for part in parts), sum(part.macs for part in parts)
        words = f"{name}: {weights:,} weights, {macs:,} multiply-adds"
        ax[0].text(0, row + 0.25, words, va="bottom")
    for left, stage, colour in [(0, "depthwise", DEPTHWISE), (0.21, "pointwise", POINTWISE)]:
        ax[0].text(left, -0.32, stage, va="top", color=colour, weight="bold")
    ax[0].set(xlim=(0, 1), ylim=(-0.75, 1.6))
    ax[0].axis("off")
    _plot_savings(ax[1], savings, width, limit=depthwise.params // width)


def _plot_savings(ax, savings: dict[int, float], width: int, limit: int) -> None:
    """Draw the curve of savings over width, its limit, and a mark where we are."""
    here = savings[width]
    ax.axhline(limit, color=NEUTRAL, linestyle="--")
    ax.text(min(savings), limit, f"limit $K^2$ = {limit}", va="bottom", color=NEUTRAL)
    ax.plot(list(savings), list(savings.values()), color=NEUTRAL)
    ax.plot([width], [here], "o", color="black", markersize=9)
    ax.text(width, here - 0.08 * limit, f"{here:.1f} times", va="top", weight="bold")
    ax.set_xscale("log", base=2)
    ax.set_xticks(list(savings), [str(width) for width in savings])
    ax.set(xlabel="width", ylabel="times fewer", yticks=[0, limit])
    ax.set(xlim=(min(savings) / 1.3, max(savings) * 2.8), ylim=(-0.22 * limit, 1.3 * limit))


@figure(6.4, 3.4)
def plot_decoupling(errors: dict[str, list[float]], cheaper_below: float, *, ax) -> None:
    """Plot what is left of a dense kernel after 0, 1, 2, ... separable terms.

    Args:
        errors: label -> relative error for each number of terms.
        cheaper_below: the number of terms at which the sum costs as much as the dense layer.

    Taught in: 02_separable_convolution.
    """
    ax.axvspan(-0.3, cheaper_below, color=FAINT, alpha=0.5, linewidth=0)
    ax.text(cheaper_below - 0.1, 1.02, "cheaper than dense", ha="right", va="bottom")
    styles = [("o-", DENSE), ("s--", NEUTRAL)]
    for (label, values), (style, colour) in zip(errors.items(), styles, strict=True):
        ax.plot(values, style, color=colour, label=label, clip_on=False)
    terms = range(max(len(values) for values in errors.values()))
    ax.set(xticks=terms, xlim=(-0.3, terms[-1] + 0.2), ylim=(0, 1.12))
    ax.set(xlabel="separable terms", ylabel="error left")
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.92))


@figure(6.4, 4.2)
def plot_rank_trap(separable: Tensor, dense: Tensor, labels: list[str], *, ax) -> None:
    """Show the maps (out_channels, H, W) of two first layers, eight to a row.

    Taught in: 02_separable_convolution.
    """
    top = 0.0
    for maps, label, colour in zip((separable, dense), labels, (DEPTHWISE, DENSE), strict=True):
        limit = 1.5 * float(abs(maps).amax((1, 2)).median())  # keeps faint maps visible
        ax.text(0, top - 0.12, label, va="bottom", color=colour)
        for place, values in enumerate(maps):
            row, column = divmod(place, 8)
            _tile(ax, values, 1.1 * column, top + 1.1 * row, colour, limit)
        top += 1.1 * (row + 1) + 0.6
    _frame(ax, -0.05, 8.8, -0.55, top - 0.55)

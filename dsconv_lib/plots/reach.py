"""Figures of a stack of dilated layers: how far it reaches, and along how many paths."""

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from dsconv_lib.plots.style import DENSE, DEPTHWISE, FAINT, NEUTRAL, figure

HOLE = "black"  # a cross in this colour is a pixel that no path reaches


def _offsets(counts: list[int]) -> np.ndarray:
    """Number the pixels of a receptive field from its middle."""
    return np.arange(len(counts)) - (len(counts) - 1) / 2


def _bars(ax, counts: list[int], cross: float = 6) -> None:
    """Draw one bar per pixel, and a cross of this size [points] where there is no path."""
    places, counts = _offsets(counts), np.array(counts)
    ax.bar(places, counts, width=0.8, color=DEPTHWISE)
    missed = places[counts == 0]
    ax.plot(
        missed, np.full(len(missed), 0.25), "x", color=HOLE, markersize=cross, markeredgewidth=1.4
    )
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))


@figure(5.8, 3.1)
def plot_walk_back(dilations: list[int], *, ax) -> None:
    """Trace one output of a stack of 3-tap layers back to every input it reads, in 1-D.

    Example:
        >>> plot_walk_back([1, 2, 4])

    Taught in: 03_dilated_convolution.
    """
    reached, depth = {0}, len(dilations)
    half = sum(dilations)
    for level in range(depth, -1, -1):
        pixels = np.arange(-half, half + 1)
        ax.plot(pixels, np.full(len(pixels), level), "o", color=FAINT, markersize=5)
        ax.plot(sorted(reached), [level] * len(reached), "o", color=DEPTHWISE, markersize=7)
        if level == 0:
            break
        rate = dilations[level - 1]
        below = [(top, top + tap * rate) for top in reached for tap in (-1, 0, 1)]
        for top, bottom in below:
            ax.plot([top, bottom], [level, level - 1], color=NEUTRAL, linewidth=0.9, zorder=0)
        ax.text(half + 0.8, level - 0.5, f"rate {rate}", va="center")
        reached = {bottom for _, bottom in below}
    names = ["input", *[f"layer {level}" for level in range(1, depth)], "output"]
    ax.set(yticks=range(depth + 1), yticklabels=names, xlabel="pixel, counted from the output's")
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)


@figure(5.6, 3.6, rows=2)
def plot_path_counts(counts: dict[str, list[int]], *, ax) -> None:
    """Compare the path counts of two stacks, pixel by pixel; a cross marks a hole.

    Taught in: 03_dilated_convolution.
    """
    widest = max(map(len, counts.values())) / 2
    for panel, (name, paths) in zip(ax, counts.items(), strict=True):
        _bars(panel, paths)
        panel.set(xlim=(-widest, widest), ylabel="paths")
        panel.text(0.01, 0.92, name, transform=panel.transAxes, va="top")
    ax[-1].set_xlabel("input pixel, counted from the output's")


@figure(6.0, 2.9, columns=2)
def plot_effective(fields: dict[str, tuple[ArrayLike, ArrayLike]], *, ax) -> None:
    """Compare measured gradients with path counts, column by column of the receptive field.

    Args:
        fields: for each stack, the measured share and the counted share of every column.

    Taught in: 03_dilated_convolution.
    """
    for panel, (name, (measured, counted)) in zip(ax, fields.items(), strict=True):
        places = _offsets(counted)
        panel.axvspan(-len(counted) / 4, len(counted) / 4, color="#EEEEEE", zorder=-1)
        panel.plot(places, counted, "--", color=DENSE, label="paths")
        panel.plot(places, measured, "o", color=DEPTHWISE, markersize=4, label="gradients")
        panel.set(xlabel=name, ylim=(0, 0.15))
        panel.yaxis.set_major_formatter("{x:.0%}")
    ax[1].legend(loc="upper right", handlelength=1.2, borderpad=0)
    ax[1].set_yticklabels([])
    ax[0].set_ylabel("share of the mass")

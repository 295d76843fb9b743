"""Figures of chapter 03: taps on a digit, what a stack reaches, and along how many paths."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from dsconv_lib.plots.images import plot_images
from dsconv_lib.plots.style import DEPTHWISE, FAINT, INDIGO, NEUTRAL, drawing, figure
from dsconv_lib.plots.taps import plot_taps, tap_positions


@figure(5.6, 2.9, columns=2)
def plot_taps_on_digit(
    image: ArrayLike, response: ArrayLike, kernel_size: int, dilation: int, *, ax: np.ndarray
) -> None:
    """Show a kernel's taps around the middle of a digit, and the whole filtered digit.

    The view is wide enough for seven taps at rate 8, and the same for all and for both panels, so
    that pictures can be compared.

    Taught in: 03_dilated_convolution.
    """
    plot_taps(kernel_size, [dilation], image, margin=11, ax=ax[0])
    name = "ink right minus ink left"
    plot_images([response], [name], colours="signed", most=1, ax=ax[1])
    ax[1].set(xlim=ax[0].get_xlim(), ylim=ax[0].get_ylim(), facecolor=ax[0].get_facecolor())
    ax[1].add_patch(Rectangle((-0.5, -0.5), *np.shape(image), fill=False, edgecolor=NEUTRAL))


@figure(5.8, 3.1)
def plot_walk_back(dilations: Sequence[int], *, ax: Axes) -> None:
    """Trace one output of a stack of 3-tap layers back to every input it reads, in 1-D.

    Taught in: 03_dilated_convolution.
    """
    reached, depth, half = {0}, len(dilations), sum(dilations)
    for level in range(depth, -1, -1):
        ax.plot(range(-half, half + 1), [level] * (2 * half + 1), "o", color=FAINT, markersize=5)
        ax.plot(sorted(reached), [level] * len(reached), "o", color=DEPTHWISE, markersize=7)
        if level == 0:
            break
        rate = dilations[level - 1]
        joined = [(top, tap) for top in reached for tap in tap_positions(3, rate, top).tolist()]
        ax.plot(np.transpose(joined), [level, level - 1], color=NEUTRAL, linewidth=0.9, zorder=0)
        ax.text(half + 0.8, level - 0.5, f"rate {rate}", va="center")
        reached = {tap for _, tap in joined}
    names = ["input", *[f"layer {level}" for level in range(1, depth)], "output"]
    ax.set(yticks=range(depth + 1), yticklabels=names, xlabel="pixel, counted from the output's")
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)


def plot_path_counts(
    counts: Mapping[str, Sequence[int]], *, ax: Axes | np.ndarray | None = None
) -> None:
    """Compare the path counts of stacks, pixel by pixel; a cross marks a hole.

    Taught in: 03_dilated_convolution.
    """
    widest = max(map(len, counts.values())) / 2
    with drawing(ax, 5.6, 1.8 * len(counts), rows=len(counts)) as axes:
        for panel, (name, paths) in zip(np.ravel(axes), counts.items(), strict=True):
            places = np.arange(len(paths)) - (len(paths) - 1) / 2
            panel.bar(places, paths, color=DEPTHWISE)
            holes = places[np.equal(paths, 0)]
            panel.plot(holes, [0.25] * len(holes), "x", color="black", markersize=6, mew=1.4)
            panel.locator_params(axis="y", integer=True, nbins=4)
            panel.set(xlim=(-widest, widest), ylabel="paths")
            panel.text(0.01, 0.92, name, transform=panel.transAxes, va="top")
        panel.set_xlabel("input pixel, counted from the output's")


@figure(6.4, 3.2, columns=2)
def plot_effective_fields(
    fields: Mapping[str, tuple[ArrayLike, ArrayLike]], inner: float, *, ax: np.ndarray
) -> None:
    """Compare what path counts say of each column of a field with what gradients measured.

    Args:
        fields: by the words under each panel, the shares of its columns [%]: from path counts,
            which become bars, and from gradients, which become dots.
        inner: the part in the middle that is shaded [pixels].

    Taught in: 03_dilated_convolution.
    """
    most = max(np.max(shares) for field in fields.values() for shares in field)
    for panel, (name, (paths, gradients)) in zip(ax, fields.items(), strict=True):
        places = np.arange(len(paths)) - (len(paths) - 1) / 2
        panel.axvspan(-inner / 2, inner / 2, color=FAINT, alpha=0.5, linewidth=0, zorder=0)
        bars = panel.bar(places, paths, 0.8, facecolor="white", edgecolor=NEUTRAL, linewidth=1)
        (dots,) = panel.plot(places, gradients, "o", color=INDIGO, markersize=4.5)
        panel.set(xlabel=name, ylim=(0, 1.1 * most))
        panel.label_outer()
    ax[0].set_ylabel("share of the column [%]")
    names = ["path counts", "squared gradients"]
    ax[0].figure.legend([bars, dots], names, loc="outside upper center", ncols=2)

"""Figures of one dilated layer: where its taps fall, and what it makes of a digit."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from dsconv_lib.plots.style import DEPTHWISE, FAINT, NEUTRAL, WEIGHTS, draw_pixels, figure

CLASSES = ["#FFFFFF", "#BFD9EA", "#F2C9A8", "#D9D9D9"]  # pale, so that letters stay readable
LETTERS = "ABCDEFGHIJKLMNOP"


def _grid(ax, side: int) -> None:
    """Rule thin lines between the pixels of a square picture."""
    ax.set_xticks(np.arange(side) - 0.5, minor=True)
    ax.set_yticks(np.arange(side) - 0.5, minor=True)
    ax.grid(which="minor", color=FAINT, linewidth=0.8)
    ax.tick_params(which="both", length=0)


def _tap_positions(kernel_size: int, dilation: int, centre: int) -> np.ndarray:
    """List where a row of taps falls [pixels], for a kernel centred on one pixel."""
    first = centre - dilation * (kernel_size - 1) // 2
    return first + dilation * np.arange(kernel_size)


@figure(6.4, 2.5, columns=3)
def plot_taps(kernel_size: int, dilations: list[int], *, ax) -> None:
    """Draw one kernel at three rates on the same grid: same taps, wider span.

    Example:
        >>> plot_taps(3, [1, 2, 4])

    Taught in: 03_dilated_convolution.
    """
    side = max(dilations) * (kernel_size - 1) + 1
    colours = ListedColormap(["white", "#E3E3E3", DEPTHWISE])
    for panel, dilation in zip(ax, dilations, strict=True):
        taps = _tap_positions(kernel_size, dilation, side // 2)
        span = slice(taps[0], taps[-1] + 1)
        picture = np.zeros((side, side))
        picture[span, span] = 1  # spanned
        picture[np.ix_(taps, taps)] = 2  # read
        draw_pixels(panel, picture, cmap=colours, vmax=2)
        _grid(panel, side)
        across = span.stop - span.start
        panel.set_xlabel(f"rate {dilation}: {across} × {across}")


@figure(5.6, 2.9, columns=2)
def plot_taps_on_digit(
    image: ArrayLike, response: ArrayLike, kernel_size: int, dilation: int, *, ax
) -> None:
    """Show a kernel's taps around the middle of a digit, and the whole filtered digit.

    Taps on the padding are crosses, outside the frame. The view is wide enough for seven taps
    at rate 8, and the same for all, so that pictures can be compared.

    Taught in: 03_dilated_convolution.
    """
    side = len(image)
    rows, columns = np.meshgrid(*[_tap_positions(kernel_size, dilation, side // 2)] * 2)
    inside = (rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)
    draw_pixels(ax[0], image, vmax=1.7)  # pale ink, so that taps stand out
    ax[0].set_facecolor("#F2F2F2")
    ax[0].add_patch(Rectangle((-0.5, -0.5), side, side, fill=False, ec=NEUTRAL, lw=1.2))
    ax[0].scatter(columns[inside], rows[inside], 17, DEPTHWISE, "s", ec="white", lw=0.5)
    ax[0].scatter(columns[~inside], rows[~inside], 22, NEUTRAL, "x", lw=1.4)
    ax[0].set(xlim=(-11.5, 39.5), ylim=(39.5, -11.5), xlabel="taps of one output")
    draw_pixels(ax[1], response, cmap=WEIGHTS, vmin=-1, vmax=1)
    ax[1].set_xlabel("ink right minus ink left")


@figure(3.6, 3.6)
def plot_interleaved(dilation: int, centre: int, *, ax) -> None:
    """Letter the interleaved grids of a rate, and ring the nine taps of one 3 x 3 output.

    Example (four grids; the output at row 3, column 3):
        >>> plot_interleaved(2, centre=3)

    Taught in: 03_dilated_convolution.
    """
    side = 4 * dilation
    rows, columns = np.indices((side, side)) % dilation
    classes = rows * dilation + columns
    colours = ListedColormap(CLASSES[: dilation**2])
    draw_pixels(ax, classes, cmap=colours, vmax=dilation**2 - 1)
    _grid(ax, side)
    taps = _tap_positions(3, dilation, centre)
    for (row, column), number in np.ndenumerate(classes):
        ringed = row in taps and column in taps
        weight = "bold" if ringed else "normal"
        ax.text(column, row, LETTERS[number], ha="center", va="center", weight=weight)
        if ringed:
            ax.add_patch(
                Rectangle((column - 0.42, row - 0.42), 0.84, 0.84, fill=False, ec=DEPTHWISE, lw=2.5)
            )


@figure(6.4, 2.5, columns=3)
def plot_gridding(maps: dict[str, ArrayLike], *, ax) -> None:
    """Show three non-negative maps side by side, each scaled to its own darkest pixel.

    Taught in: 03_dilated_convolution.
    """
    for panel, (name, values) in zip(ax, maps.items(), strict=True):
        draw_pixels(panel, values, vmax=float(values.max()))
        panel.set_xlabel(name)


@figure(5.6, 3.0)
def plot_border(rates: list[int], shares: list[float], mark: list[int], *, ax) -> None:
    """Draw the share of taps that fall on the padding against the rate.

    Args:
        mark: rates whose share is written beside the curve.

    Taught in: 03_dilated_convolution.
    """
    ax.plot(rates, shares, color=DEPTHWISE)
    ax.axhline(8 / 9, color=NEUTRAL, linestyle=":", linewidth=1.5)
    ax.text(1, 0.905, "eight of nine taps: a 1 × 1 kernel is left", color=NEUTRAL, va="bottom")
    for rate in mark:
        share = shares[rates.index(rate)]
        ax.plot(rate, share, "o", color=DEPTHWISE)
        ax.annotate(f"{share:.1%}", (rate, share), (6, -13), textcoords="offset points")
    ax.set(xlabel="rate d of a 3 × 3 kernel", ylabel="taps on the padding", ylim=(0, 1.02))
    ax.yaxis.set_major_formatter("{x:.0%}")

"""Where the taps of a kernel lie."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from dsconv_lib.plots.style import DEPTHWISE, FAINT, NEUTRAL, draw_pixels, drawing


def tap_positions(kernel_size: int, dilation: int, centre: int) -> np.ndarray:
    """List where a row of taps falls [pixels], for a kernel centred on one pixel.

    Example:
        >>> tap_positions(3, dilation=2, centre=14).tolist()
        [12, 14, 16]
    """
    first = centre - dilation * (kernel_size - 1) // 2
    return first + dilation * np.arange(kernel_size)


def plot_taps(
    kernel_size: int,
    dilations: Sequence[int],
    image: ArrayLike | None = None,
    *,
    margin: int = 0,
    ax: Axes | np.ndarray | None = None,
) -> None:
    """Mark the pixels that a kernel reads around the middle, and its span, for each dilation.

    Without an image the taps stand on squared paper; taps outside an image are crosses.

    Args:
        margin: how much is shown around the image [pixels].
    """
    count, widest = len(dilations), max(dilations) * (kernel_size - 1) + 1
    pixels = np.zeros((widest, widest)) if image is None else np.asarray(image)
    side = len(pixels)
    size = min(6.4, 3.2 * count), 2.5
    with drawing(ax, *size, columns=count, layout="compressed") as axes:
        for panel, dilation in zip(np.ravel(axes), dilations, strict=True):
            draw_pixels(panel, pixels, vmax=2)  # pale ink, so that taps stand out
            if image is None:  # squared paper
                for rule in (panel.hlines, panel.vlines):
                    rule(np.arange(side) - 0.5, -0.5, side - 0.5, FAINT, lw=0.8)
            taps = tap_positions(kernel_size, dilation, side // 2)
            _mark(panel, taps, side, on_paper=image is None)
            ends = (-margin - 0.5, side + margin - 0.5)
            span = taps[-1] - taps[0] + 1
            panel.set(xlim=ends, ylim=ends[::-1], xlabel=f"dilation {dilation}: {span} × {span}")
            panel.set_facecolor("#F2F2F2")  # the padding around an image


def _mark(panel: Axes, taps: np.ndarray, side: int, on_paper: bool) -> None:
    """Shade or frame the span of a kernel, fill the pixels that it reads, cross those outside."""
    across, corner = taps[-1] - taps[0] + 1, (taps[0] - 0.5, taps[0] - 0.5)
    look = {"color": "#E3E3E3"} if on_paper else {"fill": False, "edgecolor": NEUTRAL, "lw": 2}
    panel.add_patch(Rectangle(corner, across, across, **look))
    panel.add_patch(Rectangle((-0.5, -0.5), side, side, fill=False, edgecolor=NEUTRAL, lw=1.2))
    rows, columns = (places.ravel() for places in np.meshgrid(taps, taps))
    inside = (rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)
    for row, column in zip(rows[inside], columns[inside], strict=True):
        pixel = (column - 0.5, row - 0.5)
        panel.add_patch(Rectangle(pixel, 1, 1, facecolor=DEPTHWISE, edgecolor="white"))
    panel.plot(columns[~inside], rows[~inside], "x", color=NEUTRAL, markersize=5, mew=1.4)

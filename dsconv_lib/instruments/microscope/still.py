"""The still picture of the convolution microscope."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from dsconv_lib.plots import style
from dsconv_lib.plots.style import figure

FIRST_STAGE = {"standard": "dense", "separable": "depthwise"}  # others are called what they are


def _map(ax: Axes, values: Tensor, left: float, top: float, rim: int, signed: bool) -> float:
    """Show one map as a tile of side 1, its padding hatched, and return the side of a pixel."""
    cells = max(values.shape) + 2 * rim
    pixel = 1 / cells
    height, width = ((size + 2 * rim) * pixel for size in values.shape)
    frame = {"fill": False, "edgecolor": style.NEUTRAL, "linewidth": 0.8}
    ax.add_patch(Rectangle((left, top), width, height, hatch="//////", zorder=-1, **frame))
    ax.add_patch(Rectangle((left, top), width, height, zorder=1, **frame))
    edge = rim * pixel
    limit = max(float(abs(values).max()), 1e-12)
    place = (left + edge, left + width - edge, top + height - edge, top + edge)
    colours = {"cmap": style.WEIGHTS, "vmin": -limit} if signed else {"cmap": "gray_r", "vmin": 0}
    ax.imshow(np.asarray(values), extent=place, vmax=1 if not signed else limit, **colours)
    return pixel


def _taps(ax: Axes, left: float, top: float, places: list, pixel: float, colour: str) -> None:
    """Frame single pixels, with a light rim that shows them on ink."""
    for row, column in places:
        corner = (left + column * pixel, top + row * pixel)
        for edge, wide in (("white", 2.4), (colour, 1.2)):
            line = {"fill": False, "edgecolor": edge, "linewidth": wide, "zorder": 2 + (wide < 2)}
            ax.add_patch(Rectangle(corner, pixel, pixel, **line))


def _tap_places(row: int, column: int, shape: dict[str, int]) -> list[tuple[int, int]]:
    """List what an output pixel reads, counted from the corner of the padded map."""
    steps = [tap * shape["dilation"] for tap in range(shape["kernel_size"])]
    start = (row * shape["stride"], column * shape["stride"])
    return [(start[0] + down, start[1] + right) for down in steps for right in steps]


@figure(6.4, 4.6)
def plot_microscope(
    maps: list[Tensor],
    read: list[int],
    pixel: tuple[int, int, int],
    shape: dict[str, int],
    kind: str,
    *,
    ax,
) -> None:
    """Show the maps of each stage, one output pixel and the taps that make it.

    Args:
        maps: the input, the output, and between them what the depthwise stage makes, if any.
        read: the input channels that the pixel reads.
        pixel: output channel, row and column.
        shape: ``kernel_size``, ``stride``, ``padding`` and ``dilation`` of the first stage.
    """
    channel, row, column = pixel
    first = style.colour_of(FIRST_STAGE.get(kind, kind))
    names = ["input", "depthwise", "output"] if len(maps) == 3 else ["input", "output"]
    for stage, (name, stack) in enumerate(zip(names, maps, strict=True)):
        left, rim = 1.25 * stage, shape["padding"] if stage == 0 else 0
        ax.text(left + 0.5, -0.12, name, ha="center", va="bottom")
        for number, values in enumerate(stack):
            top = 1.2 * number
            side = _map(ax, values, left, top, rim, bool(stage or number in (1, 2)))
            if stage == 0 and number in read:
                _taps(ax, left, top, _tap_places(row, column, shape), side, first)
            elif 0 < stage < len(maps) - 1 or (stage and number == channel):
                colour = style.POINTWISE if len(maps) == 3 else first
                _taps(ax, left, top, [(row, column)], side, colour)
    deepest = 1.2 * max(map(len, maps))
    ax.set(xlim=(-0.05, 1.25 * len(maps) - 0.2), ylim=(deepest, -0.4), aspect="equal")
    ax.axis("off")

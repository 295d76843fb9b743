"""The still of the drawing pad: a digit, its maps in small, and what is read in it."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib.plots.style import DENSE, NEUTRAL, WEIGHTS, colour_of, draw_pixels, figure

KINDS = {"stem": "dense", "average": "depthwise"}  # others end with their kind


@figure(width=6.4, height=5.6)
def plot_reading(image: Tensor, maps: dict[str, Tensor], probabilities: Tensor, *, ax) -> None:
    """Draw a digit, ten bars, and the maps of every layer as small tiles.

    Every map is scaled by its own largest value, maps of one pixel by that of them all: purple
    above zero, gold below. The frame tells the kind of layer, and its name stands above.

    Shape:
        image          (1, 1, H, W)
        maps           (C, H, W) each, by layer
        probabilities  (10,)
    """
    ax.set_axis_off()
    draw_pixels(ax.inset_axes([0, 0.62, 0.3, 0.36]), image[0, 0])
    _draw_bars(ax.inset_axes([0.42, 0.69, 0.56, 0.28]), probabilities)
    columns = math.ceil(len(maps) / 2)
    for place, (name, values) in enumerate(maps.items()):
        row, column = divmod(place, columns)
        panel = ax.inset_axes([column / columns, 0.29 - 0.31 * row, 0.92 / columns, 0.23])
        _draw_maps(panel, name, values)


def _draw_bars(ax, probabilities: Tensor) -> None:
    most = int(probabilities.argmax())
    colours = [DENSE if digit == most else NEUTRAL for digit in range(len(probabilities))]
    words = "> 99.9%" if probabilities[most] > 0.9995 else f"{probabilities[most]:.1%}"
    ax.bar(range(len(probabilities)), probabilities, color=colours)
    ax.text(most, float(probabilities[most]) + 0.03, words, ha="center")
    ax.set(xticks=range(len(probabilities)), ylim=(0, 1.2), yticks=[0, 1], ylabel="probability")


def _draw_maps(ax, name: str, values: Tensor) -> None:
    """Lay the maps of one layer side by side, with a gap of one pixel."""
    alone = values[0].numel() == 1  # single pixels tell something only beside the others
    most = values.abs().amax(dim=(0, 1, 2) if alone else (1, 2), keepdim=True).clamp(min=1e-12)
    steps = (7 * values / most).round() / 7  # few colours make a small picture
    tiles = F.pad(steps, (0, 1, 0, 1))  # (C, H, W) -> (C, H+1, W+1)
    columns = math.ceil(len(tiles) ** 0.5)
    empty = tiles.new_zeros(-len(tiles) % columns, *tiles.shape[1:])
    rows = torch.cat([tiles, empty]).split(columns)
    sheet = torch.cat([torch.cat([*row], dim=1) for row in rows])[:-1, :-1]
    draw_pixels(ax, sheet, cmap=WEIGHTS, vmin=-1, vmax=1)
    kind = name.split()[-1]
    colour = colour_of(KINDS.get(kind, kind))
    ax.set_title(name.replace(" ", "\n", 2).replace("\n", " ", 1), fontsize=11, color=colour)
    for spine in ax.spines.values():
        spine.set(color=colour, linewidth=2)

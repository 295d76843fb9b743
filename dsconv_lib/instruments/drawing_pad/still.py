"""The still of the drawing pad: a digit, its maps in small, and what is read in it."""

import math

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib.plots import as_sheet, plot_images
from dsconv_lib.plots.curves import plot_bars
from dsconv_lib.plots.style import DENSE, NEUTRAL, figure

KINDS = {"stem": "dense", "average": "depthwise"}  # others end with their kind


@figure(6.4, 5.6)
def plot_reading(image: Tensor, maps: dict[str, Tensor], probabilities: Tensor, *, ax) -> None:
    """Draw a digit, ten bars, and the maps of every layer as small tiles.

    Every map is scaled by its own largest value, maps of one pixel by that of them all: purple
    above zero, gold below. The frame tells the kind of layer, and its name stands below.

    Shape:
        image          (1, 1, H, W)
        maps           (C, H, W) each, by layer
        probabilities  (10,)
    """
    ax.set_axis_off()
    plot_images(image[0], ax=ax.inset_axes([0, 0.66, 0.3, 0.33]))
    _draw_bars(ax.inset_axes([0.42, 0.72, 0.56, 0.27]), probabilities)
    across = math.ceil(len(maps) / 2)
    places = [divmod(place, across) for place in range(2 * across)]
    panels = [
        ax.inset_axes([column / across, 0.38 - 0.34 * row, 0.92 / across, 0.23])
        for row, column in places
    ]
    sheets = [_sheet(values) for values in maps.values()]
    kinds = [KINDS.get(name, name.split()[-1]) for name in maps]
    words = [name.replace(" ", "\n", 2).replace("\n", " ", 1) for name in maps]
    labels = list(zip(words, kinds, strict=True))
    plot_images(sheets, labels, columns=across, colours="signed", frames=kinds, ax=panels)


def _sheet(maps: Tensor) -> np.ndarray:
    if maps[0].numel() == 1:  # single pixels tell something only beside the others: one map
        side = math.ceil(len(maps) ** 0.5)
        maps = F.pad(maps.flatten(), (0, side**2 - len(maps))).view(1, side, side)
    return np.round(7 * as_sheet(maps)) / 7  # few colours make a small picture


def _draw_bars(ax, probabilities: Tensor) -> None:
    most = int(probabilities.argmax())
    colours = [DENSE if digit == most else NEUTRAL for digit in range(len(probabilities))]
    words = "> 99.9%" if probabilities[most] > 0.9995 else f"{probabilities[most]:.1%}"
    plot_bars(probabilities, colours=colours, ax=ax)
    ax.text(most, float(probabilities[most]) + 0.03, words, ha="center")
    ax.set(xlim=(-1.3, 10), ylim=(0, 1.2), yticks=[0, 1], ylabel="probability")

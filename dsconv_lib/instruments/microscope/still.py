"""The still picture of the convolution microscope."""

import matplotlib.pyplot as plt
import numpy as np
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib.plots import plot_images
from dsconv_lib.plots.style import FAINT, colour_of

FIRST_STAGE = {"standard": "dense", "separable": "depthwise"}  # others are called what they are


def plot_microscope(
    maps: dict[str, Tensor],
    read: list[int],
    pixel: tuple[int, int, int],
    shape: dict[str, int],
    kind: str,
) -> None:
    """Show the maps of each stage in a row, one output pixel and the taps that make it.

    Args:
        maps: of the input, of what the depthwise stage makes, if any, and of the output.
        read: the input channels that the pixel reads.
        pixel: output channel, row and column.
        shape: ``kernel_size``, ``stride``, ``padding`` and ``dilation`` of the first stage.
    """
    (channel, *place), first = pixel, FIRST_STAGE.get(kind, kind)
    padded = F.pad(maps["input"], (shape["padding"],) * 4, value=float("nan"))
    plot_images({**maps, "input": padded}, columns=4, tile=1.3)
    panels = np.reshape(plt.gcf().axes, (-1, 4))
    steps = shape["dilation"] * np.arange(shape["kernel_size"])
    taps = np.meshgrid(*(shape["stride"] * start + steps for start in place))
    for panel in panels[0]:
        panel.set_facecolor(FAINT)  # the padding
    for panel in panels[0, read]:
        _mark(panel, taps, first)
    for panel in panels[1, : len(maps.get("depthwise", []))]:
        _mark(panel, place, "pointwise")
    _mark(panels[-1, channel], place, "pointwise" if "depthwise" in maps else first)


def _mark(panel, places, kind: str) -> None:
    rows, columns = map(np.ravel, places)
    panel.plot(columns, rows, "s", color=colour_of(kind), mec="white", mew=0.5, markersize=4)

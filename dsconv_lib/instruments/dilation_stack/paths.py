"""What a stack of layers at stride 1 with ``padding="same"`` reads of a map that has borders.

A layer is ``(kernel_size, dilation)``, input side first. Away from the borders,
``convolution.path_counts`` counts.
"""

from collections.abc import Iterable, Sequence
from math import gcd, prod

import numpy as np
from traitlets import TraitError

from dsconv_lib.convolution import path_counts
from dsconv_lib.plots.taps import tap_positions

SIDE = 28  # [pixels] of the image, and of every map of the stack
MOST_LAYERS = 6
MOST = {"kernel_size": 7, "dilation": 16}

Layers = Sequence[tuple[int, int]]


def checked_layers(layers: Iterable) -> list[tuple[int, int]]:
    """Bring layers to a list of pairs, or refuse them with their numbers.

    Raises:
        traitlets.TraitError: another number of layers, or a layer that is none.
    """
    layers = list(layers)
    if not 1 <= len(layers) <= MOST_LAYERS:
        raise TraitError(f"{len(layers)} layers, but a stack has 1 to {MOST_LAYERS}")
    for number, layer in enumerate(layers, start=1):
        if not isinstance(layer, list | tuple) or len(layer) != 2:
            raise TraitError(f"layer {number} is {layer!r}, but it must be (kernel_size, dilation)")
        for (name, most), value in zip(MOST.items(), layer, strict=True):
            if type(value) is not int or not 1 <= value <= most:
                raise TraitError(f"layer {number} {name}={value}, but it must be 1 to {most}")
    return [tuple(layer) for layer in layers]


def path_levels(layers: Layers, place: int, size: int = SIDE) -> list[list[int]]:
    """Count the paths from one output to every pixel of every map below it, in 1-D.

    The output's map comes first, the input last. A path that steps on padding ends there,
    since padding is zero at every layer.

    Example (the first of four outputs of one layer; one of its three taps is lost):
        >>> path_levels([(3, 1)], place=0, size=4)
        [[1, 0, 0, 0], [1, 1, 0, 0]]
    """
    levels = [[int(pixel == place) for pixel in range(size)]]
    for kernel_size, dilation in reversed(layers):
        spread = np.convolve(levels[-1], path_counts(kernel_size, [dilation])).tolist()
        left = -tap_positions(kernel_size, dilation, 0)[0]  # what lies before it fell on padding
        levels.append(spread[left : left + size])
    return levels


def padding_share(layers: Layers, row: int, column: int, size: int = SIDE) -> float:
    """Measure the share of one output's paths that end on padding.

    Example (a corner output of one ordinary layer loses five of nine taps):
        >>> round(padding_share([(3, 1)], row=0, column=0), 4)
        0.5556
    """
    kept = [sum(path_levels(layers, place, size)[-1]) for place in (row, column)]
    return 1 - prod(kept) / prod(k for k, _ in layers) ** 2


def shared_rate(layers: Layers) -> int:
    """Find the largest number that divides every rate: the stack works on its square of grids.

    Layers of one tap spread nothing and do not count; a stack of only those has one grid.

    Example (four grids that never meet; then rates that mix):
        >>> shared_rate([(3, 2), (3, 4)]), shared_rate([(3, 2), (3, 3)])
        (2, 1)
    """
    return gcd(*(d for k, d in layers if k > 1)) or 1

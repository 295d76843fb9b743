"""Paths through a stack whose layers may differ in kernel and rate. Plain integers.

A layer is ``(kernel_size, dilation)``, input side first, at stride 1 with ``padding="same"``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd, prod

import numpy as np

from dsconv_lib.checks import require_whole
from dsconv_lib.convolution import path_counts

SIDE = 28  # [pixels] of the image, and of every map of the stack
MOST_LAYERS, MOST_TAPS, MOST_RATE = 6, 7, 16

Layers = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class RuleLine:
    """One line of the no-holes rule: a rate, and what the smaller rates allow it to be."""

    layer: int  # counted from 1 at the input side
    rate: int
    allowed: int

    @property
    def holds(self) -> bool:
        """Say whether the rate is within what the smaller ones see."""
        return self.rate <= self.allowed


def checked_layers(layers: Iterable) -> list[tuple[int, int]]:
    """Bring layers to a list of pairs, or refuse them with their numbers.

    Raises:
        ValueError: no layer or more than 6, a layer that is not a pair, a kernel_size
            outside 1 to 7, a dilation outside 1 to 16.

    Example:
        >>> checked_layers([[3, 1], [5, 2]])
        [(3, 1), (5, 2)]

    Taught in: 03_dilated_convolution.
    """
    layers = list(layers)
    if not 1 <= len(layers) <= MOST_LAYERS:
        raise ValueError(f"{len(layers)} layers, but a stack has 1 to {MOST_LAYERS}")
    return [_checked_layer(number, layer) for number, layer in enumerate(layers, start=1)]


def _checked_layer(number: int, layer: Sequence[int]) -> tuple[int, int]:
    if not isinstance(layer, list | tuple) or len(layer) != 2:
        raise ValueError(f"layer {number} is {layer!r}, but it must be (kernel_size, dilation)")
    limits = {"kernel_size": (layer[0], MOST_TAPS), "dilation": (layer[1], MOST_RATE)}
    for name, (value, most) in limits.items():
        require_whole(1, **{f"layer {number} {name}": value})
        if value > most:
            raise ValueError(f"layer {number} {name}={value}, but it must be 1 to {most}")
    return int(layer[0]), int(layer[1])


def stack_path_counts(layers: Layers) -> list[int]:
    """Count the paths from each pixel of a row to one output, for layers of any kernels.

    Away from the border: nothing is lost on padding here (``path_levels`` counts that).

    Example (three taps, then five that are two apart):
        >>> stack_path_counts([(3, 1), (5, 2)])
        [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]

    Taught in: 03_dilated_convolution.
    """
    return reduce(np.convolve, (path_counts(k, [d]) for k, d in layers), np.array([1])).tolist()


def no_holes_rule(layers: Layers) -> list[RuleLine]:
    """Evaluate the exact rule, smallest rate first: each at most one more than the reach so far.

    A layer of ``k`` taps holds ``k - 1`` coins of value ``d``; the proof of the chapter asks
    nowhere that all hold equally many. A layer of one tap holds none and has no line.

    Example (five taps let the next rate go up to 5):
        >>> [(line.rate, line.allowed) for line in no_holes_rule([(3, 6), (5, 1)])]
        [(1, 1), (6, 5)]

    Taught in: 03_dilated_convolution.
    """
    lines, reach = [], 0
    wide = [(d, number, k) for number, (k, d) in enumerate(layers, start=1) if k > 1]
    for rate, number, kernel_size in sorted(wide):
        lines.append(RuleLine(number, rate, reach + 1))
        reach += (kernel_size - 1) * rate
    return lines


def first_tap(kernel_size: int, dilation: int) -> int:
    """Say how far left of its output the first tap falls [pixels], as ``padding="same"`` has it.

    Example (an even kernel has one tap more on the right):
        >>> first_tap(3, dilation=2), first_tap(2, dilation=1)
        (-2, 0)

    Taught in: 03_dilated_convolution.
    """
    return -(dilation * (kernel_size - 1) // 2)


def path_levels(layers: Layers, place: int, size: int = SIDE) -> list[list[int]]:
    """Count the paths from one output to every pixel of every map below it, in 1-D.

    The output's map comes first, the input last. A path that steps on padding ends there,
    since padding is zero at every layer.

    Example (the first of four outputs of one layer; one of its three taps is lost):
        >>> path_levels([(3, 1)], place=0, size=4)
        [[1, 0, 0, 0], [1, 1, 0, 0]]

    Taught in: 03_dilated_convolution.
    """
    levels = [[int(pixel == place) for pixel in range(size)]]
    for kernel_size, dilation in reversed(layers):
        below = [0] * size
        for pixel, paths in enumerate(levels[-1]):
            for tap in range(kernel_size):
                at = pixel + first_tap(kernel_size, dilation) + tap * dilation
                if 0 <= at < size:
                    below[at] += paths
        levels.append(below)
    return levels


def padding_share(layers: Layers, row: int, column: int, size: int = SIDE) -> float:
    """Measure the share of one output's paths that end on padding.

    Example (a corner output of one ordinary layer loses five of nine taps):
        >>> round(padding_share([(3, 1)], row=0, column=0), 4)
        0.5556

    Taught in: 03_dilated_convolution.
    """
    kept = [sum(path_levels(layers, place, size)[-1]) for place in (row, column)]
    return 1 - prod(kept) / prod(k for k, _ in layers) ** 2


def mean_padding_share(layers: Layers, size: int = SIDE) -> float:
    """Average ``padding_share`` over all outputs; rows and columns lose independently.

    Example (as in the chapter: one layer at rate 8):
        >>> round(mean_padding_share([(3, 8)]), 3)
        0.345

    Taught in: 03_dilated_convolution.
    """
    kept = [sum(path_levels(layers, place, size)[-1]) for place in range(size)]
    return 1 - (sum(kept) / size / prod(k for k, _ in layers)) ** 2


def shared_rate(layers: Layers) -> int:
    """Find the largest number that divides every rate: the stack works on its square of grids.

    Layers of one tap spread nothing and do not count; a stack of only those has one grid.

    Example (four grids that never meet; then rates that mix):
        >>> shared_rate([(3, 2), (3, 4)]), shared_rate([(3, 2), (3, 3)])
        (2, 1)

    Taught in: 03_dilated_convolution.
    """
    return gcd(*(d for k, d in layers if k > 1)) or 1

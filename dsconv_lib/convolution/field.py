"""The pixels that one place of a map reads, and how a window, a mixture and a sum change them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class ReceptiveField:
    """What one place of an output map reads of the image: a square, with or without holes.

    The square of the place in row r and column c begins with the pixel in row
    ``r * stride + offset`` and column ``c * stride + offset``. Near the border of the image a part
    of it is padding, and pixels that only padding of an inner map would pass on count as read.

    Stride 0 says that all outputs read the same pixels, because the places were mixed on the way,
    as by the average before a classifier. Then the square is inside the image.

    Args:
        size: side of the square [pixels].
        stride: from the square of one place to that of the next [pixels].
        offset: where the square of place 0 begins [pixels]; a negative one is in the padding.
        holes: pixels inside the square that are never read.
        taps: ``(size, size)`` of bool, true where a pixel is read.

    Source: [araujo2019computing], where minus ``offset`` is the effective padding.
    """

    size: int
    stride: int
    offset: int
    holes: int
    taps: Tensor = field(repr=False, compare=False)


@dataclass(frozen=True)
class Reads:
    """The pixels that the places of a map read, while it is still open what becomes of the map.

    Every pair is rows, then columns.

    Args:
        image: its height and width [pixels].
        taps: ``(height, width)`` of bool, true where place (0, 0) reads a pixel.
        offsets: of the first tap from the image's first pixel [pixels].
        strides: from place to place [pixels]; 0 where the places were mixed.
        dims: the dimension of the map that counts the places, -1 for its last; 0 where the places
            were mixed.
    """

    image: tuple[int, int]
    taps: Tensor = field(default_factory=lambda: torch.ones(1, 1, dtype=torch.bool))
    offsets: tuple[int, int] = (0, 0)
    strides: tuple[int, int] = (1, 1)
    dims: tuple[int, int] = (-2, -1)

    def moving(self) -> list[tuple[int, int]]:
        """List the axes whose places are still apart, each with its dimension."""
        return [(axis, dim) for axis, dim in enumerate(self.dims) if dim]

    def slide(
        self, axis: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> "Reads":
        """Move a window along one axis: its taps read ``kernel_size`` places of this map."""
        step, length, shape = self.strides[axis], self.taps.shape[axis], list(self.taps.shape)
        shape[axis] += (kernel_size - 1) * dilation * step
        taps = self.taps.new_zeros(shape)
        for tap in range(kernel_size):
            taps.narrow(axis, tap * dilation * step, length).logical_or_(self.taps)
        offset = self.offsets[axis] - padding * step
        return replace(self, taps=taps).put(axis, offsets=offset, strides=step * stride)

    def mix(self, axis: int, places: int) -> "Reads":
        """Read all places along one axis, and of their pixels those inside the image."""
        every = self.slide(axis, places)
        start, end = self.offsets[axis], self.offsets[axis] + every.taps.shape[axis]
        first = min(max(start, 0), end)
        last = max(min(end, self.image[axis]), first)
        taps = every.taps.narrow(axis, first - start, last - first)
        return replace(self, taps=taps).put(axis, offsets=first, strides=0, dims=0)._trim()

    def _trim(self) -> "Reads":
        """Leave out what lies before the first tap and behind the last."""
        trimmed = self
        for axis in (0, 1):
            read = self.taps.any(1 - axis).nonzero().flatten().tolist() or [0, -1]
            taps = trimmed.taps.narrow(axis, read[0], read[-1] + 1 - read[0])
            trimmed = replace(trimmed, taps=taps).put(axis, offsets=self.offsets[axis] + read[0])
        return trimmed

    def put(self, axis: int, **numbers: int) -> "Reads":
        """Change one number of each named pair."""
        pairs = {name: list(getattr(self, name)) for name in numbers}
        for name, number in numbers.items():
            pairs[name][axis] = number
        return replace(self, **{name: tuple(pair) for name, pair in pairs.items()})


def join(maps: Sequence[Reads]) -> Reads:
    """Unite what several maps read, place by place.

    Raises:
        ValueError: maps of different strides, whose windows drift apart.
    """
    first = maps[0]
    for each in maps[1:]:
        if each.strides != first.strides:
            raise ValueError(f"it joins maps of strides {first.strides} and {each.strides}")
        if each.dims != first.dims:
            raise ValueError("it joins rows with columns")
    starts = [min(each.offsets[axis] for each in maps) for axis in (0, 1)]
    ends = [max(each.offsets[axis] + each.taps.shape[axis] for each in maps) for axis in (0, 1)]
    taps = first.taps.new_zeros(ends[0] - starts[0], ends[1] - starts[1])
    for each in maps:
        row, column = each.offsets[0] - starts[0], each.offsets[1] - starts[1]
        taps[row : row + len(each.taps), column : column + each.taps.shape[1]] |= each.taps
    return replace(first, taps=taps, offsets=tuple(starts))


def square(reads: Reads) -> ReceptiveField:
    """Say in one number each what rows and columns have in common.

    Raises:
        ValueError: rows and columns that differ, or no pixel that is read.
    """
    if not reads.taps.any():
        raise ValueError("the output reads no pixel of the image")
    (height, width), strides, offsets = reads.taps.shape, reads.strides, reads.offsets
    if height != width or strides[0] != strides[1] or offsets[0] != offsets[1]:
        raise ValueError(
            f"an output reads {height} x {width} pixels, strides {strides}, offsets {offsets}, "
            "but rows and columns must be alike"
        )
    holes = int((~reads.taps).sum())
    return ReceptiveField(height, strides[0], offsets[0], holes, reads.taps)

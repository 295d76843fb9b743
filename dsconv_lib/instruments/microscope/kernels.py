"""What the microscope allows: its kernels by name, its choices, and what it refuses."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from traitlets import TraitError

from dsconv_lib.convolution import output_size
from dsconv_lib.instruments.instrument import refuse_other_ink

Kernel = str | list[list[float]]  # a name, or rows of numbers
SIZES = (1, 3, 5, 7)
LARGEST = 100  # of a weight


def _named(size: int) -> dict[str, Tensor]:
    sideways = (torch.arange(size) - size // 2).sign().double().expand(size, size)
    middle = torch.zeros(size, size).double()
    middle[size // 2, size // 2] = 1
    return {
        "identity": middle,
        "vertical edges": sideways,
        "horizontal edges": sideways.T,
        "blur": torch.full_like(middle, 1 / size**2),
        "outline": size**2 * middle - 1,
        "zero": torch.zeros_like(middle),
    }


NAMED = {size: _named(size) for size in SIZES}
NAMES = tuple(NAMED[3])
ORDER = ("vertical edges", "horizontal edges", "blur", "outline")
DENSE = [[ORDER[(o + i) % 4] for i in range(4)] for o in range(4)]
MIXING = [[1.0, 0.5, -0.5, 0.5], [1.0, -1.0, 0.5, -0.5], [-0.5, 1.0, 1.0, 0.5], [0.5, 0.5, -1, 1]]


def kernel_of(kernel: Kernel, size: int) -> Tensor:
    """Give a kernel at a size: by its name, or from its numbers, cut or framed by zeros.

    Example:
        >>> kernel_of("vertical edges", 3)[0]
        tensor([-1.,  0.,  1.])
        >>> kernel_of([[5.0]], 3)[1]
        tensor([0., 5., 0.])
    """
    if isinstance(kernel, str):
        return NAMED[size][kernel].float()
    rim = (size - len(kernel)) // 2
    return torch.nn.functional.pad(torch.tensor(kernel), (rim, rim, rim, rim))


def stacked(rows: list[list[Kernel]], size: int) -> Tensor:
    """Stack kernels, a row for each output channel, as the weight of an ``nn.Conv2d``.

    Shape:
        output  (out_channels, in_channels / groups, size, size)
    """
    return torch.stack([torch.stack([kernel_of(one, size) for one in row]) for row in rows])


def conv2d_with(weight: Tensor, groups: int = 1, **shape: int) -> nn.Conv2d:
    """Build the ``nn.Conv2d`` without bias that has this weight."""
    outputs, inputs, size, _ = weight.shape
    shape = {**shape, "kernel_size": size, "groups": groups}
    layer = nn.Conv2d(inputs * groups, outputs, bias=False, **shape)
    with torch.no_grad():
        layer.weight.copy_(weight)
    return layer


def refuse_impossible(pixels: bytes, height: int, width: int, kind: str, **shape: int) -> None:
    """Check that the settings make a layer, and that it fits on the picture.

    Raises:
        traitlets.TraitError: they do not, with the numbers and what is allowed.
    """
    refuse_other_ink("pixels", pixels, height * width)
    inputs, outputs = shape.pop("in_channels"), shape.pop("out_channels")
    if kind == "depthwise" and outputs % inputs:
        raise TraitError(
            f"out_channels={outputs}, but a depthwise layer needs a multiple of "
            f"in_channels={inputs}"
        )
    if kind != "pointwise":
        try:
            output_size(min(height, width), **shape)
        except ValueError as error:
            raise TraitError(str(error)) from None


def checked_numbers(rows: Sequence, columns: int, what: str) -> list[list[float]]:
    """Turn rows of numbers, or a tensor, into lists of floats.

    Raises:
        traitlets.TraitError: rows of another length, or a number that is not finite or too large.
    """
    rows = rows.tolist() if isinstance(rows, Tensor) else rows
    try:
        numbers = [[float(number) for number in row] for row in rows]
    except (TypeError, ValueError):
        raise TraitError(f"{what} is {rows!r}, but it must be rows of numbers") from None
    if {len(row) for row in numbers} != {columns}:
        lengths = [len(row) for row in numbers]
        raise TraitError(f"{what} has rows of {lengths} numbers, but each must have {columns}")
    wild = [number for row in numbers for number in row if not abs(number) <= LARGEST]
    if wild:
        raise TraitError(f"{what} holds {wild[0]}, but a weight is {-LARGEST} to {LARGEST}")
    return numbers


def checked_kernel(kernel: Kernel | Tensor, what: str) -> Kernel:
    """Accept a known name, or a square of 1, 3, 5 or 7 numbers a side.

    Raises:
        traitlets.TraitError: anything else, with what was given and what is allowed.

    Example:
        >>> checked_kernel("sharp", "kernel 0")
        Traceback (most recent call last):
        traitlets.traitlets.TraitError: kernel 0 is 'sharp', but the names are identity, \
vertical edges, horizontal edges, blur, outline, zero
    """
    if isinstance(kernel, str):
        if kernel not in NAMES:
            raise TraitError(f"{what} is {kernel!r}, but the names are {', '.join(NAMES)}")
        return kernel
    try:
        side = len(kernel)
    except TypeError:
        raise TraitError(f"{what} is {kernel!r}, but it must be a name or rows") from None
    if side not in SIZES:
        raise TraitError(f"{what} has {side} rows, but it must have 1, 3, 5 or 7")
    return checked_numbers(kernel, side, what)


def checked_kernels(kernels: list, what: str, pairs: bool = False) -> list:
    """Accept four kernels, or four lists of four: one for each output channel.

    Raises:
        traitlets.TraitError: another number of them, or a kernel that is none.
    """
    if isinstance(kernels, str) or len(kernels) != 4:
        lists = (
            "lists, but needs 4, one for each output channel" if pairs else "kernels, but needs 4"
        )
        raise TraitError(f"{what} has {len(kernels)} {lists}")
    check = checked_kernels if pairs else checked_kernel
    return [check(kernel, f"{what} {at}") for at, kernel in enumerate(kernels)]

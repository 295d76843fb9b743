"""The kernels that the microscope knows by name, and the layers made of them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Kernel = str | list[list[float]]  # a name, or rows of numbers


def _edges(size: int) -> Tensor:
    return (torch.arange(size) - size // 2).sign().float().expand(size, size)


def _identity(size: int) -> Tensor:
    kernel = torch.zeros(size, size)
    kernel[size // 2, size // 2] = 1
    return kernel


NAMED: dict[str, Callable[[int], Tensor]] = {
    "identity": _identity,
    "vertical edges": _edges,
    "horizontal edges": lambda size: _edges(size).T,
    "blur": lambda size: torch.full((size, size), 1 / size**2),
    "outline": lambda size: size**2 * _identity(size) - 1,
    "zero": lambda size: torch.zeros(size, size),
}
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

    Taught in: 02_separable_convolution.
    """
    if isinstance(kernel, str):
        return NAMED[kernel](size)
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

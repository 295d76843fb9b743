"""The kernels of the microscope: by name or as numbers, and which of them it allows."""

import torch
from torch import Tensor, nn
from traitlets import CFloat, HasTraits, List, TraitType

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


class KernelTrait(TraitType):
    """A known name, or a square of 1, 3, 5 or 7 numbers a side, kept as lists of floats."""

    info_text = (
        f"a name ({', '.join(NAMES)}) or 1, 3, 5 or 7 rows of as many numbers from "
        f"{-LARGEST} to {LARGEST}"
    )

    def validate(self, obj: HasTraits, value: Kernel | Tensor) -> Kernel:
        if isinstance(value, str) and value in NAMES:
            return value
        try:
            rows = [[float(number) for number in row] for row in value]
        except (TypeError, ValueError):
            self.error(obj, value)
        square = len(rows) in SIZES and {len(row) for row in rows} == {len(rows)}
        if not square or not all(abs(number) <= LARGEST for row in rows for number in row):
            self.error(obj, value)
        return rows


class WeightTrait(CFloat):
    """One weight of a pointwise layer."""

    info_text = f"a number from {-LARGEST} to {LARGEST}"

    def validate(self, obj: HasTraits, value: float) -> float:
        value = super().validate(obj, value)
        return value if abs(value) <= LARGEST else self.error(obj, value)  # nan is refused, too


def four(trait: TraitType, **options) -> List:
    """Hold four values, one for each input or output channel."""
    return List(trait, minlen=4, maxlen=4, **options)

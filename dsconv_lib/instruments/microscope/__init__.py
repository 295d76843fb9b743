"""The convolution microscope: which pixels make one number, and which pixels one weight meets."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from traitlets import Bytes, Dict, Enum, Int, TraitError, observe, validate

from dsconv_lib.convolution import output_size
from dsconv_lib.data import load_digits
from dsconv_lib.instruments.instrument import (
    COLOURS,
    Instrument,
    floats_of,
    ink_bytes,
    refuse_other_ink,
)
from dsconv_lib.instruments.microscope.kernels import (
    DENSE,
    LARGEST,
    MIXING,
    NAMED,
    NAMES,
    ORDER,
    SIZES,
    KernelTrait,
    WeightTrait,
    conv2d_with,
    four,
    stacked,
)
from dsconv_lib.instruments.microscope.still import plot_microscope

KINDS = ("standard", "depthwise", "pointwise", "separable")
INPUTS = ("ink", "change sideways", "change downwards", "paper")
CHOICES = {
    "kind": KINDS,
    "in_channels": (1, 2, 3, 4),
    "out_channels": (1, 2, 3, 4),
    "kernel_size": SIZES,
    "dilation": tuple(range(1, 7)),
    "stride": (1, 2, 3),
    "padding": tuple(range(13)),
}
SHAPE = (*CHOICES, "height", "width")
FIXED = {  # what the page has to know, and nobody sets
    "choices": {name: list(values) for name, values in CHOICES.items()},
    "inputs": list(INPUTS),
    "sizes": list(SIZES),
    "kernels": [
        {"name": name, "numbers": [NAMED[size][name].flatten().tolist() for size in SIZES]}
        for name in NAMES
    ],
    "weight": LARGEST,
    "colours": COLOURS,
}
SIDEWAYS = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8


def _image_traits(image: Tensor) -> dict[str, Any]:
    pixels = ink_bytes(image, least=4, most=32)
    height, width = image.shape[-2:]
    return {"pixels": pixels, "height": height, "width": width}


def _whole(name: str, default: int) -> Int:
    return Int(default, min=CHOICES[name][0], max=CHOICES[name][-1]).tag(sync=True)


class Microscope(Instrument):
    """Shows one digit, one layer, and every product behind the output pixel pointed at.

    The layer has no bias. Its kernels are kept for all four inputs and outputs, as names or as rows
    of numbers, so they outlive a change of size or kind; assign a whole list to change them.
    A pointwise layer has one tap: it leaves ``kernel_size``, ``dilation`` and ``padding`` aside.

    Args:
        image: (1, 1, H, W) or (H, W), 4 to 32 pixels a side, ink from 0 to 1; else the first 3.
        settings: any trait: kind ("standard", "depthwise", "pointwise", "separable"), in_channels
            (1 to 4: ink, its change sideways, its change downwards, paper), out_channels (1 to 4),
            kernel_size (1, 3, 5, 7), dilation (1 to 6), stride (1 to 3), padding (0 to 12);
            channel, row and column of the chosen output pixel; the three lists of weights.

    Raises:
        traitlets.TraitError: a setting that is impossible, also later; the old state stays.

    Example:
        >>> microscope = Microscope(torch.zeros(28, 28), kind="standard", out_channels=4)
        >>> microscope.layer().weight.shape, microscope.output().shape
        (torch.Size([4, 2, 3, 3]), torch.Size([1, 4, 28, 28]))
        >>> microscope.row = 28
        Traceback (most recent call last):
        traitlets.traitlets.TraitError: row=28, but the output has rows 0 to 27

    Taught in: 02_separable_convolution.
    """

    fixed = Dict(FIXED, read_only=True).tag(sync=True)
    pixels = Bytes().tag(sync=True)  # float32, row after row
    height, width = Int(28).tag(sync=True), Int(28).tag(sync=True)
    kind = Enum(KINDS, "separable").tag(sync=True)
    in_channels, out_channels = _whole("in_channels", 2), _whole("out_channels", 3)
    kernel_size = Enum(SIZES, 3).tag(sync=True)
    dilation, stride, padding = _whole("dilation", 1), _whole("stride", 1), _whole("padding", 1)
    dense_kernels = four(four(KernelTrait()), default_value=DENSE).tag(sync=True)
    depthwise_kernels = four(KernelTrait(), default_value=list(ORDER)).tag(sync=True)
    pointwise_weights = four(four(WeightTrait()), default_value=MIXING).tag(sync=True)
    channel = Int(0, min=0, max=3).tag(sync=True)  # of the chosen output pixel
    row, column = Int(0, min=0).tag(sync=True), Int(0, min=0).tag(sync=True)

    def __init__(self, image: Tensor | None = None, **settings: Any):
        unknown = sorted(settings.keys() - self.trait_names())
        if unknown:
            raise TypeError(f"{unknown[0]} is not a setting; these are: {', '.join(CHOICES)}")
        image = load_digits().first(3) if image is None else image
        super().__init__(**_image_traits(image), **settings)
        if not {"row", "column"} & settings.keys():
            self.row, self.column = (size // 2 for size in self._out_shape())

    @property
    def image(self) -> Tensor:
        """The digit, (1, 1, H, W), as the copied PyTorch lines want their x."""
        return floats_of(self.pixels).view(1, 1, self.height, self.width)

    @image.setter
    def image(self, image: Tensor) -> None:
        with self.hold_trait_notifications():
            for name, value in _image_traits(image).items():
                self.set_trait(name, value)

    def input(self) -> Tensor:
        """Give what the layer reads, (1, in_channels, H, W)."""
        edges = torch.stack([SIDEWAYS, SIDEWAYS.T]).unsqueeze(1)  # (2, 1, 3, 3)
        maps = [self.image, F.conv2d(self.image, edges, padding=1), 1 - self.image]
        return torch.cat(maps, dim=1)[:, : self.in_channels]  # (1, 4, H, W) -> (1, C_in, H, W)

    def layer(self) -> nn.Module:
        """Build the layer with its weights; separable is two ``nn.Conv2d`` in a row."""
        shape, inputs, outputs = self._geometry(), self.in_channels, self.out_channels
        size = shape.pop("kernel_size")
        alone = [[kernel] for kernel in self.depthwise_kernels]
        mixing = torch.tensor(self.pointwise_weights)[:outputs, :inputs, None, None]
        if self.kind == "standard":
            pairs = [row[:inputs] for row in self.dense_kernels[:outputs]]
            return conv2d_with(stacked(pairs, size), **shape)
        if self.kind == "depthwise":
            return conv2d_with(stacked(alone[:outputs], size), groups=inputs, **shape)
        if self.kind == "pointwise":
            return conv2d_with(mixing, **shape)
        depthwise = conv2d_with(stacked(alone[:inputs], size), groups=inputs, **shape)
        return nn.Sequential(depthwise, conv2d_with(mixing))

    def output(self) -> Tensor:
        """Compute what comes out, (1, out_channels, H', W')."""
        with torch.no_grad():
            return self.layer()(self.input())

    def draw_still(self) -> None:
        with torch.no_grad():
            maps = {"input": self.input()[0]}
            if self.kind == "separable":
                maps["depthwise"] = self.layer()[0](self.input())[0]
        maps["output"] = self.output()[0]
        shape = self._geometry()
        own = self.channel * self.in_channels // self.out_channels
        read = [own] if self.kind == "depthwise" else list(range(self.in_channels))
        plot_microscope(maps, read, (self.channel, self.row, self.column), shape, self.kind)

    def still_words(self) -> str:
        shape = self._geometry()
        value = f"{self.output()[0, self.channel, self.row, self.column] + 0.0:.3f}"
        settings = ", ".join(f"{name} {number}" for name, number in shape.items())
        height, width = self._out_shape()
        return (
            f"A digit under a {self.kind} convolution, {self.in_channels} channels in and "
            f"{self.out_channels} out of {height} × {width} pixels, {settings}. Output "
            f"{self.channel} at row {self.row}, column {self.column} is {value.replace('-', '−')}."
        )

    def _geometry(self) -> dict[str, int]:
        if self.kind == "pointwise":
            return {"kernel_size": 1, "stride": self.stride, "padding": 0, "dilation": 1}
        names = ("kernel_size", "stride", "padding", "dilation")
        return {name: getattr(self, name) for name in names}

    def _out_shape(self) -> tuple[int, int]:
        shape = self._geometry()
        return output_size(self.height, **shape), output_size(self.width, **shape)

    @validate(*SHAPE, "pixels")
    def _possible(self, proposal: dict) -> Any:
        state = {name: getattr(self, name) for name in (*SHAPE, "pixels")}
        state[proposal["trait"].name] = proposal["value"]
        height, width, inputs, outputs, kind = (
            state.pop(name) for name in ("height", "width", "in_channels", "out_channels", "kind")
        )
        refuse_other_ink("pixels", state.pop("pixels"), height * width)
        if kind == "depthwise" and outputs % inputs:
            raise TraitError(
                f"out_channels={outputs}, but a depthwise layer needs a multiple of "
                f"in_channels={inputs}"
            )
        if kind != "pointwise":
            try:
                output_size(min(height, width), **state)
            except ValueError as error:
                raise TraitError(str(error)) from None
        return proposal["value"]

    @validate("channel", "row", "column")
    def _inside(self, proposal: dict) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        sizes = dict(zip(("row", "column"), self._out_shape(), strict=True))
        size = {"channel": self.out_channels, **sizes}[name]
        if value >= size:
            raise TraitError(f"{name}={value}, but the output has {name}s 0 to {size - 1}")
        return value

    @observe(*SHAPE)
    def _stay_inside(self, change: dict) -> None:
        height, width = self._out_shape()
        self.channel = min(self.channel, self.out_channels - 1)
        self.row, self.column = min(self.row, height - 1), min(self.column, width - 1)

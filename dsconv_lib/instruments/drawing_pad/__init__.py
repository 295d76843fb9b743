"""Draw a digit: a trained network reads it in the page, and shows every map on the way."""

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from traitlets import (
    Bool,
    Bytes,
    Dict,
    Enum,
    Int,
    List,
    TraitError,
    Unicode,
    default,
    observe,
    validate,
)

from dsconv_lib.data import MEAN, STD, Digits, load_optdigits
from dsconv_lib.instruments.drawing_pad.folded import channels_of, steps_of, weights_of
from dsconv_lib.instruments.drawing_pad.still import plot_reading
from dsconv_lib.instruments.instrument import (
    Instrument,
    floats_of,
    ink_bytes,
    refuse_other_ink,
)
from dsconv_lib.networks import DSNet, load_pretrained

SIDE = 28  # [pixels] of MNIST's frame
SQUARES = (3, 5, 7, 9, 11)  # [pixels] odd, so that a square has a middle
MOST_DIGITS = 40
FIXED = {"mean": MEAN, "std": STD, "squares": list(SQUARES)}  # what the page has to know


def _binary(**options: Any) -> Bytes:
    """Make a trait of bytes; what a page sends back comes as a view."""
    return Bytes(**options).tag(sync=True, from_json=lambda value, _: bytes(value))


class DrawingPad(Instrument):
    """A pad to draw on, a DSNet that reads it in the page, and every map of every block.

    What is drawn is brought to MNIST's form as ``photographs`` does it, unless ``centred`` is
    False. A picture that is given (``image``, or one of ``digits``) is read as it stands.

    Args:
        nets: trained networks, no two alike in width and dilations; by name, if a dict. The
            pretrained one alone, if None.
        digits: examples to pick from, at most 40; ten of scikit-learn's, if None.
        labels: of the examples, if ``digits`` is a tensor.
        settings: ``net`` (which of the nets), ``centred``, ``erasing``, ``layer`` (such as
            "block 2 depthwise") and ``channel`` (whose kernel is shown, from 0), ``square`` (side
            of what is blanked [pixels]: 3, 5, 7, 9 or 11).

    Shape:
        digits  uint8 (N, 1, 28, 28)

    Example (what the next cell can use):
        >>> pad = DrawingPad()
        >>> pad.image.shape, pad.probabilities.shape
        (torch.Size([1, 1, 28, 28]), torch.Size([10]))
        >>> pad.image = torch.zeros(1, 1, 28, 28)
        >>> pad.image.sum().item()
        0.0

    Taught in: 11_draw_a_digit.
    """

    fixed = Dict(FIXED, read_only=True).tag(sync=True)
    header = List(Dict(), read_only=True).tag(sync=True)  # name, width, dilations, steps of nets
    weights = _binary(read_only=True)  # float32, of all nets
    samples = _binary(read_only=True)  # uint8, of all examples
    labels = List(Int(), read_only=True).tag(sync=True)
    net = Int(0).tag(sync=True)
    layer = Unicode("block 1 depthwise").tag(sync=True)
    channel = Int(0).tag(sync=True)
    centred = Bool(True).tag(sync=True)
    square = Enum(SQUARES, 5).tag(sync=True)  # [pixels] side of what is blanked
    erasing = Bool(False).tag(sync=True)
    base = _binary()  # float32, the picture below the strokes; empty where there is none
    strokes = List(Dict()).tag(sync=True)  # {"erase": bool, "points": [x, y, x, y, ...]} [pixels]
    seen = _binary()  # float32, what the network gets

    def __init__(
        self,
        nets: Sequence[DSNet] | Mapping[str, DSNet] | None = None,
        digits: Digits | Tensor | None = None,
        labels: Sequence[int] | None = None,
        **settings: Any,
    ):
        named = _named([load_pretrained()] if nets is None else nets)
        self._nets = {name: deepcopy(net).eval() for name, net in named.items()}
        images, labels = _examples(digits, labels)
        self.set_trait("samples", images.numpy().tobytes())
        self.set_trait("labels", labels)
        first = (images[0] / 255).numpy().tobytes()
        super().__init__(base=first, seen=first, **settings)

    @default("header")
    def _describe_nets(self) -> list[dict[str, Any]]:
        return [
            {
                "name": str(name),
                "width": net.width,
                "dilations": list(net.dilations),
                "steps": steps_of(net),
            }
            for name, net in self._nets.items()
        ]

    @default("weights")
    def _lay_out_weights(self) -> bytes:
        weights = torch.cat([weights_of(net) for net in self._nets.values()])
        wild = weights[~weights.isfinite()]
        if len(wild):
            raise TraitError(f"{len(wild)} of {len(weights)} weights are {wild[0]:g}: not finite")
        return weights.numpy().tobytes()

    @property
    def image(self) -> Tensor:
        """What the network gets: float32 (1, 1, 28, 28), 0 is paper and 1 is ink.

        Set it to show a picture of your own in the page; it is read as it stands.
        """
        return floats_of(self.seen).view(1, 1, SIDE, SIDE)

    @image.setter
    def image(self, image: Tensor) -> None:
        shown = ink_bytes(image)
        with self.hold_sync(), self.hold_trait_notifications():
            self.strokes, self.base, self.seen = [], shown, shown

    @property
    def probabilities(self) -> Tensor:
        """The chosen network's ten probabilities for ``image``: float32 (10,)."""
        with torch.no_grad():
            return self._chosen()((self.image - MEAN) / STD)[0].softmax(dim=0)

    def draw_still(self) -> None:
        plot_reading(self.image, self._maps(), self.probabilities)

    def still_words(self) -> str:
        answer, name = self.probabilities, self.header[self.net]["name"]
        sure, digit = answer.max(dim=0)
        words = "above 99.9%" if sure > 0.9995 else f"of {sure:.1%}"
        return (
            f"A digit of 28 by 28 pixels, the maps of every layer of the network ({name}), and "
            f"ten bars: it reads a {int(digit)}, with a probability {words}."
        )

    def _chosen(self) -> DSNet:
        return list(self._nets.values())[self.net]

    def _maps(self) -> dict[str, Tensor]:
        """Let the chosen network read ``image``, and keep the maps of every convolution."""
        net, kept = self._chosen(), []
        hooks = [
            layer.register_forward_hook(lambda *run: kept.append(run[2][0]))
            for layer in net.modules()
            if isinstance(layer, nn.Conv2d)
        ]
        with torch.no_grad():
            net((self.image - MEAN) / STD)
        for hook in hooks:
            hook.remove()
        return dict(zip(channels_of(steps_of(net)), kept, strict=True))

    @validate("net", "layer", "channel")
    def _check_choice(self, proposal: dict) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        net = value if name == "net" else self.net
        _require_among("net", net, range(len(self.header)))
        if name != "net":
            channels = channels_of(self.header[net]["steps"])
            _require_among("layer", value if name == "layer" else self.layer, channels)
        if name == "channel":
            _require_among("channel", value, range(channels[self.layer]))
        return value

    @observe("net", "layer")
    def _stay_inside(self, _: dict) -> None:
        """Another net or layer may have no such map: go back to its first."""
        channels = channels_of(self.header[self.net]["steps"])
        if self.layer not in channels:
            self.layer = "block 1 depthwise"
        if self.channel >= channels[self.layer]:
            self.channel = 0

    @validate("base", "seen")
    def _check_picture(self, proposal: dict) -> bytes:
        name, value = proposal["trait"].name, proposal["value"]
        if value or name == "seen":
            refuse_other_ink(name, value, SIDE**2)
        return value

    @validate("strokes")
    def _check_strokes(self, proposal: dict) -> list[dict]:
        for stroke in proposal["value"]:
            points = stroke.get("points")
            numbers = isinstance(points, list) and all(isinstance(p, int | float) for p in points)
            if not numbers or len(points) % 2 or not points or not all(map(math.isfinite, points)):
                raise TraitError(f"points={points!r}; [x, y, x, y, ...] in pixels is needed")
        return proposal["value"]


def _named(nets: Sequence[DSNet] | Mapping[str, DSNet]) -> dict[str, DSNet]:
    """Name each net, by its shape if by nothing else; refuse none, and two of one shape."""
    named = dict(nets) if isinstance(nets, Mapping) else {_shape(net): net for net in nets}
    if len(named) < max(1, len(nets)) or len({_shape(net) for net in named.values()}) < len(nets):
        shapes = "; ".join(map(_shape, nets.values() if isinstance(nets, Mapping) else nets))
        raise ValueError(f"nets ({shapes}): one or more are needed, no two of one shape")
    return named


def _shape(net: DSNet) -> str:
    if not isinstance(net, DSNet):
        raise ValueError(f"{type(net).__name__} is no DSNet")
    return f"width {net.width}, dilations {', '.join(map(str, net.dilations))}"


def _examples(
    digits: Digits | Tensor | None, labels: Sequence[int] | None
) -> tuple[Tensor, list[int]]:
    """Take the examples apart: images and labels."""
    if digits is None:
        offered = load_optdigits().split("test")
        rows = [int((offered.labels == label).nonzero()[0]) for label in range(10)]
        digits, labels = offered.images[rows], offered.labels[rows]
    elif isinstance(digits, Digits):
        digits, labels = digits.images, digits.labels
    labels = [] if labels is None else [int(label) for label in labels]
    fits = digits.dtype == torch.uint8 and digits.shape == (len(labels), 1, SIDE, SIDE)
    if not fits or not 1 <= len(labels) <= MOST_DIGITS or not set(labels) <= set(range(10)):
        raise ValueError(
            f"{digits.dtype} digits of {tuple(digits.shape)} with {len(labels)} labels; uint8 "
            f"(N, 1, 28, 28) with N labels from 0 to 9 are needed, and N from 1 to {MOST_DIGITS}"
        )
    return digits.contiguous(), labels


def _require_among(name: str, value: Any, allowed: Any) -> None:
    if value not in allowed:
        known = f"{allowed}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
        raise TraitError(f"{name}={value!r} is not one of {known}")

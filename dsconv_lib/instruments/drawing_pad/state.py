"""What a drawing pad holds, and what it refuses: nets, examples, strokes, what is looked at."""

import math
from typing import Any

import torch
from torch import Tensor
from traitlets import Bool, Bytes, Dict, Int, List, TraitError, Unicode, observe, validate

from dsconv_lib.instruments.drawing_pad.folded import channels_of, count_weights
from dsconv_lib.instruments.instrument import Instrument

SIDE = 28  # [pixels] of MNIST's frame
SQUARES = range(3, 13, 2)  # [pixels] odd, so that a square has a middle


def _binary() -> Bytes:
    """Make a trait of bytes; what a page sends back comes as a view."""
    return Bytes().tag(sync=True, from_json=lambda value, _: bytes(value))


class PadState(Instrument):
    """The traits of a drawing pad; each is checked when it is set, and a misfit changes nothing.

    Raises:
        TraitError: what does not fit, with the numbers that do.
    """

    header = List(Dict()).tag(sync=True)  # what the nets are: name, width, dilations, steps
    weights = _binary()  # float32, of all nets
    samples = _binary()  # uint8, of all examples
    labels = List(Int()).tag(sync=True)
    net = Int(0).tag(sync=True)
    layer = Unicode("block 1 depthwise").tag(sync=True)
    channel = Int(0).tag(sync=True)
    centred = Bool(True).tag(sync=True)
    square = Int(5).tag(sync=True)  # [pixels] side of what is blanked
    erasing = Bool(False).tag(sync=True)
    base = _binary()  # float32, the picture below the strokes; empty where there is none
    strokes = List(Dict()).tag(sync=True)  # {"erase": bool, "points": [x, y, x, y, ...]} [pixels]
    seen = _binary()  # float32, what the network gets

    @validate("header", "weights")
    def _check_nets(self, proposal: dict) -> Any:
        own = {"header": self.header, "weights": self.weights}
        own[proposal["trait"].name] = proposal["value"]
        try:
            needed = sum(count_weights(step) for net in own["header"] for step in net["steps"])
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise TraitError(
                f"header: {error!r}; a list of nets with their steps is needed"
            ) from None
        _require_floats("weights", own["weights"], needed)
        return proposal["value"]

    @validate("square")
    def _check_square(self, proposal: dict) -> int:
        _require_among("square", proposal["value"], SQUARES)
        return proposal["value"]

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
            _require_floats(name, value, SIDE**2, most=1, least=0)
        return value

    @validate("strokes")
    def _check_strokes(self, proposal: dict) -> list[dict]:
        for stroke in proposal["value"]:
            points = stroke.get("points")
            numbers = isinstance(points, list) and all(isinstance(p, int | float) for p in points)
            if not numbers or len(points) % 2 or not points or not all(map(math.isfinite, points)):
                raise TraitError(f"points={points!r}; [x, y, x, y, ...] in pixels is needed")
        return proposal["value"]

    @validate("samples", "labels")
    def _check_samples(self, proposal: dict) -> Any:
        own = {"samples": self.samples, "labels": self.labels}
        own[proposal["trait"].name] = proposal["value"]
        if len(own["samples"]) != SIDE**2 * len(own["labels"]):
            raise TraitError(
                f"{len(own['samples'])} bytes for {len(own['labels'])} labels; 784 each are needed"
            )
        return proposal["value"]


def floats_of(data: bytes) -> Tensor:
    """Read float32 numbers from bytes; a copy."""
    return torch.frombuffer(bytearray(data), dtype=torch.float32)


def _require_floats(
    name: str, data: bytes, count: int, least: float = -math.inf, most: float = math.inf
) -> None:
    if len(data) != 4 * count or count == 0:
        raise TraitError(f"{name} has {len(data)} bytes; {count} float32, {4 * count} bytes, fit")
    values = floats_of(data)
    wrong = ~(values.isfinite() & (values >= least) & (values <= most))
    if wrong.any():
        raise TraitError(
            f"{name}: {int(wrong.sum())} of {count} numbers, the first of them "
            f"{values[wrong][0]:g}, are not finite or not in {least:g} to {most:g}"
        )


def _require_among(name: str, value: Any, allowed: Any) -> None:
    if value not in allowed:
        known = f"{allowed}" if isinstance(allowed, range) else ", ".join(allowed)
        raise TraitError(f"{name}={value!r} is not one of {known}")

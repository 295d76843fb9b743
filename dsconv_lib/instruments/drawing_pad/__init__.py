"""Draw a digit: a trained network reads it in the page, and shows every map on the way."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dsconv_lib.data import MEAN, STD, Digits, load_optdigits
from dsconv_lib.instruments.drawing_pad.folded import count_weights, run_steps, steps_of, weights_of
from dsconv_lib.instruments.drawing_pad.state import SIDE, PadState, floats_of
from dsconv_lib.instruments.drawing_pad.still import plot_reading
from dsconv_lib.instruments.instrument import page_code, page_style
from dsconv_lib.networks import DSNet, load_pretrained

HERE = Path(__file__).parent
MOST_DIGITS = 40


class DrawingPad(PadState):
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

    Raises:
        ValueError: no net, two alike, one with weights that are not finite; digits of another
            shape or number.
        TraitError: settings or weights that do not fit.

    Example (what the next cell can use):
        >>> pad = DrawingPad()
        >>> pad.image.shape, pad.probabilities.shape
        (torch.Size([1, 1, 28, 28]), torch.Size([10]))
        >>> pad.image = torch.zeros(1, 1, 28, 28)
        >>> pad.image.sum().item()
        0.0

    Taught in: 11_draw_a_digit.
    """

    _esm = page_code(HERE / "drawing_pad.js")
    _css = page_style(HERE / "drawing_pad.css")

    def __init__(
        self,
        nets: Sequence[DSNet] | Mapping[str, DSNet] | None = None,
        digits: Digits | Tensor | None = None,
        labels: Sequence[int] | None = None,
        **settings: Any,
    ):
        named = _named([load_pretrained()] if nets is None else nets)
        images, labels = _examples(digits, labels)
        first = (images[0] / 255).numpy().tobytes()
        super().__init__(
            header=[_describe(name, net) for name, net in named.items()],
            weights=torch.cat([weights_of(net) for net in named.values()]).numpy().tobytes(),
            samples=images.numpy().tobytes(),
            labels=labels,
            base=first,
            seen=first,
            **settings,
        )

    @property
    def image(self) -> Tensor:
        """What the network gets: float32 (1, 1, 28, 28), 0 is paper and 1 is ink.

        Set it to show a picture of your own in the page; it is read as it stands.

        Raises:
            ValueError: another shape, or ink outside 0 to 1.
        """
        return floats_of(self.seen).view(1, 1, SIDE, SIDE)

    @image.setter
    def image(self, image: Tensor) -> None:
        if image.numel() != SIDE**2 or image.shape[-2:] != (SIDE, SIDE):
            raise ValueError(f"an image of {tuple(image.shape)}; (1, 1, 28, 28) is needed")
        ink = image.detach().float()
        if not ((ink >= 0) & (ink <= 1)).all():
            raise ValueError(
                f"ink from {ink.min():g} to {ink.max():g}; floats from 0 to 1 are needed (stored "
                "digits are bytes: divide them by 255)"
            )
        shown = ink.contiguous().numpy().tobytes()
        with self.hold_sync(), self.hold_trait_notifications():
            self.strokes, self.base, self.seen = [], shown, shown

    @property
    def probabilities(self) -> Tensor:
        """The chosen network's ten probabilities for ``image``: float32 (10,)."""
        return self._maps()["logits"].softmax(dim=0)

    def draw_still(self) -> None:
        """Draw the digit, its maps in small, and the ten bars."""
        maps = self._maps()
        maps.pop("logits")
        plot_reading(self.image, maps, self.probabilities)

    def still_words(self) -> str:
        """Say what the network of the still reads."""
        answer, name = self.probabilities, self.header[self.net]["name"]
        sure, digit = answer.max(dim=0)
        words = "above 99.9%" if sure > 0.9995 else f"of {sure:.1%}"
        return (
            f"A digit of 28 by 28 pixels, the maps of every layer of the network ({name}), and "
            f"ten bars: it reads a {int(digit)}, with a probability {words}."
        )

    def _maps(self) -> dict[str, Tensor]:
        """Run the chosen network on ``image``."""
        sizes = [sum(map(count_weights, net["steps"])) for net in self.header]
        own = floats_of(self.weights).split(sizes)[self.net]
        with torch.no_grad():
            return run_steps(self.header[self.net]["steps"], own, (self.image - MEAN) / STD)


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


def _describe(name: str, net: DSNet) -> dict[str, Any]:
    shape = {"width": net.width, "dilations": list(net.dilations)}
    return {"name": str(name), **shape, "steps": steps_of(net)}


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

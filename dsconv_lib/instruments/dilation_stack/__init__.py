"""The dilation stack: layers that the reader sets, and the pixels that one output sees."""

from collections.abc import Iterable

import numpy as np
import torch
import traitlets
from torch import Tensor

from dsconv_lib.convolution import has_holes, path_counts, receptive_field
from dsconv_lib.instruments.dilation_stack.paths import (
    MOST,
    MOST_LAYERS,
    SIDE,
    checked_layers,
    padding_share,
    path_levels,
    shared_rate,
)
from dsconv_lib.instruments.dilation_stack.still import plot_dilation_stack
from dsconv_lib.instruments.instrument import (
    COLOURS,
    Instrument,
    floats_of,
    ink_bytes,
    refuse_other_ink,
)
from dsconv_lib.plots.taps import tap_positions


class DilationStack(Instrument):
    """Stack dilated layers, point at an output, and see which pixels it reads along how many paths.

    Layers are ``(kernel_size, dilation)``, input side first, at stride 1 with
    ``padding="same"``; an even kernel has its extra tap on the right and below, as in torch.
    ``layers``, ``row``, ``column`` and ``image`` may be set at any time.

    Args:
        layers: 1 to 6 pairs, kernel_size 1 to 7 and dilation 1 to 16.
        image: ink in [0, 1] under the path counts; none is blank paper.
        rule_covered: whether a page keeps the no-holes rule covered until the rates 1, 1, 5 and
            1, 1, 6 have been set, or the reader asks for it.

    Shape:
        image  float (1, 1, 28, 28)

    Raises:
        traitlets.TraitError: impossible layers, row, column or grid_layer; the old ones stay.

    Example:
        >>> stack = DilationStack([(3, 2), (3, 2), (3, 2)])
        >>> stack.receptive_field, stack.has_holes, stack.path_counts.count(0)
        (13, True, 6)

    Taught in: 03_dilated_convolution.
    """

    fixed = traitlets.Dict(
        {"side": SIDE, "layers": MOST_LAYERS, **MOST, "colours": COLOURS}, read_only=True
    ).tag(sync=True)  # what the page has to know, and nobody sets
    layers = traitlets.List().tag(sync=True)
    row = traitlets.Int(SIDE // 2, min=0, max=SIDE - 1).tag(sync=True)
    column = traitlets.Int(SIDE // 2, min=0, max=SIDE - 1).tag(sync=True)
    grid_layer = traitlets.Int(0).tag(sync=True)  # whose grids are lettered; 0 is the whole stack
    rule_covered = traitlets.Bool(False).tag(sync=True)
    pixels = traitlets.Bytes().tag(sync=True)

    def __init__(
        self,
        layers: Iterable[tuple[int, int]] = ((3, 1), (3, 2), (3, 4)),
        image: Tensor | None = None,
        **settings,
    ) -> None:
        image = torch.zeros(SIDE, SIDE) if image is None else image
        super().__init__(layers=list(layers), pixels=ink_bytes(image), **settings)

    @traitlets.validate("layers")
    def _layers_are_possible(self, proposal: dict) -> list[tuple[int, int]]:
        return checked_layers(proposal["value"])

    @traitlets.validate("grid_layer")
    def _layer_is_there(self, proposal: dict) -> int:
        value, most = proposal["value"], len(self.layers)
        if not 0 <= value <= most:
            raise traitlets.TraitError(f"grid_layer={value}, but it must be 0 to {most}")
        return value

    @traitlets.observe("layers")
    def _forget_a_layer_that_is_gone(self, change: dict) -> None:
        if self.grid_layer > len(self.layers):
            self.grid_layer = 0

    @traitlets.validate("pixels")
    def _pixels_are_ink(self, proposal: dict) -> bytes:
        refuse_other_ink("pixels", proposal["value"], SIDE**2)
        return proposal["value"]

    @property
    def image(self) -> Tensor:
        """The image under the counts, (1, 1, 28, 28)."""
        return floats_of(self.pixels).view(1, 1, SIDE, SIDE)

    @image.setter
    def image(self, image: Tensor) -> None:
        self.pixels = ink_bytes(image)

    @property
    def receptive_field(self) -> int:
        """The side of the square that an output can see [pixels]."""
        return receptive_field((k, 1, d) for k, d in self.layers)

    @property
    def path_counts(self) -> list[int]:
        """The paths to each pixel of a row, away from the border."""
        return path_counts(*self._kernels_and_rates())

    @property
    def has_holes(self) -> bool:
        """Whether the square has pixels that no path reaches."""
        return has_holes(*self._kernels_and_rates())

    @property
    def padding_share(self) -> float:
        """The share of the chosen output's paths that end on padding."""
        return padding_share(self.layers, self.row, self.column)

    def _kernels_and_rates(self) -> tuple[list[int], list[int]]:
        return [k for k, _ in self.layers], [d for _, d in self.layers]

    def draw_still(self) -> None:
        rows, columns = (path_levels(self.layers, place) for place in (self.row, self.column))
        shift = sum(tap_positions(k, d, 0)[0] for k, d in self.layers)
        corner = self.row + shift, self.column + shift
        plot_dilation_stack(
            self.image[0, 0], self.layers, columns, rows[-1], np.array(self.path_counts), corner
        )

    def still_words(self) -> str:
        counts, step = self.path_counts, shared_rate(self.layers)
        kernels, rates = (", ".join(map(str, part)) for part in self._kernels_and_rates())
        holes = f"{counts.count(0)} holes" if self.has_holes else "no holes"
        grids = f" It reads 1 of {step**2} interleaved grids." if step > 1 else ""
        return (
            f"layers with kernel_size {kernels} and dilation {rates}. The output at row "
            f"{self.row}, column {self.column} sees {len(counts)} × {len(counts)} pixels "
            f"with {holes} in a row and {min(counts)} to {max(counts)} paths to each.{grids} "
            f"{self.padding_share:.1%} of its paths end on padding."
        )

"""Figures of chapter 05: the order of two digits, the parts of a network, and what they cost."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from dsconv_lib.plots.images import centred, plot_images
from dsconv_lib.plots.style import DENSE, DEPTHWISE, FAINT, KINDS, NEUTRAL, figure

ROWS = {"maps": -16, "size": -21.5, "weights": -27}  # what stands below the blocks, and where


@figure(height=3.6, rows=2, columns=2)
def plot_swapped(
    images: Mapping[str, Tensor], logits: Mapping[str, Mapping[str, Tensor]], *, ax: np.ndarray
) -> None:
    """Show images, and under them the logits that each network gives them, overlaid.

    Args:
        images: two, by name, (1, 1, H, W), in [0, 1].
        logits: for each network, the ten logits (1, 10) of each image.

    Taught in: 05_the_network.
    """
    markers = {"circles": ("o", NEUTRAL, 11), "crosses": ("x", DENSE, 7)}
    names = [f"{name}: {word}" for name, word in zip(images, markers, strict=True)]
    plot_images([image[0, 0] for image in images.values()], names, most=1, ax=ax[0])
    for panel, (net, answers) in zip(ax[1], logits.items(), strict=True):
        for (marker, colour, size), row in zip(markers.values(), answers.values(), strict=True):
            panel.plot(row[0], marker, color=colour, markersize=size, mfc="none", mew=2)
        panel.set(xticks=range(10), xlabel=net, ylabel="logit")
        panel.tick_params(length=0)
        panel.margins(y=0.2)


@figure(height=2.9)
def plot_assembly(flow: Mapping[str, tuple[tuple[int, ...], int]], *, ax: Axes) -> None:
    """Draw each part's output as a block: as high as its map, as wide as its channels.

    Args:
        flow: for each part, the shape of its output without the batch, and its weights.

    Taught in: 05_the_network.
    """
    for place, (name, (shape, weights)) in enumerate(flow.items()):
        channels, side = shape[0], shape[-1] if len(shape) == 3 else 1
        wide = 0.05 + 0.65 * channels / 48
        corner = (place - wide / 2, -side / 2)
        ax.add_patch(Rectangle(corner, wide, side, facecolor=DEPTHWISE, alpha=0.55, edgecolor="k"))
        ax.text(place, 16, name, ha="center", va="bottom", fontweight="bold")
        pixels = f"{side} × {side}" if len(shape) == 3 else "–"
        words = f"{channels}", pixels, f"{weights:,}" if weights else "–"
        for text, height in zip(words, ROWS.values(), strict=True):
            ax.text(place, height, text, ha="center", va="top")
    for name, height in ROWS.items():
        ax.text(-0.65, height, name, ha="right", va="top")
    ax.set(xlim=(-1.6, len(flow) - 0.5), ylim=(-32, 20))
    ax.set_axis_off()


@figure(width=4.8, height=4.6, rows=2, columns=2)
def plot_budget(
    price: Mapping[str, Mapping[str, tuple[int, int]]],
    words: str,
    image: Tensor,
    seen: int,
    most: tuple[int, int],
    *,
    ax: np.ndarray,
) -> None:
    """Draw weights and multiply-adds of each part by kind, and the square that one output sees.

    Args:
        price: part -> kind of layer -> (weights, multiply-adds per image).
        words: what it sums up to.
        seen: side of the receptive field [pixels].
        most: upper ends of the two scales, the same for all pictures of a slider.

    Taught in: 05_the_network.
    """
    for column, name in enumerate(["weights", "multiply-adds"]):
        _stack(ax[0, column], price, column, most[column])
        ax[0, column].set_title(name)
    _show_field(ax[1, 0], image, seen)
    kinds = [kind for kind in KINDS if any(kind in part for part in price.values())]
    patches = [Rectangle((0, 0), 1, 1, **_fill(kind)) for kind in kinds]
    ax[1, 1].set_axis_off()
    ax[1, 1].legend(patches, kinds, loc="upper left", bbox_to_anchor=(0, 1.1))
    ax[1, 1].text(0, 0, words, va="bottom")


def _fill(kind: str) -> dict:
    """Look up how a kind of layer fills an area."""
    look = KINDS[kind]
    return {"facecolor": look.colour, "hatch": look.hatch, "edgecolor": "white", "linewidth": 0}


def _stack(ax: Axes, price: Mapping, column: int, most: int) -> None:
    """Stack one bar per part, one colour and hatch per kind."""
    for place, kinds in enumerate(price.values()):
        bottom = 0
        for kind, cost in kinds.items():
            ax.bar(place, cost[column], bottom=bottom, **_fill(kind))
            bottom += cost[column]
    ax.set_xticks(range(len(price)), [part.removeprefix("block ") for part in price])
    ax.tick_params(axis="x", length=0)
    ax.set_ylim(0, most)
    ax.locator_params(axis="y", nbins=3)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k")


def _show_field(ax: Axes, image: Tensor, seen: int, edge: int = 18) -> None:
    """Draw the receptive field of the middle output over the image, and paper around it."""
    side = len(image)
    squares = [centred(side, side, FAINT), centred(seen, side, "depthwise")]
    plot_images([image], most=1, squares=[squares], ax=ax)
    ax.set(xlim=(-edge, side + edge), ylim=(side + edge, -edge))
    ax.spines[:].set_visible(False)

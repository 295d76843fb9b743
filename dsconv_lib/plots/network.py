"""Figures of whole networks: what they reach, what they cost, what their first maps show."""

from matplotlib.patches import Rectangle
from torch import Tensor

from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    FAINT,
    NEUTRAL,
    POINTWISE,
    WEIGHTS,
    draw_pixels,
    figure,
)

KINDS = {"dense": DENSE, "depthwise": DEPTHWISE, "pointwise": POINTWISE, "norm": NEUTRAL}
HATCHES = {"dense": "", "depthwise": "//", "pointwise": "..", "norm": ""}
LOOKS = ((NEUTRAL, "o-"), (DEPTHWISE, "s--"), (POINTWISE, "^-."))


@figure(height=3.6)
def plot_mends(losses: dict[str, list[list[float]]], claims: dict[int, float], *, ax) -> None:
    """Draw the loss of every run against epochs, and what was claimed as crosses.

    Args:
        losses: for each mend, one list per seed with one loss per epoch.
        claims: epoch -> loss.

    Taught in: 05_the_network.
    """
    for (colour, line), (mend, runs) in zip(LOOKS, losses.items(), strict=False):
        for number, run in enumerate(runs):
            shown = None if number else mend
            epochs = range(1, len(run) + 1)
            ax.plot(epochs, run, line, color=colour, label=shown, markersize=4, linewidth=1.2)
    ax.plot(*zip(*claims.items(), strict=True), "kx", markersize=10, label="the article", zorder=3)
    for epoch, loss in claims.items():
        away, side = (-5, "left") if epoch == 1 else (5, "right")
        ax.annotate(f"{loss}", (epoch, loss), (away, -18), textcoords="offset points", ha=side)
    ax.set(yscale="log", xlabel="epoch", ylabel="loss", ylim=(0.01, 4))
    ax.set(yticks=[0.01, 0.1, 1], yticklabels=["0.01", "0.1", "1"])
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=3, columnspacing=1)


@figure(height=3.6, rows=2, columns=2)
def plot_swapped(images: dict[str, Tensor], logits: dict[str, dict[str, Tensor]], *, ax) -> None:
    """Show images, and under them the logits that each network gives them, overlaid.

    Args:
        images: two, by name, in [0, 1].
        logits: for each network, the ten logits of each image.

    Shape:
        images  (1, 1, H, W)
        logits  (1, 10)

    Taught in: 05_the_network.
    """
    markers = [("o", NEUTRAL, 11), ("x", DENSE, 7)]
    for panel, (name, image), word in zip(
        ax[0], images.items(), ["circles", "crosses"], strict=True
    ):
        draw_pixels(panel, image[0, 0])
        panel.set_xlabel(f"{name}: {word}")
    for panel, (net, answers) in zip(ax[1], logits.items(), strict=True):
        for (marker, colour, size), row in zip(markers, answers.values(), strict=True):
            panel.plot(row[0], marker, color=colour, markersize=size, mfc="none", mew=2)
        panel.set(xticks=range(10), xlabel=net, ylabel="logit")
        panel.tick_params(length=0)
        panel.margins(y=0.2)


@figure(height=3.9, rows=4, columns=8)
def plot_first_maps(maps: dict[str, Tensor], *, ax) -> None:
    """Show the sixteen maps of two first layers, each scaled by its own largest value.

    Shape:
        maps  (16, H, W) each; signed, white is zero

    Taught in: 05_the_network.
    """
    for half, (name, sixteen) in enumerate(maps.items()):
        panels = ax[2 * half : 2 * half + 2].flat
        for panel, values in zip(panels, sixteen, strict=True):
            most = float(values.abs().max())
            draw_pixels(panel, values, cmap=WEIGHTS, vmin=-most, vmax=most)
        ax[2 * half, 0].set_title(name, loc="left")


@figure(height=2.9)
def plot_assembly(flow: dict[str, tuple[tuple[int, ...], int]], *, ax) -> None:
    """Draw each part's output as a block: as high as its map, as wide as its channels.

    Args:
        flow: for each part, the shape of its output without the batch, and its weights.

    Taught in: 05_the_network.
    """
    inks = ("black", "black", DENSE)
    for place, (name, (shape, weights)) in enumerate(flow.items()):
        channels, side = shape[0], shape[-1] if len(shape) == 3 else 1
        wide = 0.05 + 0.65 * channels / 48
        corner = (place - wide / 2, -side / 2)
        ax.add_patch(Rectangle(corner, wide, side, facecolor=DEPTHWISE, alpha=0.55, edgecolor="k"))
        ax.text(place, 16, name, ha="center", va="bottom", fontweight="bold")
        pixels = f"{side} × {side}" if len(shape) == 3 else "–"
        rows = [f"{channels}", pixels, f"{weights:,}" if weights else "–"]
        for text, height, colour in zip(rows, (-16, -21.5, -27), inks, strict=True):
            ax.text(place, height, text, ha="center", va="top", color=colour)
    for text, height, colour in zip(
        ["maps", "size", "weights"], (-16, -21.5, -27), inks, strict=True
    ):
        ax.text(-0.65, height, text, ha="right", va="top", color=colour)
    ax.set(xlim=(-1.6, len(flow) - 0.5), ylim=(-32, 20))
    ax.set_axis_off()


@figure(height=3.3)
def plot_reach(parts: list[str], sides: dict[str, list[int]], size: int, *, ax) -> None:
    """Draw the receptive field after each part of a network, for several choices of rates.

    Args:
        sides: for each choice, one side per part [pixels].
        size: of the image, dashed [pixels].

    Taught in: 05_the_network.
    """
    ax.axhline(size, color="black", linestyle=":", linewidth=1.2)
    ax.text(0, size + 0.8, f"the digit, {size}")
    for (colour, line), (name, seen) in zip(LOOKS, sides.items(), strict=False):
        ax.plot(seen, line, color=colour, label=name)
        ax.annotate(f"{seen[-1]}", (len(seen) - 1, seen[-1]), (8, -4), textcoords="offset points")
    ax.set_xticks(range(len(parts)), parts)
    ax.set(ylabel="receptive field [pixels]", ylim=(0, None))
    ax.legend(loc="lower right", title="rates")


@figure(width=4.8, height=4.6, rows=2, columns=2)
def plot_budget(
    price: dict[str, dict[str, tuple[int, int]]],
    image: Tensor,
    seen: int,
    *,
    most: tuple[int, int] | None = None,
    ax,
) -> None:
    """Draw weights and multiply-adds of each part by kind, and the square that one output sees.

    Args:
        price: part -> kind -> (weights, multiply-adds per image).
        seen: side of the receptive field [pixels].
        most: upper ends of the two scales, the same for all pictures of a slider.

    Shape:
        image  (H, W), in [0, 1]

    Taught in: 05_the_network.
    """
    for column, name in enumerate(["weights", "multiply-adds"]):
        _stacks(ax[0, column], price, column, most[column] if most else None)
        ax[0, column].set_title(name)
    total = [sum(cost[k] for kinds in price.values() for cost in kinds.values()) for k in (0, 1)]
    _square(ax[1, 0], image, seen)
    ax[1, 1].set_axis_off()
    handles = [Rectangle((0, 0), 1, 1, fc=KINDS[k], hatch=HATCHES[k], ec="white") for k in KINDS]
    ax[1, 1].legend(handles, KINDS, loc="upper left", bbox_to_anchor=(0, 1.1))
    words = f"{total[0]:,} weights\n{total[1] / 1e6:.2f} M multiply-adds\nsees {seen} by {seen}"
    ax[1, 1].text(0, 0, words, va="bottom")


def _stacks(ax, price: dict, column: int, most: int | None) -> None:
    """Stack one bar per part, one colour and hatch per kind."""
    for place, kinds in enumerate(price.values()):
        bottom = 0
        for kind, cost in kinds.items():
            look = {"color": KINDS[kind], "hatch": HATCHES[kind], "edgecolor": "white"}
            ax.bar(place, cost[column], bottom=bottom, linewidth=0, **look)
            bottom += cost[column]
    ax.set_xticks(range(len(price)), [part.removeprefix("block ") for part in price])
    ax.tick_params(axis="x", length=0)
    ax.set_ylim(0, most)
    ax.locator_params(axis="y", nbins=3)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k")


def _square(ax, image: Tensor, seen: int) -> None:
    """Draw the receptive field of the middle output over the image."""
    side, edge = len(image), 18
    draw_pixels(ax, image)
    corner = ((side - seen) / 2 - 0.5, (side - seen) / 2 - 0.5)
    ax.add_patch(Rectangle(corner, seen, seen, fill=False, edgecolor=DEPTHWISE, linewidth=3))
    frame = Rectangle((-0.5, -0.5), side, side, fill=False, edgecolor=FAINT)
    ax.add_patch(frame)
    ax.set(xlim=(-edge, side + edge), ylim=(side + edge, -edge))
    ax.spines[:].set_visible(False)

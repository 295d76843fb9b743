"""Figures of the first chapter: a digit as numbers, nine products, and how the ideas connect."""

from itertools import product

import numpy as np
from matplotlib.patches import Rectangle
from torch import Tensor

from dsconv_lib.plots import style
from dsconv_lib.plots.style import draw_pixels, figure, write_numbers

BOXES = {  # where: words, colour of the frame
    (1.75, 6.0): ("separable\nfilter, then mix", style.DEPTHWISE),
    (5.25, 6.0): ("dilated\nspread the taps", style.NEUTRAL),
    (1.75, 4.55): ("fewer weights,\nfewer multiply-adds", style.DEPTHWISE),
    (5.25, 4.55): ("wider view,\nsame weights", style.NEUTRAL),
    (3.5, 3.1): ("one small network", "black"),
    (1.05, 1.3): ("source task\nmany labels", "black"),
    (3.5, 1.3): ("its weights", "black"),
    (5.95, 1.3): ("target task\nfew labels", "black"),
}
ARROWS = {  # from: to
    (1.75, 5.62): (1.75, 4.95),
    (5.25, 5.62): (5.25, 4.95),
    (2.1, 4.17): (3.0, 3.38),
    (4.9, 4.17): (4.0, 3.38),
    (3.5, 2.82): (3.5, 1.58),
    (1.85, 1.3): (2.78, 1.3),
    (4.22, 1.3): (5.15, 1.3),
}
MAP = {"s": 420, "color": style.FAINT, "edgecolor": style.NEUTRAL}
LINE = {"color": style.NEUTRAL, "linewidth": 2}


def _frame(ax, row: float, column: float, side: int = 3, colour: str = style.DENSE) -> None:
    """Frame a square of pixels, given its top left one."""
    corner = (column - 0.5, row - 0.5)
    ax.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=colour, linewidth=2.5))


@figure(6.4, 3.4, columns=2)
def plot_zoom(image: Tensor, row: int, column: int, side: int = 7, *, ax) -> None:
    """Show a digit, and beside it a square of its pixels with their numbers.

    Args:
        image: 0 is paper, 255 is ink, as the file stores it.
        row, column: the top left pixel of the square.

    Taught in: 01_concepts.
    """
    whole, part = ax
    draw_pixels(whole, image, vmax=255)
    _frame(whole, row, column, side)
    square = image[row : row + side, column : column + side]
    draw_pixels(part, square, vmax=255)
    write_numbers(part, square, light_above=127, fontsize=11)
    for spine in part.spines.values():
        spine.set(color=style.DENSE, linewidth=2.5)


@figure(6.4, 2.6, columns=3)
def plot_nine_products(patch: Tensor, kernel: Tensor, *, ax) -> None:
    """Show nine pixels, nine weights, their nine products and the one sum.

    Taught in: 01_concepts.
    """
    products = patch * kernel + 0.0  # turns -0 into 0
    limit = 2 * float(max(abs(kernel).max(), abs(products).max()))
    draw_pixels(ax[0], patch)
    write_numbers(ax[0], patch, "{:.2f}", light_above=0.5)
    for panel, values, form in ((ax[1], kernel, "{:g}"), (ax[2], products, "{:.2f}")):
        draw_pixels(panel, values, style.WEIGHTS, -limit, limit)
        write_numbers(panel, values, form)
    total = float(products.sum())
    for panel, words in zip(ax, ("pixels", "weights", f"products\nsum {total:.2f}"), strict=True):
        panel.set_xlabel(words)
    for left, sign in zip(ax[:2], "×=", strict=True):
        left.text(1.1, 0.5, sign, transform=left.transAxes, ha="center", va="center", size=18)


@figure(6.4, 3.6, rows=2, columns=4)
def plot_kernels(kernels: dict[str, Tensor], maps: Tensor, *, ax) -> None:
    """Show each kernel with its weights, and below it the map that it makes.

    Shape:
        kernels  name -> (3, 3)
        maps     (len(kernels), H, W); maps with negative values are drawn in two colours

    Taught in: 01_concepts.
    """
    for top, below, (name, kernel), values in zip(*ax, kernels.items(), maps, strict=True):
        draw_pixels(top, kernel, style.WEIGHTS, -2, 2)
        ninths = 0 < float(kernel.max()) < 1
        write_numbers(top, kernel * 9 if ninths else kernel, "1/9" if ninths else "{:g}")
        limit = float(abs(values).max())
        signed = float(values.min()) < 0
        draw_pixels(below, values, style.WEIGHTS if signed else "gray_r", -limit * signed, limit)
        below.set_xlabel(name)


@figure(6.4, 2.5, columns=3)
def plot_window(
    image: Tensor, kernel: Tensor, output: Tensor, row: int, column: int, *, ax
) -> None:
    """Show one step of a sliding window: where it is, what it multiplies, what is done so far.

    Args:
        image: floats, 0 is paper and 1 is ink.
        output: the whole result; only what is done up to this step is shown.

    Taught in: 01_concepts.
    """
    draw_pixels(ax[0], image)
    _frame(ax[0], row, column)
    patch = image[row : row + 3, column : column + 3]
    draw_pixels(ax[1], patch)
    for (down, across), weight in np.ndenumerate(np.asarray(kernel)):
        value = float(patch[down, across])
        ink = "white" if value > 0.5 else "black"
        label = f"{value:.2f}\n× {weight:g}"
        ax[1].text(across, down, label, color=ink, size=13, ha="center", va="center")
    done = np.array(output, dtype=float)
    done[row, column + 1 :] = done[row + 1 :] = np.nan
    limit = float(abs(output).max())
    draw_pixels(ax[2], done, style.WEIGHTS, -limit, limit)
    ax[2].set_facecolor(style.FAINT)
    _frame(ax[2], row, column, side=1, colour="black")
    total = round(float(output[row, column]), 2) + 0.0  # turns -0 into 0
    for panel, words in zip(ax, ("window", f"sum {total:.2f}", "output"), strict=True):
        panel.set_xlabel(words)


@figure(6.0, 3.4)
def plot_wires(inputs: int, outputs: int, *, separable: bool = False, ax) -> None:
    """Draw a layer as lines between maps: solid ones are kernels of nine, dashed ones are weights.

    Taught in: 01_concepts.
    """
    tallest, middle = max(inputs, outputs), [("filtered", 1.9, inputs)] if separable else []
    columns = [("input maps", 0, inputs), *middle, ("output maps", 4, outputs)]
    places = [[(x, (tallest - n) / 2 + i) for i in range(n)] for _, x, n in columns]
    for (name, x, _), place in zip(columns, places, strict=True):
        ax.scatter(*zip(*place, strict=True), marker="s", **MAP)
        ax.text(x, tallest - 0.25, name, ha="center", va="top")
    if separable:
        _join(ax, zip(*places[:2], strict=True), style.DEPTHWISE, "-", f"{inputs} kernels\nof nine")
        words = f"{inputs} × {outputs} numbers"
        _join(ax, product(*places[1:]), style.POINTWISE, "--", words)
    else:
        _join(ax, product(*places), style.DENSE, "-", f"{inputs} × {outputs} kernels of nine")
    ax.set(xlim=(-0.8, 4.8), ylim=(tallest + 0.3, -1.3))
    ax.axis("off")


def _join(ax, pairs, colour: str, dashes: str, words: str) -> None:
    """Draw a line for each pair of places, and say above what one line is."""
    for start, end in (pairs := list(pairs)):
        ax.plot(*zip(start, end, strict=True), dashes, color=colour, linewidth=1.8, zorder=0)
    middle = (pairs[0][0][0] + pairs[0][1][0]) / 2
    ax.text(middle, -0.8, words, ha="center", va="center", color=colour)


@figure(6.4, 2.6, columns=3)
def plot_spread(
    image: Tensor, row: int, column: int, dilations: tuple[int, ...] = (1, 2, 3), *, ax
) -> None:
    """Mark the nine pixels that a 3 by 3 kernel reads on a digit, at three dilations.

    Args:
        row, column: the middle of the kernel.

    Taught in: 01_concepts.
    """
    for panel, dilation in zip(ax, dilations, strict=True):
        draw_pixels(panel, image, vmax=2)
        _frame(panel, row - dilation, column - dilation, 2 * dilation + 1, style.NEUTRAL)
        for down, across in product((-dilation, 0, dilation), repeat=2):
            corner = (column + across - 0.5, row + down - 0.5)
            panel.add_patch(Rectangle(corner, 1, 1, facecolor=style.DEPTHWISE, edgecolor="white"))
        panel.set(xlim=(column - 8.5, column + 8.5), ylim=(row + 8.5, row - 8.5))
        panel.set_xlabel(f"dilation {dilation}")


@figure(6.4, 5.6)
def plot_connections(*, ax) -> None:
    """Draw how separable, dilated, pretraining, transfer and finetuning belong together.

    Taught in: 01_concepts.
    """
    for (x, y), (words, colour) in BOXES.items():
        frame = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": colour, "lw": 2}
        ax.text(x, y, words, ha="center", va="center", bbox=frame)
    for start, end in ARROWS.items():
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", **LINE})
    ax.text(2.32, 1.95, "1 pretraining", ha="center", style="italic")
    ax.text(4.68, 1.95, "2 finetuning", ha="center", style="italic")
    ax.annotate("", (6.85, 0.6), (0.15, 0.6), arrowprops={"arrowstyle": "|-|", **LINE})
    ax.text(3.5, 0.4, "transfer learning", ha="center", va="top")
    ax.set(xlim=(0, 7), ylim=(0, 6.5))
    ax.axis("off")

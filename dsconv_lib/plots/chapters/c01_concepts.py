"""Figures of chapter 01: one step of a sliding window, and how the ideas connect."""

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from dsconv_lib.plots.images import Square, plot_images
from dsconv_lib.plots.style import DEPTHWISE, FAINT, NEUTRAL, figure

BOXES = {  # where: words, colour of the frame
    (1.75, 7.0): ("separable\nfilter, then mix", DEPTHWISE),
    (5.25, 7.0): ("dilated\nspread the taps", NEUTRAL),
    (1.75, 5.6): ("fewer weights,\nfewer multiply-adds", DEPTHWISE),
    (5.25, 5.6): ("wider view,\nsame weights", NEUTRAL),
    (3.5, 4.2): ("one layer: spread depthwise\nkernels, then pointwise", "black"),
    (3.5, 3.0): ("a network of such layers", "black"),
    (1.05, 1.45): ("source task\nmany labels", "black"),
    (3.5, 1.45): ("its weights", "black"),
    (5.95, 1.45): ("target task\nfew labels", "black"),
}
ARROWS = {  # from, to: dashed where only a new last layer learns
    ((1.75, 6.6), (1.75, 6.0)): "-",
    ((5.25, 6.6), (5.25, 6.0)): "-",
    ((2.1, 5.2), (2.8, 4.62)): "-",
    ((4.9, 5.2), (4.2, 4.62)): "-",
    ((3.5, 3.78), (3.5, 3.28)): "-",
    ((3.5, 2.74), (3.5, 1.73)): "-",
    ((1.85, 1.45), (2.78, 1.45)): "-",
    ((4.22, 1.6), (5.15, 1.6)): "-",
    ((4.22, 1.3), (5.15, 1.3)): "--",
}
LINE = {"color": NEUTRAL, "linewidth": 2}


@figure(6.4, 2.5, columns=3)
def plot_window(
    image: Tensor, kernel: Tensor, output: Tensor, row: int, column: int, *, ax: np.ndarray
) -> None:
    """Show one step of a sliding window: where it is, what it multiplies, what is done so far.

    Args:
        image: floats, 0 is paper and 1 is ink.
        output: the whole result; only what is done up to this step is shown.

    Taught in: 01_concepts.
    """
    patch = image[row : row + 3, column : column + 3]
    pairs = np.stack([patch, kernel], axis=-1)
    words = [[f"{pixel:.2f}\n× {weight:g}" for pixel, weight in row] for row in pairs]
    done = np.array(output, dtype=float)
    done[row, column + 1 :] = done[row + 1 :] = np.nan
    total = round(float(output[row, column]), 2) + 0.0  # turns -0 into 0
    names = ["window", f"sum {total:.2f}", "output"]
    squares = [[Square(row, column, 3)], [], [Square(row, column, 1, "black")]]
    most, colours = [1, 1, output.abs().max()], ["ink", "ink", "signed"]
    look = {"colours": colours, "most": most, "numbers": [None, words, None], "squares": squares}
    plot_images([image, patch, done], names, **look, ax=ax)
    ax[2].set_facecolor(FAINT)


@figure(6.4, 6.2)
def plot_connections(*, ax: Axes) -> None:
    """Draw how separable, dilated, pretraining, transfer and finetuning belong together.

    Taught in: 01_concepts.
    """
    for (x, y), (words, colour) in BOXES.items():
        frame = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": colour, "lw": 2}
        ax.text(x, y, words, ha="center", va="center", bbox=frame)
    for (start, end), dashes in ARROWS.items():
        look = {"arrowstyle": "->", "linestyle": dashes, **LINE}
        ax.annotate("", end, start, arrowprops=look)
    small = {"ha": "center", "style": "italic", "fontsize": 11}
    ax.text(2.32, 1.75, "pretraining", **small)
    ax.text(4.68, 1.83, "finetuning:\nall weights move", va="bottom", **small)
    ax.text(4.68, 1.12, "or: a new last\nlayer only", va="top", **small)
    ax.annotate("", (6.85, 0.3), (0.15, 0.3), arrowprops={"arrowstyle": "|-|", **LINE})
    ax.text(3.5, 0.15, "transfer learning", ha="center", va="top")
    ax.set(xlim=(0, 7), ylim=(-0.2, 7.5))
    ax.axis("off")

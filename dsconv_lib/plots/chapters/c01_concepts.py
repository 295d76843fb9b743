"""Figures of chapter 01: one step of a sliding window, and how the ideas connect."""

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from dsconv_lib.plots.images import Square, plot_images
from dsconv_lib.plots.style import DEPTHWISE, FAINT, NEUTRAL, figure

BOXES = {  # where: words, colour of the frame
    (1.75, 6.0): ("separable\nfilter, then mix", DEPTHWISE),
    (5.25, 6.0): ("dilated\nspread the taps", NEUTRAL),
    (1.75, 4.55): ("fewer weights,\nfewer multiply-adds", DEPTHWISE),
    (5.25, 4.55): ("wider view,\nsame weights", NEUTRAL),
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


@figure(6.4, 5.6)
def plot_connections(*, ax: Axes) -> None:
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

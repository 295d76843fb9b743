"""Pictures of pixels: digits, maps, kernels and labelled canvases, in rows with their labels."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch, Rectangle
from numpy.typing import ArrayLike

from dsconv_lib.plots.style import MAGNITUDE, MARK, WEIGHTS, colour_of, draw_pixels, drawing

DIGITS = ["#E6194B", "#F58231", "#B8860B", "#A6CE39", "#1B8A3A"]
DIGITS += ["#42C6E0", "#1F4FCC", "#7B2FBE", "#F032E6", "#5A3A22"]  # one colour per digit, 0 to 9
GRIDS = ["#FFFFFF", "#D6CCEE", "#DEDAB0", "#D9D9D9"]  # pale, and of no kind of layer
COLOURS = {  # what the values are
    "ink": "gray_r",
    "signed": WEIGHTS.resampled(33),  # few colours make a small file
    "magnitude": MAGNITUDE,
    "classes": ListedColormap(["white", *DIGITS]),  # 0 is background, 1 + k is digit k
    "grids": ListedColormap(GRIDS),  # interleaved grids, from 0 to 3
}
Label = str | tuple[str, str]  # words, or words and the kind of layer or colour they stand for


class Square(NamedTuple):
    """A frame around pixels: its top left pixel, its side [pixels], kind of layer or colour."""

    row: float
    column: float
    side: float
    colour: str = MARK
    line: str = "-"


def centred(side: float, size: int, colour: str = "white", line: str = "-") -> Square:
    """Give the frame of this side around the middle of ``size`` pixels."""
    return Square((size - side) / 2, (size - side) / 2, side, colour, line)


def plot_images(
    images: Mapping[str, Sequence[ArrayLike]] | Sequence[ArrayLike],
    labels: Sequence[Label] = (),
    *,
    columns: int | Sequence[str] = 0,
    colours: str | Sequence[str] | None = None,
    most: float | Sequence[float] | None = None,
    numbers: str | Sequence[str | ArrayLike | None] | None = None,
    squares: Sequence[Sequence[Square]] = (),
    frames: str | Sequence[str | None] | None = None,
    tile: float = 2.0,
    ax=None,
) -> None:
    """Show arrays (H, W) as pixels, in rows, each with its label below.

    What is said once holds for every image; a list says it image by image, in reading order.

    Args:
        images: one after another, or by name: then each name begins a row and stands before it
            (above it, where the images of one name need several rows).
        labels: words below each image; with a kind of layer or a colour they are bold.
        columns: images in a row, or the words above them; by default all of a name.
        colours: a key of ``COLOURS``; by default "signed" where a value is below zero, "ink"
            elsewhere. A key below the figure says which class has which colour.
        most: the value with the strongest colour; by default each image's own largest size.
        numbers: a format such as "{:.2f}" for the number in each pixel, or an array of words.
        squares: for each image, the frames to draw on it.
        frames: the kind of layer, or the colour, of each image's own frame.
        tile: largest side of an image [inches].

    Example (a kernel with its weights, in blue):
        >>> plot_images([[[0, 1], [-1, 0]]], ["a kernel"], numbers="{:g}", frames="depthwise")
    """
    blocks = images if isinstance(images, Mapping) else {"": images}
    blocks = {name: [np.asarray(image) for image in block] for name, block in blocks.items()}
    given = labels or None, colours, most, numbers, squares or None, frames
    count = sum(map(len, blocks.values()))
    looks = zip(*(_for_each(one, count) for one in given), strict=True)
    across = columns if isinstance(columns, int) else len(columns)
    across = across or max(map(len, blocks.values()))
    deep = sum(-(-len(block) // across) for block in blocks.values())
    size = _size(blocks, labels, columns, across, deep, tile)
    with drawing(ax, *size, rows=deep, columns=across, layout="compressed") as axes:
        panels = np.reshape(np.atleast_1d(axes), (deep, across))
        for panel, words in zip(
            panels[0], () if isinstance(columns, int) else columns, strict=False
        ):
            panel.set_title(words, fontsize=11)
        lines = iter(panels)
        for name, block in blocks.items():
            own = np.concatenate([*islice(lines, -(-len(block) // across))])
            _name_row(own[0], name, above=deep > len(blocks))
            for panel, image in zip(own, block, strict=False):
                _show(panel, image, *next(looks))
            for panel in own[len(block) :]:
                panel.set_axis_off()


def plot_table(
    values: ArrayLike,
    words: str | ArrayLike = "{:.2f}",
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    outlined: Sequence[tuple[int, int]] = (),
    xlabel: str = "",
    ylabel: str = "",
    ax: Axes | None = None,
) -> None:
    """Draw a table whose cells are the darker, the larger their values; nan has no colour.

    Args:
        words: a format for the number in each cell, or an array of words.
        rows, columns: the name of each.
        outlined: row and column of the cells to outline.

    Example (accuracies of two nets on two sets of digits):
        >>> plot_table([[0.99, 0.9], [0.98, 0.95]], rows=["A", "B"], columns=["home", "away"])
    """
    values = np.asarray(values, dtype=float)
    most = np.nanmax(values)
    with drawing(ax, height=0.8 + 0.44 * len(rows)) as ax:
        ax.imshow(values, cmap=MAGNITUDE + "_r", vmin=0, vmax=most, aspect="auto")
        write_numbers(ax, values, words, light_above=0.6 * most)
        for row, column in outlined:
            draw_square(ax, Square(row, column, 1))
        ax.set_xticks(range(values.shape[1]), columns)
        ax.set_yticks(range(values.shape[0]), rows)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ax.tick_params(length=0)


def as_sheet(maps: ArrayLike, columns: int = 0, rows: int = 1) -> np.ndarray:
    """Lay maps (C, H, W) side by side as one image, each divided by its own largest size.

    A gap of one pixel, and a place without a map, is nan.

    Args:
        columns: maps in a row; by default as many as there are rows, or one more.
        rows: at least so many, which are empty where there are fewer maps.
    """
    maps = np.asarray(maps, dtype=float)
    most = abs(maps).max(axis=(1, 2), keepdims=True)
    columns = columns or int(np.ceil(len(maps) ** 0.5))
    lines = max(rows, -(-len(maps) // columns))
    gaps = ((0, lines * columns - len(maps)), (0, 1), (0, 1))
    tiles = np.pad(maps / np.where(most > 0, most, 1), gaps, constant_values=np.nan)
    sheet = tiles.reshape(lines, columns, *tiles.shape[1:]).swapaxes(1, 2)  # (R, H+1, columns, W+1)
    return sheet.reshape(-1, columns * tiles.shape[2])[:-1, :-1]


def _for_each(given: object, count: int) -> list:
    """Repeat what is said once, and check that a list has something for every image."""
    if given is None or isinstance(given, (str, int, float)) or getattr(given, "ndim", 1) == 0:
        return [given] * count
    if len(given) != count:
        raise ValueError(f"{len(given)} given for {count} images: {given}")
    return list(given)


def _size(blocks, labels, columns, across, deep, tile: float) -> tuple[float, float]:
    """Choose the size of the figure [inches] for so many images and lines of words."""
    wraps = deep > len(blocks)
    names = [line for name in blocks for line in name.split("\n")]
    before = 0 if wraps else 0.09 * max(map(len, names))
    tile = min(tile, (6.4 - before) / across - 0.1)
    lines = max((_words(label)[0].count("\n") + 1 for label in labels), default=0)
    above = 0.35 * (len(blocks) if wraps and any(names) else not isinstance(columns, int))
    return across * (tile + 0.1) + before, deep * (tile + 0.24 * lines + 0.1) + above


def _words(label: Label) -> tuple[str, str, str]:
    """Split a label into words, their colour and their weight."""
    return (label, "black", "normal") if isinstance(label, str) else (*label, "bold")


def _name_row(panel: Axes, name: str, above: bool) -> None:
    """Write what a row shows above its first panel, or before it."""
    if name and above:
        panel.set_title(" ")  # keeps a line free for words that are wider than the panel
        panel.text(0, 1.06, name, transform=panel.transAxes).set_in_layout(False)
    elif name:
        panel.set_ylabel(name, rotation=0, ha="right", va="center")


def scale_of(
    image: np.ndarray, colours: str | None = None, most: float | None = None, pale: bool = False
) -> dict:
    """Choose the colours of an image and the values at their ends, as ``imshow`` takes them.

    Args:
        pale: whether signed colours stop half-way, so that words on them are readable.
    """
    colours = colours or ("signed" if np.nanmin(image) < 0 else "ink")
    cmap = COLOURS[colours]
    if colours in ("classes", "grids"):
        return {"cmap": cmap, "vmin": -0.5, "vmax": cmap.N - 0.5}
    most = float(np.nanmax(abs(image)) if most is None else most) or 1.0
    if colours == "signed":
        return {"cmap": cmap, "vmin": -most * (1 + pale), "vmax": most * (1 + pale)}
    return {"cmap": cmap, "vmin": 0, "vmax": most}


def _show(panel: Axes, image: np.ndarray, label, colours, most, numbers, squares, frame) -> None:
    """Show one image in its panel, with everything that belongs to it."""
    scale = scale_of(image, colours, most, pale=numbers is not None)
    draw_pixels(panel, image, **scale)
    if numbers is not None:
        light = 0.5 * scale["vmax"] if scale["cmap"] == COLOURS["ink"] else np.inf
        write_numbers(panel, image, numbers, light)
    for square in squares or ():
        draw_square(panel, square)
    if frame:
        panel.spines[:].set(color=colour_of(frame), linewidth=2)
    words, colour, weight = _words(label or "")
    panel.set_xlabel(words, color=colour_of(colour), weight=weight)
    if colours == "classes" and not panel.figure.legends:
        key = [Patch(color=colour, label=str(digit)) for digit, colour in enumerate(DIGITS)]
        gaps = {"handlelength": 0.7, "handletextpad": 0.3, "columnspacing": 0.8}
        panel.figure.legend(handles=key, loc="outside lower center", ncols=10, **gaps)


def draw_square(panel: Axes, square: Square) -> None:
    """Draw a frame around pixels."""
    corner = (square.column - 0.5, square.row - 0.5)
    look = {"fill": False, "edgecolor": colour_of(square.colour), "linestyle": square.line}
    panel.add_patch(Rectangle(corner, square.side, square.side, linewidth=2.5, **look))


def write_numbers(
    ax: Axes,
    values: ArrayLike,
    form: str | ArrayLike = "{:g}",
    light_above: float = np.inf,
    fontsize: float = 11,
) -> None:
    """Write each number of a 2-D array, or a word for it, into its pixel; white on dark ink."""
    for (row, column), value in np.ndenumerate(np.asarray(values)):
        words = form.format(value + 0.0) if isinstance(form, str) else form[row][column]
        ink = "white" if value > light_above else "black"
        ax.text(column, row, words, ha="center", va="center", color=ink, fontsize=fontsize)

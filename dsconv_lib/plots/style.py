"""How every figure looks: palette, kinds of layer, fonts, and the one way a figure is made."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

DENSE = "#D55E00"
DEPTHWISE = "#0072B2"
POINTWISE = "#009E73"
NEUTRAL = "#767676"
FAINT = "#D9D9D9"
MARK = "#C2185B"  # what the words beside a figure point at
INDIGO = "#5E35B1"
OLIVE = "#827717"  # with black, for what is no kind of layer
MAGNITUDE = "cividis"  # colours for counts and sizes
SIGNED = ("#6B5300", "#C9A227", "#FFFFFF", "#9C5BB8", "#4A1486")  # gold, white at zero, purple
WEIGHTS = LinearSegmentedColormap.from_list("signed", SIGNED)  # the same colours, graded


@dataclass(frozen=True)
class Look:
    """How one idea is drawn: its colour, and what repeats the colour in print."""

    colour: str
    marker: str
    line: str = "-"
    hatch: str = ""


KINDS = {  # by kind of layer; figures and instruments read this table
    "dense": Look(DENSE, "s"),
    "depthwise": Look(DEPTHWISE, "o", hatch="//"),
    "pointwise": Look(POINTWISE, "^", hatch=".."),
    "separable": Look(NEUTRAL, "D", "--"),
    "norm": Look(NEUTRAL, "v", ":"),
}

DPI = 130  # [pixels per inch] of a figure in a chapter
STYLE = {
    "axes.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "font.size": 12,
    "font.family": "DejaVu Sans",
    "lines.linewidth": 2,
    "image.interpolation": "nearest",
}


def colour_of(name: str) -> str:
    """Look up the colour of a kind of layer; any other name is a colour of matplotlib's."""
    return KINDS[name].colour if name in KINDS else name


@contextmanager
def drawing(
    ax,
    width: float = 6.4,
    height: float = 3.2,
    rows: int = 1,
    columns: int = 1,
    layout: str = "constrained",
) -> Iterator:
    """Lend what is drawn on, in the style of the book: ``ax``, or the axes of a new figure.

    With more than one panel it is the array that ``plt.subplots`` returns.

    Args:
        width, height: size of the whole figure [inches].
        layout: "compressed" puts panels of square pixels close together.
    """
    drawn = None
    if ax is None:  # outside the context, which would undo what a new backend sets
        drawn = plt.figure(figsize=(width, height), dpi=DPI, layout=layout)
    with plt.rc_context(STYLE):
        yield drawn.subplots(rows, columns) if drawn else ax


def figure(*size: float, **more) -> Callable:
    """Let a function that draws on ``ax`` make its own figure, of one size, when none is given."""

    def decorate(draw: Callable) -> Callable:
        @wraps(draw)
        def plot(*args, ax=None, **kwargs) -> None:
            with drawing(ax, *size, **more) as axes:
                draw(*args, ax=axes, **kwargs)

        return plot

    return decorate


def small_png(drawn: Figure, colours: int = 64, dpi: int = 100) -> bytes:
    """Render a figure as a PNG of few colours: 4 to 8 kB, the same bytes every time."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    picture = Image.open(buffer).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    small = io.BytesIO()
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def draw_pixels(
    ax: Axes, values: ArrayLike, cmap: str = "gray_r", vmin: float = 0, vmax: float = 1
) -> None:
    """Show a 2-D array as square pixels without ticks."""
    ax.imshow(values, cmap=cmap, vmin=vmin, vmax=vmax)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=FAINT)

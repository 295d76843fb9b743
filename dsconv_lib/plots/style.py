"""How every figure looks: palette, fonts, and the one way a figure is made."""

import io
from collections.abc import Callable
from functools import wraps

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

DENSE = "#D55E00"
DEPTHWISE = "#0072B2"
POINTWISE = "#009E73"
NEUTRAL = "#767676"
FAINT = "#D9D9D9"
MAGNITUDE = "cividis"  # colours for counts and sizes
WEIGHTS = "RdBu_r"  # colours for signed values, centred on zero

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


def figure(width: float = 6.4, height: float = 3.2, rows: int = 1, columns: int = 1) -> Callable:
    """Turn a function that draws on ``ax`` into one that makes its own figure when none is given.

    With more than one panel, ``ax`` is the array that ``plt.subplots`` returns.

    Args:
        width, height: size of the whole figure [inches].
    """

    def decorate(draw: Callable) -> Callable:
        @wraps(draw)
        def plot(*args, ax=None, **kwargs) -> None:
            drawn = None
            if ax is None:  # outside the context, which would undo what a new backend sets
                drawn = plt.figure(figsize=(width, height), dpi=DPI, layout="constrained")
            with plt.rc_context(STYLE):
                draw(*args, ax=drawn.subplots(rows, columns) if drawn else ax, **kwargs)

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
    for spine in ax.spines.values():
        spine.set(visible=True, color=FAINT)


def write_numbers(
    ax: Axes, values: ArrayLike, form: str = "{:g}", light_above: float | None = None, **text
) -> None:
    """Write each number of a 2-D array into its pixel, white on dark where asked."""
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            on_dark = light_above is not None and value > light_above
            ink = "white" if on_dark else "black"
            label = form.format(float(value))
            ax.text(column, row, label, ha="center", va="center", **{"color": ink, **text})

"""Numbers against numbers: curves over x, values in rows, seeds in rows, bars.

A value is a number, or three: low, middle and high. The middle is drawn, with its interval.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from dsconv_lib.plots.style import (
    FAINT,
    INDIGO,
    KINDS,
    MARK,
    NEUTRAL,
    OLIVE,
    Look,
    drawing,
    figure,
)

Value = float | tuple[float, float, float]
Limits = tuple[float | None, float | None] | None
NAMED = KINDS | {  # what has these names looks the same in every figure
    "from scratch": Look(NEUTRAL, "v", "--"),
    "head only": Look(INDIGO, "s"),
    "full": Look("black", "o"),
    "discriminative rates": Look("black", "D", ":"),
    "gradual unfreezing": Look(MARK, "^", "-."),
    "frozen statistics": Look(MARK, "P"),
    "full, old digits mixed in": Look(OLIVE, "*"),
    "gradient": Look("black", "D", ":"),
    "integrated gradients": Look(INDIGO, "o"),
    "Grad-CAM": Look(OLIVE, "s", "--"),
    "HiResCAM": Look(OLIVE, "P"),
    "occlusion": Look(MARK, "^", "-."),
    "ink": Look(NEUTRAL, "x"),
    "ink, signed by the head": Look(NEUTRAL, "x"),
    "random ink": Look(NEUTRAL, "", "--"),
    "random": Look(NEUTRAL, "", ":"),
    "measured": Look("black", "o"),
    "fitted": Look(NEUTRAL, "", "--"),
}
OTHERS = (
    Look("black", "o"),
    Look(MARK, "s", "--"),
    Look(INDIGO, "^", "-."),
    Look(NEUTRAL, "D", ":"),
)
OFFSET = {"textcoords": "offset points", "annotation_clip": False}


def looks_of(names: Collection[str]) -> dict[str, Look]:
    """Give every name a look: its own where it has one, otherwise the next of four.

    Example (a kind of layer looks as it does everywhere):
        >>> [look.marker for look in looks_of(["pointwise", "as cut", "mended"]).values()]
        ['^', 'o', 's']
    """
    others = [name for name in names if name not in NAMED]
    if len(others) > len(OTHERS):
        raise ValueError(f"{len(others)} names, but there are looks for {len(OTHERS)}: {others}")
    looks = NAMED | dict(zip(others, OTHERS, strict=False))
    return {name: looks[name] for name in names}


def plot_curves(
    x: Sequence[float] | Sequence[str],
    curves: Mapping[str, Sequence[Value]],
    *,
    xlabel: str = "",
    ylabel: str = "",
    log: str = "",
    ylim: Limits = None,
    xticks: Mapping[float, str] | None = None,
    apart: Collection[str] = (),
    levels: Mapping[str, float] | None = None,
    marks: Mapping[str, tuple[float, float]] | None = None,
    shaded: Mapping[str, tuple[float, float]] | None = None,
    height: float = 3.4,
    ax: Axes | None = None,
) -> None:
    """Draw curves over x, with a band where values have intervals; their names stand above.

    Args:
        x: numbers, or words, which stand at equal distances.
        log: which axes are logarithmic: "x", "y" or "xy".
        xticks: words by place, instead of numbers.
        apart: the curves whose values are not joined, and whose intervals are bars.
        levels: heights of dashed lines, by the words on them.
        marks: places of dots, by the words beside them.
        shaded: from where to where x is shaded grey, by the words on it.
        height: of the figure [inches].
    """
    words = {place: word for place, word in enumerate(x) if isinstance(word, str)}
    x = np.array(list(words or x), dtype=float)
    with drawing(ax, height=height) as ax:
        ax.set(**{f"{name}scale": "log" for name in log})
        for name, look in looks_of(curves).items():
            _draw_curve(ax, x, _parts(curves[name]), look, name, name in apart)
        _number_axes(ax, x, log, xticks or words)
        for name, level in (levels or {}).items():
            draw_level(ax, name, level)
        for name, place in (marks or {}).items():
            _draw_mark(ax, name, place)
        for name, ends in (shaded or {}).items():
            ax.axvspan(*ends, color=FAINT, alpha=0.5, linewidth=0, zorder=0)
            ax.text(
                ends[1], 1, f"{name} ", transform=ax.get_xaxis_transform(), ha="right", va="top"
            )
        ax.set(xlabel=xlabel, ylabel=ylabel, ylim=ylim)
        _name_above(ax, curves)


def plot_panels(
    panels: Mapping[str, Mapping[str, Any]],
    *,
    ylabel: str = "",
    height: float = 3.4,
    ax: Sequence[Axes] | None = None,
    **each,
) -> None:
    """Draw curves in panels side by side; the names of the curves stand above all of them.

    Args:
        panels: what ``plot_curves`` draws in each, by the words under it.
        height: of the figure [inches].
        each: what ``plot_curves`` is told for every panel; with ``ylim`` one scale serves all.
    """
    with drawing(ax, height=height, columns=len(panels)) as axes:
        panes = np.ravel(axes)
        for pane, (name, panel) in zip(panes, panels.items(), strict=True):
            plot_curves(**{**each, **panel}, xlabel=name, ax=pane)
            if "ylim" in each:
                pane.label_outer()
        panes[0].set_ylabel(ylabel)


def plot_rows(
    series: Mapping[str, Mapping[str, Value]],
    *,
    xlabel: str = "",
    form: str = "{:.2g}",
    log: bool = False,
    xlim: Limits = None,
    ax: Axes | None = None,
) -> None:
    """Draw values in rows, in each row a mark for every series, with its number beside it.

    A row whose name has a look of its own is drawn in its colour.

    Args:
        series: values by series and row; a row may be absent from a series.
        form: how a number is written; empty for none.
    """
    rows = list(dict.fromkeys(name for values in series.values() for name in values))
    own_colours = NAMED.keys() >= set(rows)
    with drawing(ax, height=1.1 + 0.25 * len(rows) * len(series)) as ax:
        for number, (label, look) in enumerate(looks_of(series).items()):
            shift = 0.7 * ((number + 0.5) / len(series) - 0.5)
            for name, value in series[label].items():
                colour, place = NAMED.get(name, look).colour, rows.index(name) + shift
                _draw_value(ax, value, place, look.marker, colour, form)
            ax.plot([], [], look.marker, color="black" if own_colours else look.colour, label=label)
        _name_rows(ax, rows)
        ax.set(xscale="log" if log else "linear", xlabel=xlabel, xlim=xlim)
        number_axis(ax.xaxis)
        _name_above(ax, series)


def plot_seeds(
    rows: Mapping[str, tuple[Sequence[float], Value]],
    *,
    xlabel: str = "",
    form: str = "{:.2f}",
    ax: Axes | None = None,
) -> None:
    """Draw in each row a dot per seed, and a diamond at their mean, which is written beside it.

    Means with intervals are differences: zero is dashed, and a row whose interval holds it is grey.

    Args:
        rows: by name, a value for each seed, and their mean.
    """
    with drawing(ax, height=0.8 + 0.48 * len(rows)) as ax:
        for row, (seeds, mean) in enumerate(rows.values()):
            low, _, high = _parts([mean]).ravel()
            colour = NEUTRAL if low < high and low <= 0 <= high else MARK
            ax.plot(seeds, [row + 0.3] * len(seeds), "o", color="black", markersize=5)
            _draw_value(ax, mean, row, "D", colour, form)
            if low < high:
                ax.axvline(0, color="black", linestyle="--", linewidth=1)
        _name_rows(ax, list(rows))
        ax.set_xlabel(xlabel)


@figure(height=2.6)
def plot_bars(
    heights: Sequence[float],
    *,
    colours: str | Sequence[str] = NEUTRAL,
    level: float | None = None,
    ax: Axes,
) -> None:
    """Draw a bar for each number, counted from 0; a level is dashed, unless it is zero."""
    ax.bar(range(len(heights)), heights, color=colours)
    ax.set_xticks(range(len(heights)))
    ax.tick_params(axis="x", length=0)
    if level is not None:
        ax.axhline(level, color="black", linestyle="--" if level else "-", linewidth=1)


def draw_level(ax: Axes, words: str, height: float) -> None:
    """Draw a dashed line, its words at the end from which the curves stay away."""
    first, last = (min(abs(line.get_ydata()[end] - height) for line in ax.lines) for end in (0, -1))
    ax.axhline(height, color="black", linestyle="--", linewidth=1)
    right = int(last >= first)
    style = {"xycoords": ax.get_yaxis_transform(), "ha": ("left", "right")[right], **OFFSET}
    ax.annotate(words, (right, height), (-4 if right else 4, 4), **style)


def _parts(values: Sequence[Value]) -> np.ndarray:
    """Give the low, the middle and the high of each value: (3, values)."""
    table = np.asarray(values, dtype=float)
    return table.T if table.ndim == 2 else np.stack([table] * 3)


def _draw_curve(
    ax: Axes, x: np.ndarray, parts: np.ndarray, look: Look, name: str, apart: bool
) -> None:
    """Draw one curve: every value where they stand apart, else some twelve marks on a line."""
    low, middle, high = parts
    form = look.marker * (len(x) <= 50) + look.line * (not apart)
    style = {"label": name or None, "markevery": 1 if apart else len(x) // 13 + 1}
    ax.plot(x, middle, form, color=look.colour, markersize=6, zorder=3, **style)
    if apart:
        ax.vlines(x, low, high, color=look.colour)
    elif (low < high).any():
        ax.fill_between(x, low, high, color=look.colour, alpha=0.14, linewidth=0)


def _draw_mark(ax: Axes, words: str, place: tuple[float, float]) -> None:
    """Draw a dot with words on the side where there is room beside the first curve."""
    curve = ax.lines[0].get_ydata()
    rising = curve[-1] > curve[0]
    ax.plot(*place, "o", color="black", markersize=7, clip_on=False, zorder=4)
    ax.autoscale_view()  # the limits decide on which side the words stand
    along, _ = ax.transAxes.inverted().transform(ax.transData.transform(place))
    before = rising and along > 0.6
    offset = (-9 if before else 9, -14 if rising and not before else 8)
    ax.annotate(words, place, offset, ha="right" if before else "left", **OFFSET)


def _draw_value(ax: Axes, value: Value, row: float, marker: str, colour: str, form: str) -> None:
    """Draw a value with its interval in a row, and its number beside it."""
    low, middle, high = _parts([value]).ravel()
    ax.plot([low, high], [row] * 2, color=colour, linewidth=3)
    ax.plot(middle, row, marker, color=colour, markersize=8)
    words = form.format(middle)
    words = words if re.search("[1-9]", words) else form.format(0.0)  # a zero has no minus
    ax.annotate(words, (high, row), (8, 0), va="center", color=colour, **OFFSET)


def _number_axes(ax: Axes, x: np.ndarray, log: str, words: Mapping[float, str]) -> None:
    """Write numbers in full; on a logarithmic x-axis, those that have values."""
    number_axis(ax.yaxis)
    if not words and "x" in log:
        step = sum(len(f"{value:,g}") for value in x) // 20 + 1
        words = {value: f"{value:,g}" for value in x[::step]}
    if words:
        crowded = sum(map(len, words.values())) > 30
        ax.set_xticks(list(words), list(words.values()), rotation=60 if crowded else 0)
        ax.xaxis.set_minor_formatter(NullFormatter())
    elif (x == x.round()).all():
        ax.locator_params(axis="x", integer=True, min_n_ticks=1)


def number_axis(axis: Axis) -> None:
    """Write numbers in full; on a logarithmic axis of up to three decades, those at 1, 2 and 5."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
    if axis.get_scale() == "log":
        low, high = axis.get_view_interval()
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1000 * low else (1,)))
        axis.set_minor_formatter(NullFormatter())


def _name_above(ax: Axes, names: Collection[str]) -> None:
    """Write the names above the figure, once for all its panels."""
    if any(names) and not ax.figure.legends:
        columns = max(1, min(len(names), 70 // (max(map(len, names)) + 6)))
        ax.figure.legend(loc="outside upper center", ncols=columns)


def _name_rows(ax: Axes, names: list[str]) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)

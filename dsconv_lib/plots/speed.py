"""Figures of chapter 09: multiply-adds and milliseconds, the roofline, rewrites, growth."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from dsconv_lib.plots.style import DENSE, DEPTHWISE, FAINT, NEUTRAL, POINTWISE, figure

LOOKS = {  # colour, marker, line of each kind of layer
    "dense": (DENSE, "s", "-"),
    "depthwise": (DEPTHWISE, "o", "-"),
    "pointwise": (POINTWISE, "^", "-"),
    "separable": (NEUTRAL, "D", "--"),
}
Timings = Mapping[str, Any]  # by name a timing with .low, .median and .high [seconds]


@figure(height=3.0)
def plot_macs_and_time(macs: Mapping[str, float], forward: Timings, both: Timings, *, ax) -> None:
    """Draw each kind's multiply-adds and its times, all as shares of the dense layer's.

    Args:
        macs: by kind of layer; "dense" must be there.
        forward, both: by kind, a timing; both is forward plus backward.

    Taught in: 09_cost_and_speed.
    """
    names = list(macs)
    ax.axvline(1, color=FAINT, zorder=0)
    for place, name in enumerate(names):
        colour = LOOKS[name][0]
        share = macs[name] / macs["dense"]
        ax.plot(share, place, "|", color="black", markersize=20, markeredgewidth=3)
        for times, marker, shift in ((forward, "o", -0.17), (both, "s", 0.17)):
            _spread(ax, times[name], times["dense"].median, place + shift, colour, marker)
    for marker, label in (("|", "multiply-adds"), ("o", "time, forward"), ("s", "and backward")):
        wide = {"markersize": 13, "markeredgewidth": 3} if marker == "|" else {}
        ax.plot([], [], marker, color="black", label=label, **wide)
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(-0.2, 1.0), columnspacing=1)
    ax.set(xscale="log", xlabel="share of the dense layer's (logarithmic)")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    _plain(ax.xaxis)


def _spread(ax: Axes, timing, unit: float, place: float, colour: str, marker: str) -> None:
    """Mark a median, with a line from quartile to quartile."""
    ax.plot([timing.low / unit, timing.high / unit], [place, place], "-", color=colour)
    ax.plot(timing.median / unit, place, marker, color=colour, markersize=8)


@figure(height=3.6)
def plot_roofline(machine: Any, points: Mapping[str, Sequence], chosen: int = -1, *, ax) -> None:
    """Draw what the machine allows, and what layers get out of it.

    Args:
        machine: has ``ridge`` [multiply-adds per byte] and ``roof`` [multiply-adds per second].
        points: by kind of layer, pairs of intensity and speed, in the units above.
        chosen: which point of each kind to fill; by default the last.

    Taught in: 09_cost_and_speed.
    """
    low, high = 0.15, 250
    kinks = [low, machine.ridge, high]
    ax.plot(kinks, [machine.roof(x) / 1e9 for x in kinks], color="black")
    for name, pairs in points.items():
        colour, marker, _ = LOOKS[name]
        x, y = np.array(pairs).T
        ax.plot(x, y / 1e9, marker, color=colour, markersize=5, alpha=0.35)
        ax.plot(x[chosen], y[chosen] / 1e9, marker, color=colour, markersize=11, label=name)
    ax.annotate("memory", (low, machine.roof(low) / 1e9), (0, 36), **_OFFSET)
    ax.annotate("arithmetic", (high, machine.macs / 1e9), (0, 14), **_OFFSET, ha="right")
    ax.set(xscale="log", yscale="log", xlim=(0.1, high), ylim=(0.2, 4 * machine.macs / 1e9))
    ax.set(xlabel="multiply-adds per byte", ylabel="billion multiply-adds\nper second")
    ax.legend(loc="lower right", handletextpad=0.2)
    _plain(ax.xaxis, ax.yaxis)


_OFFSET = {"textcoords": "offset points"}


@figure(height=3.0)
def plot_times(times: Timings, unit: float, label: str, *, ax) -> None:
    """Draw medians and quartiles, one line per name, as multiples of a unit.

    Names of the form "group: rest" are coloured by their group, in the order of appearance.

    Args:
        unit: what counts as 1 [seconds].
        label: of the axis.

    Taught in: 09_cost_and_speed.
    """
    groups = list(dict.fromkeys(name.split(":")[0] for name in times))
    colours = dict(zip(groups, (DEPTHWISE, DENSE, POINTWISE, NEUTRAL), strict=False))
    ax.axvline(1, color=FAINT, zorder=0)
    most = max(timing.high for timing in times.values()) / unit
    for place, (name, timing) in enumerate(times.items()):
        group = name.split(":")[0]
        marker = "os^D"[groups.index(group)]
        _spread(ax, timing, unit, place, colours[group], marker)
        value = timing.median / unit
        ax.text(timing.high / unit + 0.03 * most, place, f"{value:.2g}", va="center")
    ax.set_yticks(range(len(times)), list(times))
    ax.set_ylim(len(times) - 0.5, -0.5)
    ax.set(xlabel=label, xlim=(0, 1.14 * most))


@figure(height=3.4, columns=3)
def plot_sweeps(sweeps: Mapping[str, Mapping[str, Mapping[int, Any]]], *, ax) -> None:
    """Draw time against width, side of the map and batch, a curve per kind of layer.

    Args:
        sweeps: by what is changed and by kind of layer, a timing for each value.

    Taught in: 09_cost_and_speed.
    """
    for panel, (name, kinds) in zip(ax, sweeps.items(), strict=True):
        for kind, timings in kinds.items():
            colour, marker, line = LOOKS[kind]
            middle, low, high = (
                [1000 * getattr(t, part) for t in timings.values()]
                for part in ("median", "low", "high")
            )
            panel.fill_between(list(timings), low, high, color=colour, alpha=0.25, linewidth=0)
            panel.plot(list(timings), middle, marker + line, color=colour, label=kind, markersize=5)
        panel.set(xscale="log", yscale="log", xlabel=name)
        panel.set_xticks(list(timings), map(str, timings), fontsize=11)
        panel.xaxis.set_minor_formatter(NullFormatter())
        _plain(panel.yaxis)
    ax[0].set_ylabel("milliseconds")
    handles = ax[0].get_legend_handles_labels()
    ax[0].figure.legend(*handles, loc="outside upper center", ncols=4, columnspacing=1)


@figure(height=3.0, columns=3)
def plot_growth(grown: Mapping[str, Mapping[int, Any]], fits: Mapping[str, Any], *, ax) -> None:
    """Draw the time of an epoch against digits, width and side of the picture, and the fits.

    Args:
        grown: by what grows, a timing for each value; times are drawn against the first.
        fits: by what grows, exponent and first value of the line (1 is the first median).

    Taught in: 09_cost_and_speed.
    """
    for panel, (name, timings) in zip(ax, grown.items(), strict=True):
        x = np.array(list(timings))
        unit = timings[x[0]].median
        exponent, start = fits[name]
        panel.plot(x, start * (x / x[0]) ** exponent, "--", color=NEUTRAL, linewidth=1.5)
        for value, timing in timings.items():
            panel.plot([value] * 2, [timing.low / unit, timing.high / unit], color=DEPTHWISE)
            panel.plot(value, timing.median / unit, "o", color=DEPTHWISE, markersize=6)
        panel.margins(y=0.16)
        panel.text(0.04, 0.92, f"exponent {exponent:.2f}", transform=panel.transAxes)
        panel.set(xscale="log", yscale="log", xlabel=name)
        panel.set_xticks(x[::2], [f"{v:,}" for v in x[::2]])
        panel.xaxis.set_minor_formatter(NullFormatter())
        _plain(panel.yaxis)
    ax[0].set_ylabel("time of an epoch\n(the first is 1)")


def _plain(*axes) -> None:
    """Write 0.01, 1 and 100 in place of powers of ten."""
    for axis in axes:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())

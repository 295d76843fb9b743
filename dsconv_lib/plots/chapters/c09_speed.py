"""The roofline: what a machine allows, and what layers get out of it."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from dsconv_lib.plots.curves import OFFSET, number_axis
from dsconv_lib.plots.style import KINDS, figure


@figure(height=3.6)
def plot_roofline(
    machine: object,
    points: Mapping[str, Sequence[tuple[float, float]]],
    chosen: int = -1,
    *,
    ax: Axes,
) -> None:
    """Draw what the machine allows, and what layers get out of it.

    Args:
        machine: has ``ridge`` [multiply-adds per byte] and ``roof`` [multiply-adds per second].
        points: by kind of layer, pairs of intensity and speed, in the units above.
        chosen: which point of each kind is large; by default the last.

    Taught in: 09_cost_and_speed.
    """
    low, high = 0.15, 250
    kinks = [low, machine.ridge, high]
    ax.plot(kinks, [machine.roof(x) / 1e9 for x in kinks], color="black")
    for name, pairs in points.items():
        x, y = np.array(pairs).T
        look = {"marker": KINDS[name].marker, "color": KINDS[name].colour, "linestyle": ""}
        ax.plot(x, y / 1e9, **look, markersize=5, alpha=0.35)
        ax.plot(x[chosen], y[chosen] / 1e9, **look, markersize=11, label=name)
    ax.annotate("memory", (low, machine.roof(low) / 1e9), (0, 36), **OFFSET)
    ax.annotate("arithmetic", (high, machine.macs / 1e9), (0, 14), ha="right", **OFFSET)
    ax.set(xscale="log", yscale="log", xlim=(0.1, high), ylim=(0.2, 4 * machine.macs / 1e9))
    ax.set(xlabel="multiply-adds per byte", ylabel="billion multiply-adds\nper second")
    ax.legend(loc="lower right", handletextpad=0.2)
    for axis in (ax.xaxis, ax.yaxis):
        number_axis(axis)

"""Figure of chapter 02: what a separable layer costs beside a dense one."""

from collections.abc import Mapping

import numpy as np

from dsconv_lib.convolution import Cost
from dsconv_lib.plots.curves import plot_curves
from dsconv_lib.plots.style import colour_of, figure


@figure(6, 3.9, rows=2)
def plot_separable_cost(
    costs: Mapping[str, Cost],
    savings: Mapping[int, float],
    width: int,
    limit: int,
    *,
    ax: np.ndarray,
) -> None:
    """Compare the price of a dense and a separable layer, and their ratio with its limit.

    Args:
        costs: of the layers "dense", "depthwise" and "pointwise" at this width, without biases.
        savings: width -> how many times fewer multiply-adds.
        limit: the number that the savings never reach.

    Taught in: 02_separable_convolution.
    """
    separable = costs["depthwise"] + costs["pointwise"]
    for row, name, total in ((1, "dense", costs["dense"]), (0, "separable", separable)):
        words = f"{name}: {total.params:,} weights, {total.macs:,} multiply-adds"
        ax[0].text(0, row + 0.25, words, va="bottom")
    starts = {"dense": (0, 1), "depthwise": (0, 0), "pointwise": (costs["depthwise"].macs, 0)}
    for kind, (left, row) in starts.items():
        ax[0].barh(row, costs[kind].macs, 0.42, left=left, color=colour_of(kind))
    whole = costs["dense"].macs
    for left, kind in ((0, "depthwise"), (0.21 * whole, "pointwise")):
        ax[0].text(left, -0.32, kind, va="top", color=colour_of(kind), weight="bold")
    ax[0].set(xlim=(0, whole), ylim=(-0.75, 1.6))
    ax[0].axis("off")
    mark = {f"{savings[width]:.1f} times": (width, savings[width])}
    names = {"xlabel": "width", "ylabel": "times fewer", "ylim": (-0.25 * limit, 1.3 * limit)}
    look = {"levels": {f"limit $K^2$ = {limit}": limit}, "marks": mark, "log": "x", **names}
    plot_curves(list(savings), {"": list(savings.values())}, **look, ax=ax[1])

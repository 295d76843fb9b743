"""Layers as lines between maps: who reads whom."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from dsconv_lib.plots.images import scale_of
from dsconv_lib.plots.style import FAINT, NEUTRAL, colour_of, figure

TALL = 1.3  # from map to map


@figure(6.2, 4.4)
def plot_stages(
    stages: Mapping[str, int | ArrayLike],
    kinds: Sequence[str],
    words: Sequence[str],
    *,
    ax: Axes,
) -> None:
    """Draw the maps of each stage in a column, and a line for each kernel that joins two of them.

    Depthwise kernels join each map to its own, others join every map to every map. Pointwise
    lines are dashed: they are single numbers.

    Args:
        stages: by name, maps (C, H, W), or how many there are.
        kinds, words: of the layer between each two stages.

    Example (a separable layer):
        >>> plot_stages({"input": 3, "filtered": 3, "output": 4}, ["depthwise", "pointwise"],
        ...             ["3 kernels", "3 × 4 numbers"])
    """
    if len(kinds) != len(stages) - 1:
        raise ValueError(f"{len(kinds)} kinds of layer for {len(stages)} stages: {kinds}")
    counts = [maps if isinstance(maps, int) else len(maps) for maps in stages.values()]
    rows = [TALL * (np.arange(count) - (count - 1) / 2) for count in counts]
    bottom, wide, half = TALL * max(counts) / 2, 5.6 / len(kinds), 0
    for place, (name, maps) in enumerate(stages.items()):
        colour = colour_of(kinds[place - 1]) if place else NEUTRAL
        shape = "" if isinstance(maps, int) else "\n" + " × ".join(map(str, np.shape(maps)))
        ax.text(wide * place, bottom, name + shape, ha="center", va="top", color=colour)
        half = _tiles(ax, maps, wide * place, rows[place], colour)
    for place, (kind, text) in enumerate(zip(kinds, words, strict=True)):
        middle = wide * (place + 0.5)
        ends = [wide * place + half, wide * (place + 1) - half]
        ax.text(middle, -bottom, text, ha="center", va="bottom", color=colour_of(kind))
        near = rows[place : place + 2]
        pairs = list(zip(*near, strict=True) if kind == "depthwise" else product(*near))
        line = {"color": colour_of(kind), "linestyle": "--" if kind == "pointwise" else "-"}
        ax.plot(ends, np.transpose(pairs), **line, linewidth=1.6, zorder=0)
    ax.set(xlim=(-0.9, wide * len(kinds) + 0.9), ylim=(bottom + 0.8, -bottom - 0.8))
    ax.set_aspect("equal")
    ax.axis("off")


def _tiles(ax: Axes, maps: int | ArrayLike, x: float, rows: np.ndarray, colour: str) -> float:
    """Draw maps in a column around x, and say how far their lines begin from it."""
    half = 0.25 if isinstance(maps, int) else 0.5
    for number, y in enumerate(rows):
        fill = FAINT if isinstance(maps, int) else "none"
        if not isinstance(maps, int):
            image = np.asarray(maps[number])
            ax.imshow(image, extent=(x - half, x + half, y + half, y - half), **scale_of(image))
        look = {"facecolor": fill, "edgecolor": colour, "linewidth": 2}
        ax.add_patch(Rectangle((x - half, y - half), 2 * half, 2 * half, **look))
    return half + 0.1

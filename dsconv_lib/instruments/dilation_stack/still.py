"""The still picture of the dilation stack, for paper and for pages without scripts."""

import numpy as np
from numpy.typing import ArrayLike

from dsconv_lib.plots.style import DEPTHWISE, FAINT, MAGNITUDE, NEUTRAL, draw_pixels, figure
from dsconv_lib.plots.taps import tap_positions

LINES = {"color": NEUTRAL, "linewidth": 0.7, "zorder": 0}


def _draw_cone(ax, layers: list[tuple[int, int]], levels: list[list[int]]) -> None:
    """Draw one row of pixels per map, the output on top, and a line for every tap."""
    size, depth = len(levels[0]), len(layers)
    for height, counts in zip(range(depth, -1, -1), levels, strict=True):
        pixels = np.flatnonzero(counts)
        ax.plot(range(size), [height] * size, "o", color=FAINT, markersize=2.5)
        ax.scatter(pixels, [height] * len(pixels), 13, DEPTHWISE, zorder=3)
        if height == 0:
            break
        for pixel in pixels:
            for tap in tap_positions(*layers[height - 1], pixel):
                inside = 0 <= tap < size
                ax.plot([pixel, tap], [height, height - 1], "-" if inside else ":", **LINES)
                if not inside:
                    ax.plot(tap, height - 1, "o", mfc="white", mec=NEUTRAL, markersize=3.5)
    names = ["input", *[f"layer {level}" for level in range(1, depth)], "output"]
    ax.set(yticks=range(depth + 1), yticklabels=names, xlabel="column", xticks=[0, size - 1])
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)


@figure(8.0, 3.4, columns=2)
def plot_dilation_stack(
    image: ArrayLike,
    layers: list[tuple[int, int]],
    levels: list[list[int]],
    row_paths: list[int],
    field: ArrayLike,
    corner: tuple[int, int],
    *,
    ax,
) -> None:
    """Draw the taps below one output in 1-D, and its path counts over an image in 2-D.

    Args:
        layers: ``(kernel_size, dilation)``, input side first.
        levels: paths to the pixels of each map along the output's row, output first.
        row_paths: paths to the input's rows, as ``levels[-1]`` has them for its columns.
        field: paths along the receptive field, away from the border; a zero is a hole.
        corner: row and column where the receptive field begins; may lie outside.
    """
    _draw_cone(ax[0], layers, levels)
    draw_pixels(ax[1], image, vmax=1.7)  # pale ink, so that counts stand out
    paths = np.outer(row_paths, levels[-1])
    rows, columns = np.nonzero(paths)
    reached = ax[1].scatter(
        columns, rows, 13, paths[rows, columns], "s", cmap=MAGNITUDE, vmin=0, linewidths=0
    )
    holes = np.argwhere(np.outer(field, field) == 0) + corner
    holes = holes[((holes >= 0) & (holes < len(image))).all(axis=1)]
    ax[1].scatter(holes[:, 1], holes[:, 0], 6, "black", "x", linewidths=0.6)
    ax[1].figure.colorbar(reached, ax=ax[1], label="paths to a pixel")

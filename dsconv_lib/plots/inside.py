"""Figures of chapter 10: filters by kind, maps by layer, explanations, and their tests."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from torch import Tensor

from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    MAGNITUDE,
    NEUTRAL,
    POINTWISE,
    WEIGHTS,
    draw_pixels,
    figure,
    write_numbers,
)

Curves = Mapping[str, Sequence[float]]
KINDS = "edge", "blob", "line"
LINES = {  # colour, marker and dash of each way to order pixels
    "gradient": ("black", "D", ":"),
    "integrated gradients": (DEPTHWISE, "o", "-"),
    "Grad-CAM": (POINTWISE, "s", "--"),
    "occlusion": (DENSE, "^", "-."),
    "ink": (NEUTRAL, "x", "-"),
    "random ink": (NEUTRAL, "", "--"),
    "random": (NEUTRAL, "", ":"),
}


def _sheet(tiles: Tensor, columns: int) -> Tensor:
    """Lay tiles (C, H, W) side by side in rows, with a gap of one pixel; gaps are nan."""
    framed = F.pad(tiles, (0, 1, 0, 1), value=math.nan)
    empty = torch.full((-len(tiles) % columns, *framed.shape[1:]), math.nan)
    rows = torch.cat([framed, empty]).split(columns)
    return torch.cat([torch.cat([*row], dim=1) for row in rows])[:-1, :-1]


def _scaled(maps: Tensor) -> Tensor:
    """Divide each map by its largest size, in eighths: few colours make a small picture."""
    most = maps.abs().amax(dim=(-2, -1), keepdim=True).clamp(min=1e-12)
    return (8 * maps / most).round() / 8


@figure(6.2, 2.3, columns=4)
def plot_kernel_parts(kernel: Tensor, parts: Sequence[Tensor], shares: Sequence[float], *, ax):
    """Show a kernel and the three parts that it is the sum of, with their shares.

    Taught in: 10_looking_inside.
    """
    most = float(kernel.abs().max())
    names = ["the kernel", *(f"{n}: {s:.0%}" for n, s in zip(KINDS, shares, strict=True))]
    for panel, values, name in zip(ax, (kernel, *parts), names, strict=True):
        draw_pixels(panel, values, cmap=WEIGHTS, vmin=-1.6 * most, vmax=1.6 * most)
        write_numbers(panel, values, form="{:.2f}", fontsize=11)
        panel.set_xlabel(name)


@figure(6.4, 6.2)
def plot_sorted_filters(layers: Mapping[str, tuple[Tensor, Sequence[str]]], *, ax) -> None:
    """Show all depthwise kernels, a row per layer, a column per kind.

    Args:
        layers: by name, the kernels (C, 3, 3) and the kind of each.

    Taught in: 10_looking_inside.
    """
    ax.set_axis_off()
    wide, depth = 7, 0.0  # tiles in a line; lines used so far
    lines = [max(-(-kinds.count(kind) // wide) for kind in KINDS) for _, kinds in layers.values()]
    total = sum(lines) + len(lines)
    for high, (layer, (kernels, kinds)) in zip(lines, layers.items(), strict=True):
        for column, kind in enumerate(KINDS):
            chosen = kernels[[each == kind for each in kinds]]
            left, top = 0.34 * column, 1 - depth / total
            words = f"{layer}, {kind}: {len(chosen)}"
            ax.text(left, top - 0.2 / total, words, transform=ax.transAxes, va="top")
            if len(chosen):
                sheet = _sheet(_scaled(chosen), wide)
                blank = (0, 4 * wide - 1 - sheet.shape[1], 0, 4 * high - 1 - sheet.shape[0])
                panel = ax.inset_axes([left, top - (high + 0.95) / total, 0.32, high / total])
                panel.set_axis_off()
                sheet = F.pad(sheet, blank, value=math.nan)
                panel.imshow(sheet, cmap=WEIGHTS, vmin=-1, vmax=1)
        depth += high + 1


@figure(5.6, 3.6)
def plot_layer_maps(image: ArrayLike, maps: Tensor, kind: str, *, ax) -> None:
    """Show a digit and all maps that one layer makes of it, each scaled by its largest size.

    Taught in: 10_looking_inside.
    """
    ax.set_axis_off()
    draw_pixels(ax.inset_axes([0, 0.3, 0.3, 0.4]), image)
    panel = ax.inset_axes([0.36, 0, 0.64, 1])
    draw_pixels(panel, _sheet(_scaled(maps), math.ceil(len(maps) ** 0.5)), WEIGHTS, -1, 1)
    colour = {"depthwise": DEPTHWISE, "pointwise": POINTWISE}.get(kind, DENSE)
    for spine in panel.spines.values():
        spine.set(color=colour, linewidth=2)
    ax.text(0.15, 0.2, f"{len(maps)} maps\n{kind}", ha="center", va="top", color=colour)


@figure(6.4, 4.8)
def plot_map_grid(
    rows: Mapping[str, tuple[ArrayLike, Sequence[Tensor]]], columns: Sequence[str], *, ax
) -> None:
    """Lay explanations out as a table: a digit at the left, its maps beside it.

    Each map is scaled by its own largest size: red speaks for the answer, blue against it.

    Args:
        rows: by name, a digit and its maps, (28, 28) each.
        columns: a name for each map.

    Taught in: 10_looking_inside.
    """
    ax.set_axis_off()
    high, wide = 1 / len(rows), 1 / (len(columns) + 1)
    for down, (name, (image, maps)) in enumerate(rows.items()):
        for along, values in enumerate((image, *maps)):
            corner = [along * wide, 1 - (down + 0.95) * high]
            panel = ax.inset_axes([*corner, 0.95 * wide, 0.95 * high])
            if along == 0:
                draw_pixels(panel, values)
                panel.set_ylabel(name)
            else:
                draw_pixels(panel, _scaled(values), cmap=WEIGHTS, vmin=-1, vmax=1)
            if down == 0 and along > 0:
                panel.set_title(columns[along - 1], fontsize=11)


@figure(6.2, 3.3, columns=2)
def plot_fields(fields: Mapping[str, ArrayLike], outline: int, sides: Sequence[int], *, ax) -> None:
    """Show how much each pixel matters to the middle of the last maps, for two networks.

    Args:
        outline: side of the theoretical receptive field [pixels], dashed.
        sides: of the square that holds half, for each network, drawn through.

    Taught in: 10_looking_inside.
    """
    most = max(float(np.asarray(field).max()) for field in fields.values())
    for panel, (name, field), side in zip(ax, fields.items(), sides, strict=True):
        draw_pixels(panel, np.sqrt(np.asarray(field) / most), cmap=MAGNITUDE)
        middle = (len(field) - 1) / 2
        _square(panel, middle, outline, "--")
        _square(panel, middle, side, "-")
        panel.set_xlabel(f"{name}\nhalf of it within {side} by {side}")


def _square(ax: Axes, middle: float, side: int, line: str) -> None:
    low, high = middle - side / 2, middle + side / 2
    ax.plot([low, high, high, low, low], [low, low, high, high, low], line, color="white")


def _lines(ax: Axes, x: Sequence[float], curves: Curves, every: int) -> None:
    for name, values in curves.items():
        colour, marker, line = LINES[name]
        ax.plot(x, values, line, marker=marker, color=colour, label=name, markevery=every, ms=5)


@figure(6.4, 4.3, columns=2)
def plot_redrawn(signed: Curves, sizes: Curves, stages: Sequence[str], *, ax) -> None:
    """Draw how alike maps are before and after stages were drawn anew, one curve per method.

    Taught in: 10_looking_inside.
    """
    names = "maps with their signs", "sizes alone"
    for panel, curves, name in zip(ax, (signed, sizes), names, strict=True):
        _lines(panel, range(len(stages) + 1), {k: [1, *v] for k, v in curves.items()}, every=1)
        panel.set_xticks(range(len(stages) + 1), ["none", *stages], rotation=60)
        panel.set(ylim=(-0.2, 1.05), xlabel=name)
        panel.axhline(0, color=NEUTRAL, linewidth=1)
    ax[0].set_ylabel("rank correlation")
    ax[1].set_yticklabels([])
    ax[0].figure.legend(*ax[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)


@figure(6.4, 4.2, columns=2)
def plot_removal(counts: Sequence[int], deleted: Curves, inserted: Curves, *, ax) -> None:
    """Draw the share of unchanged answers against the pixels that are blanked, or shown.

    Taught in: 10_looking_inside.
    """
    names = "pixels blanked", "pixels shown"
    for panel, curves, name in zip(ax, (deleted, inserted), names, strict=True):
        _lines(panel, counts, {k: 100 * np.asarray(v) for k, v in curves.items()}, every=4)
        panel.set(xlabel=name, ylim=(0, 103))
    ax[0].set_ylabel("answers as before [%]")
    ax[1].set_yticklabels([])
    ax[0].figure.legend(*ax[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)

"""Figures of networks that label every pixel: canvases, answers, what a schedule of rates does."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch, Rectangle
from numpy.typing import ArrayLike

from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    FAINT,
    MAGNITUDE,
    NEUTRAL,
    POINTWISE,
    draw_pixels,
    figure,
)

DIGITS = ["#E6194B", "#F58231", "#B8860B", "#A6CE39", "#1B8A3A"]
DIGITS += ["#42C6E0", "#1F4FCC", "#7B2FBE", "#F032E6", "#5A3A22"]  # one colour per digit, 0 to 9
PAINT = ListedColormap(["white", *DIGITS])
LOOKS = ((NEUTRAL, "o-"), (DEPTHWISE, "s--"), (DENSE, "^-."), (POINTWISE, "D:"))


def _labelled(panel, labels: ArrayLike) -> None:
    draw_pixels(panel, labels, cmap=PAINT, vmin=-0.5, vmax=10.5)


def _looked_at(panel, gradient: ArrayLike) -> None:
    """Draw squared slopes by their root, so that the weak ones are seen beside the strong."""
    values = np.sqrt(np.asarray(gradient))
    draw_pixels(panel, values / values.max(), cmap=MAGNITUDE)


def _name_colours(drawn) -> None:
    """Write under the panels which colour is which digit."""
    handles = [Patch(color=colour, label=str(digit)) for digit, colour in enumerate(DIGITS)]
    look = {"handlelength": 0.7, "handletextpad": 0.3, "columnspacing": 0.8, "frameon": False}
    drawn.legend(handles=handles, loc="outside lower center", ncols=10, **look)


@figure(6.4, 3.9, rows=2, columns=4)
def plot_canvases(images: ArrayLike, labels: ArrayLike, *, ax) -> None:
    """Show four canvases, and under each the digit that every pixel belongs to.

    Shape:
        images  (4, 1, H, W), 0 is paper and 255 is ink
        labels  (4, H, W), 0 is background and 1 + k is digit k

    Taught in: 08_dense_prediction.
    """
    for (top, bottom), image, label in zip(ax.T, images, labels, strict=True):
        draw_pixels(top, image[0], vmax=255)
        _labelled(bottom, label)
    _name_colours(ax[0, 0].figure)


@figure(6.4, 6.6, rows=3, columns=4)
def plot_answers(panels: dict[str, ArrayLike], *, ax) -> None:
    """Show one canvas, its true labels, and what up to ten networks answer for every pixel.

    Args:
        panels: name -> labels of one canvas (H, W); floats are drawn as ink in [0, 1].

    Taught in: 08_dense_prediction.
    """
    for panel in ax.flat:
        panel.set_axis_off()
    for panel, (name, values) in zip(ax.flat, panels.items(), strict=False):
        panel.set_axis_on()
        values = np.asarray(values)
        if values.dtype.kind == "f":
            draw_pixels(panel, values)
        else:
            _labelled(panel, values)
        panel.set_xlabel(name, fontsize=11)
    _name_colours(ax.flat[0].figure)


@figure(5.6, 2.6, columns=3)
def plot_schedule_at_work(
    image: ArrayLike, answer: ArrayLike, gradient: ArrayLike, side: int, *, ax
) -> None:
    """Show a canvas, what one network answers, and which pixels the middle answer looked at.

    Args:
        gradient: size of the middle answer's slope in each pixel, drawn by its root.
        side: of the receptive field, framed [pixels].

    Shape:
        image, answer, gradient  (H, W)

    Taught in: 08_dense_prediction.
    """
    draw_pixels(ax[0], image)
    _labelled(ax[1], answer)
    _looked_at(ax[2], gradient)
    size = len(gradient)
    corner = size // 2 - side // 2 - 0.5
    ax[2].add_patch(Rectangle((corner, corner), side, side, fill=False, ec="white", lw=1.5))
    ax[2].set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
    for panel, name in zip(ax, ["canvas", "answer", "looked at"], strict=True):
        panel.set_xlabel(name)


@figure(6.4, 4.4)
def plot_schedules(
    runs: dict[str, list[float]], notes: dict[str, str], hollow: set[str] = frozenset(), *, ax
) -> None:
    """Draw the mean IoU of each network: a dot per seed, a bar at their mean, which is written.

    Args:
        runs: name -> one mean IoU per seed [0 to 1].
        notes: name -> words under the name.
        hollow: names drawn with hollow dots.

    Taught in: 08_dense_prediction.
    """
    for place, (name, values) in enumerate(runs.items()):
        mean = sum(values) / len(values)
        inside = "white" if name in hollow else DEPTHWISE
        ax.plot([mean, mean], [place - 0.32, place + 0.32], color=DENSE, linewidth=3)
        ax.plot(values, [place] * len(values), "o", mec=DEPTHWISE, mfc=inside, markersize=8)
        ax.annotate(f"{mean:.2f}", (max(values), place), (9, -4), textcoords="offset points")
    names = [f"{name}\n{notes[name]}" if notes.get(name) else name for name in runs]
    ax.set_yticks(range(len(runs)), names)
    ax.invert_yaxis()
    most = max(max(values) for values in runs.values())
    ax.set(xlabel="mean IoU, validation canvases", xlim=(0, 1.15 * most))
    ax.tick_params(axis="y", length=0)


@figure(6.4, 3.1, columns=3)
def plot_looked_at(gradients: dict[str, ArrayLike], *, ax) -> None:
    """Show, for three networks, how strongly the middle answer depends on each pixel near it.

    Each panel is scaled to its own largest value, and drawn by its root.

    Shape:
        gradients  (side, side) each, not negative

    Taught in: 08_dense_prediction.
    """
    for panel, (name, values) in zip(ax, gradients.items(), strict=True):
        _looked_at(panel, values)
        panel.set_xlabel(name)


@figure(6.0, 3.3)
def plot_agreement(shares: dict[str, list[float]], *, ax) -> None:
    """Draw how often two ink pixels of one digit get one answer, against their distance.

    Args:
        shares: name -> share at the distances 1, 2, 3, ... [pixels].

    Taught in: 08_dense_prediction.
    """
    for (colour, line), (name, values) in zip(LOOKS, shares.items(), strict=False):
        distances = range(1, len(values) + 1)
        ax.plot(distances, values, line, color=colour, label=name, markersize=6)
    ax.set(xlabel="distance of the two pixels", ylabel="same answer")
    ax.set_xticks(range(1, max(map(len, shares.values())) + 1))
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.grid(axis="x", color=FAINT)
    ax.legend(title="rates")


@figure(6.0, 3.1)
def plot_class_iou(iou: dict[str, list[float]], *, ax) -> None:
    """Draw the IoU of background and the ten digits for each network.

    Args:
        iou: name of the network -> eleven values [0 to 1].

    Taught in: 08_dense_prediction.
    """
    for (colour, line), (name, values) in zip(LOOKS, iou.items(), strict=False):
        ax.plot(values, line[0], color=colour, label=name, markersize=8)
    ax.set_xticks(range(11), ["paper", *map(str, range(10))])
    ax.set(ylim=(0, 1.03), ylabel="IoU")
    ax.grid(axis="y", color=FAINT)
    ax.legend(loc="lower left")

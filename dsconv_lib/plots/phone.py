"""Figures of chapter 11: digits out of place, parts that carry an answer, weights of few bits."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    MAGNITUDE,
    NEUTRAL,
    draw_pixels,
    figure,
)

Curve = tuple[Sequence[float], Sequence[float]]


@figure(height=3.2, columns=2)
def plot_off_centre(by_shift: Curve, by_size: Curve, *, ax) -> None:
    """Draw accuracy against how far digits are shifted, and how they are scaled.

    Args:
        by_shift: shifts to the right [pixels], accuracies [0 to 1].
        by_size: sizes [share of the size they have], accuracies.

    Taught in: 11_draw_a_digit.
    """
    names = "shift to the right [pixels]", "size, against MNIST's"
    for panel, (places, accuracies), name in zip(ax, (by_shift, by_size), names, strict=True):
        panel.plot(places, 100 * np.asarray(accuracies), "o-", color=DEPTHWISE)
        panel.set(xlabel=name, ylim=(0, 103))
    ax[0].set_ylabel("accuracy [%]")
    ax[1].set_yticklabels([])


@figure(height=4.4, rows=2, columns=3)
def plot_occlusion(images: Sequence[ArrayLike], falls: Sequence[ArrayLike], *, ax) -> None:
    """Show digits, and under each how far its answer falls when a place is blanked.

    Shape:
        images, falls   three times (28, 28); ink and falls of the probability, 0 to 1

    Taught in: 11_draw_a_digit.
    """
    for panel, image in zip(ax[0], images, strict=True):
        draw_pixels(panel, image)
    for panel, fall in zip(ax[1], falls, strict=True):
        draw_pixels(panel, fall, cmap=MAGNITUDE, vmax=1)
        panel.set_xlabel(f"falls by {100 * np.asarray(fall).max():.0f} points\nat most")


@figure(height=3.4)
def plot_bits(bits: Sequence[int], accuracy: Mapping[str, Sequence[float]], *, ax) -> None:
    """Draw accuracy against the bits that each weight may have, one curve per way of rounding.

    Args:
        accuracy: by name, an accuracy [0 to 1] for each number of bits; two names at most.

    Raises:
        ValueError: more than two curves, which would share colours.

    Taught in: 11_draw_a_digit.
    """
    if len(accuracy) > 2:
        raise ValueError(f"{len(accuracy)} curves, but two at most have colours of their own")
    for (name, values), colour, marker in zip(
        accuracy.items(), (DEPTHWISE, DENSE), "os", strict=False
    ):
        line = "-" if marker == "o" else "--"
        percent = 100 * np.asarray(values)
        ax.plot(bits, percent, marker + line, color=colour, label=name)
    ax.axhline(10, color=NEUTRAL, linewidth=1, linestyle=":")
    ax.annotate("guessing", (bits[-1], 10), (0, 5), textcoords="offset points", ha="right")
    ax.set(xlabel="bits per weight", ylabel="accuracy [%]", ylim=(0, 103))
    ax.set_xticks(bits)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.2))

"""Figures of chapter 04: from logits to probabilities, and from a probability to its loss."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from dsconv_lib.plots.curves import plot_bars, plot_curves
from dsconv_lib.plots.style import DEPTHWISE, NEUTRAL, draw_pixels, figure


@figure(height=2.6, columns=3)
def plot_logits(digit: Tensor, logits: Tensor, probabilities: Tensor, *, ax: np.ndarray) -> None:
    """Draw a digit, the logits a network gives it, and their softmax.

    The dashed line is the probability of each class in a uniform guess.

    Taught in: 04_cross_entropy.
    """
    draw_pixels(ax[0], digit)
    plot_bars(logits, colours=NEUTRAL, level=0, ax=ax[1])
    plot_bars(probabilities, level=1 / len(probabilities), ax=ax[2])
    for panel, words in zip(ax, ("digit", "logits", "softmax"), strict=True):
        panel.set_xlabel(words)


@figure(width=4.8, height=4.6, rows=3)
def plot_confidence(
    probabilities: Tensor,
    gradient: Tensor,
    loss: float,
    curve: tuple[Sequence[float], Sequence[float]],
    label: int,
    *,
    ax: np.ndarray,
) -> None:
    """Draw the probabilities, the gradient of the loss, and the point on the loss curve.

    Few ticks and words: a slider stores this figure many times.

    Args:
        gradient: of the loss with respect to each logit.
        curve: probability of the true class, and the loss there.
        label: the true class; its bars are blue, the others grey.

    Taught in: 04_cross_entropy.
    """
    colours = [DEPTHWISE if k == label else NEUTRAL for k in range(len(gradient))]
    plot_bars(probabilities, colours=colours, ax=ax[0])
    ax[0].set(ylabel="probability", ylim=(0, 1.05), yticks=[0, 1])
    plot_bars(gradient, colours=colours, level=0, ax=ax[1])
    ax[1].set(ylabel="gradient", ylim=(-1.05, 0.3), yticks=[-1, 0])
    point = {"": (float(probabilities[label]), float(loss))}
    names = {"xlabel": f"probability of the truth, {label}", "ylabel": "loss"}
    plot_curves(curve[0], {"": curve[1]}, marks=point, **names, ylim=(0, 7.2), ax=ax[2])
    ax[2].set(xlim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 7])
    ax[2].text(0.35, 4, f"loss {loss:.3f}")  # at one place, so that the axes keep their size

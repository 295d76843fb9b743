"""The figures of the page of questions: what is left of a network when weights are cut away."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from dsconv_lib.plots.style import DEPTHWISE, NEUTRAL, WEIGHTS, draw_pixels, figure


@figure()
def plot_pruning(shares: Sequence[float], accuracy: Mapping[str, Sequence[float]], *, ax) -> None:
    """Draw accuracy against the share of the weights that were set to zero, a curve per name.

    Args:
        shares, accuracy: from 0 to 1 each; drawn in per cent.

    Raises:
        ValueError: more than two curves, which would share line styles.

    Taught in: faq.
    """
    if len(accuracy) > 2:
        raise ValueError(f"{len(accuracy)} curves, but two at most have line styles of their own")
    styles = [("s--", NEUTRAL), ("o-", DEPTHWISE)]
    for (name, values), (line, colour) in zip(accuracy.items(), styles, strict=False):
        percent = 100 * np.asarray(values)
        ax.plot(100 * np.asarray(shares), percent, line, color=colour, label=name)
    ax.axhline(10, color=NEUTRAL, linewidth=1, linestyle=":")
    ax.annotate("guessing", (0, 10), (0, 5), textcoords="offset points", color=NEUTRAL)
    ax.set(xlabel="weights set to zero [%]", ylabel="accuracy [%]", ylim=(0, 103))
    ax.legend(loc="upper right")


@figure(width=6.0, height=3.2, rows=4, columns=8)
def plot_pruned_kernels(kernels: ArrayLike, *, ax) -> None:
    """Draw up to 32 depthwise kernels, a cross on each weight that is exactly zero.

    Shape:
        kernels  (channels, K, K)

    Taught in: faq.
    """
    kernels = np.asarray(kernels)
    limit = abs(kernels).max() or 1.0
    for panel in ax.flat:
        panel.axis("off")
    for panel, kernel in zip(ax.flat, kernels, strict=False):
        draw_pixels(panel, kernel, WEIGHTS, vmin=-limit, vmax=limit)
        rows, columns = np.nonzero(kernel == 0)
        panel.plot(columns, rows, "x", color=NEUTRAL, markersize=5, markeredgewidth=1.2)

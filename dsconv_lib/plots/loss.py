"""Figures of chapter 04: logits, probabilities, and what a loss makes of them."""

import torch
from matplotlib.patches import Rectangle
from torch import Tensor

from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    MAGNITUDE,
    NEUTRAL,
    draw_pixels,
    figure,
    write_numbers,
)


@figure(height=2.6, columns=3)
def plot_logits(digit: Tensor, logits: Tensor, probabilities: Tensor, *, ax) -> None:
    """Draw a digit, the ten logits a network gives it, and their softmax.

    The dashed line marks 1 / classes, the share of each class in a uniform guess.

    Shape:
        digit                   (1, 1, H, W), in [0, 1]
        logits, probabilities   (classes,)

    Taught in: 04_cross_entropy.
    """
    draw_pixels(ax[0], digit[0, 0])
    ax[0].set_title("digit")
    _class_bars(ax[1], logits, NEUTRAL)
    _class_bars(ax[2], probabilities, DEPTHWISE)
    ax[1].axhline(0, color="black", linewidth=0.8)
    ax[1].set_title("logits")
    ax[2].axhline(1 / len(probabilities), color="black", linestyle="--", linewidth=1)
    ax[2].set_title("softmax")
    ax[2].set_ylim(0, 1.35 * float(probabilities.max()))


@figure(height=3.4)
def plot_surprise(probabilities: Tensor, losses: Tensor, *, ax) -> None:
    """Draw the curve ``-ln p`` with the given points on it, each labelled with its loss.

    Taught in: 04_cross_entropy.
    """
    grid = torch.linspace(0.006, 1, 400)
    ax.plot(grid, -grid.log(), color=NEUTRAL)
    ax.plot(probabilities, losses, "o", color=DEPTHWISE, markersize=8, clip_on=False, zorder=3)
    for p, loss in zip(probabilities.tolist(), losses.tolist(), strict=True):
        ax.annotate(
            f"p = {p:g}\nloss {loss + 0:.3f}", (p, loss), (10, 3), textcoords="offset points"
        )
    ax.set(xlabel="p, given to what happened", ylabel="$-\\ln p$", xlim=(0, 1.18), ylim=(0, 5.6))
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])


@figure(height=5.2)
def plot_probability_table(table: Tensor, labels: Tensor, *, ax) -> None:
    """Draw one row of probabilities per sample, and outline the cell its label picks.

    Shape:
        table   (samples, classes), each row sums to 1
        labels  (samples,), one class number per row

    Raises:
        ValueError: more or fewer labels than rows.

    Taught in: 04_cross_entropy.
    """
    samples, classes = table.shape
    if len(labels) != samples:
        raise ValueError(f"{len(labels)} labels for {samples} rows: give one label per row")
    ax.imshow(table, cmap=MAGNITUDE + "_r", vmin=0, vmax=1, aspect="auto")
    write_numbers(ax, table, "{:.2f}", light_above=0.6, fontsize=11)
    for row, label in enumerate(labels.tolist()):
        corner = (label - 0.47, row - 0.46)
        ax.add_patch(Rectangle(corner, 0.94, 0.92, fill=False, edgecolor=DENSE, linewidth=3))
    rows = [f"{row + 1}, label {label}" for row, label in enumerate(labels.tolist())]
    ax.set_xticks(range(classes))
    ax.set_yticks(range(samples), rows)
    ax.set(xlabel="probability given to each digit", ylabel="sample")
    ax.tick_params(length=0)


@figure(width=4.8, height=4.6, rows=3)
def plot_confidence(
    probabilities: Tensor,
    gradient: Tensor,
    loss: float,
    curve: tuple[Tensor, Tensor],
    label: int,
    *,
    ax,
) -> None:
    """Draw the probabilities, the gradient of the loss, and the point on the loss curve.

    Few ticks and words: a slider stores this figure many times.

    Args:
        gradient: of the loss with respect to each logit.
        loss: at these probabilities; the point on the curve.
        curve: probability of the true class, and the loss there.
        label: the true class; its bars are blue, the others grey.

    Shape:
        probabilities, gradient   (classes,)

    Taught in: 04_cross_entropy.
    """
    colours = [DEPTHWISE if k == label else NEUTRAL for k in range(len(gradient))]
    _class_bars(ax[0], probabilities, colours)
    ax[0].set(ylim=(0, 1.05), yticks=[0, 1], ylabel="probability")
    ax[0].tick_params(axis="x", labelbottom=False)
    _class_bars(ax[1], gradient, colours)
    ax[1].axhline(0, color="black", linewidth=0.8)
    ax[1].set(ylim=(-1.05, 0.3), yticks=[-1, 0], ylabel="gradient")
    confidence = probabilities[label]
    ax[2].plot(*curve, color=NEUTRAL)
    ax[2].plot(confidence, loss, "o", color=DEPTHWISE, markersize=10, clip_on=False, zorder=3)
    ax[2].text(0.35, 4, f"loss {loss:.3f}", color=DEPTHWISE)
    ax[2].set(xlabel=f"probability of the truth, {label}", ylabel="loss")
    ax[2].set(xlim=(0, 1), ylim=(0, 7.2), xticks=[0, 0.5, 1], yticks=[0, 7])


@figure(height=3.3)
def plot_loss_curves(
    gaps: Tensor,
    curves: dict[str, Tensor],
    *,
    floor: float,
    floor_at: float | None = None,
    ax,
) -> None:
    """Draw losses against how far the true logit stands above the others, and a floor.

    Args:
        curves: two losses by name, the usual one first, with a value at each gap.
        floor: the level that the second curve cannot pass; dashed.
        floor_at: the gap where it is reached, marked with a dot, if it is reached at all.

    Raises:
        ValueError: one curve, or three and more.

    Taught in: 04_cross_entropy.
    """
    if len(curves) != 2:
        raise ValueError(f"{len(curves)} curves, but 2 are drawn: the usual loss and another")
    looks = zip([NEUTRAL, DENSE], ["-", "-."], curves.items(), strict=True)
    for colour, line, (name, losses) in looks:
        ax.plot(gaps, losses, line, color=colour, label=name)
    ax.axhline(floor, color="black", linestyle="--", linewidth=1)
    left = float(gaps[0])
    ax.annotate(f"floor {floor:.4f}", (left, floor), (2, -15), textcoords="offset points")
    if floor_at is not None:
        ax.plot(floor_at, floor, "o", color=DENSE, markersize=8)
        ax.annotate(f"gap {floor_at:.2f}", (floor_at, floor), (-8, 9), textcoords="offset points")
    ax.set(xlabel="true logit minus the others", ylabel="loss", ylim=(-0.05, 5.2))
    ax.set_xlim(left, float(gaps[-1]))
    ax.legend(loc="upper right")


def _class_bars(ax, heights: Tensor, colour: str | list[str]) -> None:
    """Draw one bar per class, with the class numbers under the panel."""
    ax.bar(range(len(heights)), heights, color=colour)
    ax.set_xticks(range(len(heights)))
    ax.tick_params(axis="x", length=0)

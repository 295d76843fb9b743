"""What a network says to other people's digits, and what it forgets of its own."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from dsconv_lib.plots.curves import draw_level, looks_of
from dsconv_lib.plots.images import plot_images
from dsconv_lib.plots.style import figure


def plot_answers(
    rows: Mapping[str, tuple[Tensor, Tensor, Tensor]],
    *,
    columns: int = 0,
    ax: Sequence[Axes] | None = None,
) -> None:
    """Draw digits in rows by name, the network's answer under each, orange where it is wrong.

    Args:
        rows: by name, images of shape (N, 1, H, W), 0 to 255, answers and labels of shape (N,).
        columns: digits in a row; by default all of a name.

    Taught in: 07_finetuning.
    """
    said = [
        f"{answer}" if answer == label else (f"said {answer}", "dense")
        for _, answers, labels in rows.values()
        for answer, label in zip(answers.tolist(), labels.tolist(), strict=True)
    ]
    images = {name: images[:, 0] for name, (images, _, _) in rows.items()}
    plot_images(images, said, columns=columns, most=255, tile=0.8, ax=ax)


@figure(height=4.2)
def plot_forgetting(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    chosen: Mapping[str, int],
    before: tuple[float, float],
    *,
    ax: Axes,
) -> None:
    """Draw each way as a curve over its learning rates: new digits across, old ones up.

    Args:
        curves: by way, for each rate the accuracy [0 to 1] on new and on old digits.
        chosen: by way, the place in its curve that gets the large mark.
        before: the accuracies of the untouched network.

    Taught in: 07_finetuning.
    """
    for way, look in looks_of(curves).items():
        new, old = 100 * np.array(curves[way]).T
        ax.plot(new, old, look.line, color=look.colour, marker=".", markersize=5)
        at = chosen[way]
        ax.plot(new[at], old[at], look.marker, color=look.colour, markersize=10, label=way)
    new, old = (100 * accuracy for accuracy in before)
    draw_level(ax, f"untouched: old {old:.1f}, new {new:.1f}", old)
    ax.set(xlabel="new digits: optdigits' rest [%]", ylabel="old digits: MNIST [%]")
    ax.margins(0.12)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)

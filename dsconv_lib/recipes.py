"""What a training run is asked for, what it reports, and how much effort it may take."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, apart from the model and the digits.

    Args:
        lr: highest learning rate of the one-cycle schedule.
        average: how much of the moving average of the weights is kept at each step, 0 for none;
            lowered in short runs, so that it never reaches back over more than a tenth of them.
    """

    epochs: int = 12
    batch_size: int = 128
    lr: float = 0.015
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    average: float = 0.998
    seed: int = 0


DEFAULT = Recipe()


@dataclass(frozen=True)
class History:
    """What a run reports: one entry per epoch.

    ``accuracy`` is measured on the validation digits [0 to 1], with the averaged weights.
    """

    recipe: Recipe
    loss: tuple[float, ...] = ()
    lr: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()


def budget() -> str:
    """Read the one knob for effort, ``DSCONV_BUDGET``: ``quick`` for tests, else ``book``.

    Raises:
        ValueError: any other word.
    """
    word = os.environ.get("DSCONV_BUDGET", "book")
    if word not in ("quick", "book"):
        raise ValueError(f"DSCONV_BUDGET={word!r}, but it must be 'quick' or 'book'")
    return word

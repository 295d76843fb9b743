"""What a training run is asked for, what it reports, and how much effort it may take."""

import os
from dataclasses import dataclass
from typing import TypeVar

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, apart from the model and the digits.

    Args:
        lr: highest learning rate of the one-cycle schedule.
        average: how much of the moving average of the weights is kept at each step, 0 for none;
            lowered in short runs, so that it never reaches back over more than a tenth of them.
    """

    epochs: int = 20
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

    ``loss`` is the mean over the epoch's batches, ``lr`` the learning rate at its end.
    ``accuracy`` is measured on the validation digits [0 to 1], with the averaged weights; it is
    nan in a run without validation digits.
    """

    recipe: Recipe
    loss: tuple[float, ...] = ()
    lr: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()

    def plot(self, ax=None) -> None:
        """Draw loss and validation accuracy against epochs."""
        from dsconv_lib.plots import plot_history  # matplotlib, which training does not need

        plot_history(self, ax=ax)


def budget() -> str:
    """Read the one knob for effort, ``DSCONV_BUDGET``: ``quick`` for tests, else ``book``.

    Raises:
        ValueError: any other word.
    """
    word = os.environ.get("DSCONV_BUDGET", "book")
    if word not in ("quick", "book"):
        raise ValueError(f"DSCONV_BUDGET={word!r}, but it must be 'quick' or 'book'")
    return word


def within_budget(*, book: Choice, quick: Choice) -> Choice:
    """Choose between the effort a reader wants and the effort a test can pay.

    Example (a reader in Jupyter gets ``book``):
        >>> os.environ["DSCONV_BUDGET"] = "quick"
        >>> within_budget(book=12, quick=1)
        1
    """
    return book if budget() == "book" else quick

"""Train, evaluate, stop and resume: one readable loop for CPU and GPU."""

import copy
import math
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm.auto import tqdm

from dsconv_lib.checks import require_whole
from dsconv_lib.data import Digits, to_input
from dsconv_lib.evaluation import predict_logits
from dsconv_lib.networks import load_checkpoint, save_checkpoint
from dsconv_lib.training.distributed import current_team, divide_batch

Choice = TypeVar("Choice")
Augment = Callable[[Tensor, torch.Generator], Tensor]
Groups = Callable[[nn.Module], Iterable[dict]]


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


def evaluate(model: nn.Module, digits: Digits, batch_size: int = 1000) -> float:
    """Measure the accuracy [0 to 1] of a model on digits, in evaluation mode.

    Raises:
        ValueError: no digits, or a batch size below 1.
    """
    answers = predict_logits(model, digits, batch_size).argmax(dim=1)
    return (answers == digits.labels).sum().item() / len(digits)


def fit(
    model: nn.Module,
    train: Digits,
    validation: Digits | None = None,
    recipe: Recipe = DEFAULT,
    *,
    augment: Augment | None = None,
    groups: Groups | None = None,
    checkpoint: str | Path | None = None,
    stop_after: int | None = None,
) -> History:
    """Train a model in place with AdamW and a one-cycle schedule; it ends with averaged weights.

    The same seed on the same machine with the same number of threads gives the same weights, bit
    for bit, also when a run was interrupted and resumed from its checkpoint.

    Args:
        validation: measured after every epoch, if given; never trained on.
        augment: changes a batch of float images, drawing from the generator it is given.
        groups: splits a model into parameter groups, each with an ``lr`` of its own, which then
            takes the place of the recipe's.
        checkpoint: file written after every epoch; if it is there, the run resumes from it.
        stop_after: end this call early, after so many epochs in all; a later call resumes.

    Raises:
        FloatingPointError: the loss is no longer a number; names the step and the rate.
        CheckpointError: the checkpoint is damaged, or belongs to another recipe or model.
        ValueError: a recipe that makes no sense, or fewer digits than one batch.
    """
    run = _Run(model, train, validation, recipe, augment, groups)
    if checkpoint and Path(checkpoint).exists():
        run.load_state_dict(load_checkpoint(checkpoint, expected=run.state_dict()))
    while run.epoch < min(recipe.epochs, stop_after or recipe.epochs):
        run.train_one_epoch()
        if checkpoint and run.team.first:
            save_checkpoint(run.state_dict(), checkpoint)
    model.load_state_dict(run.result.state_dict())
    return run.history()


class _Run:
    """All that changes while training, so that a checkpoint can hold all of it."""

    def __init__(self, model, train, validation, recipe, augment, groups):
        require_whole(1, epochs=recipe.epochs, batch_size=recipe.batch_size)
        self.steps_per_epoch = len(train) // recipe.batch_size
        if self.steps_per_epoch == 0:
            raise ValueError(f"{len(train)} digits do not fill a batch of {recipe.batch_size}")
        self.model, self.recipe, self.augment = copy.deepcopy(model), recipe, augment
        self.team = current_team()
        divide_batch(recipe.batch_size, self.team.size)  # refuses an empty share
        self.net = self.team.unite(self.model)  # calls the model, and shares its gradients
        self.train, self.validation = train, validation
        steps = recipe.epochs * self.steps_per_epoch
        self.averaged = self._average(recipe.average, steps)
        parts = list(groups(self.model)) if groups else self.model.parameters()
        self.optimiser = torch.optim.AdamW(
            parts, lr=recipe.lr, weight_decay=recipe.weight_decay, fused=True
        )
        rates = [group["lr"] for group in self.optimiser.param_groups]
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, rates, total_steps=steps
        )
        self.rows: list[list[float]] = []

    def _average(self, kept: float, steps: int) -> AveragedModel | None:
        # in short runs the average reaches back over a tenth of the run at most
        kept = max(0.0, min(kept, 1 - 10 / steps))
        rule = get_ema_multi_avg_fn(kept)
        return AveragedModel(self.model, multi_avg_fn=rule, use_buffers=True) if kept else None

    @property
    def result(self) -> nn.Module:
        """Point at the weights that a run ends with."""
        return self.averaged.module if self.averaged else self.model

    @property
    def epoch(self) -> int:
        """Count the epochs that are done."""
        return len(self.rows)

    def history(self) -> History:
        """Sum up the run so far."""
        loss, lr, accuracy = zip(*self.rows, strict=True) if self.rows else ((), (), ())
        return History(self.recipe, loss, lr, accuracy)

    def train_one_epoch(self) -> None:
        """Visit every training digit once, in an order that depends on seed and epoch alone."""
        # one seed per epoch: a resumed run needs no generator state
        seed = 100_003 * self.recipe.seed + self.epoch
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(self.train), generator=generator)
        batches = order.split(self.recipe.batch_size)[: self.steps_per_epoch]
        self.model.train()
        # tqdm's own reading of TQDM_DISABLE is lost in notebooks
        hidden = "TQDM_DISABLE" in os.environ or not self.team.first
        bar = tqdm(batches, desc=f"epoch {self.epoch + 1}", leave=False, disable=hidden)
        losses = [self._step(rows, generator) for rows in bar]
        loss = sum(losses) / len(losses)
        digits = self.validation
        accuracy = math.nan if digits is None else evaluate(self.result, digits)
        self.rows.append([loss, self.schedule.get_last_lr()[-1], accuracy])

    def _step(self, rows: Tensor, generator: torch.Generator) -> float:
        device = next(self.model.parameters()).device
        x = to_input(self.train.images[rows])
        x = self.augment(x, generator) if self.augment else x  # whole, so that all draw alike
        x = self.team.share(x).to(device, memory_format=torch.channels_last)
        labels = self.team.share(self.train.labels[rows]).to(device)
        smooth = self.recipe.label_smoothing
        loss = F.cross_entropy(self.net(x), labels, label_smoothing=smooth)
        loss = loss * (len(x) * self.team.size / len(rows))  # 1, where the shares are equal
        whole = self.team.mean(loss)
        if not whole.isfinite():
            raise FloatingPointError(
                f"the loss is {whole.item()} at step {self.schedule.last_epoch + 1} (epoch "
                f"{self.epoch + 1}), at a learning rate of {self.schedule.get_last_lr()[0]:.2g}: "
                f"try a smaller lr than {self.recipe.lr}"
            )
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        if self.averaged:
            self.averaged.update_parameters(self.model)
        return whole.item()

    def state_dict(self) -> dict:
        """Collect what a later run needs to go on as if nothing had happened."""
        state = {part: getattr(self, part).state_dict() for part in self._parts()}
        asked = {
            **asdict(self.recipe),
            "augmented": self.augment is not None,
            "digits": f"{self.train.name}, {len(self.train)}",
        }
        return {**state, "recipe": asked, "rows": self.rows}

    def _parts(self) -> list[str]:
        parts = ("model", "averaged", "optimiser", "schedule")
        return [part for part in parts if getattr(self, part)]

    def load_state_dict(self, state: dict) -> None:
        """Go on from a checkpoint."""
        for part in self._parts():
            getattr(self, part).load_state_dict(state[part])
        self.rows = state["rows"]

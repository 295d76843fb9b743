"""Train, stop and resume: one loop for digits and canvases, for CPU and GPU."""

import copy
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel
from tqdm.auto import tqdm

from dsconv_lib.checks import require_whole
from dsconv_lib.data import Canvases, CanvasStream, Digits, to_input
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks.storage import load_checkpoint, save_checkpoint

Choice = TypeVar("Choice")
Augment = Callable[[Tensor, torch.Generator], Tensor]
Groups = Callable[[nn.Module], Iterable[dict]]
Answer = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, apart from the model and what it is trained on.

    Args:
        lr: highest learning rate of the one-cycle schedule.
        average: how much of the moving average of the weights is kept at each step, 0 for none;
            less in the first steps, ``(1 + t) / (10 + t)``, and in short runs, so that it never
            reaches back over more than a tenth of a run.
    """

    epochs: int = 40
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

    ``loss`` is the mean over the epoch's batches, ``lr`` the learning rate at its end. ``score`` is
    measured after it, with the averaged weights: accuracy or mean IoU [0 to 1] on what was given
    for validation; nan, if nothing was.
    """

    recipe: Recipe
    loss: tuple[float, ...] = ()
    lr: tuple[float, ...] = ()
    score: tuple[float, ...] = ()


def within_budget(*, book: Choice, quick: Choice) -> Choice:
    """Choose between the effort a reader wants and the effort a test can pay.

    It reads the one knob for effort, ``DSCONV_BUDGET``: ``quick`` for tests, else ``book``.

    Example (a reader in Jupyter gets ``book``):
        >>> os.environ["DSCONV_BUDGET"] = "quick"
        >>> within_budget(book=12, quick=1)
        1
    """
    word = os.environ.get("DSCONV_BUDGET", "book")
    if word not in ("quick", "book"):
        raise ValueError(f"DSCONV_BUDGET={word!r}, but it must be 'quick' or 'book'")
    return book if word == "book" else quick


def fit(
    model: nn.Module,
    train: Digits | CanvasStream,
    validation: Digits | Canvases | None = None,
    recipe: Recipe = DEFAULT,
    *,
    measure: Callable[[nn.Module, Any], float] = evaluate,
    augment: Augment | None = None,
    groups: Groups | None = None,
    wrap: Callable[[nn.Module], Answer] | None = None,
    checkpoint: str | Path | None = None,
    stop_after: int | None = None,
) -> History:
    """Train a model in place with AdamW and a one-cycle schedule; it ends with averaged weights.

    The same seed on the same machine with the same number of threads gives the same weights, bit
    for bit, also when a run was interrupted and resumed from its checkpoint.

    Args:
        train: for networks that label pixels a ``CanvasStream``.
        validation: measured after every epoch, if given; never trained on.
        measure: scores a model on it; the accuracy on ``Digits``, if not given.
        augment: changes a batch of float images, drawing from the generator it is given.
        groups: splits a model into parameter groups, each with an ``lr`` of its own, which then
            takes the place of the recipe's.
        wrap: makes of the model what answers the batches, with the model's own weights:
            ``torch.compile``, or the ``unite`` of a team of processes.
        checkpoint: file written after every epoch; if it is there, the run resumes from it.
        stop_after: end this call early, after so many epochs in all; a later call resumes.

    Raises:
        FloatingPointError: the loss is no longer a number; names the step and the rate.
        CheckpointError: the checkpoint is damaged, or belongs to another recipe or model.

    Taught in: 06_training.
    """
    run = _Run(copy.deepcopy(model), train, recipe, augment, groups)
    net = wrap(run.model) if wrap else run.model
    if checkpoint and Path(checkpoint).exists():
        run.load_state_dict(load_checkpoint(checkpoint, expected=run.state_dict()))
    while run.epoch < min(recipe.epochs, stop_after or recipe.epochs):
        loss = run.train_one_epoch(net)
        score = math.nan if validation is None else measure(run.result, validation)
        run.rows.append([loss, run.schedule.get_last_lr()[-1], score])
        if checkpoint:
            save_checkpoint(run.state_dict(), checkpoint)
    model.load_state_dict(run.result.state_dict())
    return History(recipe, *zip(*run.rows, strict=True))


def moving_average(kept: float) -> Callable[[list[Tensor], list[Tensor], Tensor], None]:
    """Make the rule by which an average of the weights follows them, for ``AveragedModel``.

    After ``t`` steps the average keeps ``min(kept, (1 + t) / (10 + t))`` of itself. Without that
    warm-up it would hold on to the weights of the first step, which know nothing: at ``kept`` of
    0.998 they would still make up 42 % of it after 429 steps.
    """

    def follow(averages: list[Tensor], weights: list[Tensor], taken: Tensor) -> None:
        t = taken.item()
        if averages[0].is_floating_point():
            torch._foreach_lerp_(averages, weights, 1 - min(kept, (1 + t) / (10 + t)))
        else:  # the norms' counts of batches
            torch._foreach_copy_(averages, weights)

    return follow


class _Run:
    """All that changes while training, so that a checkpoint can hold all of it."""

    def __init__(self, model, train: Digits | CanvasStream, recipe: Recipe, augment, groups):
        require_whole(1, epochs=recipe.epochs, batch_size=recipe.batch_size)
        self.steps = len(train) // recipe.batch_size  # per epoch
        if self.steps == 0:
            size = recipe.batch_size
            raise ValueError(f"{len(train)} of {train.name} do not fill a batch of {size}")
        self.model, self.train, self.recipe, self.augment = model, train, recipe, augment
        steps = recipe.epochs * self.steps
        parts = list(groups(model)) if groups else model.parameters()
        decay = recipe.weight_decay
        self.optimiser = torch.optim.AdamW(parts, recipe.lr, weight_decay=decay, fused=True)
        rates = [group["lr"] for group in self.optimiser.param_groups]
        self.schedule = OneCycleLR(self.optimiser, rates, total_steps=steps)
        # in short runs the average reaches back over a tenth of the run at most
        kept = max(0.0, min(recipe.average, 1 - 10 / steps))
        rule = moving_average(kept)
        self.averaged = AveragedModel(model, multi_avg_fn=rule, use_buffers=True) if kept else None
        self.rows: list[list[float]] = []

    @property
    def result(self) -> nn.Module:
        """Point at the weights that a run ends with."""
        return self.averaged.module if self.averaged else self.model

    @property
    def epoch(self) -> int:
        """Count the epochs that are done."""
        return len(self.rows)

    def train_one_epoch(self, net: Answer) -> float:
        """Train on one epoch of batches, which depend on seed and epoch alone; average the loss."""
        # one seed per epoch: a resumed run needs no generator state
        seed = 100_003 * self.recipe.seed + self.epoch
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        device, smooth = next(self.model.parameters()).device, self.recipe.label_smoothing
        self.model.train()
        losses = []
        for images, labels in self._with_bar(self.train.batches(self.recipe.batch_size, generator)):
            x = to_input(images)
            x = self.augment(x, generator) if self.augment else x
            x = x.to(device, memory_format=torch.channels_last)
            loss = F.cross_entropy(net(x), labels.to(device), label_smoothing=smooth)
            self._require_number(loss)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.schedule.step()
            if self.averaged:
                self.averaged.update_parameters(self.model)
            losses.append(loss.item())
        return sum(losses) / len(losses)

    def _with_bar(self, batches: Iterator) -> Iterable:
        # tqdm's own reading of TQDM_DISABLE is lost in notebooks
        hidden = "TQDM_DISABLE" in os.environ
        name = f"epoch {self.epoch + 1}"
        return tqdm(batches, name, self.steps, leave=False, disable=hidden)

    def _require_number(self, loss: Tensor) -> None:
        if not loss.isfinite():
            raise FloatingPointError(
                f"the loss is {loss.item()} at step {self.schedule.last_epoch + 1} (epoch "
                f"{self.epoch + 1}), at a learning rate of {self.schedule.get_last_lr()[0]:.2g}: "
                f"try a smaller lr than {self.recipe.lr}"
            )

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

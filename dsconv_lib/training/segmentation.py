"""Train and measure networks that label every pixel: new canvases each epoch, mean IoU."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from dsconv_lib.checks import require_whole
from dsconv_lib.data import COUNT, NUM_CLASSES, Canvases, Digits, make_canvases, to_input
from dsconv_lib.training.fit import Recipe

Look = tuple[int, int]
ONE_LOOK = ((0, 0),)
FRAME = 4  # of paper around a canvas that is shifted [pixels]; no shift may exceed it
DENSE = Recipe(epochs=10, batch_size=16, lr=0.02)


@dataclass(frozen=True)
class DenseHistory:
    """What a run reports, one entry per epoch: mean loss, and mean IoU on validation canvases."""

    recipe: Recipe
    loss: tuple[float, ...] = ()
    miou: tuple[float, ...] = ()


def pixel_confusion(labels: Tensor, answers: Tensor, num_classes: int = NUM_CLASSES) -> Tensor:
    """Count the pixels of each true class (row) that were given to each class (column).

    Shape:
        labels, answers  whole numbers, any shape, the same
        output           int64 (num_classes, num_classes)

    Raises:
        ValueError: shapes that differ, or no pixel.

    Example (three pixels of background, one of them taken for class 1):
        >>> pixel_confusion(torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 1, 1]), 2).tolist()
        [[2, 1], [0, 1]]
    """
    if labels.shape != answers.shape or labels.numel() == 0:
        shapes = f"{tuple(labels.shape)} and {tuple(answers.shape)}"
        raise ValueError(f"labels and answers of shapes {shapes} must match, and hold a pixel")
    pairs = labels.long() * num_classes + answers.long()
    counts = torch.bincount(pairs.flatten(), minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def class_iou(confusion: Tensor) -> Tensor:
    """Divide, for each class, the pixels in both by the pixels in either: intersection over union.

    A class that is neither there nor answered has no IoU: nan.

    Shape:
        confusion  (C, C), rows are true classes
        output     float64 (C,), each in [0, 1]

    Example (2 of 3 pixels of background found; 2 pixels called class 1, one of them rightly):
        >>> [round(iou, 3) for iou in class_iou(torch.tensor([[2, 1], [0, 1]])).tolist()]
        [0.667, 0.5]

    Source: [long2015fully], section 5. Taught in: 08_dense_prediction.
    """
    both = confusion.diag().double()
    either = confusion.sum(dim=0) + confusion.sum(dim=1) - confusion.diag()
    return both / either


def mean_iou(confusion: Tensor) -> float:
    """Average the IoU of the classes that are there, background included; each counts alike.

    Taught in: 08_dense_prediction.
    """
    return class_iou(confusion).nanmean().item()


@torch.no_grad()
def label_pixels(
    model: nn.Module, images: Tensor, batch_size: int = 50, looks: Sequence[Look] = ONE_LOOK
) -> Tensor:
    """Answer with a class for every pixel, in evaluation mode.

    Args:
        looks: shifts down and right [pixels]; the canvas is shifted so, answered and shifted back,
            and the logarithms of the probabilities are averaged over all looks.

    Shape:
        images  uint8 (N, 1, H, W)
        output  int64 (N, H, W)

    Raises:
        ValueError: no images, a batch size below 1, or no look.
    """
    require_whole(1, images=len(images), batch_size=batch_size, number_of_looks=len(looks))
    was_training = model.training
    model.eval()
    answers = []
    for some in images.split(batch_size):
        x = _as_input(some)
        scores = sum(_look(model, x, look) for look in looks)  # (N, num_classes, H, W)
        answers.append(scores.argmax(dim=1))
    model.train(was_training)
    return torch.cat(answers)


def _look(model: nn.Module, x: Tensor, look: Look) -> Tensor:
    if not any(look):
        return model(x).log_softmax(dim=1)
    down, right = look
    framed = F.pad(x, (FRAME, FRAME, FRAME, FRAME), value=to_input(torch.zeros(1)).item())
    shifted = framed.roll((down, right), dims=(2, 3))  # what leaves the frame is paper
    scores = model(shifted).log_softmax(dim=1).roll((-down, -right), dims=(2, 3))
    return scores[:, :, FRAME:-FRAME, FRAME:-FRAME]


def evaluate_segmentation(
    model: nn.Module, canvases: Canvases, looks: Sequence[Look] = ONE_LOOK
) -> float:
    """Measure the mean IoU [0 to 1] of a model over all pixels of some canvases."""
    answers = label_pixels(model, canvases.images, looks=looks)
    return mean_iou(pixel_confusion(canvases.labels, answers))


def fit_segmentation(
    model: nn.Module,
    digits: Digits,
    validation: Canvases | None = None,
    recipe: Recipe = DENSE,
    *,
    per_epoch: int = 512,
    count: tuple[int, int] = COUNT,
) -> DenseHistory:
    """Train a model in place on canvases made for the occasion; it ends with averaged weights.

    As ``training.fit``: AdamW, one cycle, a moving average, decided by the seed. But an epoch is
    ``per_epoch`` canvases that were never seen before and never come again.

    Args:
        digits: canvases are made from no others.
        validation: measured after every epoch, if given; never trained on.
        count: fewest and most digits on a canvas.

    Raises:
        FloatingPointError: the loss is no longer a number; names the epoch and the rate.
        ValueError: a recipe or a count that makes no sense, or fewer canvases than one batch.
    """
    require_whole(1, epochs=recipe.epochs, batch_size=recipe.batch_size)
    require_whole(recipe.batch_size, per_epoch=per_epoch)
    steps = recipe.epochs * (per_epoch // recipe.batch_size)
    current = copy.deepcopy(model).train()
    kept = max(0.0, min(recipe.average, 1 - 10 / steps))
    averaged = AveragedModel(current, multi_avg_fn=get_ema_multi_avg_fn(kept), use_buffers=True)
    decay, weights = recipe.weight_decay, current.parameters()
    optimiser = torch.optim.AdamW(weights, recipe.lr, weight_decay=decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.lr, total_steps=steps)
    rows = []
    for epoch in range(recipe.epochs):
        seed = 100_003 * recipe.seed + epoch
        canvases = make_canvases(digits, per_epoch, seed=seed, count=count)
        losses = []
        for batch in _batches(canvases, recipe.batch_size):
            losses.append(_step(current, batch, optimiser, schedule, recipe))
            averaged.update_parameters(current)
        miou = evaluate_segmentation(averaged.module, validation) if validation else math.nan
        rows.append((sum(losses) / len(losses), miou))
    model.load_state_dict(averaged.module.state_dict())
    return DenseHistory(recipe, *zip(*rows, strict=True))


def _step(model, batch, optimiser, schedule, recipe: Recipe) -> float:
    x, labels = batch
    loss = F.cross_entropy(model(x), labels, label_smoothing=recipe.label_smoothing)
    if not loss.isfinite():
        raise FloatingPointError(
            f"the loss is {loss.item()} at step {schedule.last_epoch + 1}, at a learning rate of "
            f"{schedule.get_last_lr()[0]:.2g}: try a smaller lr than {recipe.lr}"
        )
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    schedule.step()
    return loss.item()


def _batches(canvases: Canvases, size: int):
    for images, labels in zip(
        canvases.images.split(size), canvases.labels.split(size), strict=True
    ):
        if len(images) == size:
            yield _as_input(images), labels.long()


def _as_input(images: Tensor) -> Tensor:
    return to_input(images).to(memory_format=torch.channels_last)

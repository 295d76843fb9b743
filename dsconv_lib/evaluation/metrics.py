"""How good are the answers, and how sure may one be of them: scores, calibration, intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
import torch.nn.functional as F
from scipy import stats
from torch import Tensor, nn

from dsconv_lib.checks import require_whole
from dsconv_lib.data import NUM_CLASSES, Canvases, Digits, to_input


@torch.no_grad()
def predict_logits(model: nn.Module, images: Tensor, batch_size: int = 1000) -> Tensor:
    """Collect a model's logits for stored images, batch by batch, in evaluation mode, on the CPU.

    The model is left in the mode and on the device that it was in.

    Shape:
        images  uint8 (N, 1, H, W)
        output  (N, num_classes), or (N, num_classes, H, W) of a model that labels pixels
    """
    require_whole(1, batch_size=batch_size, images=len(images))
    device, was_training = next(model.parameters()).device, model.training
    model.eval()
    batches = (to_input(some.to(device)) for some in images.split(batch_size))
    logits = [model(x.to(memory_format=torch.channels_last)).cpu() for x in batches]
    model.train(was_training)
    return torch.cat(logits)


def label_pixels(model: nn.Module, images: Tensor) -> Tensor:
    """Answer with a class for every pixel, in evaluation mode.

    Shape:
        images  uint8 (N, 1, H, W)
        output  int64 (N, H, W)

    Taught in: 08_dense_prediction.
    """
    some_at_a_time = images.split(50)  # logits are many times as large as labels
    return torch.cat([predict_logits(model, some).argmax(dim=1) for some in some_at_a_time])


def evaluate(model: nn.Module, digits: Digits) -> float:
    """Measure the accuracy [0 to 1] of a model on digits."""
    answers = predict_logits(model, digits.images).argmax(dim=1)
    return (answers == digits.labels).sum().item() / len(digits)


def evaluate_segmentation(model: nn.Module, canvases: Canvases) -> float:
    """Measure the mean IoU [0 to 1] of a model over all pixels of some canvases."""
    answers = label_pixels(model, canvases.images)
    return mean_iou(confusion_matrix(canvases.labels, answers, NUM_CLASSES))


def confusion_matrix(labels: Tensor, answers: Tensor, num_classes: int = 10) -> Tensor:
    """Count how often each true class (row) was answered by each class (column).

    Shape:
        labels, answers  whole numbers below ``num_classes``, any shape, the same
        output           int64 (num_classes, num_classes)

    Example (one 2 taken for a 1):
        >>> confusion_matrix(torch.tensor([0, 1, 2]), torch.tensor([0, 1, 1]), 3).tolist()
        [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    """
    _require_pairs(labels, answers)
    highest = max(labels.max().item(), answers.max().item())
    if highest >= num_classes:
        raise ValueError(f"class {highest}, but num_classes={num_classes} ends before it")
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


def calibration_bins(
    logits: Tensor, labels: Tensor, bins: int = 15
) -> tuple[Tensor, Tensor, Tensor]:
    """Sort samples by the confidence of their answer into bins of equal width.

    Returns:
        mean confidence, share of right answers, and number of samples of each bin; the first two
        are nan where a bin is empty.

    Taught in: 06_training.
    """
    require_whole(1, bins=bins)
    _require_pairs(labels, logits)
    confidence, answers = logits.double().softmax(dim=1).max(dim=1)
    places = (confidence * bins).ceil().long().clamp(1, bins) - 1  # bins are closed on the right
    counts = places.bincount(minlength=bins)
    sums = (places.bincount(x, minlength=bins) for x in (confidence, (answers == labels).double()))
    return *(total / counts for total in sums), counts


def expected_calibration_error(logits: Tensor, labels: Tensor, bins: int = 15) -> float:
    """Measure how far confidence and accuracy lie apart, on average over the samples [0 to 1].

    Source: [guo2017calibration], section 2.
    """
    confidence, accuracy, counts = calibration_bins(logits, labels, bins)
    return ((confidence - accuracy).abs() * counts).nansum().item() / len(labels)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Find the one divisor of all logits that makes their cross-entropy smallest.

    Fit it on validation digits. It changes no answer, only how sure the answers are.

    Source: [guo2017calibration], section 4.2.
    """
    _require_pairs(labels, logits)
    logits = logits.double()
    log_temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = F.cross_entropy(logits / log_temperature.exp(), labels)
        loss.backward()
        return loss

    optimiser.step(closure)
    return log_temperature.exp().item()


def accuracy_interval(right: int, count: int) -> tuple[float, float]:
    """Bound the accuracy that ``right`` of ``count`` answers are evidence for (Wilson's, of 95 %).

    It covers the choice of the test digits only; other seeds add spread of their own.

    Example (99.50 % of MNIST's test digits):
        >>> low, high = accuracy_interval(9950, 10_000)
        >>> f"{low:.4f} {high:.4f}"
        '0.9934 0.9962'
    """
    interval = stats.binomtest(right, count).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class PairedDifference:
    """How far ahead the first is on average, give or take ``reach``; ``p`` is of no difference."""

    mean: float
    reach: float
    p: float


def paired_difference(
    first: Sequence[float], second: Sequence[float], level: float = 0.95
) -> PairedDifference:
    """Compare two rows of scores that belong together pair by pair, by Student's t.

    Args:
        first, second: scores of the same seeds, draws or digits, in the same order.
        level: how often intervals like this one hold the true difference.

    Example (five seeds; the reach is 1.24 standard deviations of the differences):
        >>> found = paired_difference([5, 6, 7, 8, 9], [4, 4, 6, 6, 8])
        >>> f"{found.mean:.2f} ± {found.reach:.2f}, p = {found.p:.4f}"
        '1.40 ± 0.68, p = 0.0046'

    Taught in: 06_training.
    """
    require_whole(2, pairs=len(first))
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} scores, but they must make pairs")
    test = stats.ttest_rel(first, second)
    low, high = test.confidence_interval(level)
    mean = fmean(a - b for a, b in zip(first, second, strict=True))
    return PairedDifference(mean, float(high - low) / 2, float(test.pvalue))


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for the number of comparisons made, in the order they were given.

    With the correction, the chance of calling even one of them a difference that is none stays
    below the level.

    Example (the smallest counts three times, the next twice; none falls below the one before):
        >>> holm([0.04, 0.01, 0.03])
        [0.06, 0.03, 0.06]

    Source: [holm1979simple]. Taught in: 06_training.
    """
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


def _require_pairs(labels: Tensor, answers: Tensor) -> None:
    if labels.shape != answers.shape[: labels.dim()] or labels.numel() == 0:
        shapes = f"labels of shape {tuple(labels.shape)} and answers of {tuple(answers.shape)}"
        raise ValueError(f"{shapes}: give as many of each, one at least")

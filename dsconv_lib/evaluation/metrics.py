"""How good are the answers, and how sure may one be of them: counts, F1, calibration, intervals."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy import stats
from sklearn import metrics
from torch import Tensor, nn

from dsconv_lib.checks import require_whole
from dsconv_lib.data import Digits, to_input


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall, F1 and count of every class, in class order."""

    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    support: tuple[int, ...]


@torch.no_grad()
def predict_logits(model: nn.Module, digits: Digits, batch_size: int = 1000) -> Tensor:
    """Collect a model's logits for all digits, in evaluation mode, on the CPU.

    Shape:
        output  (N, num_classes)

    Raises:
        ValueError: no digits, or a batch size below 1.
    """
    require_whole(1, batch_size=batch_size, digits=len(digits))
    device, was_training = next(model.parameters()).device, model.training
    model.eval()
    batches = digits.images.split(batch_size)
    logits = [model(to_input(images.to(device))).cpu() for images in batches]
    model.train(was_training)
    return torch.cat(logits)


def confusion_matrix(labels: Tensor, predictions: Tensor, num_classes: int = 10) -> Tensor:
    """Count how often each true class (row) was read as each class (column).

    Raises:
        ValueError: as many labels as predictions are needed, one at least.

    Example (one 2 taken for a 1):
        >>> confusion_matrix(torch.tensor([0, 1, 2]), torch.tensor([0, 1, 1]), 3).tolist()
        [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    """
    _require_pairs(labels, predictions)
    counts = metrics.confusion_matrix(labels, predictions, labels=range(num_classes))
    return torch.from_numpy(counts)


def class_scores(labels: Tensor, predictions: Tensor, num_classes: int = 10) -> ClassScores:
    """Score each class by precision, recall and F1.

    Precision: of those read as this class, how many are. Recall: of those that are, how many were
    read. F1 is their harmonic mean. A class that is never read, or never there, scores 0.

    Raises:
        ValueError: as many labels as predictions are needed, one at least.
    """
    _require_pairs(labels, predictions)
    scores = metrics.precision_recall_fscore_support(
        labels, predictions, labels=range(num_classes), zero_division=0.0
    )
    return ClassScores(*(tuple(np.asarray(score).tolist()) for score in scores))


def calibration_bins(
    logits: Tensor, labels: Tensor, bins: int = 15
) -> tuple[Tensor, Tensor, Tensor]:
    """Sort samples by the confidence of their answer into bins of equal width.

    Returns:
        mean confidence, share of right answers, and number of samples of each bin; the first two
        are nan where a bin is empty.

    Raises:
        ValueError: no samples, as many labels as rows are needed, or fewer than one bin.

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

    Samples are sorted into bins of equal width by the confidence of their answer.

    Raises:
        ValueError: no samples, as many labels as rows are needed, or fewer than one bin.

    Source: [guo2017calibration], section 2.
    """
    confidence, accuracy, counts = calibration_bins(logits, labels, bins)
    return ((confidence - accuracy).abs() * counts).nansum().item() / len(labels)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Find the one divisor of all logits that makes their cross-entropy smallest.

    Fit it on validation digits. It changes no answer, only how sure the answers are.

    Raises:
        ValueError: no samples, or as many labels as rows are needed.

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


def accuracy_interval(right: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Bound the accuracy that ``right`` of ``count`` answers are evidence for (Wilson's interval).

    It covers the choice of the test digits only; other seeds add spread of their own.

    Raises:
        ValueError: counts that make no sense, or a level outside (0, 1).

    Example (99.50 % of MNIST's test digits):
        >>> low, high = accuracy_interval(9950, 10_000)
        >>> f"{low:.4f} {high:.4f}"
        '0.9934 0.9962'
    """
    require_whole(0, right=right)
    require_whole(max(1, right), count=count)
    if not 0 < level < 1:
        raise ValueError(f"level={level}, but it must lie between 0 and 1")
    interval = stats.binomtest(right, count).proportion_ci(level, method="wilson")
    return float(interval.low), float(interval.high)


def _require_pairs(labels: Tensor, answers: Tensor) -> None:
    if len(labels) != len(answers) or len(labels) == 0:
        raise ValueError(
            f"{len(labels)} labels and {len(answers)} answers: give as many of each, one at least"
        )

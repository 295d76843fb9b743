"""Measurements as lines of text."""

from torch import Tensor

from dsconv_lib.data import Digits
from dsconv_lib.evaluation import (
    accuracy_interval,
    class_scores,
    confusion_matrix,
    expected_calibration_error,
)
from dsconv_lib.training import History

SHADES = " ░▒▓█"


def print_accuracy(logits: Tensor, digits: Digits, name: str = "") -> tuple[int, int]:
    """Print one line, and return how many answers are right, of how many."""
    right, count = int((logits.argmax(dim=1) == digits.labels).sum()), len(digits)
    low, high = accuracy_interval(right, count)
    share = f"{right / count:.2%} right ({right:,} of {count:,}; "
    print(f"{name or digits.name}: {share}95 % interval {low:.2%} to {high:.2%})", flush=True)
    return right, count


def history_table(history: History) -> str:
    """Tabulate the epochs of a training."""
    rows = zip(history.loss, history.lr, history.score, strict=True)
    lines = [
        f"{epoch:5}  {loss:.4f}  {lr:13.2e}  {accuracy:9.2%}"
        for epoch, (loss, lr, accuracy) in enumerate(rows, start=1)
    ]
    return "\n".join(["epoch    loss  learning rate  validation", *lines])


def scores_table(labels: Tensor, answers: Tensor) -> str:
    """Tabulate precision, recall and F1 of each digit."""
    scores = class_scores(labels, answers)
    columns = zip(scores.precision, scores.recall, scores.f1, scores.support, strict=True)
    lines = [
        f"{digit:5}  {precision:9.2%}  {recall:7.2%}  {f1:7.2%}  {count:6,}"
        for digit, (precision, recall, f1, count) in enumerate(columns)
    ]
    return "\n".join(["digit  precision   recall       F1   count", *lines])


def confusion_table(labels: Tensor, answers: Tensor) -> str:
    """Tabulate which digit (row) was read as which (column); a dot is none."""
    counts = confusion_matrix(labels, answers).tolist()
    head = "is \\ read as" + "".join(f"{digit:6}" for digit in range(10))
    lines = [
        f"{digit:12}" + "".join(f"{count or '.':>6}" for count in row)
        for digit, row in enumerate(counts)
    ]
    return "\n".join([head, *lines])


def calibration_line(logits: Tensor, labels: Tensor) -> str:
    """State how far confidence and accuracy lie apart."""
    error = expected_calibration_error(logits, labels)
    return f"Confidence and accuracy differ by {error:.2%} on average (calibration error, 15 bins)."


def bars(probabilities: Tensor) -> str:
    """Draw the ten probabilities, one line each, forty characters for certainty."""
    return "\n".join(
        f"  {digit}  {share:6.1%}  {'█' * round(40 * share)}".rstrip()
        for digit, share in enumerate(probabilities.tolist())
    )


def picture(image: Tensor) -> str:
    """Draw a digit as text, two characters a pixel.

    Shape:
        image  uint8 (1, 28, 28)
    """
    rows = (image[0].long() * len(SHADES)).div(256, rounding_mode="floor").tolist()
    lines = ["|" + "".join(SHADES[level] * 2 for level in row) + "|" for row in rows]
    edge = "+" + "-" * 2 * image.shape[2] + "+"
    return "\n".join([edge, *lines, edge])

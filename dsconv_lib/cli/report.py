"""Measurements as lines of text."""

from torch import Tensor

from dsconv_lib.data import Digits
from dsconv_lib.evaluation import accuracy_interval, confusion_matrix, expected_calibration_error
from dsconv_lib.training import History

SHADES = " ░▒▓█"


def print_accuracy(logits: Tensor, digits: Digits, name: str = "") -> dict:
    """Print one line, and return its numbers as a card holds them."""
    right, count = int((logits.argmax(dim=1) == digits.labels).sum()), len(digits)
    low, high = accuracy_interval(right, count)
    share = f"{right / count:.2%} right ({right:,} of {count:,}; "
    print(f"{name or digits.name}: {share}95 % interval {low:.2%} to {high:.2%})", flush=True)
    share, low, high = (round(number, 4) for number in (right / count, low, high))
    return {"right": right, "digits": count, "share": share, "interval": [low, high]}


def history_table(history: History) -> str:
    """Tabulate the epochs of a training."""
    rows = zip(history.loss, history.lr, history.score, strict=True)
    lines = [
        f"{epoch:5}  {loss:.4f}  {lr:13.2e}  {accuracy:9.2%}"
        for epoch, (loss, lr, accuracy) in enumerate(rows, start=1)
    ]
    return "\n".join(["epoch    loss  learning rate  validation", *lines])


def confusion_table(labels: Tensor, answers: Tensor) -> str:
    """Tabulate which digit (row) was read as which (column); a dot is none."""
    counts = confusion_matrix(labels, answers).tolist()
    head = "is \\ read as" + "".join(f"{digit:6}" for digit in range(10))
    lines = [
        f"{digit:12}" + "".join(f"{count or '.':>6}" for count in row)
        for digit, row in enumerate(counts)
    ]
    return "\n".join([head, *lines])


def full_report(logits: Tensor, labels: Tensor) -> str:
    """Lay out the scores of each digit, which was read as which, and the calibration error."""
    from sklearn.metrics import classification_report  # a second to import, and often not needed

    answers = logits.argmax(dim=1)
    error = expected_calibration_error(logits, labels)
    parts = (
        classification_report(labels, answers, digits=4, zero_division=0).rstrip(),
        confusion_table(labels, answers),
        f"Confidence and accuracy differ by {error:.2%} on average (calibration error, 15 bins).",
    )
    return "\n\n".join(parts)


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
    rows = (image[0].long() * len(SHADES) // 256).tolist()
    lines = ["|" + "".join(SHADES[level] * 2 for level in row) + "|" for row in rows]
    edge = "+" + "-" * 2 * image.shape[2] + "+"
    return "\n".join([edge, *lines, edge])

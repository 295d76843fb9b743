"""Measure how well a network reads digits whose labels are known.

Prints the accuracy with Wilson's 95 % interval, precision, recall and F1 of each digit, the
confusion matrix and the calibration error.
"""

import argparse

from dsconv_lib.cli.arguments import add_machine, add_net, open_digits, open_net, use_machine
from dsconv_lib.cli.report import (
    calibration_line,
    confusion_table,
    print_accuracy,
    scores_table,
)
from dsconv_lib.evaluation import predict_logits

SUMMARY = "measure how well a network reads MNIST or optdigits"
EXAMPLES = """\
examples:
  python -m dsconv_lib evaluate
  python -m dsconv_lib evaluate --net mine.pt --data optdigits --split all

Choose between networks on the validation split; look at the test split once, at the end.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of ``evaluate``."""
    add_net(parser)
    parser.add_argument(
        "--data",
        choices=["any", "mnist", "optdigits"],
        default="any",
        help="which digits; any: MNIST where it can be had, else optdigits",
    )
    parser.add_argument(
        "--split",
        choices=["validation", "test", "train", "all"],
        default="validation",
        help="which part of them",
    )
    add_machine(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    net = open_net(options.net).to(use_machine(options))
    digits = open_digits(options.data)
    if options.split != "all":
        digits = digits.split(options.split)
    print_accuracy(net, digits)
    logits = predict_logits(net, digits)
    answers = logits.argmax(dim=1)
    tables = scores_table(digits.labels, answers), confusion_table(digits.labels, answers)
    print("", *tables, calibration_line(logits, digits.labels), sep="\n\n")
    return 0

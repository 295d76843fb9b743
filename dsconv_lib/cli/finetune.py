"""Adapt a trained network to other people's digits, from a few labels.

Draws so many labelled digits of each class from scikit-learn's 1,797 optdigits, trains on those
alone, and measures before and after on all the others, which training never sees. Methods, as in
chapter 07:

  head-only             only the last layer learns
  full                  everything learns, at one rate
  discriminative-rates  everything learns, each part 2.6 times faster than the one before it
  gradual-unfreezing    first the last part alone, then one more part at each stage
  frozen-statistics     everything learns; batch normalisation keeps its statistics
"""

import argparse

from dsconv_lib.cli.arguments import (
    add_machine,
    add_net,
    open_net,
    positive,
    seed,
    use_machine,
    whole,
    writable,
)
from dsconv_lib.cli.report import print_accuracy
from dsconv_lib.data import load_optdigits
from dsconv_lib.networks import save_net
from dsconv_lib.training import WAYS, adapt, draw_per_class, recipe_for_few

SUMMARY = "adapt a network to other people's digits, from a few labels"
EXAMPLES = """\
examples:
  python -m dsconv_lib finetune --per-class 10
  python -m dsconv_lib finetune --per-class 1 --method head-only
  python -m dsconv_lib finetune --net mine.pt --per-class 50 --save adapted.pt
"""
METHODS = {way.replace(" ", "-"): way for way in WAYS if way != "from scratch"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of ``finetune``."""
    add = parser.add_argument
    add_net(parser)
    add("--per-class", type=whole, default=10, metavar="N", help="labels to spend on each digit")
    add("--method", choices=METHODS, default="full", help="what may learn, and how fast")
    add("--steps", type=whole, default=100, metavar="N", help="batches to learn from, about")
    add("--lr", type=positive, default=0.003, metavar="RATE", help="highest learning rate")
    add("--seed", type=seed, default=0, metavar="N", help="of the draw and the order")
    add("--save", type=writable, metavar="FILE", help="where to store the adapted network")
    add_machine(parser)


def run(options: argparse.Namespace) -> int:
    """Draw, measure, adapt, measure again, store."""
    net = open_net(options.net).to(use_machine(options))
    few, rest = draw_per_class(load_optdigits(), options.per_class, options.seed)
    print(f"{len(few)} labelled digits to learn from, {len(rest):,} others to measure on.")
    print_accuracy(net, rest, "before")
    recipe = recipe_for_few(few, options.lr, steps=options.steps, seed=options.seed)
    adapt(net, few, METHODS[options.method], recipe)
    print_accuracy(net, rest, "after")
    if options.save:
        save_net(net.cpu(), options.save)
        print(f"Stored in {options.save}.")
    return 0

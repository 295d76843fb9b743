"""Train a DSNet and store it. The defaults are the book's own recipe.

The digits are MNIST's 55,000 for training and 5,000 for validation; where MNIST cannot be had,
scikit-learn's optdigits, and a line says so. The same seed on the same machine with the same
number of threads gives the same weights, bit for bit.
"""

import argparse
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import torch

from dsconv_lib.cli.arguments import (
    add_machine,
    open_digits,
    positive,
    rates,
    seed,
    use_machine,
    whole,
    writable,
)
from dsconv_lib.cli.card import require_place, write_card
from dsconv_lib.cli.report import print_accuracy
from dsconv_lib.data import Digits, random_affine
from dsconv_lib.networks import DSNet, save_net
from dsconv_lib.training import DEFAULT, History, Recipe, fit, join_team

SUMMARY = "train a network and store it"
EXAMPLES = """\
examples:
  python -m dsconv_lib train --save mine.pt
  python -m dsconv_lib train --width 8 --dilations 1,2 --epochs 3 --save small.pt
  python -m dsconv_lib train --epochs 40 --checkpoint run.pt --save mine.pt
      stopped by Ctrl-C or a power cut? The same command goes on where it was.
  torchrun --standalone --nproc_per_node 2 -m dsconv_lib train --save mine.pt
      two processes share every batch; the weights are those of one, but for rounding
"""
RATES = "one rate per block [pixels between taps], two or more, separated by commas"
RESUME = "written after every epoch; if it is there, the run goes on from it"
CARD = "with --save: write beside FILE what it is and how it was made; reads the test split"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of ``train``."""
    _add_recipe(parser)
    add = parser.add_argument
    sources = ["any", "mnist", "optdigits"]
    add("--data", choices=sources, default="any", help="which digits; any: MNIST if to be had")
    add("--save", type=writable, metavar="FILE", help="where to store the trained network")
    add("--checkpoint", type=writable, metavar="FILE", help=RESUME)
    add("--test", action="store_true", help="read the test split, once, at the end")
    add("--card", action="store_true", help=CARD)
    add_machine(parser)


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    """Describe the network, and what decides its weights."""
    net = DSNet()
    dilations = ",".join(map(str, net.dilations))
    add = parser.add_argument
    add("--width", type=whole, default=net.width, metavar="N", help="channels of the first layer")
    add("--dilations", type=rates, default=dilations, metavar="RATES", help=RATES)
    add("--epochs", type=whole, default=DEFAULT.epochs, metavar="N", help="times over all digits")
    add("--lr", type=positive, default=DEFAULT.lr, metavar="RATE", help="highest learning rate")
    add("--batch-size", type=whole, default=DEFAULT.batch_size, metavar="N", help="digits per step")
    add("--seed", type=seed, default=DEFAULT.seed, metavar="N", help="of weights and order")
    add("--plain", action="store_true", help="do not rotate, scale, slant and shift the digits")


def run(options: argparse.Namespace) -> int:
    """Train, report, store; of a team that ``torchrun`` started, the first process reports."""
    if options.card:
        require_place(options.save)
    device = use_machine(options)
    with join_team(options.device) as team:
        if team.first:
            return _run(options, device)
        options.save, options.card = None, False
        with redirect_stdout(StringIO()):
            return _run(options, device)


def _run(options: argparse.Namespace, device: torch.device) -> int:
    digits = open_digits(options.data)
    recipe = Recipe(
        epochs=options.epochs, batch_size=options.batch_size, lr=options.lr, seed=options.seed
    )
    torch.manual_seed(options.seed)
    net = DSNet(options.width, options.dilations).to(device)
    print(f"Network: {sum(w.numel() for w in net.parameters()):,} weights.", flush=True)
    history = _fit(net, digits, recipe, options)
    print(_table(history))
    net = net.cpu()
    splits = ["validation", "test"] if options.test or options.card else ["validation"]
    counts = {split: print_accuracy(net, digits.split(split)) for split in splits}
    if options.save:
        save_net(net, options.save)
        print(f"Stored in {options.save}.")
    if options.card:
        write_card(options.save, digits, recipe, augmented=not options.plain, counts=counts)
    return 0


def _fit(net: DSNet, digits: Digits, recipe: Recipe, options: argparse.Namespace) -> History:
    """Train; if that is stopped, say what is left."""
    checkpoint: Path | None = options.checkpoint
    if checkpoint and checkpoint.exists():
        print(f"Going on from {checkpoint}.", flush=True)
    parts = digits.split("train"), digits.split("validation")
    augment = None if options.plain else random_affine
    try:
        return fit(net, *parts, recipe, augment=augment, checkpoint=checkpoint)
    except KeyboardInterrupt:
        kept = "nothing is kept; with --checkpoint FILE a run can be resumed"
        if checkpoint:
            kept = "before its first epoch was done; nothing is kept"
        if checkpoint and checkpoint.exists():
            kept = f"the epochs done are in {checkpoint}; the same command goes on from there"
        raise KeyboardInterrupt(f"stopped; {kept}") from None


def _table(history: History) -> str:
    """List the epochs, one line each."""
    rows = zip(history.loss, history.lr, history.accuracy, strict=True)
    lines = [
        f"{epoch:5}  {loss:.4f}  {lr:13.2e}  {accuracy:9.2%}"
        for epoch, (loss, lr, accuracy) in enumerate(rows, start=1)
    ]
    return "\n".join(["epoch    loss  learning rate  validation", *lines])

"""How the four commands are called: options, limits, examples. What they do stands in ``run``.

PyTorch is imported only when a command runs, so that help and wrong arguments are answered at once.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

METHODS = "head-only", "full", "discriminative-rates", "gradual-unfreezing", "frozen-statistics"
WHOLE, SEED = click.IntRange(min=1), click.IntRange(min=0, max=10**12 - 1)
RATE = click.FloatRange(min=0, max=10, min_open=True)


def rates(context: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    """Read dilation rates, separated by commas."""
    parts = text.split(",")
    if len(parts) < 2:
        raise click.BadParameter(f"{text!r}, but two or more rates are needed, as 1,2,1,2")
    return tuple(WHOLE.convert(part.strip(), option, context) for part in parts)


def in_folder(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Check that a file's folder can be written to, so that no training is in vain."""
    if path and not os.access(path.parent, os.W_OK):
        raise click.BadParameter(f"the folder {path.parent} is read-only or not there: make one")
    return path


NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
new_file = partial(click.option, type=NEW_FILE, callback=in_folder)
net_option = click.option(
    "--net",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A network stored by train --save, else the one that comes with the book.",
)
data_option = click.option(
    "--data",
    type=click.Choice(["any", "mnist", "optdigits"]),
    default="any",
    help="Which digits; any: MNIST where it can be had, else optdigits.",
)


def machine_options(command: Callable) -> Callable:
    """Offer the choice of processor and threads."""
    threads = click.option("--threads", type=WHOLE, help="Processor cores to use, else all.")
    device = click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu")
    return device(threads(command))


def later(command: str, options: dict) -> int:
    """Run a command; only now is PyTorch imported."""
    from dsconv_lib.cli.run import run

    return run(command, options)


@click.group(no_args_is_help=False, context_settings={"show_default": True})
def commands() -> None:
    """Train, measure, use and adapt a small network that reads handwritten digits.

    \b
    Examples:
      python -m dsconv_lib predict photo.jpg --show
      python -m dsconv_lib evaluate --split validation
      python -m dsconv_lib finetune --per-class 10 --save mine.pt
      python -m dsconv_lib train --epochs 2 --save mine.pt

    MNIST is read from the folder named by DSCONV_DATA, else from ./data, and downloaded there once.
    Each command has a help of its own: python -m dsconv_lib train --help
    """


@commands.command()
@click.option("--width", type=WHOLE, default=11, help="Channels of the first layer.")
@click.option(
    "--dilations",
    callback=rates,
    default="1,2,1,1,2,1",
    help="One rate per block [pixels between taps], two or more, separated by commas.",
)
@click.option(
    "--average",
    type=click.Choice(["learned", "plain"]),
    default="learned",
    help="How each last map becomes one number: every place with a weight of its own, or not.",
)
@click.option("--epochs", type=WHOLE, default=40, help="Times over all digits.")
@click.option("--lr", type=RATE, default=0.015, help="Highest learning rate.")
@click.option("--batch-size", type=WHOLE, default=128, help="Digits per step.")
@click.option("--seed", type=SEED, default=0, help="Of weights and order.")
@click.option("--plain", is_flag=True, help="Do not rotate, scale, slant and shift the digits.")
@data_option
@new_file("--save", help="Where to store the trained network.")
@new_file(
    "--checkpoint", help="Written after every epoch; if it is there, the run goes on from it."
)
@click.option("--test", is_flag=True, help="Read the test split, once, at the end.")
@click.option(
    "--card",
    is_flag=True,
    help="With --save: write beside FILE what it is and how it was made; reads the test split.",
)
@machine_options
def train(**options: object) -> int:
    """Train a DSNet and store it. The defaults are the book's own recipe.

    The digits are MNIST's 55,000 for training and 5,000 for validation; where MNIST cannot be had,
    scikit-learn's optdigits, and a line says so. The same seed on the same machine with the same
    number of threads gives the same weights, bit for bit.

    \b
    Examples:
      python -m dsconv_lib train --save mine.pt
      python -m dsconv_lib train --width 8 --dilations 1,2 --epochs 3 --save small.pt
      python -m dsconv_lib train --epochs 40 --checkpoint run.pt --save mine.pt
          stopped by Ctrl-C or a power cut? The same command goes on where it was.
      torchrun --standalone --nproc_per_node 2 -m dsconv_lib train --save mine.pt
          two processes share every batch; the weights are those of one, but for rounding
    """
    if options["card"] and (not options["save"] or options["save"].suffix == ".json"):
        raise click.UsageError("--card writes FILE.json beside the weights: give --save FILE.pt.")
    return later("train", options)


@commands.command()
@net_option
@data_option
@click.option(
    "--split",
    type=click.Choice(["validation", "test", "train", "all"]),
    default="validation",
    help="Which part of them.",
)
@machine_options
def evaluate(**options: object) -> int:
    """Measure how well a network reads digits whose labels are known.

    Prints the accuracy with Wilson's 95 % interval, precision, recall and F1 of each digit, the
    confusion matrix and the calibration error. Choose between networks on the validation split;
    look at the test split once, at the end.

    \b
    Examples:
      python -m dsconv_lib evaluate
      python -m dsconv_lib evaluate --net mine.pt --data optdigits --split all
    """
    return later("evaluate", options)


@commands.command()
@click.argument(
    "files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@click.option("--show", is_flag=True, help="Print the 28 x 28 pixels that the network was given.")
@click.option("--brief", is_flag=True, help="One line per file.")
@net_option
def predict(**options: object) -> int:
    """Read the digit in each image file, and say how sure the network is.

    Any format that Pillow reads, any size, dark on light or light on dark; one digit per picture,
    upright. A photograph should show little but the paper. The probability is the network's own: of
    a picture that is no digit it may be just as sure. Read wrongly? Look with --show. The exit code
    is 1 if a file could not be read; the others are read all the same.

    \b
    Examples:
      python -m dsconv_lib predict photo.jpg
      python -m dsconv_lib predict drawings/*.png --brief
      python -m dsconv_lib predict photo.jpg --show
    """
    return later("predict", options)


@commands.command()
@net_option
@click.option("--per-class", type=WHOLE, default=10, help="Labels to spend on each digit.")
@click.option(
    "--method", type=click.Choice(METHODS), default="full", help="What may learn, and how fast."
)
@click.option("--steps", type=WHOLE, default=100, help="Batches to learn from, about.")
@click.option("--lr", type=RATE, default=0.003, help="Highest learning rate.")
@click.option("--seed", type=SEED, default=0, help="Of the draw and the order.")
@new_file("--save", help="Where to store the adapted network.")
@machine_options
def finetune(**options: object) -> int:
    """Adapt a network to other people's digits, from a few labels.

    Draws so many labelled digits of each class from scikit-learn's 1,797 optdigits, trains on those
    alone, and measures before and after on all the others, which training never sees. Methods, as
    in chapter 07:

    \b
      head-only             only the last layer learns
      full                  everything learns, at one rate
      discriminative-rates  everything learns, each part 2.6 times faster than the one before it
      gradual-unfreezing    first the last part alone, then one more part at each stage
      frozen-statistics     everything learns; batch normalisation keeps its statistics

    \b
    Examples:
      python -m dsconv_lib finetune --per-class 10
      python -m dsconv_lib finetune --per-class 1 --method head-only
      python -m dsconv_lib finetune --net mine.pt --per-class 50 --save adapted.pt
    """
    return later("finetune", options)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after ``python -m dsconv_lib``; those of this process, if not given.

    Returns:
        0 if all went well, 1 if not, 2 for wrong arguments, 130 if stopped by Ctrl-C.
    """
    try:
        return commands(argv, "python -m dsconv_lib", standalone_mode=False)
    except click.UsageError as error:
        call, reason = error.ctx.command_path, " ".join(error.format_message().split())
        print(f"{call}: {reason} Help: {call} --help", file=sys.stderr)
        return error.exit_code
    except click.Abort:  # Ctrl-C while PyTorch was still being imported
        print("python -m dsconv_lib: stopped", file=sys.stderr)
        return 130

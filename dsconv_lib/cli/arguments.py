"""What the commands share: how arguments look, which numbers are allowed, which net and digits."""

import argparse
import math
from pathlib import Path
from typing import NoReturn

import torch

from dsconv_lib.data import Digits, load_digits, load_mnist, load_optdigits
from dsconv_lib.networks import PRETRAINED, CheckpointError, DSNet, load_net


class Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Show defaults, and leave the lines of the examples as they are."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        plain = action.default is None or isinstance(action.default, bool)
        return action.help if plain else super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """Refuse wrong arguments in one line."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        self.exit(2, f"{self.prog}: {message}. Help: {self.prog} --help\n")


def whole(text: str) -> int:
    """Read a whole number, 1 or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}, but it must be a whole number, 1 or more")
    return int(text)


def seed(text: str) -> int:
    """Read a whole number, 0 or more."""
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise argparse.ArgumentTypeError(
            f"{text!r}, but it must be a whole number of 0 to 12 digits"
        )
    return int(text)


def positive(text: str) -> float:
    """Read a positive number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}, but it must be a number above 0")
    return number


def rates(text: str) -> tuple[int, ...]:
    """Read dilation rates, separated by commas."""
    parts = text.split(",")
    if len(parts) < 2:
        raise argparse.ArgumentTypeError(f"{text!r}, but two or more rates are needed, as 1,2,1,2")
    return tuple(whole(part.strip()) for part in parts)


def writable(text: str) -> Path:
    """Read the name of a file that can be written, so that no training is in vain."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is a folder; name a file")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"the folder {path.parent} is not there; make it first")
    return path


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Offer the choice of processor and threads."""
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="where to compute")
    parser.add_argument(
        "--threads", type=whole, metavar="N", help="processor cores to use (default: all)"
    )


def add_net(parser: argparse.ArgumentParser) -> None:
    """Offer the choice of network."""
    parser.add_argument(
        "--net",
        type=Path,
        metavar="FILE",
        help="a network stored by train --save (default: the one that comes with the book)",
    )


def use_machine(options: argparse.Namespace) -> torch.device:
    """Set the number of threads and find the device.

    Raises:
        ValueError: CUDA is asked for and not there.
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda, but PyTorch finds no CUDA device here; use --device cpu")
    return torch.device(options.device)


def open_net(path: Path | None) -> DSNet:
    """Load a stored network for ten digits, or the pretrained one.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: damaged, or not a network for ten digits.
    """
    if path and not path.exists():
        raise FileNotFoundError(f"--net {path}: there is no such file")
    net = load_net(path or PRETRAINED)
    if net.num_classes != 10:
        raise CheckpointError(f"{path} tells {net.num_classes} classes apart, not ten digits")
    return net


def open_digits(name: str) -> Digits:
    """Load digits by name; ``any`` is MNIST where it can be had, and says so.

    Raises:
        MnistUnavailableError: MNIST is asked for and cannot be had.
    """
    return {"any": load_digits, "mnist": load_mnist, "optdigits": load_optdigits}[name]()

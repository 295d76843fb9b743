"""Read the handwritten digit in each image file, and say how sure the network is.

Any format that Pillow reads, any size, dark on light or light on dark; one digit per picture,
upright. A photograph should show little but the paper. The probability is the network's own: of a
picture that is no digit it may be just as sure.
"""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

import torch

from dsconv_lib.cli.arguments import add_net, open_net
from dsconv_lib.cli.report import bars, picture
from dsconv_lib.data import PhotographError, read_digit, to_input
from dsconv_lib.networks import DSNet

SUMMARY = "read the digit in an image file"
EXAMPLES = """\
examples:
  python -m dsconv_lib predict photo.jpg
  python -m dsconv_lib predict drawings/*.png --brief
  python -m dsconv_lib predict photo.jpg --show

Read wrongly? --show prints the 28 x 28 pixels that the network was given.
The exit code is 1 if a file could not be read; the others are read all the same.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of ``predict``."""
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="image files")
    parser.add_argument("--show", action="store_true", help="print what the network was given")
    parser.add_argument("--brief", action="store_true", help="one line per file")
    add_net(parser)


def run(options: argparse.Namespace) -> int:
    """Read every file that can be read; report the others."""
    with suppress(AttributeError):  # a console without block characters gets question marks
        sys.stdout.reconfigure(errors="replace")
    net = open_net(options.net)
    unread = [path for path in options.files if not _read(net, path, options)]
    return 1 if unread else 0


@torch.no_grad()
def _read(net: DSNet, path: Path, options: argparse.Namespace) -> bool:
    """Print what one file holds; tell whether it could be read."""
    try:
        image = read_digit(path)
    except PhotographError as error:
        print(f"dsconv_lib predict: {error}", file=sys.stderr, flush=True)
        return False
    probabilities = net(to_input(image)).softmax(dim=1)[0]  # (1, 10) -> (10,)
    digit = int(probabilities.argmax())
    print(f"{path}: {digit} ({probabilities[digit]:.1%})", flush=True)
    if options.show:
        print(picture(image[0]))
    if not options.brief:
        print(bars(probabilities))
    return True

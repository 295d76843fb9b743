"""``python -m dsconv_lib train|evaluate|predict|finetune``: one line per error, no traceback."""

import os
import sys
from collections.abc import Sequence

from dsconv_lib.cli import evaluate, finetune, predict, train
from dsconv_lib.cli.arguments import Help, Parser
from dsconv_lib.data import MnistDamagedError, MnistUnavailableError
from dsconv_lib.networks import CheckpointError

FORESEEN = (
    CheckpointError,
    FloatingPointError,
    MnistDamagedError,
    MnistUnavailableError,
    OSError,
    ValueError,
)
EXAMPLES = """\
examples:
  python -m dsconv_lib predict photo.jpg --show
  python -m dsconv_lib evaluate --split validation
  python -m dsconv_lib finetune --per-class 10 --save mine.pt
  python -m dsconv_lib train --epochs 2 --save mine.pt

MNIST is read from the folder named by DSCONV_DATA, else from ./data, and downloaded there once.
Each command has a help of its own: python -m dsconv_lib train --help
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after ``python -m dsconv_lib``; those of this process, if not given.

    Returns:
        0 if all went well, 1 if not, 130 if stopped by Ctrl-C; wrong arguments exit with 2.
    """
    options = _parser().parse_args(argv)
    try:
        return options.run(options)
    except BrokenPipeError:  # the reader of a pipe, as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except FORESEEN as error:
        return _fail(options, " ".join(str(error).split()), 1)
    except KeyboardInterrupt as stop:
        return _fail(options, str(stop) or "stopped", 130)


def _fail(options, reason: str, code: int) -> int:
    print(f"dsconv_lib {options.command}: {reason}", file=sys.stderr)
    return code


def _parser() -> Parser:
    parser = Parser(
        prog="python -m dsconv_lib",
        description="Train, measure, use and adapt a small network that reads handwritten digits.",
        epilog=EXAMPLES,
        formatter_class=Help,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (train, evaluate, predict, finetune):
        name = command.__name__.rpartition(".")[2]
        part = commands.add_parser(
            name,
            help=command.SUMMARY,
            description=command.__doc__,
            epilog=command.EXAMPLES,
            formatter_class=Help,
        )
        command.add_arguments(part)
        part.set_defaults(run=command.run)
    return parser

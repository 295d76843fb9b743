"""``python -m dsconv_lib``: train, evaluate, predict, finetune."""

import os
import sys


def start() -> int:
    """Run the command line; progress bars are for people, not for files."""
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")  # read when tqdm is imported
    from dsconv_lib.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(start())

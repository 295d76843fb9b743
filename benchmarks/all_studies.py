"""Say what is left to measure of every study, or measure it, one script after the other.

    python benchmarks/all_studies.py [--start] [--threads 1]

A study stores each row as soon as it is measured and goes on where it was stopped, so this may be
killed and started again at any time. Studies of time (`speed.py`, `time_to_99.py`) come last and
want the machine for themselves.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CALL = "(__file__" + ", "  # what a study's script, and no other, contains
FIRST, LAST = ["teachers"], ["time_to_99", "speed"]


def list_studies() -> list[str]:
    """List the names of all scripts that measure, in the order in which to run them."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(HERE.glob("*.py"))}
    names = [name for name, text in texts.items() if CALL in text]
    return FIRST + [name for name in names if name not in FIRST + LAST] + LAST


def main() -> int:
    """Run every script, with ``--left`` unless it is to measure; count those that failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--start", action="store_true", help="measure, else only say what is left")
    parser.add_argument("--threads", type=int, default=1, help="processor cores to use, else 1")
    chosen = parser.parse_args()
    failed = 0
    for name in list_studies():
        words = ["--threads", str(chosen.threads), *([] if chosen.start else ["--left"])]
        print(f"{name}:", flush=True)
        failed += subprocess.run([sys.executable, HERE / f"{name}.py", *words]).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())

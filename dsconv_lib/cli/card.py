"""The card of a trained network: what it is, how it was made, how well it reads."""

import hashlib
import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from dsconv_lib.data import Digits
from dsconv_lib.evaluation import accuracy_interval
from dsconv_lib.networks import DSNet, count_weights
from dsconv_lib.studies import versions
from dsconv_lib.training import Recipe

FIRST_LINE = "# The trained DSNet"
PAGE = """\
{first_line}

`{file}` holds a `DSNet` of width {width} with dilation rates {dilations}: {weights:,} weights,
which read one handwritten digit in 28 x 28 pixels. This page is written from `{card}`; both are
made with the weights, by one command, from the repository's root:

```sh
{command}
```

| | |
|---|---|
| trained on | {data}: {train:,} digits, {augmentation} |
| recipe | {recipe} |
| validation | {validation} |
| test, read once, at the end | {test} |
| made with | {versions}; {threads} threads |
| SHA-256 | `{sha256}` |

The intervals are Wilson's, at 95 %, for the choice of digits; another seed gives another network.
The same command on the same machine with the same number of threads gives the same file.

## What it reads well, and what badly

It reads single digits, upright, prepared as MNIST's are: light ink on black, fitted to 20 x 20
pixels, centre of mass in the middle. `python -m dsconv_lib predict FILE` prepares photographs so.
It was never shown anything but digits: of a letter, a scribble or two digits side by side it says
one digit all the same, and may be sure of it. Habits of writing that are rare in {data} (a 1 with a
long upstroke, a crossed 7, an open 4) are read worse than the numbers above say, and so are scans
of other origin: `python -m dsconv_lib evaluate --data optdigits --split all` shows by how much.
"""


def require_place(save: Path | None) -> None:
    """Refuse a card without weights, or over a page of somebody else's.

    Raises:
        ValueError: no file to save, or a ``README.md`` beside it that is not a card.
    """
    if save is None:
        raise ValueError("--card describes stored weights: give --save FILE too")
    page = save.with_name("README.md")
    if page.exists() and not page.read_text(encoding="utf-8").startswith(FIRST_LINE):
        raise ValueError(f"--card would replace {page}, which is not a card: save elsewhere")


def write_card(
    net: DSNet,
    save: Path,
    digits: Digits,
    recipe: Recipe,
    *,
    augmented: bool,
    counts: dict[str, tuple[int, int]],
) -> None:
    """Write the card of a stored network as JSON, and as a page for people, beside its weights.

    Args:
        counts: for each split, how many answers are right, of how many.
    """
    card = {
        "file": save.name,
        "sha256": hashlib.sha256(save.read_bytes()).hexdigest(),
        "weights": count_weights(net),
        "net": {"width": net.width, "dilations": net.dilations},
        "command": shlex.join(["python", "-m", "dsconv_lib", *sys.argv[1:]]),
        "data": {"name": digits.name, **{name: len(at) for name, at in digits.splits.items()}},
        "augmented": augmented,
        "recipe": asdict(recipe),
        "accuracy": {name: {"right": r, "digits": n} for name, (r, n) in counts.items()},
        "versions": versions(),
        "threads": torch.get_num_threads(),
    }
    path = save.with_suffix(".json")
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    save.with_name("README.md").write_text(card_page(card, path.name), encoding="utf-8")
    print(f"Described in {path} and README.md beside it.")


def card_page(card: dict, name: str) -> str:
    """Write a card out as Markdown.

    Args:
        name: of the JSON file.
    """
    shares = {split: _accuracy(**counts) for split, counts in card["accuracy"].items()}
    return PAGE.format(
        first_line=FIRST_LINE,
        card=name,
        **{key: card[key] for key in ("file", "sha256", "weights", "command", "threads")},
        width=card["net"]["width"],
        dilations=", ".join(map(str, card["net"]["dilations"])),
        data=card["data"]["name"],
        train=card["data"]["train"],
        augmentation="rotated, scaled, slanted, shifted" if card["augmented"] else "as they are",
        recipe=", ".join(f"{key} {value}" for key, value in card["recipe"].items()),
        versions=", ".join(f"{key} {value}" for key, value in card["versions"].items()),
        **shares,
    )


def _accuracy(right: int, digits: int) -> str:
    low, high = accuracy_interval(right, digits)
    return f"{right / digits:.2%} ({right:,} of {digits:,}; {low:.2%} to {high:.2%})"

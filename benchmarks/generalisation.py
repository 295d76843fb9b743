"""What helps a net to read digits it has not seen? The article's fifth question, on MNIST.

    python benchmarks/generalisation.py [--seeds 5] [--threads 2]

Two thousand training digits, so that there is something to gain. Each measure is taken alone, by
the same seeds, with as many steps. Validation digits only.
"""

from dataclasses import dataclass, replace

import torch
from torch import nn

from dsconv_lib.data import load_mnist, random_affine
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Augment, Recipe, fit

FEW = 2_000
NOTHING = Recipe(epochs=24, weight_decay=0.0)


@dataclass(frozen=True)
class Measure:
    """One thing to do against learning by heart."""

    recipe: Recipe = NOTHING
    digits: int = FEW
    dropout: float = 0.0
    augment: Augment | None = None


MEASURES = {
    "nothing": Measure(),
    "weight decay": Measure(replace(NOTHING, weight_decay=0.1)),
    "dropout": Measure(dropout=0.2),
    "augmentation": Measure(augment=random_affine),
    "four times the digits": Measure(replace(NOTHING, epochs=6), digits=4 * FEW),
}


def train_one(measure: str, seed: int) -> dict:
    """Train DSNet by one measure; compare the digits it saw with those it did not see."""
    taken, digits = MEASURES[measure], load_mnist()
    train = digits.split("train")
    # each seed has digits of its own
    rows = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[: taken.digits]
    few = train.take(rows, "MNIST, some of train")
    torch.manual_seed(seed)
    net = DSNet()
    net.head = nn.Sequential(nn.Dropout(taken.dropout), net.head)
    fit(net, few, None, replace(taken.recipe, seed=seed), augment=taken.augment)
    return {
        "digits": len(few),
        "train_accuracy": evaluate(net, few),
        "validation": evaluate(net, digits.split("validation")),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    cases = [
        {"measure": measure, "seed": seed} for seed in range(chosen.seeds) for measure in MEASURES
    ]
    what = f"accuracy of DSNet on the digits it saw ({FEW:,} or four times that) and on validation"
    run_study(__file__, what, cases, train_one)

"""What does finetuning on test digits do, and what does any further training do? Four runs a seed.

    python benchmarks/leak.py [--seeds 5] [--threads 2]

The pretrained DSNet trains on one half of MNIST's test digits, or on as many of its old training
digits, with the augmentation of its pretraining or without. Nothing is chosen here: the numbers
show what a leak looks like, and go nowhere else.
"""

import torch

from dsconv_lib.data import Digits, load_mnist, load_optdigits, random_affine
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import load_pretrained
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

RECIPE = {"epochs": 10, "lr": 0.003}
SOURCES = "test digits", "training digits"


def halves(seed: int) -> tuple[Digits, Digits, Digits]:
    """Split the test digits by chance, and draw as many training digits as one half holds."""
    digits, generator = load_mnist(), torch.Generator().manual_seed(seed)
    train, test = digits.split("train"), digits.split("test")
    order = torch.randperm(len(test), generator=generator)
    leaked, kept = (test.take(order[start::2]) for start in (0, 1))
    return leaked, kept, train.take(torch.randperm(len(train), generator=generator)[: len(leaked)])


def measure(source: str, augmented: bool, seed: int) -> dict:
    """Train on, and measure the change [points] on both halves and on other people's digits."""
    leaked, kept, old = halves(seed)
    sets = {"leaked half": leaked, "other half": kept, "strangers": load_optdigits()}
    net = load_pretrained()
    before = {name: evaluate(net, part) for name, part in sets.items()}
    more = leaked if source == "test digits" else old
    fit(net, more, recipe=Recipe(**RECIPE, seed=seed), augment=random_affine if augmented else None)
    return {name: 100 * (evaluate(net, part) - before[name]) for name, part in sets.items()}


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    cases = [
        {"source": source, "augmented": augmented, "seed": seed}
        for seed in range(chosen.seeds)
        for source in SOURCES
        for augmented in (False, True)
    ]
    what = "change of accuracy [points] after training on, on test digits or on old training digits"
    run_study(__file__, what, cases, measure)

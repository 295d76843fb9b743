"""Train DSNet at several widths, from 1,000 to 50,000 weights, and see what a weight buys on MNIST.

    python benchmarks/accuracy_per_weight.py [--seeds 5] [--threads 2]

The recipe was chosen on validation digits. The default width gets every seed and the recipe's
epochs, the others two seeds at most and three epochs. The test digits are read once per net, after
its training.
"""

import time
from dataclasses import replace

import torch
from study import arguments, params, run_study

from dsconv_lib.data import load_mnist, random_affine
from dsconv_lib.models import DSNet
from dsconv_lib.recipes import DEFAULT
from dsconv_lib.training import evaluate, fit

WIDTHS = {16: DEFAULT.epochs, 5: 3, 8: 3, 44: 3}  # width: epochs


def train_one(width: int, epochs: int, seed: int) -> dict:
    """Train one net with the book's recipe, by seed; measure it on validation and test digits."""
    digits = load_mnist()
    torch.manual_seed(seed)
    net, recipe = DSNet(width), replace(DEFAULT, epochs=epochs, seed=seed)
    start = time.perf_counter()
    history = fit(
        net, digits.split("train"), digits.split("validation"), recipe, augment=random_affine
    )
    return {
        "dilations": net.dilations,
        "weights": params(net),
        "threads": torch.get_num_threads(),
        "seconds": round(time.perf_counter() - start, 1),
        "loss": [round(loss, 5) for loss in history.loss],
        "accuracy": history.accuracy,
        "validation": history.accuracy[-1],
        "test": evaluate(net, digits.split("test")),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    cases = [
        {"width": width, "epochs": epochs, "seed": seed}
        for width, epochs in WIDTHS.items()
        for seed in range(chosen.seeds if width == 16 else min(chosen.seeds, 2))
    ]
    what = "accuracy of DSNet on MNIST's validation and test digits, by width, with augmentation"
    run_study("accuracy_per_weight", what, cases, train_one)

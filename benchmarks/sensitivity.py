"""How much do learning rate and batch size matter? The article's third question, on MNIST.

    python benchmarks/sensitivity.py [--seeds 3] [--threads 2]

Each setting sees the same number of digits: two epochs of 10,000. Validation digits only.
"""

import torch

from dsconv_lib.data import load_mnist
from dsconv_lib.networks import DSNet
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

RATES = (0.0005, 0.0015, 0.005, 0.015, 0.05, 0.15, 0.5)
BATCH_SIZES = (32, 128, 512)
DIGITS = 10_000


def train_one(lr: float, batch_size: int, seed: int) -> dict:
    """Train DSNet for two epochs with this learning rate and batch size."""
    digits = load_mnist()
    train = digits.split("train")
    few = train.take(slice(DIGITS), "MNIST, some of train")
    torch.manual_seed(seed)
    recipe = Recipe(epochs=2, batch_size=batch_size, lr=lr, seed=seed)
    history = fit(DSNet(), few, digits.split("validation"), recipe)
    return {"validation": history.score[-1]}


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=3)
    cases = [
        {"lr": lr, "batch_size": batch_size, "seed": seed}
        for seed in range(chosen.seeds)
        for lr in RATES
        for batch_size in BATCH_SIZES
    ]
    what = "validation accuracy of DSNet on MNIST after two epochs of 10,000 digits"
    run_study(__file__, what, cases, train_one)

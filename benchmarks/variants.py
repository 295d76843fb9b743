"""Train the narrower and otherwise dilated DSNets that readers compare on their own drawings.

    python benchmarks/variants.py [--seeds 1] [--threads 2]

Each net is stored in `benchmarks/weights/variants`, and read once on the test digits.
"""

from pathlib import Path

import torch

from dsconv_lib.data import load_mnist, random_affine
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet, count_weights, save_net
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

NETS = Path(__file__).parent / "weights" / "variants"
SHAPES = [(4, (1, 2, 1, 2)), (8, (1, 2, 1, 2)), (16, (1, 1, 1, 1)), (16, (3, 3, 3, 3))]
EPOCHS = 3


def train_one(width: int, dilations: list[int], seed: int) -> dict:
    """Train and store one net; measure it on validation and test digits."""
    digits = load_mnist()
    torch.manual_seed(seed)
    net, recipe = DSNet(width, dilations), Recipe(epochs=EPOCHS, seed=seed)
    fit(net, digits.split("train"), None, recipe, augment=random_affine)
    if seed == 0:
        save_net(net, NETS / f"width{width}_rates{''.join(map(str, dilations))}.pt")
    return {
        "weights": count_weights(net),
        "validation": evaluate(net, digits.split("validation")),
        "test": evaluate(net, digits.split("test")),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=1)
    cases = [
        {"width": width, "dilations": dilations, "seed": seed}
        for width, dilations in SHAPES
        for seed in range(chosen.seeds)
    ]
    what = f"accuracy on MNIST of DSNets of other widths and rates, {EPOCHS} epochs, augmented"
    run_study(__file__, what, cases, train_one)

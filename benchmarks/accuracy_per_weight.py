"""Train DSNet at several widths, from 1,000 to 50,000 weights, and see what a weight buys on MNIST.

    python benchmarks/accuracy_per_weight.py [--seeds 5] [--threads 2]

The shape and the recipe were chosen on validation digits; after that, nothing is left to choose,
and all of MNIST's 60,000 training images are trained on. The net that is to reach the goal gets
every seed and many epochs, the others two seeds and fewer epochs. The test digits are read once
per net, after its training: as they are, and in five looks, each shifted by one pixel, whose
log-probabilities are averaged.
"""

import time

import torch

from dsconv_lib.data import Digits, load_mnist, random_affine
from dsconv_lib.evaluation import predict_logits
from dsconv_lib.networks import DSNet, count_weights
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

SHAPE = {"dilations": (1, 2, 1, 1, 2, 1), "head_kernel": 7}
BEST, BEST_EPOCHS = 11, 28  # width of the net of at most 8,000 weights
SHORT_EPOCHS = 16  # of the same net, once
LOOKS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))  # shifts down and to the right [pixels]
OTHERS, OTHER_SEEDS = {3: 5, 5: 5, 20: 3, 33: 2}, 2  # width: epochs


def train_one(width: int, epochs: int, seed: int) -> dict:
    """Train one net by seed; measure it on the test digits."""
    digits = load_mnist()
    torch.manual_seed(seed)
    net, recipe = DSNet(width, **SHAPE), Recipe(epochs=epochs, seed=seed)
    start = time.perf_counter()
    history = fit(net, whole_training_set(digits), None, recipe, augment=random_affine)
    return {
        **SHAPE,
        "weights": count_weights(net),
        "seconds": round(time.perf_counter() - start, 1),
        "loss": [round(loss, 5) for loss in history.loss],
        **read_test(net, digits.split("test")),
    }


def whole_training_set(digits: Digits) -> Digits:
    """Join training and validation digits again, once every choice is made."""
    rows = torch.cat([digits.splits["train"], digits.splits["validation"]])
    return digits.take(rows, f"{digits.name} train + validation")


def read_test(net: DSNet, test: Digits) -> dict:
    """Measure the accuracy in one look, and in five."""
    looks = [predict_logits(net, test.images.roll(shift, dims=(2, 3))) for shift in LOOKS]
    both = {"test": looks[0], "test_five_looks": sum(look.log_softmax(dim=1) for look in looks)}
    return {
        name: (logits.argmax(dim=1) == test.labels).sum().item() / len(test)
        for name, logits in both.items()
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    cases = [
        {"width": width, "epochs": epochs, "seed": seed}
        for width, epochs, seeds in [
            (BEST, BEST_EPOCHS, chosen.seeds),
            (BEST, SHORT_EPOCHS, 1),
            *((*other, min(chosen.seeds, OTHER_SEEDS)) for other in OTHERS.items()),
        ]
        for seed in range(seeds)
    ]
    what = "accuracy of DSNet on MNIST's 10,000 test digits, by width, with augmentation"
    run_study(__file__, what, cases, train_one)

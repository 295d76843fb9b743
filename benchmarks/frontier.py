"""Train the best net of each size that the search found, by five seeds, and read the test digits.

    python benchmarks/frontier.py [--seeds 5] [--threads 2]

All nets are trained side by side on MNIST's 55,000 training digits, on the same views of them, with
the opinion of three wide teachers; two also without. Shapes and recipe were chosen on validation
digits. The test digits are read once per net, after the last epoch, and decide nothing.
"""

from functools import partial

from lockstep import Task, study_together, validation_digits
from teachers import SHAPE, load_teachers
from torch import nn

from dsconv_lib.data import load_mnist
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet, TiedNet, count_weights
from dsconv_lib.studies import arguments
from dsconv_lib.training import Recipe

EPOCHS = 100
WHAT = f"accuracy on MNIST of the best net of each size, {EPOCHS} epochs, augmented"
FOURS, THREES = ((1, 2, 3, 1), (1, 2, 3, 1)), ((1, 2, 1), (1, 2, 1))
NETS = {
    "600, tied": partial(TiedNet, (8, 8, 8), FOURS, head_kernel=7),
    "1,000, tied": partial(TiedNet, (13, 13, 13), FOURS, head_kernel=7),
    "2,000, tied": partial(TiedNet, (24, 24, 24), THREES, head_kernel=7),
    "4,000, tied": partial(TiedNet, (16, 16, 32), THREES, head_kernel=7),
    "8,000, DSNet": partial(DSNet, 11, **SHAPE),
}
TAUGHT = 0.5  # share of the teachers in the loss
PLAIN_TOO = "1,000, tied", "8,000, DSNet"  # trained without teachers as well


def task(net: str, share: float) -> Task:
    """Describe the training of one net."""
    return Task(NETS[net], Recipe(), share=share)


def list_cases(seeds: int) -> list[dict]:
    """List every net with teachers, and two without, by so many seeds."""
    pairs = [(net, TAUGHT) for net in NETS] + [(net, 0.0) for net in PLAIN_TOO]
    return [{"net": n, "share": share, "seed": seed} for n, share in pairs for seed in range(seeds)]


def measure(trained: nn.Module, /, **case: object) -> dict:
    """Measure a trained net on the validation digits."""
    return {
        "epochs": EPOCHS,
        "weights": count_weights(trained),
        "validation": evaluate(trained, validation_digits()),
        "test": evaluate(trained, load_mnist().split("test")),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    study_together(__file__, WHAT, list_cases(chosen.seeds), task, measure, EPOCHS, load_teachers())

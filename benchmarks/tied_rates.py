"""Does one kernel see more when it is run at several rates? Two nets with the same weights.

    python benchmarks/tied_rates.py [--seeds 10] [--threads 2]

Both run one separable layer six times on maps of 14 x 14 pixels. Nothing is chosen here; the
validation digits are read once, after the last epoch.
"""

from functools import partial

from lockstep import Task, study_together, validation_digits
from torch import nn

from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import TiedNet, count_weights
from dsconv_lib.studies import arguments
from dsconv_lib.training import Recipe

WIDTH = 16
SCHEDULES = (1, 2, 3, 4, 2, 1), (1, 1, 1, 1, 1, 1)
EPOCHS = 11


def task(dilations: list[int]) -> Task:
    """Describe the training of one net."""
    return Task(partial(TiedNet, (WIDTH, WIDTH), (dilations,)), Recipe())


def measure(net: nn.Module, /, **case: object) -> dict:
    """Measure a trained net on the validation digits."""
    return {
        "epochs": EPOCHS,
        "weights": count_weights(net),
        "validation": evaluate(net, validation_digits()),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=10)
    cases = [{"dilations": d, "seed": s} for d in SCHEDULES for s in range(chosen.seeds)]
    what = f"validation accuracy on MNIST of a layer run six times, {EPOCHS} epochs, augmented"
    study_together(__file__, what, cases, task, measure, EPOCHS)

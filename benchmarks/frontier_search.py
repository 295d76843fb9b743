"""Look for the best net at each size, on validation digits: shapes, rates, recipes, teachers.

    python benchmarks/frontier_search.py [--seeds 3] [--threads 2]

Of each shape the widest net within a size is taken. All are trained side by side, by the same
seeds, on the same views of the digits.
"""

from functools import partial

import torch.nn.functional as F
from lockstep import Task, study_together, validation_digits
from teachers import load_teachers
from torch import nn

from dsconv_lib.evaluation import evaluate, predict_logits
from dsconv_lib.networks import TiedNet, count_weights
from dsconv_lib.studies import arguments
from dsconv_lib.training import Recipe

EPOCHS = 16
THREES, FOURS = ((1, 2, 1), (1, 2, 1)), ((1, 2, 3, 1), (1, 2, 3, 1))
EVEN, ONE, TIED = (1, 1, 1), (1, 1), {"head_kernel": 7}
SHAPES = {  # size: (channels of stem and scales in units of the width, rates, what else)
    600: [
        (EVEN, THREES, TIED),
        (EVEN, FOURS, TIED),
        (EVEN, ((1, 1, 1, 1), (1, 1, 1, 1)), TIED),
        (EVEN, ((1, 2, 3), (1, 2)), TIED),
        (EVEN, ((1, 2, 3, 1), (1, 2, 3, 1)), {}),
        ((1, 1, 1, 1), ((1, 2, 3), (1, 2, 3), (1, 2)), {"head_kernel": 3}),
        ((1, 1, 1, 1), ((1, 2), (1, 2), (1,)), {"head_kernel": 3}),
    ],
    1000: [
        (EVEN, THREES, TIED),
        (EVEN, FOURS, TIED),
        (EVEN, ((1, 1, 1, 1), (1, 1, 1, 1)), TIED),
        (EVEN, ((1, 2, 3), (1, 2, 3)), TIED),
        ((1, 1, 1, 1), ((1, 2), (1, 2), (1, 2)), {"head_kernel": 3}),
        (ONE, ((1, 2, 3, 4, 2, 1),), {}),
    ],
    2000: [
        (EVEN, THREES, TIED),
        (EVEN, FOURS, TIED),
        ((1, 2, 2), THREES, TIED),
        ((1, 1, 1, 1), ((1, 2, 3), (1, 2, 3), (1, 2)), {"head_kernel": 3}),
    ],
    4000: [
        (EVEN, THREES, TIED),
        (EVEN, FOURS, TIED),
        ((1, 1, 2), THREES, TIED),
    ],
    8000: [
        (EVEN, THREES, TIED),
        ((1, 1, 2), THREES, TIED),
        ((1, 2, 3), THREES, TIED),
        ((1, 2, 3), THREES, {**TIED, "tied": False}),
    ],
}
RECIPE = {"share": 0.5, "temperature": 1.0, "lr": 0.02, "batch_size": 128, "decay_all": False}
CHANGES = [
    {"share": 0.0},
    {"share": 1.0},
    {"lr": 0.01},
    {"lr": 0.04},
    {"decay_all": True},
    {"batch_size": 256},
]
CHANGED = {1000: (EVEN, THREES, TIED), 8000: ((1, 1, 2), THREES, TIED)}


def widest(size: int, units: tuple, dilations: tuple, rest: dict) -> dict:
    """Describe the widest net of a shape that has at most so many weights."""
    width = 1
    while count_weights(TiedNet([(width + 1) * u for u in units], dilations, **rest)) <= size:
        width += 1
    return {"widths": [width * unit for unit in units], "dilations": dilations, **rest}


def task(size: int, net: dict, recipe: dict) -> Task:
    """Describe one trial."""
    rates = Recipe(lr=recipe["lr"], batch_size=recipe["batch_size"])
    light = {name: recipe[name] for name in ("share", "temperature", "decay_all")}
    return Task(partial(TiedNet, **net), rates, **light)


def measure(trained: nn.Module, /, **case: object) -> dict:
    """Measure a trained net on the validation digits."""
    validation = validation_digits()
    loss = F.cross_entropy(predict_logits(trained, validation.images), validation.labels).item()
    return {
        "epochs": EPOCHS,
        "weights": count_weights(trained),
        "validation": evaluate(trained, validation),
        "validation_loss": round(loss, 5),
    }


def list_trials() -> list[dict]:
    """List every shape by the first recipe, and two shapes by changed recipes."""
    trials = [(size, shape, RECIPE) for size, shapes in SHAPES.items() for shape in shapes]
    trials += [(size, shape, RECIPE | c) for size, shape in CHANGED.items() for c in CHANGES]
    return [{"size": s, "net": widest(s, *shape), "recipe": r} for s, shape, r in trials]


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=3)
    cases = [{**trial, "seed": seed} for trial in list_trials() for seed in range(chosen.seeds)]
    what = f"validation accuracy on MNIST of nets of each size after {EPOCHS} epochs, augmented"
    study_together(__file__, what, cases, task, measure, EPOCHS, load_teachers())

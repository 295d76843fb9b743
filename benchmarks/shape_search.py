"""Look for good nets at each size, on validation digits: shapes, rates, recipes, teachers.

    python benchmarks/shape_search.py [--seeds 1] [--threads 2]

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

EPOCHS = 10
ONE, TWO = (1, 1), (1, 1, 1)  # channels of the stem and of each scale, in units of the width
THREES, FOURS = ((1, 2, 1), (1, 2, 1)), ((1, 2, 3, 1), (1, 2, 3, 1))
PLAIN, LEARNED = {}, {"head_kernel": 7}
SIX, WIDE = (ONE, ((1, 2, 3, 4, 2, 1),), PLAIN), (ONE, ((1, 2, 3, 4, 3, 2, 2, 1),), PLAIN)
FIRST = [  # one scale, or two, with and without holes
    SIX,
    (ONE, ((1, 1, 1, 1, 1, 1),), PLAIN),
    (ONE, ((1, 2, 3, 1),), PLAIN),
    (ONE, ((1, 2, 1, 2, 1, 2),), PLAIN),
    (TWO, THREES, PLAIN),
    (TWO, ((1, 2, 3), (1, 2, 1)), PLAIN),
    (TWO, ((1, 1, 1), (1, 1, 1)), PLAIN),
]
LATER = [(TWO, THREES, LEARNED), ((1, 1, 2), THREES, LEARNED), ((1, 2, 2), THREES, LEARNED)]
LONG, DSNETS = (TWO, FOURS, LEARNED), ((1, 2, 3), THREES, LEARNED)  # the widths of DSNet's stages
SHAPES = {
    600: [*FIRST, LATER[0], ((1, 1, 2), THREES, PLAIN)],
    1000: [
        *FIRST,
        WIDE,
        (TWO, ((1, 2), (1, 2, 1, 1)), PLAIN),
        *LATER[:2],
        ((1, 1, 2), THREES, PLAIN),
    ],
    2000: [SIX, WIDE, *FIRST[4:6], (TWO, FOURS, PLAIN), *LATER, LONG, DSNETS],
    4000: [SIX, FIRST[4], DSNETS, (TWO, FOURS, PLAIN), *LATER, LONG, ((1, 2, 4), THREES, LEARNED)],
    8000: [*LATER, LONG, DSNETS, ((1, 2, 3), ((1, 2, 1, 1),) * 2, LEARNED)],
}
UNTIED = ((1, 2, 3), THREES, {**LEARNED, "tied": False})
RECIPE = {"share": 0.9, "temperature": 2.0, "lr": 0.015, "weight_decay": 0.01, "decay_all": False}
CHANGES = [
    {"share": 0.0},
    {"share": 1.0, "temperature": 1.0},
    {"temperature": 1.0},
    {"temperature": 4.0},
    {"share": 0.5},
    {"lr": 0.008},
    {"lr": 0.03},
    {"decay_all": True},
    {"weight_decay": 0.05},
    {"weight_decay": 0.0},
]
CHANGED = {1000: (TWO, THREES, PLAIN), 4000: LATER[1]}


def widest(size: int, units: tuple, dilations: tuple, rest: dict) -> dict:
    """Describe the widest net of a shape that has at most so many weights."""
    width = 1
    while count_weights(TiedNet([(width + 1) * u for u in units], dilations, **rest)) <= size:
        width += 1
    return {"widths": [width * unit for unit in units], "dilations": dilations, **rest}


def task(size: int, net: dict, recipe: dict) -> Task:
    """Describe one trial."""
    rates = Recipe(lr=recipe["lr"], weight_decay=recipe["weight_decay"])
    taught = {name: recipe[name] for name in ("share", "temperature", "decay_all")}
    return Task(partial(TiedNet, **net), rates, **taught)


def measure(trained: nn.Module, /, **case: object) -> dict:
    """Measure a trained net on the validation digits."""
    digits = validation_digits()
    loss = F.cross_entropy(predict_logits(trained, digits.images), digits.labels).item()
    return {
        "epochs": EPOCHS,
        "weights": count_weights(trained),
        "validation": round(evaluate(trained, digits), 4),
        "validation_loss": round(loss, 5),
    }


def list_trials() -> list[dict]:
    """List every shape by the first recipe, and two shapes by changed recipes."""
    trials = [(size, shape, RECIPE) for size, shapes in SHAPES.items() for shape in shapes]
    trials += [(size, UNTIED, RECIPE) for size in (4000, 8000)]
    trials += [(size, shape, RECIPE | c) for size, shape in CHANGED.items() for c in CHANGES]
    return [{"size": s, "net": widest(s, *shape), "recipe": r} for s, shape, r in trials]


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=1)
    cases = [{**trial, "seed": seed} for trial in list_trials() for seed in range(chosen.seeds)]
    what = f"validation accuracy on MNIST of nets of each size after {EPOCHS} epochs, augmented"
    study_together(__file__, what, cases, task, measure, EPOCHS, load_teachers())

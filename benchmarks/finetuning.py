"""How few labels repair a network on other people's handwriting? Six ways, seven numbers of labels.

    python benchmarks/finetuning.py [--seeds 10] [--threads 2]

The pretrained DSNet meets optdigits. Each draw labels so many digits of every class; all others
are the rest, on which accuracy is measured. Draws 100 to 102 choose one learning rate for each
way; draws 0, 1, 2, ... are reported, with that rate. Without MNIST, what needs it is left out.
"""

from functools import cache
from pathlib import Path

import torch

from dsconv_lib.data import Digits, MnistUnavailableError, load_mnist, load_optdigits, random_affine
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet, load_pretrained
from dsconv_lib.studies import arguments, load_results, run_study
from dsconv_lib.training import WAYS, adapt, draw_per_class, fit, recipe_for_few

PER_CLASS = (1, 2, 5, 10, 20, 50, 100)
RATES = (0.001, 0.003, 0.01, 0.03)
CHOOSING, REPORTING = "choosing the rate", "reporting"
CHOOSING_DRAWS, CHOOSING_PER_CLASS = (100, 101, 102), (1, 10)
STEPS, STEPS_FROM_SCRATCH = 100, 300
UNTOUCHED, REHEARSAL = "untouched", "full, old digits mixed in"
OLD_DIGITS, REHEARSAL_PER_CLASS = 500, (1, 10, 100)


@cache
def optdigits() -> Digits:
    """Load the new handwriting once."""
    return load_optdigits()


@cache
def old_digits() -> tuple[Digits, Digits] | None:
    """Load MNIST's training digits, and 1,000 for validation; nothing where MNIST is absent."""
    try:
        digits = load_mnist()
    except MnistUnavailableError:
        return None
    validation = digits.split("validation")
    return digits.split("train"), validation.take(slice(1_000))


def measure(purpose: str, method: str, per_class: int, draw: int, lr: float) -> dict:
    """Adapt a network to one draw; measure it on the rest, and on what it could read before."""
    torch.manual_seed(draw)
    net = DSNet() if method == "from scratch" else load_pretrained()
    rest = optdigits()
    if method != UNTOUCHED:
        few, rest = draw_per_class(rest, per_class, draw)
        learn(net, few, method, lr, draw)
    old = old_digits()
    return {"accuracy": evaluate(net, rest), "mnist": old and evaluate(net, old[1])}


def learn(net: DSNet, few: Digits, method: str, lr: float, seed: int) -> None:
    """Train a network in place; from scratch it may take three times as many steps."""
    if method == REHEARSAL:
        rehearse(net, few, lr, seed)
        return
    steps = STEPS_FROM_SCRATCH if method == "from scratch" else STEPS
    adapt(net, few, method, recipe_for_few(few, lr, steps=steps, seed=seed))


def rehearse(net: DSNet, few: Digits, lr: float, seed: int) -> None:
    """Train everything on as many old digits as new ones, which are repeated where they are few."""
    train, _ = old_digits()
    generator = torch.Generator().manual_seed(seed)
    count = max(OLD_DIGITS, len(few))
    old = train.take(torch.randperm(len(train), generator=generator)[:count])
    new = few.take(torch.arange(count) % len(few))
    both = Digits(torch.cat([new.images, old.images]), torch.cat([new.labels, old.labels]), "both")
    recipe = recipe_for_few(both, lr, steps=STEPS, batch_size=50, seed=seed)
    fit(net, both, recipe=recipe, augment=random_affine)


def choosing_cases() -> list[dict]:
    """List the runs that decide the rates: every rate, on draws that are not reported."""
    return [
        {"purpose": CHOOSING, "method": way, "per_class": per_class, "draw": draw, "lr": lr}
        for way in WAYS
        for lr in RATES
        for per_class in CHOOSING_PER_CLASS
        for draw in CHOOSING_DRAWS
    ]


def chosen_rates() -> dict[str, float]:
    """Find the rate with the highest mean accuracy for each way; rehearsal takes that of full."""
    tried = load_results("finetuning", Path(__file__).parent / "results").where(purpose=CHOOSING)
    rates = {
        way: max(RATES, key=lambda lr, way=way: tried.where(method=way, lr=lr).mean("accuracy"))
        for way in WAYS
    }
    return {**rates, REHEARSAL: rates["full"]}


def reporting_cases(draws: int) -> list[dict]:
    """List the runs that are reported, draw by draw, so that a study cut short is still fair."""
    rates = chosen_rates()
    labels = {way: PER_CLASS for way in WAYS}
    if old_digits():
        labels[REHEARSAL] = REHEARSAL_PER_CLASS
    untouched = {"method": UNTOUCHED, "per_class": 0, "draw": 0, "lr": 0.0}
    return [{"purpose": REPORTING, **untouched}] + [
        {"purpose": REPORTING, "method": way, "per_class": k, "draw": draw, "lr": rates[way]}
        for draw in range(draws)
        for way, numbers in labels.items()
        for k in numbers
    ]


if __name__ == "__main__":
    asked = arguments(__doc__, seeds=10)
    what = (
        "accuracy of the pretrained DSNet on the untouched rest of optdigits after finetuning on "
        "a few labels of each class, and on 1,000 validation digits of MNIST"
    )
    run_study(__file__, what, choosing_cases(), measure)
    run_study(__file__, what, reporting_cases(asked.seeds), measure)

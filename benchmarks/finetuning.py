"""How few labels repair a network on other people's handwriting? Six ways, six numbers of labels.

    python benchmarks/finetuning.py [--seeds 6] [--threads 2]

The pretrained DSNet meets optdigits, which are split once: one part to choose in, a pool that the
reported draws come from, and one test part for all of them. In the first part each way gets its
learning rate; then draws 0, 1, 2, ... of the pool are reported with it, and three of them with
every rate. All ways take the same number of steps. Without MNIST, what needs it is left out.
"""

from functools import cache
from pathlib import Path

import torch

from dsconv_lib.data import Digits, MnistUnavailableError, load_mnist, load_optdigits, random_affine
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet, load_pretrained
from dsconv_lib.studies import arguments, load_results, remaining, run_study
from dsconv_lib.training import WAYS, adapt, draw_per_class, fit, recipe_for_few

FOR_CHOOSING, IN_POOL, SPLIT_SEED = 38, 55, 100  # digits of each class; the others are for testing
PER_CLASS = (1, 2, 5, 10, 20, 50)
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
CHOOSING, REPORTING, TRADING = "choosing the rate", "reporting", "every rate"
CHOOSING_DRAWS, CHOOSING_PER_CLASS = (100, 101), (1, 10)
STEPS, TRADING_DRAWS = 200, 3
UNTOUCHED, REHEARSAL = "untouched", "full, old digits mixed in"
OLD_DIGITS, REHEARSAL_PER_CLASS = 500, (1, 10, 50)


@cache
def optdigits() -> tuple[Digits, Digits, Digits]:
    """Split the new handwriting once, by class: for choosing, to draw from, for testing."""
    choosing, others = draw_per_class(load_optdigits(), FOR_CHOOSING, SPLIT_SEED)
    return choosing, *draw_per_class(others, IN_POOL, SPLIT_SEED)


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
    """Adapt a network to one draw; measure it on new digits, and on what it could read before."""
    choosing, pool, test = optdigits()
    torch.manual_seed(draw)
    net = DSNet() if method == "from scratch" else load_pretrained()
    if method != UNTOUCHED:
        few, rest = draw_per_class(choosing if purpose == CHOOSING else pool, per_class, draw)
        learn(net, few, method, lr, draw)
    old = old_digits()
    measured = rest if purpose == CHOOSING else test
    return {"accuracy": evaluate(net, measured), "mnist": old and evaluate(net, old[1])}


def learn(net: DSNet, few: Digits, method: str, lr: float, seed: int) -> None:
    """Train a network in place."""
    if method == REHEARSAL:
        rehearse(net, few, lr, seed)
    else:
        adapt(net, few, method, recipe_for_few(few, lr, steps=STEPS, seed=seed))


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


def cases(purpose: str, ways: tuple, rates: tuple, numbers: tuple, draws: range | tuple) -> list:
    """List runs, draw by draw, so that a study cut short is still fair."""
    return [
        {"purpose": purpose, "method": way, "per_class": k, "draw": draw, "lr": lr}
        for draw in draws
        for way in ways
        for lr in rates
        for k in numbers
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
    """List the runs that are reported: each way with its rate, then some draws with every rate."""
    rates = chosen_rates()
    labels = {way: PER_CLASS for way in WAYS}
    if old_digits():
        labels[REHEARSAL] = REHEARSAL_PER_CLASS
    runs = cases(REPORTING, (UNTOUCHED,), (0.0,), (0,), (0,))
    for draw in range(draws):
        for way, numbers in labels.items():
            runs += cases(REPORTING, (way,), (rates[way],), numbers, (draw,))
    return runs + cases(TRADING, WAYS[1:], RATES, (10,), range(min(draws, TRADING_DRAWS)))


if __name__ == "__main__":
    asked = arguments(__doc__, seeds=6)
    what = (
        "accuracy of the pretrained DSNet on optdigits kept apart, after finetuning on a few "
        f"labels of each class for {STEPS} steps, and on 1,000 validation digits of MNIST"
    )
    tries = cases(CHOOSING, WAYS, RATES, CHOOSING_PER_CLASS, CHOOSING_DRAWS)
    run_study(__file__, what, tries, measure)
    if not remaining(__file__, tries):  # the rates that are reported are chosen from all of them
        run_study(__file__, what, reporting_cases(asked.seeds), measure)

"""Which explanations of DSNet's answers can be believed? Weights drawn anew, pixels taken away.

    python benchmarks/inside.py [--seeds 5] [--threads 2]

`weights`: rank correlation of a map with the map after the last stages were drawn anew by seed;
beside it the same for a map that knows nothing: the ink, times the sign of the head's row.
`pixels`: what is left of the answers when the most important pixels go, or come, first.
`silence`: how far the logits move when one depthwise filter is set to zero.
`field`: the effective receptive field of a trained net, and of its twins with fresh weights.
"""

from functools import cache
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor, nn

from dsconv_lib.data import load_mnist, to_input
from dsconv_lib.evaluation.explanations import (
    METHODS,
    explain,
    randomised,
    rank_correlation,
    removal_curve,
    stages_of,
)
from dsconv_lib.evaluation.filters import (
    carpet,
    depthwise_layers,
    effective_field,
    side_that_holds,
    silencing_effects,
)
from dsconv_lib.networks import load_net, load_pretrained
from dsconv_lib.studies import arguments, run_study

VARIANTS = Path(__file__).parent / "weights" / "variants"
COUNTS = [*range(0, 60, 4), *range(60, 161, 10)]
BLIND = ("ink", "random", "random ink")  # orders that ask no network
KNOWS_NOTHING = "ink, signed by the head"


@cache
@torch.no_grad()
def validation() -> tuple[Tensor, Tensor]:
    """Load validation digits that the network reads correctly; others to normalise with."""
    digits = load_mnist().split("validation")
    x, labels = to_input(digits.images[:2500]), digits.labels[:2000]
    return x[:2000][load_pretrained()(x[:2000]).argmax(dim=1) == labels], x[2000:]


def draw(seed: int, count: int) -> Tensor:
    """Draw some of the digits that are read correctly."""
    right, _ = validation()
    return right[torch.randperm(len(right), generator=torch.Generator().manual_seed(seed))[:count]]


def chart(net: nn.Module, x: Tensor, target: Tensor, method: str) -> Tensor:
    """Map by one of the methods, or by the one that knows nothing."""
    if method in METHODS:
        return explain(net, x, target, method)
    sign = net.head.weight[target].sum(dim=1).sign().detach()
    return (x[:, 0] - x.min()) * sign.view(-1, 1, 1)


@cache
def original(method: str, seed: int) -> tuple[Tensor, Tensor]:
    """Explain the trained network's answers to 40 digits."""
    net, x = load_pretrained(), draw(seed, 40)
    with torch.no_grad():
        target = net(x).argmax(dim=1)
    return target, chart(net, x, target, method)


def redraw(method: str, stages: int, seed: int) -> dict:
    """Compare the maps of 40 digits before and after.

    `rho` is the mean rank correlation, `abs_rho` the mean of its sizes, one per digit. `floor` is
    the latter for maps of two digits that have nothing to do with each other. `sizes` compares maps
    without their signs, and `with_ink` such a map with the digit.
    """
    target, before = original(method, seed)
    twin, x = randomised(load_pretrained(), validation()[1], seed, stages), draw(seed, 40)
    after = chart(twin, x, target, method)
    found = []
    for a, b, other, digit in zip(before, after, after.roll(1, dims=0), x[:, 0], strict=True):
        ink = digit > digit.min()
        rho = rank_correlation(a, b)
        found.append(
            {
                "rho": rho,
                "abs_rho": abs(rho),
                "abs_rho_inked": abs(rank_correlation(a, b, ink)),
                "floor": abs(rank_correlation(a, other)),
                "sizes": rank_correlation(a.abs(), b.abs()),
                "sizes_inked": rank_correlation(a.abs(), b.abs(), ink),
                "sizes_floor": rank_correlation(a.abs(), other.abs()),
                "with_ink": rank_correlation(a.abs(), digit),
            }
        )
    return {name: round(fmean(one[name] for one in found), 4) for name in found[0]}


def importance(method: str, x: Tensor, target: Tensor, seed: int) -> Tensor:
    """Order the pixels by a map, or without asking the network."""
    if method in METHODS:
        return explain(load_pretrained(), x, target, method)
    noise = torch.rand(x[:, 0].shape, generator=torch.Generator().manual_seed(seed))
    ink = x[:, 0] - x.min()
    return {"ink": ink, "random": noise, "random ink": noise * (ink > 0)}[method]


def remove(method: str, way: str, seed: int) -> dict:
    """Measure 100 digits: the share of unchanged answers, and their mean probability."""
    net = load_pretrained()
    x = draw(seed, 100)
    with torch.no_grad():
        target = net(x).argmax(dim=1)
    order = importance(method, x, target, seed)

    def kept(logits: Tensor) -> Tensor:
        return (logits.argmax(dim=1) == target).float()

    def sure(logits: Tensor) -> Tensor:
        return logits.softmax(dim=1).gather(1, target[:, None])[:, 0]

    curves = [removal_curve(net, x, order, COUNTS, m, way == "insert") for m in (kept, sure)]
    means = [[round(value, 4) for value in curve.mean(dim=0).tolist()] for curve in curves]
    return {"counts": COUNTS, "answers": means[0], "probability": means[1]}


def field(net: str, seed: int) -> dict:
    """Measure the squares that hold half, and nine tenths; seed -1 is the trained net itself."""
    model = load_pretrained() if net == "dsnet" else load_net(VARIANTS / f"{net}.pt")
    images = load_mnist().split("validation").images
    if seed >= 0:
        model = randomised(model, validation()[1], seed)
    found = effective_field(model, to_input(carpet(images, count=50, side=84)))
    sides = {f"side_{share}": side_that_holds(found, share / 100) for share in (50, 90, 100)}
    places = torch.arange(84) - 41.5
    deviation = (found.sum(dim=1) * places**2).sum().sqrt().item()
    return {"dilations": model.dilations, **sides, "deviation": round(deviation, 2)}


def silence(layer: str, seed: int) -> dict:
    """Silence each filter of one layer, on 1,000 validation digits drawn by seed."""
    images = load_mnist().split("validation").images
    rows = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:1000]
    effects = silencing_effects(load_pretrained(), to_input(images[rows]), layer)[layer]
    return {"effects": [round(effect, 4) for effect in effects.tolist()]}


def measure(test: str, **case) -> dict:
    """Run one of the four tests."""
    tests = {"weights": redraw, "pixels": remove, "field": field, "silence": silence}
    return tests[test](**case)


if __name__ == "__main__":
    chosen, net = arguments(__doc__, seeds=5), load_pretrained()
    weights = [
        {"test": "weights", "method": method, "stages": stages, "seed": seed}
        for seed in range(chosen.seeds)
        for stages in range(1, len(stages_of(net)) + 1)
        for method in (*METHODS, KNOWS_NOTHING)
    ]
    pixels = [
        {"test": "pixels", "method": method, "way": way, "seed": seed}
        for seed in range(chosen.seeds)
        for way in ("delete", "insert")
        for method in (*METHODS, *BLIND)
    ]
    fields = [
        {"test": "field", "net": name, "seed": seed}
        for name in ("dsnet", "width16_rates1111", "width16_rates3333")
        for seed in range(-1, chosen.seeds)
    ]
    layers = [{"test": "silence", "layer": layer, "seed": 0} for layer in depthwise_layers(net)]
    what = "maps of DSNet's answers on MNIST's validation digits, tested; effective fields; filters"
    run_study(__file__, what, [*weights, *pixels, *fields, *layers], measure)

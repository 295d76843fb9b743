"""Which choices of `dense_best` matter: shorter runs of TwoScaleNet, one change at a time.

    python benchmarks/dense_tries.py [--seeds 3] [--threads 2]

Every run sees 65,536 canvases once each, a quarter of what `dense_best` shows. All scores are on
validation canvases: as they come, with three to eight digits, and with exactly three or eight.
"""

import time
from dataclasses import replace

import torch
from dense_best import CROWDED, PER_EPOCH, RECIPE, VALIDATION

from dsconv_lib.data import COUNT, CanvasStream, load_mnist, make_canvases
from dsconv_lib.evaluation import evaluate_segmentation
from dsconv_lib.networks import TwoScaleNet, count_weights
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import fit

BASE = {"lr": RECIPE.lr, "count": CROWDED, "far": (1, 2, 4, 1)}
TRIES = {
    "none": {},
    "three to eight digits": {"count": COUNT},
    "eight to twelve digits": {"count": (8, 12)},
    "far rates 1, 1, 1, 1": {"far": (1, 1, 1, 1)},
    "far rates 1, 2, 1, 1": {"far": (1, 2, 1, 1)},
    "learning rate 0.02": {"lr": 0.02},
}
SCORED = {"validation": COUNT, "three_digits": (3, 3), "eight_digits": (8, 8)}


def train_one(change: str, seed: int) -> dict:
    """Train one net by seed with one change; measure it on three kinds of validation canvases."""
    digits, options = load_mnist(), BASE | TRIES[change]
    recipe = replace(RECIPE, epochs=RECIPE.epochs // 4, lr=options["lr"], seed=seed)
    torch.manual_seed(seed)
    net, begun = TwoScaleNet(far=options["far"]), time.perf_counter()
    fit(net, CanvasStream(digits.split("train"), PER_EPOCH, options["count"]), recipe=recipe)
    row = {"weights": count_weights(net), "seconds": round(time.perf_counter() - begun)}
    for name, count in SCORED.items():
        canvases = make_canvases(digits.split("validation"), VALIDATION, seed=1, count=count)
        row[name] = evaluate_segmentation(net, canvases)
    return row


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=3)
    what = (
        f"mean IoU over 11 classes on {VALIDATION:,} validation canvases of MNIST's digits, "
        f"TwoScaleNet, trained on {RECIPE.epochs // 4 * PER_EPOCH:,} canvases used once each"
    )
    cases = [{"change": name, "seed": seed} for seed in range(chosen.seeds) for name in TRIES]
    run_study(__file__, what, cases, train_one)

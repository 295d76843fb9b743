"""Which rates label pixels best? One network, one recipe, many schedules of rates.

    python benchmarks/dense_prediction.py [--seeds 5] [--threads 2]

Every net sees the same canvases in the same order by seed. All schedules are tried on few canvases
by three seeds; the four that decide a question then get four times as many, by every seed. The nets
of seed 0 on few canvases are stored in `benchmarks/weights/dense`, so that a reader can look at
what they answer.
"""

import time
from pathlib import Path

import torch

from dsconv_lib.data import CanvasStream, load_mnist, make_canvases
from dsconv_lib.evaluation import evaluate_segmentation
from dsconv_lib.networks import SegNet, count_weights, save_net
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

NETS = Path(__file__).parent / "weights" / "dense"
WIDTH = 24
SCHEDULES = [
    (1, 1, 1, 1, 1),
    (2, 2, 2, 2, 2),
    (1, 2, 4, 2, 1),
    (1, 2, 4, 8, 1),
    (8, 4, 2, 1, 1),
    (4, 4, 4, 4, 4),
    (1, 2, 4, 8, 5),
    (8, 8, 8, 8, 8),
]
PYRAMIDS = [  # rates of the blocks, rates of the ASPP behind them, channels of its branches
    ((1, 1), (2, 4, 8), 7),
    ((1, 2, 4, 8, 1), (2, 4, 8), 12),
]
DECISIVE = [(1, 2, 4, 8, 1), (8, 4, 2, 1, 1), (4, 4, 4, 4, 4), (1, 2, 4, 8, 5)]
RECIPE = Recipe(epochs=10, batch_size=8, lr=0.02)
FEW, MANY = 5_120, 20_480  # canvases in a run
VALIDATION = 300


def train_one(
    dilations: list[int], aspp: list[int] | None, branch: int | None, canvases: int, seed: int
) -> dict:
    """Train one net by seed; measure it on canvases made of validation digits."""
    digits = load_mnist()
    validation = make_canvases(digits.split("validation"), VALIDATION, seed=1)
    torch.manual_seed(seed)
    net = SegNet(WIDTH, dilations, aspp=aspp, branch=branch)
    recipe = Recipe(RECIPE.epochs, RECIPE.batch_size, RECIPE.lr, seed=seed)
    stream = CanvasStream(digits.split("train"), canvases // RECIPE.epochs)
    start = time.process_time()
    history = fit(net, stream, recipe=recipe)
    seconds = time.process_time() - start
    if seed == 0 and canvases == FEW:
        save_net(net, NETS / f"{name_of(dilations, aspp)}.pt")
    return {
        "weights": count_weights(net),
        "loss": [round(loss, 4) for loss in history.loss],
        "cpu_seconds": round(seconds, 1),
        "validation": evaluate_segmentation(net, validation),
    }


def name_of(dilations: list[int], aspp: list[int] | None) -> str:
    """Name the file of a net after its rates."""
    return "rates" + "".join(map(str, dilations)) + ("_aspp" if aspp else "")


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    nets = [(rates, None, None, FEW) for rates in SCHEDULES] + [(*net, FEW) for net in PYRAMIDS]
    nets += [(rates, None, None, MANY) for rates in DECISIVE]
    cases = [
        {"dilations": rates, "aspp": aspp, "branch": branch, "canvases": canvases, "seed": seed}
        for seed in range(chosen.seeds)
        for rates, aspp, branch, canvases in nets
        if seed < 3 or canvases == MANY
    ]
    what = (
        f"mean IoU over 11 classes on {VALIDATION} canvases of MNIST's validation digits, SegNet "
        f"of width {WIDTH}, {FEW:,} or {MANY:,} new canvases of training digits, "
        f"{RECIPE.batch_size} a step"
    )
    run_study(__file__, what, cases, train_one)

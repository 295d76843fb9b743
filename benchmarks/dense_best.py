"""How well 15,000 weights label pixels after ten minutes of training: three seeds, read once.

    python benchmarks/dense_best.py [--seeds 3] [--threads 2]

Training canvases are more crowded than those it is measured on: more to learn from each.
The net of seed 0 is stored in `benchmarks/weights/dense`. Test canvases are read at the end,
with one look at each, and with sixteen that are shifted by up to two pixels.
"""

import time
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from dsconv_lib.data import CanvasStream, load_mnist, make_canvases
from dsconv_lib.evaluation import evaluate_segmentation
from dsconv_lib.evaluation.explanations import PAPER
from dsconv_lib.networks import TwoScaleNet, count_weights, save_net
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

NETS = Path(__file__).parent / "weights" / "dense"
RECIPE = Recipe(epochs=32, batch_size=16, lr=0.03)
PER_EPOCH, CROWDED = 8192, (6, 10)  # canvases per epoch, digits on each
VALIDATION, TEST = 1000, 1000
FRAME = 4  # of paper [pixels], wider than any shift
LOOKS = tuple((down, right) for down in range(-2, 2) for right in range(-2, 2))


class SeveralLooks(nn.Module):
    """Answer each canvas shifted by each of ``LOOKS``; add the logarithms of the probabilities.

    A frame of paper keeps what is shifted on the canvas.
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add up what the net says at each look."""
        return sum(self.look(x, *look) for look in LOOKS)

    def look(self, x: torch.Tensor, down: int, right: int) -> torch.Tensor:
        """Shift, answer, shift back."""
        if down == right == 0:
            return self.net(x).log_softmax(dim=1)
        shifted = F.pad(x, (FRAME,) * 4, value=PAPER).roll((down, right), (2, 3))
        answers = self.net(shifted).log_softmax(dim=1).roll((-down, -right), (2, 3))
        return answers[:, :, FRAME:-FRAME, FRAME:-FRAME]


def train_one(seed: int) -> dict:
    """Train one net by seed; measure it on validation canvases, then on test canvases."""
    digits = load_mnist()
    torch.manual_seed(seed)
    net, recipe = TwoScaleNet(), replace(RECIPE, seed=seed)
    begun = time.perf_counter()
    history = fit(net, CanvasStream(digits.split("train"), PER_EPOCH, CROWDED), recipe=recipe)
    seconds = round(time.perf_counter() - begun)
    if seed == 0:
        save_net(net, NETS / "two_scales.pt")
    row = {"weights": count_weights(net), "seconds": seconds}
    row["loss"] = [round(loss, 4) for loss in history.loss]
    validation = make_canvases(digits.split("validation"), VALIDATION, seed=1)
    row["validation"] = evaluate_segmentation(net, validation)
    return (
        row | {"validation_looks": evaluate_segmentation(SeveralLooks(net), validation)} | test(net)
    )


def test(net: TwoScaleNet) -> dict:
    """Read the test canvases: as large as in training, and larger, as crowded as those."""
    digits = load_mnist().split("test")
    canvases = make_canvases(digits, TEST, seed=2)
    large = make_canvases(digits, TEST, seed=2, size=96, count=(7, 18))
    return {
        "test": evaluate_segmentation(net, canvases),
        "test_looks": evaluate_segmentation(SeveralLooks(net), canvases),
        "test_96": evaluate_segmentation(net, large),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=3)
    what = (
        "mean IoU over 11 classes on canvases of MNIST's digits, TwoScaleNet, trained on "
        f"{RECIPE.epochs * PER_EPOCH:,} canvases of {CROWDED[0]} to {CROWDED[1]} digits, "
        "used once each"
    )
    run_study(__file__, what, [{"seed": seed} for seed in range(chosen.seeds)], train_one)

"""Do separable layers cost accuracy on MNIST, and does dilation help? Five nets, one recipe.

    python benchmarks/ablation.py [--seeds 5] [--threads 2]

All nets have DSNet's shape, see the same digits in the same order by seed, without augmentation.
"""

import torch
from torch import nn
from torchinfo import summary

from dsconv_lib.convolution import DSConv2d
from dsconv_lib.data import load_mnist
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet, count_weights
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

DILATED, PLAIN = (1, 2, 1, 2), (1, 1, 1, 1)
NETS = {  # name: width, rates, separable
    "separable, dilated": (16, DILATED, True),
    "separable": (16, PLAIN, True),
    "dense, dilated": (16, DILATED, False),
    "dense": (16, PLAIN, False),
    "dense, as many weights": (6, DILATED, False),
}
EPOCHS = 2


def build(name: str) -> DSNet:
    """Build a DSNet, with each separable convolution replaced by a dense one where asked."""
    width, dilations, separable = NETS[name]
    net = DSNet(width, dilations)
    return net if separable else densify(net)


def densify(net: nn.Module) -> nn.Module:
    """Put a dense convolution of the same shape in the place of every separable one."""
    for block in [*net.near, *net.far]:
        block.conv = dense_twin(block.conv)
    return net


def dense_twin(layer: DSConv2d) -> nn.Conv2d:
    """Build the dense convolution that reads the same taps of all channels at once."""
    taps = layer.depthwise
    return nn.Conv2d(
        taps.in_channels,
        layer.pointwise.out_channels,
        taps.kernel_size,
        padding=taps.padding,
        dilation=taps.dilation,
        bias=False,
    )


def train_one(net: str, seed: int) -> dict:
    """Train one net by seed; measure it on validation and test digits."""
    digits = load_mnist()
    torch.manual_seed(seed)
    model = build(net)
    fit(model, digits.split("train"), None, Recipe(epochs=EPOCHS, seed=seed))
    return {
        "weights": count_weights(model),
        "macs": summary(model, (1, 1, 28, 28), verbose=0).total_mult_adds,
        "validation": evaluate(model, digits.split("validation")),
        "test": evaluate(model, digits.split("test")),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    cases = [{"net": net, "seed": seed} for seed in range(chosen.seeds) for net in NETS]
    what = f"accuracy on MNIST after {EPOCHS} epochs, separable or dense, dilated or not"
    run_study(__file__, what, cases, train_one)

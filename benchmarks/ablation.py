"""Do separable layers cost accuracy on MNIST, and does dilation help? Five nets, a rate for each.

    python benchmarks/ablation.py [--seeds 10] [--threads 2]

All nets have DSNet's shape and see the same augmented digits; `rates.py` found the learning rate of
each. Measured on the validation digits.
"""

from functools import partial

from lockstep import Task, study_together, validation_digits
from torch import nn
from torchinfo import summary

from dsconv_lib.convolution import DSConv2d
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet, count_weights
from dsconv_lib.studies import arguments, load_results
from dsconv_lib.training import Recipe

DILATED, PLAIN = (1, 2, 1, 2), (1, 1, 1, 1)
NETS = {  # name: width, rates, separable
    "separable, dilated": (16, DILATED, True),
    "separable": (16, PLAIN, True),
    "dense, dilated": (16, DILATED, False),
    "dense": (16, PLAIN, False),
    "dense, as many weights": (6, DILATED, False),
}
RATES = (0.004, 0.008, 0.015, 0.03, 0.06)  # learning rates, tried by `rates.py` in short runs
HIGHER = (0.12, 0.24)  # the search goes on to these where the highest of five is the best
EPOCHS = 20


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


def best_rate(net: str) -> float:
    """Tell at which learning rate a net did best in the short runs of `rates.py`."""
    runs = load_results("rates").where(net=net)

    def read(lr: float) -> float:
        return runs.where(lr=lr).mean("validation")

    best = max(RATES, key=read)
    return best if best < RATES[-1] else max((best, *HIGHER), key=read)


def task(net: str, lr: float) -> Task:
    """Describe the training of one net at one learning rate."""
    return Task(partial(build, net), Recipe(lr=lr))


def measure(trained: nn.Module, /, **case: object) -> dict:
    """Measure a trained net on the validation digits."""
    return {
        "epochs": EPOCHS,
        "weights": count_weights(trained),
        "macs": summary(trained, (1, 1, 28, 28), verbose=0).total_mult_adds,
        "validation": evaluate(trained, validation_digits()),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=10)
    pairs = [(net, best_rate(net)) for net in NETS]
    cases = [{"net": n, "lr": lr, "seed": s} for n, lr in pairs for s in range(chosen.seeds)]
    what = f"validation accuracy on MNIST after {EPOCHS} epochs, separable or dense, dilated or not"
    study_together(__file__, what, cases, task, measure, EPOCHS)

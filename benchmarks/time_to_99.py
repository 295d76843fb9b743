"""Race to 99 % on MNIST: PyTorch's example, train_mnist_fast, and a small DSNet.

    python benchmarks/time_to_99.py [--seeds 5] [--threads 2]

The contenders take turns, seed by seed, so that a machine that slows down slows all of them. Each
may train on all of MNIST's 60,000 training images, as the first two do at home. Time is that of
training alone. The test digits are read after the last epoch; after each epoch by PyTorch's
example, which does so at home, and which may stop at the first epoch that passes 99 %.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F
from loading import torchvision_mnist
from torch import nn

from dsconv_lib.data import Digits, load_mnist, to_input
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet, count_weights
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

FAST = {"width": 16, "dilations": (1, 1, 1, 1)}
FAST_RECIPE = Recipe(epochs=2, batch_size=256, lr=0.05, label_smoothing=0.1, average=0.99)
FAST_DIGITS = 48_000
MARGIN = 4  # pixels cut off on every side: MNIST's digits were scaled to fit 20 x 20
GOAL, MOST_EPOCHS = 0.99, 14


def whole_training_set(digits: Digits) -> Digits:
    """Join training and validation digits again, once every choice is made."""
    rows = torch.cat([digits.splits["train"], digits.splits["validation"]])
    return digits.take(rows, f"{digits.name} train + validation")


def pytorch_example() -> nn.Module:
    """Build the network of PyTorch's MNIST example: 1,199,882 weights."""
    convolutions = nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)
    hidden = nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5)
    return nn.Sequential(*convolutions, *hidden, nn.Linear(128, 10))


def train_pytorch_example(net: nn.Module, train: Digits, seed: int) -> Iterator[None]:
    """Train as the example does, an epoch at a time: Adadelta, its rate times 0.7 each epoch.

    Its digits come one by one from torchvision through a DataLoader, here shuffled, which the
    example itself does on a GPU only.
    """
    loader = torch.utils.data.DataLoader(torchvision_mnist(), batch_size=64, shuffle=True)
    optimiser = torch.optim.Adadelta(net.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=1, gamma=0.7)
    while True:
        net.train()
        for x, labels in loader:
            optimiser.zero_grad()
            F.cross_entropy(net(x), labels).backward()
            optimiser.step()
        schedule.step()
        yield


def train_mnist_fast() -> nn.Module:
    """Build train_mnist_fast's last network, pooling before each ReLU: 215,194 weights."""
    first = nn.Conv2d(1, 24, 5), nn.MaxPool2d(2), nn.ReLU()
    second = nn.Conv2d(24, 32, 3), nn.MaxPool2d(2), nn.ReLU()
    head = nn.Flatten(), nn.Linear(800, 256), nn.ReLU(), nn.Linear(256, 10)
    return nn.Sequential(*first, *second, *head)


def train_train_mnist_fast(net: nn.Module, train: Digits, seed: int) -> Iterator[None]:
    """Train as its last recipe does: one epoch of Adam and one-cycle, digits in memory."""
    x, labels = to_input(train.images), train.labels
    if channels_last(net):
        x = x.contiguous(memory_format=torch.channels_last)
    batches = torch.randperm(len(x)).split(256)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01, betas=(0.7, 0.9))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=0.01, total_steps=len(batches), cycle_momentum=False
    )
    for rows in batches:
        optimiser.zero_grad()
        F.cross_entropy(net(x[rows]), labels[rows]).backward()
        optimiser.step()
        schedule.step()
    yield


def channels_last(net: nn.Module) -> bool:
    """Tell whether a network keeps the channels of a pixel side by side in memory."""
    return net[3].weight.is_contiguous(memory_format=torch.channels_last)


def train_dsnet(net: nn.Module, train: Digits, seed: int) -> Iterator[None]:
    """Train with this book's own loop, on the middle of most images, without augmentation."""
    few = train.take(slice(FAST_DIGITS))
    fit(net, middle(few), None, replace(FAST_RECIPE, seed=seed))
    yield


def middle(digits: Digits) -> Digits:
    """Cut the frame off, which in most images is paper: half of the work goes with it."""
    images = digits.images[..., MARGIN:-MARGIN, MARGIN:-MARGIN].contiguous()
    return replace(digits, images=images, splits={})


CONTENDERS: dict[str, tuple[Callable, Callable]] = {
    "DSNet": (lambda: DSNet(**FAST), train_dsnet),
    "train_mnist_fast": (train_mnist_fast, train_train_mnist_fast),
    "train_mnist_fast, channels last": (
        lambda: train_mnist_fast().to(memory_format=torch.channels_last),
        train_train_mnist_fast,
    ),
    "PyTorch's example": (pytorch_example, train_pytorch_example),
}


def race(contender: str, seed: int) -> dict:
    """Train one contender; stop at the goal, or where its recipe ends."""
    build, train = CONTENDERS[contender]
    torch.manual_seed(seed)
    net, digits = build(), load_mnist()
    test = digits.split("test")
    if contender == "DSNet":
        test = middle(test)
    epochs = train(net, whole_training_set(digits), seed)
    accuracy, seconds = [], 0.0
    while len(accuracy) < MOST_EPOCHS and max(accuracy, default=0) < GOAL:
        start = time.perf_counter()
        if next(epochs, "over") == "over":
            break
        seconds += time.perf_counter() - start
        accuracy.append(evaluate(net, test))
    return {
        "weights": count_weights(net),
        "epochs": FAST_RECIPE.epochs if contender == "DSNet" else len(accuracy),
        "seconds": round(seconds, 2),
        "accuracy": accuracy,
        "test": accuracy[-1],
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    cases = [
        {"contender": name, "seed": seed} for seed in range(chosen.seeds) for name in CONTENDERS
    ]
    what = "training time [s] and test accuracy on MNIST's 10,000 test digits, per run"
    run_study(__file__, what, cases, race)

"""What does it cost to fetch digits one by one? A DataLoader against tensors in memory.

    python benchmarks/loading.py [--seeds 5] [--threads 2]

One pass through MNIST's 60,000 training images in shuffled batches of 128, without training, and
one with a training step of DSNet on every batch. The ways take turns.
"""

import time
from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from dsconv_lib.data import MEAN, STD, load_mnist, mnist_root, to_input
from dsconv_lib.networks import DSNet
from dsconv_lib.studies import arguments, run_study

WAYS = ("DataLoader", "DataLoader, 2 workers", "tensors in memory")
BATCH_SIZE = 128


def batches(way: str) -> Iterable[tuple[Tensor, Tensor]]:
    """Yield all training images once, in one of the three ways."""
    if way == "tensors in memory":
        return from_memory()
    workers = 2 if "workers" in way else 0
    return DataLoader(torchvision_mnist(), BATCH_SIZE, shuffle=True, num_workers=workers)


def torchvision_mnist() -> Dataset:
    """Open MNIST's training images as torchvision does, one normalised image at a time."""
    from torchvision import datasets, transforms  # dsconv_lib.data has made it importable

    steps = [transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))]
    return datasets.MNIST(mnist_root(), transform=transforms.Compose(steps))


def from_memory() -> Iterator[tuple[Tensor, Tensor]]:
    """Draw batches of rows from two tensors."""
    digits = load_mnist()
    for rows in torch.randperm(60_000).split(BATCH_SIZE):
        yield to_input(digits.images[rows]), digits.labels[rows]


def one_pass(way: str, training: bool) -> float:
    """Time one pass [s]; reading the files of MNIST into memory is part of it."""
    net = DSNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), fused=True)
    start = time.perf_counter()
    for x, labels in batches(way):
        if training:
            loss = F.cross_entropy(net(x.to(memory_format=torch.channels_last)), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return round(time.perf_counter() - start, 3)


def time_both(way: str, seed: int) -> dict:
    """Time a pass without and with training."""
    torch.manual_seed(seed)
    return {"seconds": one_pass(way, False), "epoch_seconds": one_pass(way, True)}


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    cases = [{"way": way, "seed": seed} for seed in range(chosen.seeds) for way in WAYS]
    what = "seconds for one pass through MNIST's 60,000 training images, without and with training"
    run_study(__file__, what, cases, time_both)

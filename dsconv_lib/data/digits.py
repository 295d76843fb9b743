"""Handwritten digits: MNIST, and the offline digits that stand in for it.

MNIST is read and downloaded by torchvision from ``$DSCONV_DATA``, else ``./data``. Where it
cannot be had, scikit-learn's optdigits stand in: fewer, smaller, but real, and always there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib.data.mnist import MnistUnavailableError, mnist_root

MEAN, STD = 0.1307, 0.3081  # of MNIST's 60,000 training images, ink in [0, 1]


@dataclass(frozen=True)
class Digits:
    """Labelled images of handwritten digits.

    Shape:
        images  uint8 (N, 1, 28, 28), 0 is paper and 255 is ink
        labels  int64 (N,), 0 to 9
    """

    images: Tensor
    labels: Tensor
    name: str
    splits: dict[str, Tensor] = field(default_factory=dict)  # name -> indices, disjoint

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {len(rows):,}" for name, rows in self.splits.items())
        return f"{self.name}: {len(self):,} digits" + (f" ({parts})" if parts else "")

    def split(self, name: str) -> "Digits":
        """Take one split as digits of their own."""
        if name not in self.splits:
            raise ValueError(f"split {name!r} is not one of {sorted(self.splits)}")
        return self.take(self.splits[name], f"{self.name} {name}")

    def take(self, rows: Tensor | list[int] | slice, name: str | None = None) -> "Digits":
        """Take some rows as digits of their own, in that order; without splits.

        Example (the first thousand, and their first three):
            >>> few = load_optdigits().take(slice(1000), "few")
            >>> few, len(few.take(torch.arange(3)))
            (few: 1,000 digits, 3)
        """
        return Digits(self.images[rows], self.labels[rows], name or self.name)

    def batches(self, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Deal images and labels in random order; a last batch that is not full is left out."""
        order = torch.randperm(len(self), generator=generator)
        for rows in order.split(size)[: len(self) // size]:
            yield self.images[rows], self.labels[rows]

    def first(self, label: int) -> Tensor:
        """Fetch the first digit with this label, as floats in [0, 1].

        Shape:
            output  (1, 1, 28, 28), a batch of one, as ``torch.nn.Conv2d`` wants it
        """
        rows = (self.labels == label).nonzero()
        if len(rows) == 0:
            raise ValueError(f"no digit labelled {label!r} in {self.name}")
        return self.images[rows[0]] / 255  # uint8 -> float, (1, 1, 28, 28)


def load_mnist() -> Digits:
    """Load MNIST: 55,000 training, 5,000 validation and 10,000 test digits.

    The 5,000 for validation are drawn once, by a fixed seed, from the 60,000 that MNIST calls
    training; its test digits stay together. Files are checked byte for byte before use.
    A download that is interrupted leaves nothing behind. Raises as ``mnist_root`` does.

    Source: [lecun1998gradient], section III.
    """
    from torchvision.datasets import MNIST  # seconds to import, and often not needed

    root = mnist_root()
    parts = [MNIST(root, train=train, download=False) for train in (True, False)]
    order = torch.randperm(60_000, generator=torch.Generator().manual_seed(0))
    images = torch.cat([part.data for part in parts])
    return Digits(
        images=images.unsqueeze(1),  # (N, 28, 28) -> (N, 1, 28, 28)
        labels=torch.cat([part.targets for part in parts]),
        name="MNIST",
        splits={
            "train": order[:55_000].sort().values,
            "validation": order[55_000:].sort().values,
            "test": torch.arange(60_000, 70_000),
        },
    )


def load_optdigits() -> Digits:
    """Load scikit-learn's 1,797 real digits, brought to 28 x 28; no network, no files.

    Each 8 x 8 image of 0 to 16 becomes 20 x 20 by bilinear interpolation, inside MNIST's frame
    of four empty pixels. Splits are drawn once, by a fixed seed.

    Source: UCI machine learning repository, "Optical Recognition of Handwritten Digits".
    Taught in: 07_finetuning.
    """
    from sklearn import datasets  # a second to import, and often not needed

    small = datasets.load_digits()
    ink = torch.tensor(small.images, dtype=torch.float32).unsqueeze(1) / 16  # (N, 1, 8, 8)
    ink = F.interpolate(ink, size=20, mode="bilinear", align_corners=False)
    framed = F.pad(ink, (4, 4, 4, 4))  # (N, 1, 20, 20) -> (N, 1, 28, 28)
    order = torch.randperm(len(framed), generator=torch.Generator().manual_seed(0))
    return Digits(
        images=(framed * 255).round().to(torch.uint8),
        labels=torch.tensor(small.target, dtype=torch.int64),
        name="optdigits",
        splits={
            "train": order[:1_097].sort().values,
            "validation": order[1_097:1_297].sort().values,
            "test": order[1_297:].sort().values,
        },
    )


def load_digits() -> Digits:
    """Load MNIST where it can be had, else optdigits, and print one line that says which.

    Raises:
        MnistDamagedError: MNIST is there but damaged; it is never silently replaced.

    Taught in: 01_concepts.
    """
    try:
        digits, reason = load_mnist(), ""
    except MnistUnavailableError as error:
        digits, reason = load_optdigits(), f" {error}."
    print(f"Digits used: {digits}.{reason}")
    return digits


def to_input(images: Tensor) -> Tensor:
    """Turn stored images into what the networks expect: floats of mean 0 and spread 1 on MNIST.

    Shape:
        input   uint8 (N, 1, 28, 28)
        output  float32 (N, 1, 28, 28)

    Taught in: 06_training.
    """
    return (images / 255 - MEAN) / STD

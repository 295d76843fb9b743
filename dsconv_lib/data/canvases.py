"""Canvases: several digits on one picture, and for every pixel the digit it belongs to.

Made from ``Digits`` by seed, as many as asked, so that no training run needs to see one twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib.checks import require_whole
from dsconv_lib.data.digits import Digits

BACKGROUND, NUM_CLASSES = 0, 11  # class 1 + k is digit k
SIZE, COUNT, SIDE = 64, (3, 8), (18, 34)  # pixels; digits per canvas; pixels per digit's frame
FRAME, INK = 28, 20  # of MNIST: the ink fits into the middle 20 of 28 pixels
AT_ONCE = 512  # canvases painted together, so that thousands need little memory
TRIES = 3  # places drawn for every digit; the one with most room is taken


@dataclass(frozen=True)
class Canvases:
    """Pictures of several digits, labelled pixel by pixel.

    Shape:
        images  uint8 (N, 1, H, W), 0 is paper and 255 is ink
        labels  uint8 (N, H, W), 0 is background and 1 + k is digit k
    """

    images: Tensor
    labels: Tensor
    name: str

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        height, width = self.labels.shape[1:]
        return f"{self.name}: {len(self):,} canvases of {height} x {width} pixels"


@dataclass(frozen=True)
class CanvasStream:
    """Canvases to train on: in every epoch new ones, which never come again.

    Args:
        digits: canvases are made from no others.
        per_epoch: canvases that make an epoch.
        count: fewest and most digits on a canvas.

    Taught in: 08_dense_prediction.
    """

    digits: Digits
    per_epoch: int = 512
    count: tuple[int, int] = COUNT

    @property
    def name(self) -> str:
        """Say what they are made of."""
        return f"{self.digits.name}, canvases of {self.count[0]} to {self.count[1]} digits"

    def __len__(self) -> int:
        return self.per_epoch

    def batches(self, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Deal images and labels of canvases made by the generator's seed; full batches only."""
        seed = generator.initial_seed()
        canvases = make_canvases(self.digits, self.per_epoch, seed=seed, count=self.count)
        parts = canvases.images.split(size), canvases.labels.long().split(size)
        yield from islice(zip(*parts, strict=True), self.per_epoch // size)


def make_canvases(
    digits: Digits,
    number: int,
    *,
    seed: int = 0,
    size: int = SIZE,
    count: tuple[int, int] = COUNT,
    side: tuple[int, int] = SIDE,
) -> Canvases:
    """Place digits of varied size on empty canvases, where they may touch and overlap.

    The same digits, seed and settings give the same canvases, bit for bit. Each digit's ink lies
    wholly on its canvas. Where two overlap, the pixel shows, and belongs to, the darker one (the
    later one, if equal). A pixel with less than half ink is background.

    Args:
        digits: one split, so that no canvas mixes training and test digits.
        number: of canvases.
        size: height = width of a canvas [pixels].
        count: fewest and most digits on a canvas.
        side: smallest and largest height = width of a digit's 28 x 28 frame, resized [pixels].

    Example (the 1,797 digits that need no network):
        >>> from dsconv_lib.data.digits import load_optdigits
        >>> canvases = make_canvases(load_optdigits().split("train"), 5)
        >>> canvases
        optdigits train: 5 canvases of 64 x 64 pixels
        >>> canvases.images.shape, canvases.labels.shape
        (torch.Size([5, 1, 64, 64]), torch.Size([5, 64, 64]))

    Taught in: 08_dense_prediction.
    """
    _refuse_nonsense(digits, number, size, count, side)
    generator = torch.Generator().manual_seed(seed)
    counts = torch.randint(count[0], count[1] + 1, (number,), generator=generator)
    rows = torch.zeros(number, 0, dtype=torch.long)  # which digits, a column per place
    boxes = torch.zeros(number, 0, 3)  # left, top and side of the ink of each
    for _ in range(count[1]):
        row = torch.randint(len(digits), (number, 1), generator=generator)
        box = _free_place(boxes, side, size, generator)
        rows, boxes = torch.cat([rows, row], dim=1), torch.cat([boxes, box.unsqueeze(1)], dim=1)
    plan = (counts.split(AT_ONCE), rows.split(AT_ONCE), boxes.split(AT_ONCE))
    parts = [_paint(digits, size, side[1] + 2, *part) for part in zip(*plan, strict=True)]
    images, labels = map(torch.cat, zip(*parts, strict=True))
    return Canvases(images.unsqueeze(1), labels, digits.name)  # (N, H, W) -> (N, 1, H, W)


def _free_place(boxes: Tensor, side: tuple[int, int], size: int, generator: torch.Generator):
    """Draw a size and a few places for one digit a canvas; keep the place with most room."""
    number = len(boxes)
    frames = side[0] + (side[1] - side[0]) * torch.rand(number, generator=generator)
    ink = frames * INK / FRAME
    corners = torch.rand(number, TRIES, 2, generator=generator) * (size - ink[:, None, None])
    ends = corners + ink[:, None, None]  # (N, TRIES, 2)
    low = torch.maximum(corners[:, :, None], boxes[:, None, :, :2])
    high = torch.minimum(ends[:, :, None], boxes[:, None, :, :2] + boxes[:, None, :, 2:])
    shared = (high - low).clamp(min=0).prod(dim=3).sum(dim=2)  # (N, TRIES, P, 2) -> (N, TRIES)
    best = corners[torch.arange(number), shared.argmin(dim=1)]
    return torch.cat([best, ink.unsqueeze(1)], dim=1)  # (N, 3)


def _paint(digits: Digits, size: int, window: int, counts: Tensor, rows: Tensor, boxes: Tensor):
    """Draw the digits of some canvases, place after place, on sheets with a margin all around."""
    ink = torch.zeros(len(counts), size + 2 * window, size + 2 * window)
    labels = torch.zeros_like(ink, dtype=torch.uint8)
    for place in range(rows.shape[1]):
        there = (counts > place).nonzero().squeeze(1)
        if len(there):
            some, box = rows[there, place], boxes[there, place]
            _draw(ink, labels, there, digits.images[some], digits.labels[some], box, window)
    ink, labels = (sheet[:, window:-window, window:-window] for sheet in (ink, labels))
    return (ink * 255).round().to(torch.uint8), labels


def _draw(ink, labels, there, images, names, boxes, window) -> None:
    """Draw one digit on each of the sheets ``there``, resized, at a place between pixels."""
    start = (boxes[:, :2] - 4 * boxes[:, 2:] / INK).floor()  # the frame begins 4 of 28 before
    new = _resized(images / 255, boxes, start, window)  # (M, window, window)
    side = ink.shape[1]
    y = (start[:, 1, None].long() + window + torch.arange(window))[:, :, None]
    x = (start[:, 0, None].long() + window + torch.arange(window))[:, None, :]
    where = (there[:, None, None] * side + y) * side + x  # as ``take`` counts: all in one row
    old, was = ink.take(where), labels.take(where)
    wins = new >= old.clamp(min=1e-6)
    digit = (names + 1).to(torch.uint8)[:, None, None].expand_as(was)
    ink.put_(where, torch.where(wins, new, old))
    labels.put_(where, torch.where(wins & (new >= 0.5), digit, was))


def _resized(images: Tensor, boxes: Tensor, start: Tensor, window: int) -> Tensor:
    """Resize each digit to its box, seen through a window that begins at a whole pixel."""
    centre = boxes[:, :2] + boxes[:, 2:] / 2 - start
    ratio = window * INK / (boxes[:, 2] * FRAME)  # the window's side in frames of the digit
    theta = torch.zeros(len(images), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = ratio
    theta[:, :, 2] = ratio[:, None] * (1 - 2 * centre / window)
    grid = F.affine_grid(theta, [len(images), 1, window, window], align_corners=False)
    return F.grid_sample(images, grid, align_corners=False).squeeze(1)


def _refuse_nonsense(digits: Digits, number: int, size: int, count, side) -> None:
    require_whole(1, digits=len(digits), number=number, size=size)
    require_whole(1, fewest=count[0], smallest_side=side[0])
    for name, (least, most) in {"count": count, "side": side}.items():
        require_whole(1, **{name: most})
        if least > most:
            raise ValueError(f"{name}={(least, most)}, but the first must not exceed the second")
    if side[1] > size:
        raise ValueError(f"side={side}, but digits must fit on a canvas of size={size}")

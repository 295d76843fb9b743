"""The networks of the book: the article's, which does not run as printed, and DSNet, which does."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.checkpoints import CheckpointError, load_checkpoint, save_checkpoint
from dsconv_lib.checks import require_whole
from dsconv_lib.layers import DSBlock

PRETRAINED = Path(__file__).parent / "weights" / "dsnet.pt"


class ArticleConv(nn.Module):
    """The separable layer as the article prints it, under the name ``DepthwiseConv``.

    Unlike ``DSConv2d`` it has a bias in both stages; the first one is absorbed by the second.

    Shape:
        input   (N, in_channels, H, W)
        output  (N, out_channels, H', W')
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, padding: int = 1):
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel_size, padding=padding, groups=in_channels
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(x)  # (N, C_in, H, W) -> (N, C_in, H', W')
        return self.pointwise(x)  # (N, C_in, H', W') -> (N, C_out, H', W')


class ArticleNet(nn.Module):
    """The article's network, which it prints as ``CNN``. As printed it stops at the first batch.

    It pools each map to one number and then expects 7 x 7 of them. Two mends, one for each of the
    two numbers that disagree: ``ArticleNet(head_size=1)`` and ``ArticleNet(pool_size=7)``.

    Args:
        pool_size: side of the maps after pooling [pixels].
        head_size: side of the maps that the last layer expects [pixels].

    Shape:
        input   (N, 1, 28, 28)
        output  (N, 10), logits

    Raises:
        ValueError: a size below 1.
        RuntimeError: from torch, on the first batch, where the two sizes differ.

    Example (as printed, and mended in two ways):
        >>> ArticleNet()(torch.zeros(2, 1, 28, 28))
        Traceback (most recent call last):
        RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x32 and 1568x10)
        >>> ArticleNet(head_size=1)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
        >>> ArticleNet(pool_size=7)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(self, pool_size: int = 1, head_size: int = 7):
        super().__init__()
        require_whole(1, pool_size=pool_size, head_size=head_size)
        self.pool_size = pool_size
        self.conv1 = ArticleConv(1, 16, kernel_size=3, padding=1)
        self.conv2 = ArticleConv(16, 32, kernel_size=3, padding=1)
        self.fc = nn.Linear(32 * head_size * head_size, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x))  # (N, 1, 28, 28) -> (N, 16, 28, 28)
        x = F.relu(self.conv2(x))  # (N, 16, 28, 28) -> (N, 32, 28, 28)
        x = F.adaptive_avg_pool2d(x, self.pool_size)  # -> (N, 32, pool_size, pool_size)
        return self.fc(torch.flatten(x, 1))  # -> (N, 10)


class DSNet(nn.Module):
    """A dense stem, separable dilated blocks in two stages, one average per map, a linear head.

    The stem is dense, because a separable layer on one channel makes one map many times. Each
    stage halves the map and widens it: ``2 * width`` channels, then ``3 * width``.

    Args:
        width: channels of the stem.
        dilations: one rate per block; the first half of the blocks works at 14 x 14 pixels, the
            second at 7 x 7.
        head_kernel: side of the last maps [pixels], 7 for digits of 28 x 28. If given, the average
            gives each place of each map a weight of its own, and learns it: a depthwise
            convolution as large as the map. Without it, all places count alike.

    Shape:
        input   (N, 1, 28, 28); without ``head_kernel``, any size of at least 4 x 4
        output  (N, num_classes), logits

    Raises:
        ValueError: a number below 1, or fewer than two blocks.

    Example (the network that the later chapters start from):
        >>> net = DSNet()
        >>> net(torch.zeros(2, 1, 28, 28)).shape, sum(w.numel() for w in net.parameters())
        (torch.Size([2, 10]), 7514)
        >>> sum(w.numel() for w in DSNet(width=13, head_kernel=7).parameters())
        7277

    Source: [howard2017mobilenets], section 3; [chen2018encoder], on atrous separable convolution;
    [chen2018mobilefacenets], on the learned average.
    """

    def __init__(
        self,
        width: int = 16,
        dilations: Sequence[int] = (1, 2, 1, 2),
        num_classes: int = 10,
        head_kernel: int | None = None,
    ):
        super().__init__()
        require_whole(1, width=width, num_classes=num_classes)
        require_whole(2, number_of_dilations=len(dilations))
        self.width, self.dilations = width, tuple(dilations)
        self.num_classes, self.head_kernel = num_classes, head_kernel
        half = len(dilations) // 2
        stem = nn.Conv2d(1, width, kernel_size=3, padding=1, bias=False)
        self.stem = nn.Sequential(stem, nn.MaxPool2d(2), nn.BatchNorm2d(width), nn.ReLU())
        self.near = _stage(width, 2 * width, dilations[:half])
        self.pool = nn.MaxPool2d(2)
        self.far = _stage(2 * width, 3 * width, dilations[half:])
        self.average = _average(3 * width, head_kernel)
        self.head = nn.Linear(3 * width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 1, 28, 28) -> (N, width, 14, 14)
        x = self.pool(self.near(x))  # -> (N, 2*width, 7, 7)
        x = self.average(self.far(x))  # -> (N, 3*width, 1, 1)
        return self.head(x.flatten(1))  # -> (N, num_classes)


def load_net(path: str | Path) -> DSNet:
    """Rebuild a trained ``DSNet`` from its file, in evaluation mode.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: a file that is damaged, or holds no ``DSNet``.
    """
    state = load_checkpoint(path)
    try:
        net = DSNet(**state["net"])
        net.load_state_dict(state["model"])
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"{path} holds no DSNet ({error}): expected its width, rates and weights, as "
            "`python -m dsconv_lib train --save FILE` stores them"
        ) from error
    return net.eval()


def save_net(net: DSNet, path: str | Path) -> None:
    """Store a ``DSNet`` with what is needed to rebuild it, wholly or not at all.

    Raises:
        OSError: the folder is missing, full or read-only.
    """
    shape = {"width": net.width, "dilations": net.dilations, "num_classes": net.num_classes}
    if net.head_kernel:
        shape["head_kernel"] = net.head_kernel
    save_checkpoint({"net": shape, "model": net.state_dict()}, path)


def load_pretrained() -> DSNet:
    """Load the network that the later chapters start from, in evaluation mode.

    How it was trained, and how well it reads, stands beside it in ``dsconv_lib/weights``.

    Example:
        >>> net = load_pretrained()
        >>> net.training, sum(w.numel() for w in net.parameters())
        (False, 7514)
    """
    return load_net(PRETRAINED)


def _average(channels: int, kernel_size: int | None) -> nn.Module:
    """Turn each map into one number: the plain average, or one that learns its weights."""
    if kernel_size is None:
        return nn.AdaptiveAvgPool2d(1)
    require_whole(1, head_kernel=kernel_size)
    places = nn.Conv2d(channels, channels, kernel_size, groups=channels, bias=False)
    nn.init.constant_(places.weight, 1 / kernel_size**2)  # it starts as the plain average
    return nn.Sequential(places, nn.BatchNorm2d(channels))


def _stage(in_channels: int, out_channels: int, dilations: Sequence[int]) -> nn.Sequential:
    """Stack one block per rate; the first of them changes the number of channels."""
    widths = [in_channels] + [out_channels] * len(dilations)
    pairs = zip(widths[:-1], widths[1:], dilations, strict=True)
    return nn.Sequential(*[DSBlock(i, o, dilation=rate) for i, o, rate in pairs])

"""DSNet: the book's network, built of separable dilated blocks."""

from collections.abc import Sequence

from torch import Tensor, nn

from dsconv_lib.checks import require_whole
from dsconv_lib.convolution import DSBlock


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

    Example (the network that the later chapters start from):
        >>> import torch
        >>> from dsconv_lib.networks import count_weights
        >>> net = DSNet()
        >>> net(torch.zeros(2, 1, 28, 28)).shape, count_weights(net)
        (torch.Size([2, 10]), 7514)
        >>> count_weights(DSNet(width=13, head_kernel=7))
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
        self.shape = {"width": width, "dilations": self.dilations, "num_classes": num_classes}
        self.shape["head_kernel"] = head_kernel
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

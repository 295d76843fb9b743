"""TiedNet: one separable kernel, run again and again at several rates and scales."""

from collections.abc import Sequence
from itertools import chain, pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.checks import require_whole
from dsconv_lib.convolution import DSConv2d


class TiedNet(nn.Module):
    """A dense stem, separable layers that share their weights, an average per map, a linear head.

    All layers of one shape are one layer, run again at a rate of its own, with a norm of its own
    and a shortcut. Another run, or a wider rate, sees further and costs no weight but the norm's.

    Args:
        widths: channels of the stem, then of each scale.
        dilations: for each scale one rate per run; the first scale has 14 x 14 pixels, each
            further one half as many to a side.
        head_kernel: side of the last maps [pixels]. If given, the average learns a weight for each
            row and for each column of a map, one product per place; else all places count alike.
        tied: share the weights; else each run has its own, which is the control.

    Shape:
        input   (N, 1, 28, 28); without ``head_kernel``, any size that the scales leave a pixel of
        output  (N, num_classes), logits

    Example (six runs of one layer, at two scales):
        >>> import torch
        >>> from dsconv_lib.networks import count_weights
        >>> net = TiedNet((13, 13, 13), ((1, 2, 1), (1, 2, 1)), head_kernel=7)
        >>> net(torch.zeros(2, 1, 28, 28)).shape, count_weights(net)
        (torch.Size([2, 10]), 933)
        >>> count_weights(TiedNet((13, 13, 13), ((1, 2, 1), (1, 2, 1)), head_kernel=7, tied=False))
        2363
    """

    def __init__(
        self,
        widths: Sequence[int],
        dilations: Sequence[Sequence[int]],
        num_classes: int = 10,
        head_kernel: int | None = None,
        tied: bool = True,
    ):
        super().__init__()
        if len(widths) != len(dilations) + 1:
            raise ValueError(
                f"{len(widths)} widths for {len(dilations)} scales: one for the stem, one for each"
            )
        require_whole(1, stem=widths[0], num_classes=num_classes)
        self.dilations = tuple(map(tuple, dilations))
        for rates in self.dilations:
            require_whole(1, runs=len(rates), dilation=min(rates, default=1))
        self.shape = {"widths": tuple(widths), "dilations": self.dilations}
        self.shape |= {"num_classes": num_classes, "head_kernel": head_kernel, "tied": tied}
        stem = nn.Conv2d(1, widths[0], kernel_size=3, padding=1, bias=False)
        self.stem = nn.Sequential(stem, nn.MaxPool2d(2), nn.BatchNorm2d(widths[0]), nn.ReLU())
        runs = [[o] * len(rates) for o, rates in zip(widths[1:], self.dilations, strict=True)]
        shapes = list(pairwise([widths[0], *chain(*runs)]))
        own = dict.fromkeys(shapes) if tied else shapes
        self.layers = nn.ModuleList([DSConv2d(i, o, kernel_size=3, bias=False) for i, o in own])
        self.which = [list(own).index(shape) if tied else n for n, shape in enumerate(shapes)]
        self.norms = nn.ModuleList([nn.BatchNorm2d(o) for _, o in shapes])
        self.average = _average(widths[-1], head_kernel)
        self.head = nn.Linear(widths[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 1, 28, 28) -> (N, widths[0], 14, 14)
        runs = zip(self.which, self.norms, strict=True)
        for scale, rates in enumerate(self.dilations):
            x = F.max_pool2d(x, 2) if scale else x  # half as many pixels to a side
            for rate in rates:
                layer, norm = next(runs)
                y = norm(run_at(self.layers[layer], x, rate))
                x = (x + y if x.shape == y.shape else y).relu()
        return self.head(self.average(x).flatten(1))  # -> (N, num_classes)


def run_at(layer: DSConv2d, x: Tensor, rate: int) -> Tensor:
    """Apply a separable layer with its 3 x 3 taps so many pixels apart; the map keeps its size."""
    kernel = layer.depthwise.weight
    x = F.conv2d(x, kernel, padding=rate, dilation=rate, groups=len(kernel))
    return layer.pointwise(x)


def _average(channels: int, kernel_size: int | None) -> nn.Module:
    """Turn each map into one number: the plain average, or learn a weight per row and column."""
    if kernel_size is None:
        return nn.AdaptiveAvgPool2d(1)
    require_whole(1, head_kernel=kernel_size)
    sides = (kernel_size, 1), (1, kernel_size)
    parts = [nn.Conv2d(channels, channels, side, groups=channels, bias=False) for side in sides]
    for part in parts:
        nn.init.constant_(part.weight, 1 / kernel_size)  # together they start as the plain average
    return nn.Sequential(*parts, nn.BatchNorm2d(channels))

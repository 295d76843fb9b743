"""Networks that label every pixel: one at one resolution, for studies, and one at two scales."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.checks import require_whole
from dsconv_lib.convolution import DSBlock, DSConv2d
from dsconv_lib.data import NUM_CLASSES


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: look at several rates side by side, then mix.

    All branches read the same maps: one a point (1 x 1), one at each rate (a separable 3 x 3), one
    the average of the whole canvas. Their maps are stacked, and a 1 x 1 convolution mixes them.

    Args:
        branch: channels of each branch; half of ``channels``, if not given.

    Shape:
        input   (N, channels, H, W)
        output  (N, channels, H, W)

    Example (three rates on 24 maps):
        >>> from dsconv_lib.networks import count_weights
        >>> aspp = ASPP(24, rates=(2, 4, 8))
        >>> aspp(torch.zeros(2, 24, 64, 64)).shape, count_weights(aspp)
        (torch.Size([2, 24, 64, 64]), 3696)

    Source: [chen2018encoder], on atrous separable convolution. Taught in: 08_dense_prediction.
    """

    def __init__(self, channels: int, rates: Sequence[int] = (2, 4, 8), branch: int | None = None):
        super().__init__()
        require_whole(2, channels=channels)
        require_whole(1, number_of_rates=len(rates))
        branch = channels // 2 if branch is None else branch
        self.point = _unit(nn.Conv2d(channels, branch, kernel_size=1, bias=False))
        self.pyramid = nn.ModuleList(
            _unit(DSConv2d(channels, branch, 3, padding=rate, dilation=rate, bias=False))
            for rate in rates
        )
        self.whole = _unit(nn.Conv2d(channels, branch, kernel_size=1, bias=False))
        stacked = branch * (len(rates) + 2)
        self.mix = _unit(nn.Conv2d(stacked, channels, kernel_size=1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.point(x), *(look(x) for look in self.pyramid)]  # each (N, B, H, W)
        average = self.whole(x.mean(dim=(2, 3), keepdim=True))  # (N, C, H, W) -> (N, B, 1, 1)
        branches.append(average.expand_as(branches[0]))  # -> (N, B, H, W)
        return self.mix(torch.cat(branches, dim=1))  # -> (N, C, H, W)


class SegNet(nn.Module):
    """A dense stem, separable dilated blocks at full resolution, logits for every pixel.

    Nothing shrinks the maps, so the receptive field comes from the rates alone, and the rates
    change no weight's shape: nets that differ in them can be compared weight for weight.

    Args:
        width: channels of all maps.
        dilations: one rate per block.
        aspp: rates of an ``ASPP`` behind the blocks, if given; ``branch`` are its channels.

    Shape:
        input   (N, 1, H, W), of any size
        output  (N, num_classes, H, W), logits

    Example (five blocks; then the same weights, further apart):
        >>> from dsconv_lib.networks import count_weights
        >>> for dilations in [(1, 1, 1, 1, 1), (1, 2, 4, 8, 1)]:
        ...     net, x = SegNet(24, dilations), torch.zeros(2, 1, 64, 64)
        ...     print(net(x).shape, count_weights(net))
        torch.Size([2, 11, 64, 64]) 4739
        torch.Size([2, 11, 64, 64]) 4739

    Source: [yu2016multiscale], on dilation at full resolution. Taught in: 08_dense_prediction.
    """

    def __init__(
        self,
        width: int = 24,
        dilations: Sequence[int] = (1, 2, 4, 8, 1),
        num_classes: int = NUM_CLASSES,
        aspp: Sequence[int] | None = None,
        branch: int | None = None,
    ):
        super().__init__()
        require_whole(1, width=width, num_classes=num_classes, number_of_dilations=len(dilations))
        self.shape = {"width": width, "dilations": tuple(dilations), "num_classes": num_classes}
        self.shape |= {"aspp": tuple(aspp) if aspp else None, "branch": branch}
        self.stem = _unit(nn.Conv2d(1, width, kernel_size=3, padding=1, bias=False))
        self.blocks = nn.Sequential(*[DSBlock(width, width, dilation=d) for d in dilations])
        self.aspp = ASPP(width, aspp, branch) if aspp else nn.Identity()
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.stem(x))  # (N, 1, H, W) -> (N, width, H, W)
        return self.head(self.aspp(x))  # -> (N, num_classes, H, W)


class TwoScaleNet(nn.Module):
    """Look closely at half resolution, far at a quarter, and decide at full resolution.

    The pixels of each 2 x 2 square become four channels, so the stem loses none. Logits from all
    scales are added: the far ones say which digit is here, the image itself says where ink is.

    Args:
        width, wide: channels at half and at a quarter of the resolution.
        near, far: rates of the blocks there, in pixels of their own maps.

    Shape:
        input   (N, 1, H, W), H and W multiples of 4
        output  (N, num_classes, H, W), logits

    Example:
        >>> from dsconv_lib.networks import count_weights
        >>> net = TwoScaleNet()
        >>> net(torch.zeros(2, 1, 64, 64)).shape, count_weights(net)
        (torch.Size([2, 11, 64, 64]), 14642)

    Source: [chen2018encoder], on its decoder. Taught in: 08_dense_prediction.
    """

    def __init__(
        self,
        width: int = 26,
        wide: int = 50,
        near: Sequence[int] = (1, 1),
        far: Sequence[int] = (1, 1, 1, 1),
        num_classes: int = NUM_CLASSES,
    ):
        super().__init__()
        require_whole(1, width=width, wide=wide, num_classes=num_classes, number_of_far=len(far))
        self.shape = {"width": width, "wide": wide, "near": tuple(near), "far": tuple(far)}
        self.shape["num_classes"] = num_classes
        self.fold = nn.PixelUnshuffle(2)
        self.stem = _unit(nn.Conv2d(4, width, kernel_size=3, padding=1, bias=False))
        self.near = nn.Sequential(*[DSBlock(width, width, dilation=d) for d in near])
        self.pool = nn.MaxPool2d(2)
        self.far = nn.Sequential(DSBlock(width, wide, dilation=far[0]))
        self.far.extend(DSBlock(wide, wide, dilation=d) for d in far[1:])
        self.near_head = nn.Conv2d(width, num_classes, kernel_size=1, bias=False)
        self.far_head = nn.Conv2d(wide, num_classes, kernel_size=1)
        self.ink_head = nn.Conv2d(1, num_classes, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2] % 4 or x.shape[3] % 4:
            raise ValueError(f"{tuple(x.shape[2:])} pixels, but both sides must be multiples of 4")
        near = self.near(self.stem(self.fold(x)))  # (N, 1, H, W) -> (N, width, H/2, W/2)
        far = self.far_head(self.far(self.pool(near)))  # -> (N, num_classes, H/4, W/4)
        half = _twice(far) + self.near_head(near)  # -> (N, num_classes, H/2, W/2)
        return _twice(half) + self.ink_head(x)  # -> (N, num_classes, H, W)


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _unit(layer: nn.Module) -> nn.Sequential:
    last = layer.pointwise if isinstance(layer, DSConv2d) else layer
    return nn.Sequential(layer, nn.BatchNorm2d(last.out_channels), nn.ReLU())

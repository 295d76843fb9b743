"""Rewrites of a network that change how long it takes, and not what it says."""

import copy

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dsconv_lib.convolution.layers import DSBlock


def fold_blocks(net: nn.Module) -> nn.Module:
    """Copy a network, in evaluation mode, with the normalisation of every ``DSBlock`` folded away.

    In evaluation a normalisation is one factor and one summand per channel. The factor scales the
    kernel of the convolution before it, the summand becomes the bias.

    Example (the four normalisations of the blocks go, and the one of the stem stays):
        >>> from dsconv_lib.networks import DSNet
        >>> folded = fold_blocks(DSNet())
        >>> sum(isinstance(part, nn.BatchNorm2d) for part in folded.modules())
        1

    Source: [ioffe2015batch], section 3.1, on inference. Taught in: 09_cost_and_speed.
    """
    net = copy.deepcopy(net).eval()
    for block in [part for part in net.modules() if isinstance(part, DSBlock)]:
        block.conv.pointwise = fuse_conv_bn_eval(block.conv.pointwise, block.norm)
        block.norm = nn.Identity()
    return net


def polyphase_conv2d(x: Tensor, weight: Tensor, dilation: int, groups: int = 1) -> Tensor:
    """Do a dilated "same" convolution as ordinary ones, on ``dilation**2`` interleaved maps.

    Shape:
        x       (N, C_in, H, W), both sides multiples of ``dilation``
        weight  (C_out, C_in / groups, K, K), K odd
        output  (N, C_out, H, W)

    Example (it is the dilated convolution):
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> x, weight = torch.randn(1, 2, 8, 8), torch.randn(3, 2, 3, 3)
        >>> dilated = F.conv2d(x, weight, padding=2, dilation=2)
        >>> torch.allclose(polyphase_conv2d(x, weight, 2), dilated, atol=1e-5)
        True

    Source: [shensa1992discrete]. Taught in: 09_cost_and_speed.
    """
    n, channels, height, width = x.shape
    k, d = weight.shape[-1], dilation
    if height % d or width % d or k % 2 == 0:
        raise ValueError(
            f"maps of {height} x {width}, rate {d}, kernel {k}: the rate must divide both sides, "
            "and the kernel must be odd"
        )
    grids = x.view(n, channels, height // d, d, width // d, d)
    grids = grids.permute(3, 5, 0, 1, 2, 4)  # -> (d, d, N, C_in, H/d, W/d)
    y = F.conv2d(grids.flatten(0, 2), weight, padding=k // 2, groups=groups)
    y = y.unflatten(0, (d, d, n))  # (d*d*N, C_out, H/d, W/d) -> (d, d, N, C_out, H/d, W/d)
    return y.permute(2, 3, 4, 0, 5, 1).reshape(n, -1, height, width)

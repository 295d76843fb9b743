"""Rewrites of a network that change how long it takes, and not what it says."""

import copy

import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.convolution.layers import DSBlock


def fold_norm(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """Put a batch normalisation into the convolution before it, for evaluation.

    In evaluation a normalisation is one factor and one summand per channel. The factor scales the
    kernel, the summand becomes the bias.

    Raises:
        ValueError: not as many channels, or a normalisation without statistics or weights of its
            own.

    Source: [ioffe2015batch], section 3.1, on inference. Taught in: 09_cost_and_speed.
    """
    if conv.out_channels != norm.num_features:
        raise ValueError(f"{conv.out_channels} maps, but a normalisation of {norm.num_features}")
    if norm.running_var is None or norm.weight is None:
        raise ValueError("a normalisation can be folded only with statistics and weights")
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    bias = 0 if conv.bias is None else conv.bias
    folded = copy.deepcopy(conv)
    folded.weight = nn.Parameter((conv.weight * factor.view(-1, 1, 1, 1)).detach())
    folded.bias = nn.Parameter((norm.bias + (bias - norm.running_mean) * factor).detach())
    return folded


def fold_blocks(net: nn.Module) -> nn.Module:
    """Copy a network, in evaluation mode, with the normalisation of every ``DSBlock`` folded away.

    Example (the four normalisations of the blocks go, and the one of the stem stays):
        >>> from dsconv_lib.networks import DSNet
        >>> folded = fold_blocks(DSNet())
        >>> sum(isinstance(part, nn.BatchNorm2d) for part in folded.modules())
        1

    Taught in: 09_cost_and_speed.
    """
    net = copy.deepcopy(net).eval()
    for block in [part for part in net.modules() if isinstance(part, DSBlock)]:
        block.conv.pointwise = fold_norm(block.conv.pointwise, block.norm)
        block.norm = nn.Identity()
    return net


def polyphase_conv2d(x: Tensor, weight: Tensor, dilation: int, groups: int = 1) -> Tensor:
    """Do a dilated "same" convolution as ordinary ones, on ``dilation**2`` interleaved maps.

    Shape:
        x       (N, C_in, H, W), both sides multiples of ``dilation``
        weight  (C_out, C_in / groups, K, K), K odd
        output  (N, C_out, H, W)

    Raises:
        ValueError: sides that the rate does not divide, or an even kernel.

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


class Polyphase(nn.Module):
    """A dilated convolution that runs as ordinary ones on interleaved maps, with the same weights.

    Shape:
        input   (N, in_channels, H, W), both sides multiples of the rate
        output  (N, out_channels, H, W)

    Taught in: 09_cost_and_speed.
    """

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        conv = self.conv
        y = polyphase_conv2d(x, conv.weight, conv.dilation[0], conv.groups)
        return y if conv.bias is None else y + conv.bias.view(-1, 1, 1)

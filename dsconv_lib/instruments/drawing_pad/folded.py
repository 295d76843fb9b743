"""A trained DSNet as the page reads it: a list of steps, and their weights one after another.

A batch normalisation in evaluation mode is one factor and one summand per channel. The two stay
numbers of their own, so that the maps of the convolution before them are the ones it computes.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from dsconv_lib.networks import DSNet

Step = dict[str, Any]
CLASSES = 10
LAST = 7  # [pixels] side of the last maps of a digit


def steps_of(net: DSNet) -> list[Step]:
    """Describe a net as the steps that a page takes, in their order.

    Example (the smallest: a stem, a block at either size, a head):
        >>> [step["op"] for step in steps_of(DSNet(width=2, dilations=(1, 3)))]
        ['conv', 'pool', 'norm', 'relu', 'block', 'pool', 'block', 'mean', 'linear']
    """
    return [step for step, _ in _walk(net)]


def weights_of(net: DSNet) -> Tensor:
    """Lay out a net's numbers step after step, normalisations as factor and summand.

    Shape:
        output  float32 (number of parameters,)
    """
    return torch.cat([part.detach().float().flatten() for _, parts in _walk(net) for part in parts])


def channels_of(steps: Sequence[Step]) -> dict[str, int]:
    """Name the layers that have maps, each with their number.

    Example:
        >>> channels_of(steps_of(DSNet(width=2, dilations=(1, 3))))["block 2 pointwise"]
        6
    """
    channels = {}
    for step in steps:
        if step["op"] == "conv":
            channels["stem"] = step["out_channels"]
        elif step["op"] == "block":
            number = 1 + len(channels) // 2
            channels[f"block {number} depthwise"] = step["in_channels"]
            channels[f"block {number} pointwise"] = step["out_channels"]
        elif step["op"] == "average":
            channels["average"] = step["channels"]
    return channels


def _walk(net: DSNet) -> Iterator[tuple[Step, list[Tensor]]]:
    """Yield each step with its weights."""
    if not isinstance(net, DSNet):
        raise ValueError(f"{type(net).__name__} is no DSNet")
    if net.num_classes != CLASSES:
        raise ValueError(f"a net for {net.num_classes} classes, but there are {CLASSES} digits")
    if net.head_kernel not in (None, LAST):
        raise ValueError(f"head_kernel={net.head_kernel}, but the last maps have {LAST} x {LAST}")
    for layer in [*net.stem, *net.near, net.pool, *net.far]:
        yield _step(layer)
    if net.head_kernel:
        places, norm = net.average
        sizes = {"channels": places.out_channels, "kernel_size": net.head_kernel}
        yield {"op": "average", **sizes}, [places.weight]
        yield _step(norm)
    else:
        yield {"op": "mean"}, []
    sizes = {"in_channels": net.head.in_features, "out_channels": net.head.out_features}
    yield {"op": "linear", **sizes}, [net.head.weight, net.head.bias]


def _step(layer: nn.Module) -> tuple[Step, list[Tensor]]:
    match layer:
        case nn.Conv2d():
            return {"op": "conv", **_sizes(layer, layer.out_channels)}, [layer.weight]
        case nn.BatchNorm2d():
            return {"op": "norm", "channels": layer.num_features}, _fold(layer)
        case nn.MaxPool2d():
            return {"op": "pool"}, []
        case nn.ReLU():
            return {"op": "relu"}, []
    depthwise, pointwise = layer.conv.depthwise, layer.conv.pointwise
    sizes = _sizes(depthwise, pointwise.out_channels)
    weights = [depthwise.weight, pointwise.weight, *_fold(layer.norm)]
    return {"op": "block", **sizes, "shortcut": layer.shortcut}, weights


def _sizes(conv: nn.Conv2d, out_channels: int) -> Step:
    sizes = {"in_channels": conv.in_channels, "out_channels": out_channels}
    return {**sizes, "kernel_size": conv.kernel_size[0], "dilation": conv.dilation[0]}


def _fold(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Reduce a normalisation to its factor and its summand: fold it into a layer of ones."""
    ones, statistics = torch.ones(norm.num_features, 1), (norm.running_mean, norm.running_var)
    return fuse_conv_bn_weights(ones, None, *statistics, norm.eps, norm.weight, norm.bias)

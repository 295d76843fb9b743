"""A trained DSNet as the page reads it: a list of steps, and their weights one after another.

A batch normalisation in evaluation mode is one factor and one summand per channel. The two stay
numbers of their own, so that the maps of the convolution before them are the ones it computes.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.checks import require_whole
from dsconv_lib.networks import DSNet

Step = dict[str, Any]
CLASSES = 10
LAST = 7  # [pixels] side of the last maps of a digit
PLAIN = {"pool": (), "relu": (), "mean": (), "norm": ("channels",)}
CONV = "in_channels", "out_channels", "kernel_size", "dilation"
FIELDS = {**PLAIN, "conv": CONV, "block": CONV, "linear": CONV[:2]}
FIELDS["average"] = "channels", "kernel_size"  # learned: a weight for each place of each map


def steps_of(net: DSNet) -> list[Step]:
    """Describe a net as the steps that a page takes, in their order.

    Raises:
        ValueError: no ``DSNet``, or one for another number of classes than 10.

    Example (the smallest: a stem, a block at either size, a head):
        >>> steps = steps_of(DSNet(width=2, dilations=(1, 3)))
        >>> [step["op"] for step in steps]
        ['conv', 'pool', 'norm', 'relu', 'block', 'pool', 'block', 'mean', 'linear']
        >>> sum(map(count_weights, steps)) == sum(w.numel() for w in DSNet(2, (1, 3)).parameters())
        True
    """
    return [step for step, _ in _walk(net)]


def weights_of(net: DSNet) -> Tensor:
    """Lay out a net's numbers step after step, normalisations as factor and summand.

    Shape:
        output  float32 (number of parameters,)
    """
    return torch.cat([part.detach().float().flatten() for _, parts in _walk(net) for part in parts])


def count_weights(step: Step) -> int:
    """Count the numbers that belong to one step.

    Raises:
        ValueError: an unknown step, or one without all its sizes, whole numbers of at least 1.
    """
    op = step.get("op")
    if op not in FIELDS:
        raise ValueError(f"step {op!r} is not one of {sorted(FIELDS)}")
    sizes = [step.get(name) for name in FIELDS[op]]
    require_whole(1, **dict(zip(FIELDS[op], sizes, strict=True)))
    if op in PLAIN:
        return 2 * sum(sizes)
    if op == "average":
        return sizes[0] * sizes[1] ** 2
    i, o, area = sizes[0], sizes[1], sizes[2] ** 2 if op != "linear" else 1
    return {"conv": o * i * area, "block": i * area + o * i + 2 * o, "linear": o * i + o}[op]


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


def run_steps(steps: Sequence[Step], weights: Tensor, x: Tensor) -> dict[str, Tensor]:
    """Run a net as the page runs it, and keep the map of every convolution.

    Shape:
        x       (1, 1, H, W), as ``to_input`` makes it
        output  by layer (C, H', W'), and (10,) under "logits"
    """
    maps, block = {}, 0
    for step, part in zip(steps, weights.split([*map(count_weights, steps)]), strict=True):
        op = step["op"]
        if op == "conv":
            x = maps["stem"] = _convolve(step, part, x)
        elif op == "block":
            block += 1
            x = _run_block(step, part, x, f"block {block}", maps)
        elif op == "average":
            weight = part.view(-1, 1, step["kernel_size"], step["kernel_size"])
            x = maps["average"] = F.conv2d(x, weight, groups=step["channels"])
        elif op == "norm":
            x = _scale(x, part)
        elif op == "linear":
            area = step["in_channels"] * step["out_channels"]
            maps["logits"] = F.linear(
                x.flatten(1), part[:area].view(step["out_channels"], -1), part[area:]
            )
        else:
            x = {"pool": _pool, "relu": torch.relu, "mean": _mean}[op](x)
    return {name: values[0] for name, values in maps.items()}


def _run_block(step: Step, part: Tensor, x: Tensor, name: str, maps: dict) -> Tensor:
    i, o, kernel = step["in_channels"], step["out_channels"], step["kernel_size"]
    first, second, norm = part.split([i * kernel**2, o * i, 2 * o])
    depthwise = _convolve(step, first, x, groups=i)  # (1, i, H, W), as x
    pointwise = F.conv2d(depthwise, second.view(o, i, 1, 1))  # -> (1, o, H, W)
    maps |= {f"{name} depthwise": depthwise, f"{name} pointwise": pointwise}
    y = _scale(pointwise, norm)
    return (x + y if step["shortcut"] else y).relu()


def _convolve(step: Step, weight: Tensor, x: Tensor, groups: int = 1) -> Tensor:
    kernel, dilation = step["kernel_size"], step["dilation"]
    weight = weight.view(-1, step["in_channels"] // groups, kernel, kernel)
    padding = dilation * (kernel // 2)
    return F.conv2d(x, weight, padding=padding, dilation=dilation, groups=groups)


def _scale(x: Tensor, norm: Tensor) -> Tensor:
    factor, summand = norm.view(2, 1, -1, 1, 1)
    return x * factor + summand


def _pool(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 2)


def _mean(x: Tensor) -> Tensor:
    return x.mean(dim=(2, 3))


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
    sizes = (conv.in_channels, out_channels, conv.kernel_size[0], conv.dilation[0])
    return dict(zip(CONV, sizes, strict=True))


def _fold(norm: nn.BatchNorm2d) -> list[Tensor]:
    """Reduce a normalisation to its factor and its summand."""
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    return [factor, norm.bias - norm.running_mean * factor]

"""Follow the operations of a module from the image to its output, and what they read."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import torch
from torch import nn
from torch.export import ExportedProgram
from torch.fx import Node

from dsconv_lib.checks import require_whole
from dsconv_lib.convolution.field import Reads, ReceptiveField, join, square

Shape = Sequence[int]


def trace(module: nn.Module, input_size: tuple[int, int, int]) -> ReceptiveField:
    """Find what an output of a module reads, from its operations and not from its weights.

    Raises:
        ValueError: an operation that cannot be followed; names it and its layer.
    """
    program = _export(module, input_size)
    known: dict[Node, Reads] = {}
    for node in program.graph.nodes:
        sources = {each: known[each] for each in node.all_input_nodes if each in known}
        if node.name in program.graph_signature.user_inputs:
            known[node] = Reads(image=tuple(input_size[1:]))
        elif node.op == "call_function" and sources and node.users:
            known[node] = _follow(node, sources)
    outputs = program.graph.output_node().args[0]
    if len(outputs) != 1:
        raise ValueError(f"the module has {len(outputs)} outputs, but it must have one")
    if outputs[0] not in known:
        raise ValueError("the output reads no pixel of the image")
    return square(known[outputs[0]])


def _export(module: nn.Module, input_size: tuple[int, int, int]) -> ExportedProgram:
    """List a module's operations in evaluation mode; the module itself stays as it is.

    In training mode, batch normalisation would read all places of all images.
    """
    if not isinstance(input_size, tuple | list) or len(input_size) != 3:
        raise ValueError(f"input_size={input_size!r}, but it must be (channels, height, width)")
    require_whole(1, **dict(zip(("channels", "height", "width"), input_size, strict=True)))
    weights = [weight for weight in module.parameters() if weight.is_floating_point()]
    like = weights[0] if weights else torch.zeros(())
    image = torch.zeros(2, *input_size, dtype=like.dtype, device=like.device)
    return torch.export.export(deepcopy(module).eval(), (image,), strict=False)


@dataclass(frozen=True)
class Operation:
    """One operation: the shape of its first map and of its result, its arguments by name."""

    before: Shape
    after: Shape
    given: dict[str, Any]


def _follow(node: Node, sources: dict[Node, Reads]) -> Reads:
    """Find what the result of an operation reads, from what its arguments read."""
    maps = list(sources.values())
    name = getattr(node.target, "overloadpacket", node.target).__name__.removesuffix("_")
    done = Operation(_shape(next(iter(sources))), _shape(node), _given(node))
    try:
        if not any(reads.moving() for reads in maps):
            return join(maps)  # all outputs read the same already, whatever is done to them
        if name in UNCHANGED or torch.Tag.pointwise in getattr(node.target, "tags", ()):
            return _unite(maps, [_shape(each) for each in sources], done)
        if name in RULES and len(maps) == 1:
            return RULES[name](maps[0], done)
        raise ValueError(REFUSED.get(name, "no rule says which places it reads"))
    except ValueError as reason:
        path = [path for path, _ in node.meta.get("nn_module_stack", {}).values()][-1:]
        layer = f" in {path[0]!r}" if any(path) else ""
        raise ValueError(f"{node.target}{layer}: {reason}. {ALLOWED}") from None


def _shape(node: Node) -> Shape:
    value = node.meta["val"]
    first = value[0] if isinstance(value, list | tuple) else value  # of parts, which are alike
    return tuple(getattr(first, "shape", ()))


def _given(node: Node) -> dict[str, Any]:
    """Give every argument of an operation its name, defaults included."""
    if not hasattr(node.target, "_schema"):
        return {}
    given = {each.name: each.default_value for each in node.target._schema.arguments}
    return {**given, **dict(zip(given, node.args, strict=False)), **node.kwargs}


def _unite(maps: list[Reads], shapes: list[Shape], done: Operation) -> Reads:
    """Join maps place by place; a map that is one place wide goes with all places of another."""
    spread = []
    for reads, shape in zip(maps, shapes, strict=True):
        for axis, dim in reads.moving():
            if "dim" in done.given and dim == _from_last(done.given["dim"], done.after):
                raise ValueError("it joins or parts maps along their rows or columns")
            if shape[dim] == 1 < done.after[dim]:
                reads = reads.mix(axis, 1)
        spread.append(reads)
    return _join_mixed(spread, shapes)


def _join_mixed(maps: list[Reads], shapes: list[Shape]) -> Reads:
    """Join maps some of which were mixed; those must read all that the others read."""
    level = []
    for reads, shape in zip(maps, shapes, strict=True):
        for axis, dim in reads.moving():
            if not all(other.dims[axis] for other in maps):
                reads = reads.mix(axis, shape[dim])
        level.append(reads)
    joined, mixed = join(level), [new for new, old in zip(level, maps, strict=True) if new is old]
    if not mixed or joined.taps.sum() > join(mixed).taps.sum():
        raise ValueError("it joins mixed places with others, which read pixels that those do not")
    return joined


def _from_last(dim: int, shape: Shape) -> int:
    """Count a dimension from the last one, which is -1."""
    return dim % len(shape) - len(shape)


def _pair(value: int | Sequence[int]) -> Sequence[int]:
    """Write out a number that stands for rows and columns alike."""
    value = [value] if isinstance(value, int) else value
    return value if len(value) == 2 else [*value, *value]


def _window(reads: Reads, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Reads:
    numbers = [_pair(each) for each in (kernel_size, stride, padding, dilation)]
    for axis, dim in reads.moving():
        if dim < -2:
            raise ValueError("rows and columns must be the last two dimensions")
        reads = reads.slide(axis, *(pair[dim] for pair in numbers))
    return reads


def _convolution(reads: Reads, done: Operation) -> Reads:
    given, kernel_size = done.given, _shape(done.given["weight"])[2:]
    padding = 0 if given["padding"] == "valid" else given["padding"]
    if padding == "same":  # an odd number of zeros has one more behind than before
        rates = _pair(given["dilation"])
        padding = [d * (k - 1) // 2 for k, d in zip(kernel_size, rates, strict=True)]
    return _window(reads, kernel_size, given["stride"], padding, given["dilation"])


def _pool(reads: Reads, done: Operation) -> Reads:
    given, kernel_size = done.given, done.given["kernel_size"]
    stride, dilation = given["stride"] or kernel_size, given.get("dilation", 1)
    return _window(reads, kernel_size, stride, given["padding"], dilation)


def _adaptive_pool(reads: Reads, done: Operation) -> Reads:
    for axis, dim in reads.moving():
        places, windows = done.before[dim], done.after[dim]
        if places % windows:
            raise ValueError(f"{places} places do not part into {windows} windows of one size")
        side = places // windows
        reads = reads.mix(axis, places) if windows == 1 else reads.slide(axis, side, side)
    return reads


def _unshuffle(reads: Reads, done: Operation) -> Reads:
    side = done.given["downscale_factor"]
    return _window(reads, side, side, 0, 1)


def _pad(reads: Reads, done: Operation) -> Reads:
    """Move by what stands before the first place; two numbers a dimension, the last one first."""
    for axis, dim in reads.moving():
        before = done.given["pad"][-2 * dim - 2 : -2 * dim - 1]
        reads = reads.slide(axis, 1, padding=before[0] if before else 0)
    return reads


def _slice(reads: Reads, done: Operation) -> Reads:
    given, cut = done.given, _from_last(done.given["dim"], done.before)
    for axis, dim in reads.moving():
        if dim == cut:
            part = slice(given["start"], given["end"], given["step"])
            start, _, step = part.indices(done.before[dim])
            reads = reads.slide(axis, 1, stride=step, padding=-start)
    return reads


def _permute(reads: Reads, done: Operation) -> Reads:
    dims = list(range(-len(done.before), 0))
    if "dims" in done.given:
        dims = [_from_last(dim, dims) for dim in done.given["dims"]]
    else:
        one, two = done.given["dim0"], done.given["dim1"]
        dims[one], dims[two] = dims[two], dims[one]
    return replace(reads, dims=tuple(dim and dims.index(dim) - len(dims) for dim in reads.dims))


def _reshape(reads: Reads, done: Operation) -> Reads:
    """Keep an axis whose places keep their number and size in memory; mix one joined to others.

    So flattening already counts as the mixing that the linear layer behind it does.
    """
    before, after = done.before, done.after
    sizes = [prod(after[dim:]) for dim in range(len(after))]  # of a dimension with all behind it
    for axis, dim in reads.moving():
        whole, place = prod(before[dim:]), prod(before[dim:]) // before[dim]
        if any(place < size < whole for size in sizes):
            raise ValueError(f"it cuts {before[dim]} rows or columns into parts")
        same = [new for new in range(-len(after), 0) if sizes[new] == whole == place * after[new]]
        reads = reads.put(axis, dims=same[-1]) if same else reads.mix(axis, before[dim])
    return reads


def _mixing(dims_of: Callable[[dict[str, Any]], Any]) -> Callable[[Reads, Operation], Reads]:
    """Make the rule of an operation that mixes all places along the dimensions it is given."""

    def rule(reads: Reads, done: Operation) -> Reads:
        dims, shape = dims_of(done.given), list(done.before)
        dims = [dims] if isinstance(dims, int) else dims
        for dim in range(len(shape)) if dims is None or dims == [] else dims:
            for axis, old in reads.moving():
                if old == _from_last(dim, shape):
                    reads = reads.mix(axis, shape[dim])
            shape[dim] = 1
        if len(done.after) == len(shape):
            return reads
        return _reshape(reads, replace(done, before=shape))

    return rule


RULES = {
    "conv2d": _convolution,
    "pixel_unshuffle": _unshuffle,
    "slice": _slice,
    "linear": _mixing(lambda given: -1),
    "layer_norm": _mixing(lambda given: range(-len(given["normalized_shape"]), 0)),
    "group_norm": _mixing(lambda given: None),
    "instance_norm": _mixing(lambda given: None if given["use_input_stats"] else ()),
    "batch_norm": _mixing(lambda given: None if given["training"] else ()),
}
RULES |= dict.fromkeys(["max_pool2d", "max_pool2d_with_indices", "avg_pool2d"], _pool)
RULES |= dict.fromkeys(["adaptive_avg_pool2d", "adaptive_max_pool2d"], _adaptive_pool)
RULES |= dict.fromkeys(["pad", "constant_pad_nd"], _pad)
RULES |= dict.fromkeys(["permute", "transpose"], _permute)
RULES |= dict.fromkeys(
    ["flatten", "unflatten", "view", "reshape", "squeeze", "unsqueeze"], _reshape
)
RULES |= dict.fromkeys(
    [
        *["mean", "sum", "amax", "amin", "max", "min", "argmax", "var", "std", "logsumexp"],
        *["softmax", "log_softmax"],
    ],
    _mixing(lambda given: given.get("dim")),
)
UNCHANGED = {  # beside the operations that torch itself calls pointwise
    *["cat", "chunk", "split", "split_with_sizes", "getitem", "glu", "channel_shuffle"],
    *["expand", "expand_as", "contiguous", "to", "type_as", "detach", "alias"],
    *["dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"],
    *["hardswish", "prelu", "log_sigmoid", "where"],
}
REFUSED = dict.fromkeys(
    ["conv_transpose2d", "upsample_nearest2d", "upsample_bilinear2d", "pixel_shuffle"],
    "it makes several places of one, and no one stride says what each of them reads",
)
ALLOWED = (
    "Allowed are convolutions, pools, padding, slices, pointwise operations, sums and stacks of "
    "maps of one stride, and what mixes all places; behind that, anything"
)

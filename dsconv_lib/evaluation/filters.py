"""What the filters of a network are: their maps, their shapes, their weight in the answer."""

import torch
from torch import Tensor, nn

KINDS = ("edge", "blob", "line")  # the columns of ``kernel_shares``


@torch.no_grad()
def layer_maps(net: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Collect what every convolution makes of a batch, by the layer's name, in order.

    Shape:
        x       (N, 1, H, W)
        output  one (N, C, H', W') per convolution

    Example (a digit in the first and the last convolution of DSNet):
        >>> from dsconv_lib.networks import DSNet
        >>> maps = layer_maps(DSNet(), torch.zeros(1, 1, 28, 28))
        >>> maps["stem.0"].shape, maps["far.1.conv.pointwise"].shape
        (torch.Size([1, 16, 28, 28]), torch.Size([1, 48, 7, 7]))

    Taught in: 10_looking_inside.
    """
    maps: dict[str, Tensor] = {}
    layers = {name: layer for name, layer in net.named_modules() if isinstance(layer, nn.Conv2d)}
    hooks = [
        layer.register_forward_hook(lambda _, x, y, name=name: maps.update({name: y}))
        for name, layer in layers.items()
    ]
    try:
        net(x)
    finally:
        for hook in hooks:
            hook.remove()
    return maps


def depthwise_layers(net: nn.Module) -> dict[str, nn.Conv2d]:
    """Find the 3 x 3 convolutions that filter each channel on its own, by name, in order.

    A learned average, which is a depthwise convolution as large as the map, is none of them.
    """
    layers = {name: layer for name, layer in net.named_modules() if isinstance(layer, nn.Conv2d)}
    small = {name: layer for name, layer in layers.items() if layer.kernel_size == (3, 3)}
    return {name: layer for name, layer in small.items() if layer.groups > 1}


def kernel_shares(kernels: Tensor) -> Tensor:
    """Split the squared weights of each 3 x 3 kernel into three shares, which sum to 1.

    Every kernel is the sum of three others that are at right angles to each other:

    - *edge*: what changes its sign under half a turn (4 dimensions);
    - *blob*: what no quarter turn and no mirror changes (3 dimensions);
    - *line*: the rest, which changes its sign under a quarter turn (2 dimensions).

    A kernel of independent normal weights has shares of 4/9, 3/9 and 2/9 on average.

    Shape:
        kernels  (C, 3, 3)
        output   (C, 3): edge, blob, line; nan for a kernel of zeros

    Example (a step from left to right; a point; a stroke downwards on a grey ground):
        >>> step = torch.tensor([[-1.0, 0, 1]] * 3)
        >>> point = torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
        >>> stroke = torch.tensor([[-1.0, 2, -1]] * 3)
        >>> kernel_shares(torch.stack([step, point, stroke])).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.5, 0.5]]

    Taught in: 10_looking_inside.
    """
    if kernels.dim() != 3 or kernels.shape[1:] != (3, 3):
        raise ValueError(f"kernels of shape {tuple(kernels.shape)}, but (C, 3, 3) is needed")
    edge = (kernels - kernels.rot90(2, (1, 2))) / 2
    turned = [kernels.rot90(turn, (1, 2)) for turn in range(4)]
    blob = torch.stack([*turned, *(each.flip(2) for each in turned)]).mean(dim=0)
    line = kernels - edge - blob
    squares = torch.stack([part.square().sum(dim=(1, 2)) for part in (edge, blob, line)], dim=1)
    return squares / squares.sum(dim=1, keepdim=True)  # (C, 3)


@torch.no_grad()
def silencing_effects(net: nn.Module, x: Tensor, only: str | None = None) -> dict[str, Tensor]:
    """Silence one depthwise filter of a ``DSNet`` at a time; measure how far the logits move.

    The move is the root mean square over digits and classes, as a share of the logits' own spread
    over digits: 0 is no change, 1 a change as large as the differences between digits.

    Args:
        only: the depthwise layer to silence, all if not given.

    Shape:
        x       (N, 1, H, W)
        output  one (C,) per depthwise layer

    Taught in: 10_looking_inside.
    """
    before = net(x)
    spread = (before - before.mean(dim=0)).square().mean().sqrt()
    names = {layer: name for name, layer in depthwise_layers(net).items()}
    parts = [net.stem, *net.near, net.pool, *net.far, net.average, nn.Flatten(), net.head]
    effects = {}
    for number, part in enumerate(parts):
        after = nn.Sequential(*parts[number:])  # what comes before it stays as it is
        for layer in depthwise_layers(part).values():
            if only not in (None, names[layer]):
                continue
            moves = [_without(kernel, after, x) - before for kernel in layer.weight]
            sizes = [move.square().mean().sqrt() / spread for move in moves]
            effects[names[layer]] = torch.stack(sizes)
        x = part(x)
    return effects


def _without(kernel: Tensor, net: nn.Module, x: Tensor) -> Tensor:
    """Run a net with one kernel at zero, and put the kernel back."""
    kept = kernel.clone()
    kernel.zero_()
    y = net(x)
    kernel.copy_(kept)
    return y


def sort_filters(shares: Tensor, effects: Tensor, dead_below: float = 0.01) -> list[str]:
    """Name each filter: ``dead`` where it hardly moves the answer, else by its largest share.

    Args:
        dead_below: of the logits' spread, as ``silencing_effects`` measures it.

    Shape:
        shares   (C, 3), from ``kernel_shares``
        effects  (C,)

    Taught in: 10_looking_inside.
    """
    if len(shares) != len(effects):
        raise ValueError(f"{len(shares)} rows of shares and {len(effects)} effects: give as many")
    names = [KINDS[row] for row in shares.nan_to_num().argmax(dim=1)]
    return ["dead" if e < dead_below else n for n, e in zip(names, effects, strict=True)]


def effective_field(net: nn.Module, canvases: Tensor) -> Tensor:
    """Measure how much each pixel matters to the middle of a ``DSNet``'s last maps.

    It is the squared gradient of that place, the mean over the canvases; the channels are added
    with random signs, so that on average none cancels another. Scaled to the sum 1.

    Shape:
        canvases  (N, 1, side, side), side an odd multiple of 4, so that there is a middle
        output    (side, side)

    Source: [luo2016understanding], on measuring with gradients. Taught in: 10_looking_inside.
    """
    side = canvases.shape[-1]
    if side % 8 != 4:
        raise ValueError(f"side={side}, but it must be an odd multiple of 4, as 60 or 84 are")
    x = canvases.clone().requires_grad_()
    maps = net.far(net.pool(net.near(net.stem(x))))  # (N, 1, side, side) -> (N, C, side/4, side/4)
    middle = maps[:, :, side // 8, side // 8]  # (N, C)
    signs = torch.randn(middle.shape, generator=torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad((signs * middle).sum(), x)
    squared = gradient[:, 0].square().mean(dim=0)  # (N, 1, side, side) -> (side, side)
    return squared / squared.sum()


def side_that_holds(field: Tensor, share: float) -> int:
    """Find the side of the smallest square around the middle that holds this share [pixels].

    Example (an even field: a quarter of it lies in half the side):
        >>> side_that_holds(torch.full((8, 8), 1 / 64), share=0.25)
        4

    Taught in: 10_looking_inside.
    """
    half = field.shape[0] // 2
    squares = [field[half - h : half + h, half - h : half + h] for h in range(1, half + 1)]
    held = torch.stack([square.sum() for square in squares])  # from the middle outwards
    return 2 * (int((held < share * field.sum() * (1 - 1e-6)).sum()) + 1)


def carpet(images: Tensor, count: int, side: int, seed: int = 0) -> Tensor:
    """Cover canvases (count, 1, side, side) with digits side by side, from random offsets.

    Taught in: 10_looking_inside.
    """
    generator = torch.Generator().manual_seed(seed)
    tiles = -(-side // images.shape[-1]) + 1
    canvases = []
    for _ in range(count):
        rows = torch.randint(len(images), (tiles, tiles), generator=generator)
        wide = torch.cat([torch.cat([*images[row, 0]], dim=1) for row in rows])
        down, right = torch.randint(images.shape[-1], (2,), generator=generator).tolist()
        canvases.append(wide[down : down + side, right : right + side])
    return torch.stack(canvases)[:, None]

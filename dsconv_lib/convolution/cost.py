"""Parameters, multiply-adds, bytes moved and intensity, from layer shapes alone. Plain numbers."""

from dataclasses import dataclass

from dsconv_lib.checks import require_whole

BYTES = 4  # of a float32


@dataclass(frozen=True)
class Cost:
    """Price of a layer: numbers stored, and multiply-adds for one image.

    Costs add up: ``conv2d_cost(...) + conv2d_cost(...)`` is the price of both layers.
    """

    params: int
    macs: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.params + other.params, self.macs + other.macs)


def conv2d_cost(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    out_size: int,
    *,
    groups: int = 1,
    bias: bool = True,
) -> Cost:
    """Price one square ``torch.nn.Conv2d``.

    Every output value reads ``kernel_size**2`` taps in ``in_channels / groups`` channels.
    Stride, padding and dilation matter only through ``out_size``: dilation itself is free.

    Args:
        out_size: height = width of the output map [pixels].
        groups: blocks of channels that do not see each other; ``in_channels`` for depthwise.

    Returns:
        params: weights plus biases [numbers, not bytes].
        macs: multiply-adds [per image; 1 MAC = 2 FLOPs; biases not counted].

    Raises:
        ValueError: ``groups`` that do not divide both channel counts.

    Example (MNIST into 8 maps, 3x3, "same"):
        >>> conv2d_cost(1, 8, 3, out_size=28)
        Cost(params=80, macs=56448)

    Source: [howard2017mobilenets], section 3.1. Taught in: 02_separable_convolution.
    """
    require_whole(
        1,
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=kernel_size,
        out_size=out_size,
        groups=groups,
    )
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups={groups} must divide in_channels={in_channels} and out_channels={out_channels}"
        )
    weights = out_channels * (in_channels // groups) * kernel_size**2
    biases = out_channels if bias else 0
    return Cost(params=weights + biases, macs=weights * out_size**2)


def dsconv2d_cost(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    out_size: int,
    *,
    bias: bool = True,
) -> Cost:
    """Price one ``DSConv2d``: its depthwise stage plus its pointwise stage.

    Against the dense layer, the multiply-adds shrink to ``1/out_channels + 1/kernel_size**2``.

    Args:
        out_size: height = width of the output map [pixels].
        bias: one number per output channel, in the pointwise stage only.

    Returns:
        params: weights plus biases [numbers, not bytes].
        macs: multiply-adds [per image; 1 MAC = 2 FLOPs; biases not counted].

    Example (16 maps of a 28 x 28 digit into 16 others, 3x3, "same"):
        >>> dsconv2d_cost(16, 16, 3, out_size=28)
        Cost(params=416, macs=313600)

    Source: [howard2017mobilenets], section 3.1. Taught in: 02_separable_convolution.
    """
    depthwise = conv2d_cost(
        in_channels, in_channels, kernel_size, out_size, groups=in_channels, bias=False
    )
    return depthwise + conv2d_cost(in_channels, out_channels, 1, out_size, bias=bias)


def conv2d_intensity(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    size: int,
    *,
    groups: int = 1,
    batch: int = 1,
) -> float:
    """Divide a convolution's multiply-adds by the bytes that it must move at least.

    Maps in, maps out and weights move once each, as float32 of four bytes. Padding keeps the size
    of the map.

    Args:
        size: height = width of both maps [pixels].

    Raises:
        ValueError: ``groups`` that do not divide both channel counts.

    Example (32 channels on 28 x 28 pixels: depthwise does about one multiply-add per byte):
        >>> round(conv2d_intensity(32, 32, 3, 28, groups=32), 2)
        1.12
        >>> round(conv2d_intensity(32, 32, 3, 28), 1)
        30.4

    Source: [williams2009roofline]. Taught in: 09_cost_and_speed.
    """
    require_whole(1, batch=batch)
    cost = conv2d_cost(in_channels, out_channels, kernel_size, size, groups=groups, bias=False)
    maps = batch * (in_channels + out_channels) * size**2
    return batch * cost.macs / (BYTES * (maps + cost.params))

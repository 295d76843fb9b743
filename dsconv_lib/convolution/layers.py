"""The layer the book is about, and the block built from it. Torch and a few checks."""

from torch import Tensor, nn

from dsconv_lib.checks import require_whole


class DSConv2d(nn.Module):
    """Depthwise-separable 2-D convolution: filter each channel, then mix channels.

    Arguments keep the name, order and meaning they have in ``torch.nn.Conv2d``.
    ``groups`` is absent: the depthwise stage is always one group per channel.
    Nothing stands between the two stages, so the layer is linear, and equals a dense
    convolution whose kernel is ``W[o, i] = P[o, i] * D[i]``.

    Shape:
        input   (N, in_channels, H, W)
        output  (N, out_channels, H', W'), with
                H' = (H + 2*padding - dilation*(kernel_size - 1) - 1) // stride + 1

    Raises:
        ValueError: a number below 1, a negative padding, or a padding word torch does not know.

    Example (16 maps of a digit into 32, seen at rate 2):
        >>> import torch
        >>> layer = DSConv2d(16, 32, kernel_size=3, padding=2, dilation=2)
        >>> layer(torch.zeros(1, 16, 28, 28)).shape
        torch.Size([1, 32, 28, 28])
        >>> sum(weight.numel() for weight in layer.parameters())
        688

    Source: [howard2017mobilenets], section 3.1. Taught in: 02_separable_convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int | str = 0,
        dilation: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        require_whole(1, in_channels=in_channels, out_channels=out_channels)
        require_whole(1, kernel_size=kernel_size, stride=stride, dilation=dilation)
        if not isinstance(padding, str):
            require_whole(0, padding=padding)
        self.depthwise = nn.Conv2d(
            in_channels,
            in_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=in_channels,
            bias=False,  # the pointwise bias that follows would absorb it
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(x)  # (N, C_in, H, W) -> (N, C_in, H', W')
        return self.pointwise(x)  # (N, C_in, H', W') -> (N, C_out, H', W')


class DSBlock(nn.Module):
    """A separable convolution, batch normalisation, a shortcut, ReLU.

    The shortcut adds the input to what the block made of it, wherever the two have one shape:
    as many channels in as out, and stride 1. It has no weights.

    Padding keeps the map's size at stride 1, whatever the dilation, for odd kernels.
    The convolution has no bias, because the normalisation that follows would remove it.
    As in Xception, nothing non-linear stands between the two stages.

    Shape:
        input   (N, in_channels, H, W)
        output  (N, out_channels, H', W'), with H' = (H - 1) // stride + 1

    Raises:
        ValueError: an even ``kernel_size``, which no equal padding can centre.

    Example (rate 2 spans 5 x 5 pixels in place of 3 x 3; map size and 432 parameters stay):
        >>> import torch
        >>> block = DSBlock(16, 16, dilation=2)
        >>> block(torch.zeros(1, 16, 28, 28)).shape
        torch.Size([1, 16, 28, 28])
        >>> sum(weight.numel() for weight in block.parameters())
        432

    Source: [chollet2017xception], section 4.7; [he2016deep], section 3.2, on the shortcut.
    Taught in: 03_dilated_convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        dilation: int = 1,
    ):
        super().__init__()
        require_whole(1, kernel_size=kernel_size)
        if kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size={kernel_size}, but it must be odd to keep the map's size"
            )
        self.conv = DSConv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
            bias=False,
        )
        self.norm = nn.BatchNorm2d(out_channels)
        self.shortcut = in_channels == out_channels and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv(x))  # (N, C_in, H, W) -> (N, C_out, H', W')
        return (x + y if self.shortcut else y).relu()

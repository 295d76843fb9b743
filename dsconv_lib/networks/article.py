"""The article's network, which does not run as printed, and its two mends."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.checks import require_whole


class ArticleConv(nn.Module):
    """The separable layer as the article prints it, under the name ``DepthwiseConv``.

    Unlike ``DSConv2d`` it has a bias in both stages; the first one is absorbed by the second.

    Shape:
        input   (N, in_channels, H, W)
        output  (N, out_channels, H', W')
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, padding: int = 1):
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel_size, padding=padding, groups=in_channels
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(x)  # (N, C_in, H, W) -> (N, C_in, H', W')
        return self.pointwise(x)  # (N, C_in, H', W') -> (N, C_out, H', W')


class ArticleNet(nn.Module):
    """The article's network, which it prints as ``CNN``. As printed it stops at the first batch.

    It pools each map to one number and then expects 7 x 7 of them. Two mends, one for each of the
    two numbers that disagree: ``ArticleNet(head_size=1)`` and ``ArticleNet(pool_size=7)``.

    Args:
        pool_size: side of the maps after pooling [pixels].
        head_size: side of the maps that the last layer expects [pixels].
        channels: of the second layer.

    Shape:
        input   (N, 1, 28, 28)
        output  (N, 10), logits

    Example (as printed, and mended in two ways):
        >>> ArticleNet()(torch.zeros(2, 1, 28, 28))
        Traceback (most recent call last):
        RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x32 and 1568x10)
        >>> ArticleNet(head_size=1)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
        >>> ArticleNet(pool_size=7)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(self, pool_size: int = 1, head_size: int = 7, channels: int = 32):
        super().__init__()
        require_whole(1, pool_size=pool_size, head_size=head_size, channels=channels)
        self.pool_size = pool_size
        self.conv1 = ArticleConv(1, 16, kernel_size=3, padding=1)
        self.conv2 = ArticleConv(16, channels, kernel_size=3, padding=1)
        self.fc = nn.Linear(channels * head_size * head_size, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x))  # (N, 1, 28, 28) -> (N, 16, 28, 28)
        x = F.relu(self.conv2(x))  # (N, 16, 28, 28) -> (N, channels, 28, 28)
        x = F.adaptive_avg_pool2d(x, self.pool_size)  # -> (N, channels, pool_size, pool_size)
        return self.fc(torch.flatten(x, 1))  # -> (N, 10)

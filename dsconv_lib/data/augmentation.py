"""Each training digit a little different every time it is seen."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def random_affine(
    x: Tensor,
    generator: torch.Generator,
    *,
    degrees: float = 8.0,
    scale: float = 0.1,
    shear: float = 0.08,
    shift: float = 1.7,
) -> Tensor:
    """Rotate, scale, shear and shift each image of a batch by amounts of its own.

    Amounts are drawn evenly between minus and plus the most that is named.

    Args:
        degrees: most rotation [degrees].
        scale: most change of size [share of it].
        shear: most slant [pixels sideways per pixel down].
        shift: most shift, sideways and up or down [pixels].

    Shape:
        input, output  (N, C, H, W)

    Taught in: 06_training.
    """

    def draw(most: float) -> Tensor:
        return most * (2 * torch.rand(len(x), generator=generator) - 1)

    angle, size, slant = draw(math.radians(degrees)), 1 + draw(scale), draw(shear)
    right, down = draw(2 * shift / x.shape[3]), draw(2 * shift / x.shape[2])
    across, along = angle.cos() / size, angle.sin() / size
    rows = [across, slant - along, right], [along, across, down]
    theta = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)  # (N, 2, 3)
    grid = F.affine_grid(theta.to(x.device), list(x.shape), align_corners=False)  # (N, H, W, 2)
    # beyond the edge lies more of the edge, which in a digit is paper
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)

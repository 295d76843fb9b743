"""Maps that say where an answer came from, and tests of whether to believe them.

The maps are captum's; what is ours are the tests: weights drawn anew, and pixels taken away.
"""

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress

import torch
import torch.nn.functional as F
from captum.attr import (
    IntegratedGradients,
    LayerGradCam,
    LayerGradientXActivation,
    Occlusion,
    Saliency,
)
from scipy import stats
from torch import Tensor, nn

from dsconv_lib.data import MEAN, STD

PAPER = -MEAN / STD  # what a pixel without ink is to the networks
METHODS = ("gradient", "integrated gradients", "Grad-CAM", "HiResCAM", "occlusion")


def explain(net: nn.Module, x: Tensor, target: Tensor, method: str, steps: int = 50) -> Tensor:
    """Ask captum how much each pixel of each digit has to do with one of its logits.

    - *gradient*: how steeply the logit answers to the pixel, without sign;
    - *integrated gradients*: the gradient's average on the way from paper to the digit, times
      the pixel's ink; the pixels of a digit sum to the difference of the two logits;
    - *Grad-CAM*: the last maps, each weighed by its mean gradient, scaled up from 7 x 7;
    - *HiResCAM*: the last maps, each place weighed by its own gradient, scaled up;
    - *occlusion*: how far the logit falls when a square of 4 x 4 around the pixel turns to paper.

    Args:
        target: which logit, for each digit.
        steps: of the integral.

    Shape:
        x       (N, 1, 28, 28)
        target  (N,)
        output  (N, 28, 28)

    Source: [kokhlikyan2020captum], the library; [sundararajan2017axiomatic], section 3;
    [selvaraju2017gradcam], section 3; [draelos2020hirescam]; [zeiler2014visualizing], on occlusion.
    Taught in: 10_looking_inside.
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r}, but it must be one of {METHODS}")
    if method == "gradient":
        maps = Saliency(net).attribute(x.clone().requires_grad_(), target)
    elif method == "integrated gradients":
        options = {"n_steps": steps, "internal_batch_size": 500}
        maps = IntegratedGradients(net).attribute(x, PAPER, target, **options)
    elif method in ("Grad-CAM", "HiResCAM"):
        tool = LayerGradCam if method == "Grad-CAM" else LayerGradientXActivation
        small = tool(net, net.far).attribute(x, target).sum(dim=1, keepdim=True)  # (N, 1, 7, 7)
        maps = F.interpolate(small, x.shape[2:], mode="bilinear", align_corners=False)
    else:
        window = {"sliding_window_shapes": (1, 4, 4), "strides": (1, 2, 2)}
        with torch.no_grad():
            maps = Occlusion(net).attribute(x, **window, baselines=PAPER, target=target)
    return maps[:, 0].detach()  # (N, 1, 28, 28) -> (N, 28, 28)


def stages_of(net: nn.Module) -> tuple[str, ...]:
    """Name the parts of a ``DSNet`` that have weights, from the answer to the digit.

    Example:
        >>> from dsconv_lib.networks import DSNet
        >>> stages_of(DSNet(width=13, head_kernel=7))
        ('head', 'average', 'far.1', 'far.0', 'near.1', 'near.0', 'stem')
    """
    blocks = [f"{part}.{n}" for part in ("near", "far") for n in range(len(getattr(net, part)))]
    learned = ["average"] if net.head_kernel else []
    return tuple(reversed(["stem", *blocks, *learned, "head"]))


def randomised(net: nn.Module, x: Tensor, seed: int, stages: int | None = None) -> nn.Module:
    """Copy a ``DSNet`` and draw the weights of its last stages anew; the net itself is kept.

    Batch normalisation of a new stage collects its means and spreads from ``x``: without that the
    net would work in ranges that no trained one knows. With all stages it is an untrained net.

    Args:
        stages: how many, from the head down to the stem, in the order of ``stages_of``; all if not
            given.

    Source: [adebayo2018sanity], section 3, the cascading randomisation.
    Taught in: 10_looking_inside.
    """
    names = stages_of(net)
    stages = len(names) if stages is None else stages
    if not 0 <= stages <= len(names):
        raise ValueError(f"stages={stages}, but it must lie between 0 and {len(names)}")
    torch.manual_seed(seed)
    twin = copy.deepcopy(net).eval()
    for name in names[:stages]:
        for layer in twin.get_submodule(name).modules():
            with suppress(AttributeError):  # an activation has no weights
                layer.reset_parameters()
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = None  # the plain average over batches
                layer.train()
    with torch.no_grad():
        twin(x)
    return twin.eval()


def rank_correlation(first: Tensor, second: Tensor, where: Tensor | None = None) -> float:
    """Compare two maps by the order of their pixels (Spearman): 1 same, 0 unrelated, -1 reversed.

    A map that is the same everywhere has no order, and counts as 0.

    Args:
        where: the pixels to compare, all if not given.

    Shape:
        first, second, where  (H, W)

    Example:
        >>> rank_correlation(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 4.0, 9.0]))
        1.0
    """
    if where is not None:
        first, second = first[where], second[where]
    first, second = first.flatten(), second.flatten()
    if (first == first[0]).all() or (second == second[0]).all():
        return 0.0
    return round(float(stats.spearmanr(first.numpy(), second.numpy()).statistic), 12)


@torch.no_grad()
def removal_curve(
    net: nn.Module,
    x: Tensor,
    importance: Tensor,
    counts: Sequence[int],
    measure: Callable[[Tensor], Tensor],
    insert: bool = False,
) -> Tensor:
    """Turn the most important pixels to paper, more and more of them, and measure the logits.

    Args:
        counts: how many pixels are taken away at each point of the curve.
        measure: of logits (N, 10), gives (N,).
        insert: begin with paper, and put the most important pixels in instead.

    Shape:
        x           (N, 1, 28, 28)
        importance  (N, 28, 28)
        output      (N, len(counts))

    Taught in: 10_looking_inside.
    """
    order = importance.flatten(1).argsort(dim=1, descending=True, stable=True)
    rank = order.argsort(dim=1).view_as(x)  # 0 is the most important pixel
    columns = []
    for count in counts:
        shown = (rank < count) if insert else (rank >= count)
        columns.append(measure(net(torch.where(shown, x, PAPER))))
    return torch.stack(columns, dim=1)

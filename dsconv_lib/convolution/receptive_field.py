"""How far a convolution reaches, and which pixels it misses. Plain integers, or any module."""

from collections.abc import Iterable, Sequence

from torch import nn

from dsconv_lib.checks import require_whole
from dsconv_lib.convolution.field import ReceptiveField
from dsconv_lib.convolution.tracing import trace


def effective_kernel(kernel_size: int, dilation: int) -> int:
    """Measure the side of the square that a dilated kernel spans [pixels].

    Dilation moves the taps apart and adds none: ``dilation=1`` is the ordinary kernel.

    Example:
        >>> effective_kernel(3, dilation=2)
        5

    Source: [dumoulin2016guide], section 5.1. Taught in: 03_dilated_convolution.
    """
    require_whole(1, kernel_size=kernel_size, dilation=dilation)
    return dilation * (kernel_size - 1) + 1


def output_size(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Compute the side of the output map [pixels], as ``torch.nn.Conv2d`` does.

    Args:
        size: height = width of the input map [pixels].
        padding: zeros added on each of the four sides [pixels].

    Raises:
        ValueError: a number below its minimum, or a kernel that does not fit, which
            would leave an empty output.

    Example (a digit under nine taps spread over five pixels):
        >>> output_size(28, kernel_size=3, dilation=2)
        24

    Source: [dumoulin2016guide], section 5.1. Taught in: 03_dilated_convolution.
    """
    require_whole(1, size=size, stride=stride)
    require_whole(0, padding=padding)
    span = effective_kernel(kernel_size, dilation)
    padded = size + 2 * padding
    if span > padded:
        raise ValueError(
            f"the output would be empty: kernel_size={kernel_size} at dilation={dilation} spans "
            f"{span} pixels, but size={size} with padding={padding} offers {padded}"
        )
    return (padded - span) // stride + 1


def receptive_field(
    layers: Iterable[tuple[int, int, int]] | nn.Module,
    input_size: tuple[int, int, int] = (1, 28, 28),
) -> int | ReceptiveField:
    """Measure the side of the input square one output pixel can see [pixels].

    The square's outline only: dilated layers may skip pixels inside it (``has_holes``).

    A module is asked for more: size, stride, offset and holes, which its operations tell without
    its weights, as in evaluation mode. Channels are not told apart: a pixel counts as read if any
    channel of the output reads it. Flattening counts as mixing all places.

    Args:
        layers: one ``(kernel_size, stride, dilation)`` per layer, input side first; or a module
            that makes one map, or one row of numbers, of one image.
        input_size: channels, height and width [pixels] of the module's image.

    Raises:
        ValueError: a layer that is not three numbers, or a number below 1; in a module, rows that
            differ from columns, or an operation that cannot be followed, such as upsampling.
        RuntimeError: a module that does not run on such an image.

    Example (three 3x3 layers whose rates double; two layers of rate 2; all that a digit has):
        >>> receptive_field([(3, 1, 1), (3, 1, 2), (3, 1, 4)])
        15
        >>> from dsconv_lib.convolution import DSBlock
        >>> receptive_field(nn.Sequential(DSBlock(1, 8, dilation=2), nn.MaxPool2d(2)))
        ReceptiveField(size=6, stride=2, offset=-2, holes=0)
        >>> receptive_field(nn.Sequential(DSBlock(1, 8, dilation=2), DSBlock(8, 8, dilation=2)))
        ReceptiveField(size=9, stride=1, offset=-4, holes=56)
        >>> from dsconv_lib.networks import load_pretrained
        >>> receptive_field(load_pretrained())
        ReceptiveField(size=28, stride=0, offset=0, holes=0)

    Source: [araujo2019computing], on receptive field size. Taught in: 03_dilated_convolution.
    """
    if isinstance(layers, nn.Module):
        return trace(layers, input_size)
    seen, step = 1, 1
    for layer in layers:
        if len(layer) != 3:
            raise ValueError(f"{layer!r} must be (kernel_size, stride, dilation)")
        kernel_size, stride, dilation = layer
        require_whole(1, stride=stride)
        seen += (effective_kernel(kernel_size, dilation) - 1) * step
        step *= stride
    return seen


def path_counts(kernel_size: int | Sequence[int], dilations: Iterable[int]) -> list[int]:
    """Count the paths from each input pixel to one output pixel, in 1-D at stride 1.

    A layer of ``k`` taps adds ``k`` shifted copies of the counts below it. The list has one
    entry per pixel of the receptive field, left to right; a zero is a pixel never read.
    In 2-D the count of a pixel is the product of its row's and its column's.

    Args:
        kernel_size: of all layers, or one for each rate.

    Raises:
        ValueError: a number below 1, or not as many kernels as rates.

    Example (three layers of three taps; the same weights with a hole; three taps, then five):
        >>> path_counts(3, [1, 2, 4])
        [1, 1, 2, 1, 3, 2, 3, 1, 3, 2, 3, 1, 2, 1, 1]
        >>> path_counts(3, [2, 2])
        [1, 0, 2, 0, 3, 0, 2, 0, 1]
        >>> path_counts([3, 5], [1, 2])
        [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]

    Source: [wang2018understanding], on hybrid dilation. Taught in: 03_dilated_convolution.
    """
    counts = [1]
    for dilation, taps in _rates_and_kernels(kernel_size, dilations):
        wider = [0] * (len(counts) + effective_kernel(taps, dilation) - 1)
        for tap in range(taps):
            for pixel, paths in enumerate(counts):
                wider[pixel + tap * dilation] += paths
        counts = wider
    return counts


def has_holes(kernel_size: int | Sequence[int], dilations: Iterable[int]) -> bool:
    """Decide whether a stride-1 stack skips pixels inside its own receptive field.

    Exact, and the order of the layers does not matter. Sort the rates: there is no hole
    if and only if each rate is at most one more than the reach of the smaller ones, the sum of
    their ``(k - 1) * d``. A kernel of one tap sees one pixel and skips none.

    Args:
        kernel_size: of all layers, or one for each rate.

    Raises:
        ValueError: a number below 1, or not as many kernels as rates.

    Example (WaveNet-like doubling is dense; dropping the first layer is not; five taps reach on):
        >>> has_holes(3, [1, 2, 4, 8]), has_holes(3, [2, 4, 8]), has_holes([5, 3], [1, 5])
        (False, True, False)

    Source: derived and proved in the chapter; compare [wang2018understanding].
    Taught in: 03_dilated_convolution.
    """
    reach = 0
    for dilation, taps in sorted(_rates_and_kernels(kernel_size, dilations)):
        span = effective_kernel(taps, dilation)
        if taps > 1 and dilation > reach + 1:
            return True
        reach += span - 1
    return False


def _rates_and_kernels(
    kernel_size: int | Sequence[int], dilations: Iterable[int]
) -> list[tuple[int, int]]:
    dilations = list(dilations)
    alike = not isinstance(kernel_size, list | tuple)
    kernels = [kernel_size] * len(dilations) if alike else kernel_size
    if len(kernels) != len(dilations):
        raise ValueError(f"{len(kernels)} kernels for {len(dilations)} rates: one for each")
    return list(zip(dilations, kernels, strict=True))

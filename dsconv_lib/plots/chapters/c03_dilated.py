"""Figure of chapter 03: the taps of a kernel on a digit, and what it makes of it."""

import numpy as np
from numpy.typing import ArrayLike

from dsconv_lib.plots.images import scale_of
from dsconv_lib.plots.style import draw_pixels, figure
from dsconv_lib.plots.taps import plot_taps


@figure(5.6, 2.9, columns=2)
def plot_taps_on_digit(
    image: ArrayLike, response: ArrayLike, kernel_size: int, dilation: int, *, ax: np.ndarray
) -> None:
    """Show a kernel's taps around the middle of a digit, and the whole filtered digit.

    The view is wide enough for seven taps at rate 8, and the same for all, so that pictures can
    be compared.

    Taught in: 03_dilated_convolution.
    """
    plot_taps(kernel_size, [dilation], image, margin=11, ax=ax[0])
    draw_pixels(ax[1], response, **scale_of(np.asarray(response), "signed", 1))
    ax[1].set_xlabel("ink right minus ink left")

"""Taps, trees and path counts show what PyTorch and the calculators say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.colors import to_hex

from dsconv_lib.convolution import effective_kernel, path_counts
from dsconv_lib.plots import plot_path_counts, plot_taps, plot_taps_on_digit, plot_walk_back
from dsconv_lib.plots.style import DEPTHWISE


def panels():
    return plt.gcf().axes


def read(panel):
    """List the pixels (row, column) that are filled in the colour of taps."""
    blue = [p for p in panel.patches if to_hex(p.get_facecolor()).upper() == DEPTHWISE]
    return {(round(p.get_y() + 0.5), round(p.get_x() + 0.5)) for p in blue}


def crosses(panel):
    return sum(len(line.get_xdata()) for line in panel.lines if line.get_marker() == "x")


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_every_rate_shows_as_many_taps_as_the_kernel_has_over_its_span(kernel_size):
    plot_taps(kernel_size, [1, 2, 3])
    for panel, dilation in zip(panels(), [1, 2, 3], strict=True):
        span = effective_kernel(kernel_size, dilation)
        assert len(read(panel)) == kernel_size**2
        assert panel.patches[0].get_bbox().size.tolist() == [span, span]
        assert panel.get_xlabel() == f"dilation {dilation}: {span} × {span}"


def test_taps_are_the_pixels_that_a_dilated_convolution_reads():
    image = torch.rand(17, 17)
    plot_taps(3, [1, 2, 3], image)
    for dilation, panel in zip([1, 2, 3], panels(), strict=True):
        x = image.clone().requires_grad_()
        y = F.conv2d(x[None, None], torch.ones(1, 1, 3, 3), dilation=dilation)
        y[0, 0, 8 - dilation, 8 - dilation].backward()
        assert read(panel) == {tuple(place) for place in x.grad.nonzero().tolist()}


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
@pytest.mark.parametrize("dilation", [1, 4, 6, 8])
def test_taps_on_the_padding_are_those_a_convolution_of_ones_misses(kernel_size, dilation):
    image, kernel = torch.ones(1, 1, 28, 28), torch.ones(1, 1, kernel_size, kernel_size)
    inside = F.conv2d(image, kernel, padding="same", dilation=dilation)[0, 0, 14, 14]
    plot_taps_on_digit(image[0, 0], image[0, 0], kernel_size, dilation)
    taps = panels()[0]
    assert len(read(taps)) == int(inside)
    assert crosses(taps) == kernel_size**2 - int(inside)
    low, high = taps.get_xlim()
    assert all(low < x < high for line in taps.lines for x in line.get_xdata())


@pytest.mark.parametrize("rates", [[1, 2, 4], [2, 2, 2], [2, 3, 4], [1, 3, 9]])
def test_the_tree_ends_on_exactly_the_pixels_with_a_path(rates):
    plot_walk_back(rates)
    counts = path_counts(3, rates)
    half = len(counts) // 2
    leaves = {
        x
        for line in panels()[0].lines
        if set(line.get_ydata()) == {0} and line.get_color() == DEPTHWISE
        for x in line.get_xdata()
    }
    assert leaves == {i - half for i, paths in enumerate(counts) if paths}


@pytest.mark.parametrize("rates", [[1, 2, 4], [2, 2, 2], [4, 5, 6]])
def test_bars_are_as_high_as_the_counts_and_each_hole_alone_gets_a_cross(rates):
    counts = path_counts(3, rates)
    plot_path_counts({"one": counts, "other": [1, 1, 1]})
    np.testing.assert_array_equal([bar.get_height() for bar in panels()[0].patches], counts)
    assert [crosses(panel) for panel in panels()] == [counts.count(0), 0]

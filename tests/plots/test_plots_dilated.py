"""The pictures of chapter 03 show what the calculators say: taps, classes, paths, holes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dsconv_lib.convolution import effective_kernel, path_counts
from dsconv_lib.plots import (
    plot_border,
    plot_effective,
    plot_gridding,
    plot_interleaved,
    plot_path_counts,
    plot_taps,
    plot_taps_on_digit,
    plot_walk_back,
)


def panels():
    return plt.gcf().axes


def crosses(panel):
    """Count the x-shaped markers of a panel, whose other lines have other markers."""
    return sum(len(line.get_xdata()) for line in panel.lines if line.get_marker() == "x")


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_every_rate_shows_as_many_taps_as_the_kernel_has(kernel_size):
    plot_taps(kernel_size, [1, 2, 3])
    for panel, dilation in zip(panels(), [1, 2, 3], strict=True):
        shown = panel.images[0].get_array()
        assert (shown == 2).sum() == kernel_size**2
        assert (shown > 0).sum() == effective_kernel(kernel_size, dilation) ** 2


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
@pytest.mark.parametrize("dilation", [1, 4, 6, 8])
def test_taps_on_the_padding_are_those_a_convolution_of_ones_misses(kernel_size, dilation):
    image, kernel = torch.ones(1, 1, 28, 28), torch.ones(1, 1, kernel_size, kernel_size)
    read = F.conv2d(image, kernel, padding="same", dilation=dilation)[0, 0, 14, 14]
    plot_taps_on_digit(image[0, 0], image[0, 0], kernel_size, dilation)
    inside, outside = (len(points.get_offsets()) for points in panels()[0].collections)
    assert (inside, outside) == (int(read), kernel_size**2 - int(read))


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
def test_no_tap_falls_outside_the_view(kernel_size):
    plot_taps_on_digit(torch.ones(28, 28), torch.ones(28, 28), kernel_size, 8)
    left, right = panels()[0].get_xlim()
    for points in panels()[0].collections:
        places = np.asarray(points.get_offsets())
        assert ((places > left) & (places < right)).all()


def test_all_ringed_taps_carry_one_letter():
    plot_interleaved(2, centre=3)
    ringed = {text.get_text() for text in panels()[0].texts if text.get_weight() == "bold"}
    assert ringed == {"D"}
    assert len(panels()[0].patches) == 9


@pytest.mark.parametrize("rates", [[1, 2, 4], [2, 2, 2], [2, 3, 4], [1, 3, 9]])
def test_the_tree_ends_on_exactly_the_pixels_with_a_path(rates):
    plot_walk_back(rates)
    counts = path_counts(3, rates)
    half = len(counts) // 2
    leaves = {
        x
        for line in panels()[0].lines
        if list(set(line.get_ydata())) == [0] and line.get_markersize() == 7
        for x in line.get_xdata()
    }
    assert leaves == {i - half for i, paths in enumerate(counts) if paths}


@pytest.mark.parametrize("rates", [[1, 2, 4], [2, 2, 2], [4, 5, 6]])
def test_each_hole_gets_a_cross_and_no_other_pixel_does(rates):
    counts = path_counts(3, rates)
    plot_path_counts({"one": counts, "other": [1, 1, 1]})
    assert [crosses(panel) for panel in panels()] == [counts.count(0), 0]


def test_gridding_panels_carry_their_names():
    plot_gridding({name: torch.ones(4, 4) for name in ("a", "b", "c")})
    assert [panel.get_xlabel() for panel in panels()] == ["a", "b", "c"]


def test_the_border_curve_writes_the_marked_shares():
    plot_border([1, 2, 4], [0.047, 0.093, 0.181], mark=[4])
    assert "18.1%" in {text.get_text() for text in panels()[0].texts}


def test_effective_fields_share_one_scale():
    plot_effective({"narrow": ([0.1, 0.8, 0.1],) * 2, "wide": ([0.3, 0.4, 0.3],) * 2})
    assert len({panel.get_ylim() for panel in panels()}) == 1


def test_an_axis_that_is_given_is_drawn_on():
    _, given = plt.subplots()
    plot_walk_back([1, 2], ax=given)
    assert plt.get_fignums() == [given.figure.number] and given.lines

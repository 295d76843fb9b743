"""Taps, trees, path counts and the lines between maps show what PyTorch and the calculators say."""

import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F
from drawn import heights, lines, panels, words
from matplotlib.colors import to_hex
from torch import nn

from dsconv_lib.convolution import effective_kernel, path_counts
from dsconv_lib.plots import (
    plot_effective_fields,
    plot_path_counts,
    plot_stages,
    plot_taps,
    plot_taps_on_digit,
    plot_walk_back,
)
from dsconv_lib.plots.style import DENSE, DEPTHWISE, POINTWISE


def read(panel):
    """List the pixels (row, column) that are filled in the colour of taps."""
    blue = [p for p in panel.patches if to_hex(p.get_facecolor()).upper() == DEPTHWISE]
    return {(round(p.get_y() + 0.5), round(p.get_x() + 0.5)) for p in blue}


def crosses(panel):
    return sum(len(x) for x, _ in lines(panel, "x"))


@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize("image", [None, torch.rand(17, 17)])
def test_taps_are_the_pixels_that_a_dilated_convolution_reads_over_its_span(kernel_size, image):
    plot_taps(kernel_size, [1, 2, 3], image)
    for dilation, panel in zip([1, 2, 3], panels(), strict=True):
        span, side = effective_kernel(kernel_size, dilation), len(panel.images[0].get_array())
        x, kernel = torch.zeros(1, 1, side, side), torch.ones(1, 1, kernel_size, kernel_size)
        y = F.conv2d(x.requires_grad_(), kernel, dilation=dilation)
        y[0, 0, (side - span) // 2, (side - span) // 2].backward()
        assert read(panel) == {tuple(place[2:]) for place in x.grad.nonzero().tolist()}
        assert panel.patches[0].get_bbox().size.tolist() == [span, span]
        assert panel.get_xlabel() == f"dilation {dilation}: {span} × {span}"


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
@pytest.mark.parametrize("dilation", [1, 4, 6, 8])
def test_taps_on_the_padding_are_those_a_convolution_of_ones_misses(kernel_size, dilation):
    image, kernel = torch.ones(1, 1, 28, 28), torch.ones(1, 1, kernel_size, kernel_size)
    inside = F.conv2d(image, kernel, padding="same", dilation=dilation)[0, 0, 14, 14]
    plot_taps_on_digit(image[0, 0], image[0, 0], kernel_size, dilation)
    taps, filtered = panels()
    assert (taps.get_xlim(), taps.get_ylim()) == (filtered.get_xlim(), filtered.get_ylim())
    assert len(read(taps)) == int(inside)
    assert crosses(taps) == kernel_size**2 - int(inside)
    low, high = taps.get_xlim()
    assert all(low < place < high for x, _ in lines(taps, "x") for place in x)


@pytest.mark.parametrize("rates", [[1, 2, 4], [2, 2, 2], [2, 3, 4], [1, 3, 9], [4, 5, 6]])
def test_tree_and_bars_show_exactly_the_pixels_with_a_path_and_holes_are_crossed(rates):
    counts = path_counts(3, rates)
    plot_walk_back(rates)
    leaves = [line for line in panels()[0].lines if set(line.get_ydata()) == {0}]
    (reached,) = [line.get_xdata() for line in leaves if line.get_color() == DEPTHWISE]
    assert sorted(reached) == [i - len(counts) // 2 for i, paths in enumerate(counts) if paths]

    plt.close()
    plot_path_counts({"one": counts, "other": [1, 1, 1]})
    assert heights(panels()[0]).tolist() == counts
    assert [crosses(panel) for panel in panels()] == [counts.count(0), 0]


def test_bars_are_the_path_counts_and_dots_the_gradients_at_one_scale():
    fields = {"one": ([10, 80, 10], [20, 70, 10]), "other": ([20] * 5, [10, 20, 40, 20, 10])}
    plot_effective_fields(fields, inner=2)
    for panel, (name, (paths, gradients)) in zip(panels(), fields.items(), strict=True):
        shaded, *bars = panel.patches
        assert (shaded.get_x(), shaded.get_width()) == (-1, 2)
        assert [bar.get_height() for bar in bars] == paths
        middles = [round(bar.get_x() + bar.get_width() / 2, 9) for bar in bars]
        assert lines(panel, "o") == [[middles, gradients]] and sum(middles) == 0
        assert panel.get_xlabel() == name
        assert panel.get_ylim() == panels()[0].get_ylim() and panel.get_ylim()[1] > 80


STACK = {"in": 3, "filtered": 3, "out": 4}


@pytest.mark.parametrize(
    ("stages", "layers"),
    [
        ({"in": 1, "out": 1}, {DENSE: nn.Conv2d(1, 1, 3)}),
        ({"in": 5, "out": 2}, {DENSE: nn.Conv2d(5, 2, 3)}),
        (STACK, {DEPTHWISE: nn.Conv2d(3, 3, 3, groups=3), POINTWISE: nn.Conv2d(3, 4, 1)}),
    ],
)
def test_lines_between_maps_are_as_many_as_the_kernels_of_torch(stages, layers):
    kinds = ["dense"] if DENSE in layers else ["depthwise", "pointwise"]
    plot_stages(stages, kinds, [""] * len(layers))
    colours = [to_hex(line.get_color()).upper() for line in panels()[0].lines]
    for colour, layer in layers.items():
        assert colours.count(colour) == layer.weight.shape[:2].numel()
    assert set(colours) == set(layers)


def test_maps_are_shown_with_their_shape_and_colours_centred_on_zero():
    maps = torch.randn(3, 28, 28)
    plot_stages({"input": maps, "mixed": torch.rand(4, 14, 14)}, ["pointwise"], ["mixes"])
    (panel,) = panels()
    assert len(panel.images) == 7
    most = maps[0].abs().max().item()
    assert panel.images[0].get_clim() == (-most, most)
    assert words(panel) == ["input\n3 × 28 × 28", "mixed\n4 × 14 × 14", "mixes"]


def test_stages_that_their_layers_cannot_join_are_refused():
    with pytest.raises(ValueError, match="1 kinds of layer for 3 stages"):
        plot_stages({"a": 1, "b": 1, "c": 1}, ["dense"], [""])
    with pytest.raises(ValueError, match="zip"):  # a depthwise layer keeps the number of maps
        plot_stages({"a": 3, "b": 4}, ["depthwise"], [""])
    plt.close()  # half drawn

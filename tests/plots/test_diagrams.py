"""Diagrams of layers have a line for each kernel that PyTorch stores."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex

from dsconv_lib.plots import plot_stages
from dsconv_lib.plots.style import DENSE, DEPTHWISE, POINTWISE


def lines():
    """Count the lines by their colour."""
    colours = [to_hex(line.get_color()).upper() for line in plt.gca().lines]
    return {colour: colours.count(colour) for colour in colours}


def words():
    return [text.get_text() for text in plt.gca().texts]


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (3, 4), (5, 2)])
def test_lines_are_as_many_as_the_kernels_of_torch(inputs, outputs):
    dense = torch.nn.Conv2d(inputs, outputs, 3)
    plot_stages({"in": inputs, "out": outputs}, ["dense"], ["kernels"])
    assert lines() == {DENSE: dense.weight.shape[:2].numel()}

    stages = {"in": inputs, "filtered": inputs, "out": outputs}
    plot_stages(stages, ["depthwise", "pointwise"], ["", ""])
    depthwise = torch.nn.Conv2d(inputs, inputs, 3, groups=inputs).weight
    pointwise = torch.nn.Conv2d(inputs, outputs, 1).weight
    assert lines() == {DEPTHWISE: depthwise.shape[:2].numel(), POINTWISE: pointwise.numel()}


def test_maps_are_shown_with_their_shape_and_colours_centred_on_zero():
    maps = torch.randn(3, 28, 28)
    plot_stages({"input": maps, "mixed": torch.rand(4, 14, 14)}, ["pointwise"], ["mixes"])
    pictures = plt.gca().images
    assert len(pictures) == 7
    most = maps[0].abs().max().item()
    assert pictures[0].get_clim() == (-most, most)
    assert words() == ["input\n3 × 28 × 28", "mixed\n4 × 14 × 14", "mixes"]


def test_a_stage_without_its_layer_is_refused():
    with pytest.raises(ValueError, match="1 kinds of layer for 3 stages"):
        plot_stages({"a": 1, "b": 1, "c": 1}, ["dense"], [""])


def test_a_depthwise_layer_that_changes_the_number_of_maps_is_refused():
    with pytest.raises(ValueError, match="zip"):
        plot_stages({"a": 3, "b": 4}, ["depthwise"], [""])

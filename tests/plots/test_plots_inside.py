"""What the figures of chapter 10 promise: the drawn numbers are the numbers passed in."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib.plots import inside


def shown(panel):
    return np.ma.filled(np.ma.masked_invalid(panel.images[0].get_array()), np.nan)


def panels_with_images():
    panels = [child for panel in plt.gcf().axes for child in [panel, *panel.child_axes]]
    return [panel for panel in panels if panel.images]


def test_tiles_stand_side_by_side_with_a_gap():
    sheet = inside._sheet(torch.arange(3.0).view(3, 1, 1).expand(3, 2, 2), 2)
    assert sheet.shape == (5, 5)
    assert (sheet[0, 0], sheet[0, 3], sheet[3, 0]) == (0, 1, 2)
    assert math.isnan(sheet[2, 0]) and math.isnan(sheet[0, 2]) and math.isnan(sheet[4, 4])


def test_each_map_is_scaled_by_its_own_largest_size():
    maps = torch.stack([torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, 100.0]])])
    assert inside._scaled(maps).tolist() == [[[0.5, -1.0]], [[0.0, 1.0]]]


def test_a_kernel_stands_beside_its_parts_and_their_shares():
    kernel = torch.arange(9.0).view(3, 3)
    parts = [kernel / 2, kernel / 3, kernel / 6]
    inside.plot_kernel_parts(kernel, parts, [0.5, 0.3, 0.2])
    for panel, values in zip(plt.gcf().axes, [kernel, *parts], strict=True):
        np.testing.assert_allclose(shown(panel), values)
    words = [panel.get_xlabel() for panel in plt.gcf().axes]
    assert words == ["the kernel", "edge: 50%", "blob: 30%", "line: 20%"]


def test_every_filter_is_drawn_once_and_counted_under_its_kind():
    kernels = torch.rand(10, 3, 3) + 0.1
    inside.plot_sorted_filters({"a": (kernels, ["edge"] * 8 + ["line"] * 2)})
    words = [text.get_text() for text in plt.gca().texts]
    assert words == ["a, edge: 8", "a, blob: 0", "a, line: 2"]
    edges, lines = (shown(panel) for panel in panels_with_images())
    assert np.isfinite(edges).sum() == 8 * 9
    assert np.isfinite(lines).sum() == 2 * 9


def test_a_layer_shows_the_digit_and_all_of_its_maps():
    image, maps = torch.rand(28, 28), torch.rand(6, 7, 7)
    inside.plot_layer_maps(image, maps, "depthwise")
    digit, sheet = (shown(panel) for panel in panels_with_images())
    np.testing.assert_allclose(digit, image)
    assert np.isfinite(sheet).sum() == 6 * 49
    assert "6 maps" in plt.gca().texts[0].get_text()


def test_a_grid_has_a_digit_and_a_map_per_column_in_every_row():
    image, maps = torch.rand(28, 28), [torch.randn(28, 28) for _ in range(3)]
    inside.plot_map_grid({"a 3": (image, maps), "a 4": (image, maps)}, ["x", "y", "z"])
    panels = panels_with_images()
    assert len(panels) == 8
    np.testing.assert_allclose(shown(panels[0]), image)
    np.testing.assert_allclose(shown(panels[2]), inside._scaled(maps[1]))
    assert [panel.get_title() for panel in panels[:4]] == ["", "x", "y", "z"]
    assert [panels[0].get_ylabel(), panels[4].get_ylabel()] == ["a 3", "a 4"]


def test_squares_in_a_field_have_the_sides_that_are_named():
    inside.plot_fields({"u": torch.rand(60, 60), "t": torch.rand(60, 60)}, 42, [16, 20])
    for panel, side in zip(plt.gcf().axes, (16, 20), strict=True):
        widths = [np.ptp(line.get_xdata()) for line in panel.lines]
        assert widths == [42, side]
        assert f"{side} by {side}" in panel.get_xlabel()


def test_curves_of_redrawn_nets_start_at_one():
    signed, sizes = {"gradient": [0.4, 0.2]}, {"gradient": [0.6, 0.5]}
    inside.plot_redrawn(signed, sizes, ["head", "stem"])
    for panel, last in zip(plt.gcf().axes, (0.2, 0.5), strict=True):
        assert panel.lines[0].get_ydata()[0] == 1
        assert panel.lines[0].get_ydata()[-1] == last
        assert [tick.get_text() for tick in panel.get_xticklabels()] == ["none", "head", "stem"]


@pytest.mark.parametrize("side", [0, 1])
def test_answers_are_drawn_in_per_cent_against_pixels(side):
    curves = {name: [1.0, 0.5] for name in inside.LINES}
    inside.plot_removal([0, 10], curves, {name: [0.1, 0.2] for name in curves})
    panel, expected = plt.gcf().axes[side], ([100, 50], [10, 20])[side]
    assert len(panel.lines) == 7
    for line in panel.lines:
        np.testing.assert_allclose(line.get_data(), [[0, 10], expected])
    names = [text.get_text() for text in plt.gcf().legends[0].get_texts()]
    assert names == list(inside.LINES)

"""The pictures of chapter 02 show what the tensors and the calculators say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from dsconv_lib.convolution import conv2d_cost, dsconv2d_cost
from dsconv_lib.plots import (
    plot_channels,
    plot_decoupling,
    plot_factored_grid,
    plot_kernel_grid,
    plot_rank_trap,
    plot_separable_cost,
    plot_two_stages,
)
from dsconv_lib.plots.style import DEPTHWISE, POINTWISE

WIDTHS = [2, 4, 8, 16, 32, 64, 128, 256]


def panel(number=0):
    return plt.gcf().axes[number]


def words():
    return [text.get_text() for axes in plt.gcf().axes for text in axes.texts]


def draw_cost(width, kernel_size):
    shape = dict(kernel_size=kernel_size, out_size=28, bias=False)
    dense = conv2d_cost(width, width, **shape)
    depthwise = conv2d_cost(width, width, groups=width, **shape)
    pointwise = conv2d_cost(width, width, 1, 28, bias=False)
    savings = {
        n: conv2d_cost(n, n, **shape).macs / dsconv2d_cost(n, n, **shape).macs for n in WIDTHS
    }
    plot_separable_cost(dense, depthwise, pointwise, savings, width)
    return dense, depthwise, pointwise


def test_every_channel_gets_its_label():
    plot_channels(torch.rand(3, 28, 28), ["ink", "left", "up"])
    assert words() == ["ink", "left", "up"]


def test_a_dense_grid_shows_every_small_kernel_in_its_row_and_column():
    weight = torch.arange(4 * 3 * 9).reshape(4, 3, 3, 3) - 50.0
    plot_kernel_grid(weight)
    shown = [np.asarray(image.get_array()) for image in panel().images]
    np.testing.assert_array_equal(shown, weight.flatten(0, 1))
    corners = [image.get_extent()[::3] for image in panel().images]  # (left, top)
    assert corners == sorted(corners, key=lambda corner: corner[::-1])


def test_tiles_of_one_grid_share_one_colour_scale():
    plot_kernel_grid(torch.randn(4, 3, 3, 3))
    assert len({image.get_clim() for image in panel().images}) == 1


def test_a_factored_grid_draws_the_product_and_writes_the_factor():
    matrix, kernels = torch.tensor([[1.0, -0.5], [0.0, 2.0]]), torch.randn(2, 3, 3)
    plot_factored_grid(matrix, kernels)
    shown = torch.stack([torch.as_tensor(image.get_array()) for image in panel().images])
    expected = torch.cat([kernels, (matrix[:, :, None, None] * kernels).flatten(0, 1)])
    torch.testing.assert_close(shown.float(), expected)
    assert {"× 1", "× −0.5", "× 0", "× 2"} <= set(words())


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 4), (2, 5), (1, 1)])
def test_depthwise_lines_pair_maps_and_pointwise_lines_join_all(inputs, outputs):
    plot_two_stages(*(torch.rand(maps, 28, 28) for maps in (inputs, inputs, outputs)))
    colours = [to_hex(line.get_color()).upper() for line in panel().lines]
    assert colours.count(DEPTHWISE) == inputs
    assert colours.count(POINTWISE) == inputs * outputs
    assert f"{outputs} × 28 × 28" in words()


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
@pytest.mark.parametrize("width", [2, 16, 256])
def test_the_bars_are_as_long_as_the_layers_are_dear(width, kernel_size):
    dense, depthwise, pointwise = draw_cost(width, kernel_size)
    bars = [bar.get_width() for bar in panel().patches]
    assert bars == pytest.approx(
        [1, depthwise.macs / dense.macs, pointwise.macs / dense.macs], rel=1e-12
    )
    assert panel().patches[2].get_x() == pytest.approx(bars[1])


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
def test_the_curve_stays_below_its_limit_and_is_marked_where_we_are(kernel_size):
    dense, depthwise, pointwise = draw_cost(64, kernel_size)
    limit, curve, mark = panel(1).lines
    assert set(limit.get_ydata()) == {kernel_size**2}
    assert max(curve.get_ydata()) < kernel_size**2
    saving = dense.macs / (depthwise.macs + pointwise.macs)
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == pytest.approx((64, saving))
    assert f"{saving:.1f} times" in words()


def test_decoupling_shades_the_terms_that_cost_less_than_the_dense_layer():
    plot_decoupling({"random": [1, 0.5, 0], "edges": [1, 0, 0]}, cheaper_below=1.5)
    shade = panel().patches[0]
    assert shade.get_x() + shade.get_width() == pytest.approx(1.5)
    assert [label.get_text() for label in panel().get_legend().get_texts()] == ["random", "edges"]


def test_the_rank_trap_shows_two_blocks_of_sixteen():
    plot_rank_trap(torch.rand(16, 28, 28), torch.rand(16, 28, 28), ["one", "two"])
    assert len(panel().images) == 32
    assert words() == ["one", "two"]


def test_no_text_is_too_small_to_read():
    draw_cost(16, 3)
    plt.gcf().canvas.draw()
    labels = [label for axes in plt.gcf().axes for label in axes.get_xticklabels()]
    sizes = [text.get_fontsize() for axes in plt.gcf().axes for text in axes.texts]
    assert min(sizes + [label.get_fontsize() for label in labels]) >= 11


def test_an_axis_that_is_given_is_drawn_on():
    _, given = plt.subplots()
    plot_kernel_grid(torch.randn(2, 2, 3, 3), ax=given)
    assert plt.get_fignums() == [given.figure.number] and given.images

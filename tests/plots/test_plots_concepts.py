"""What the figures of chapter 01 promise: their numbers, taps, lines and boxes are right."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dsconv_lib.plots import concepts

EDGE = torch.tensor([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])


@pytest.fixture
def image():
    torch.manual_seed(0)
    return torch.rand(28, 28)


def _panels():
    return plt.gcf().axes


def _words(panel):
    return [text.get_text() for text in panel.texts]


def test_zoom_writes_the_framed_pixels_as_numbers(image):
    bytes_ = (image * 255).round()
    assert concepts.plot_zoom(bytes_, row=5, column=15, side=4) is None
    whole, part = _panels()
    assert _words(part) == [f"{value:g}" for value in bytes_[5:9, 15:19].flatten().tolist()]
    assert whole.patches[0].get_bbox().bounds == (14.5, 4.5, 4, 4)


def test_nine_products_write_the_sum_that_torch_computes(image):
    concepts.plot_nine_products(image[8:11, 16:19], EDGE)
    expected = F.conv2d(image[None, None], EDGE[None, None])[0, 0, 8, 16]
    assert _panels()[2].get_xlabel() == f"products\nsum {expected:.2f}"
    assert sum(float(word) for word in _words(_panels()[2])) == pytest.approx(
        float(expected), abs=0.05
    )


def test_kernels_show_fractions_as_ninths_and_signs_in_two_colours(image):
    kernels = {"blur": torch.full((3, 3), 1 / 9), "edge": EDGE, "a": EDGE.T, "b": -EDGE}
    stack = torch.stack(list(kernels.values())).unsqueeze(1)
    concepts.plot_kernels(kernels, F.conv2d(image[None, None], stack)[0])
    blur, edge = _panels()[:2]
    assert _words(blur) == ["1/9"] * 9
    assert [float(word) for word in _words(edge)] == EDGE.flatten().tolist()
    assert [panel.images[0].get_cmap().name for panel in _panels()[4:6]] == ["gray_r", "RdBu_r"]


@pytest.mark.parametrize(("row", "column"), [(0, 0), (8, 0), (8, 25), (25, 25)])
def test_window_shows_what_is_done_so_far_and_nothing_else(image, row, column):
    output = F.conv2d(image[None, None], EDGE[None, None])[0, 0]
    before = output.clone()
    concepts.plot_window(image, EDGE, output, row, column)
    _, middle, right = _panels()
    shown = np.ma.filled(right.images[0].get_array(), np.nan).flatten()
    done = 26 * row + column + 1
    np.testing.assert_allclose(shown[:done], output.flatten()[:done])
    assert np.isnan(shown[done:]).all()
    assert middle.get_xlabel() == f"sum {round(float(output[row, column]), 2) + 0.0:.2f}"
    assert torch.equal(output, before)


def test_window_never_writes_minus_zero():
    flat = torch.full((28, 28), 0.5)
    concepts.plot_window(flat, EDGE, torch.full((26, 26), -1e-7), 3, 3)
    assert _panels()[1].get_xlabel() == "sum 0.00"


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (3, 4), (5, 2)])
def test_wires_are_as_many_as_the_kernels_of_torch(inputs, outputs):
    dense = torch.nn.Conv2d(inputs, outputs, 3)
    concepts.plot_wires(inputs, outputs)
    assert len(plt.gca().lines) == dense.weight.shape[:2].numel()

    concepts.plot_wires(inputs, outputs, separable=True)
    styles = [line.get_linestyle() for line in plt.gca().lines]
    depthwise = torch.nn.Conv2d(inputs, inputs, 3, groups=inputs)
    assert styles.count("-") == depthwise.weight.shape[:2].numel()
    assert styles.count("--") == torch.nn.Conv2d(inputs, outputs, 1).weight.numel()


def test_spread_marks_the_pixels_that_a_dilated_convolution_reads(image):
    concepts.plot_spread(image, row=14, column=13, dilations=(1, 2, 3))
    for dilation, panel in zip((1, 2, 3), _panels(), strict=True):
        x = image.clone().requires_grad_()
        y = F.conv2d(x[None, None], torch.ones(1, 1, 3, 3), dilation=dilation)
        y[0, 0, 14 - dilation, 13 - dilation].backward()
        read = {tuple(place) for place in x.grad.nonzero().tolist()}
        _, *taps = panel.patches
        corners = [tap.get_xy() for tap in taps]
        assert {(round(y + 0.5), round(x + 0.5)) for x, y in corners} == read


def test_connections_name_every_idea_and_join_every_box():
    concepts.plot_connections()
    words = " ".join(_words(plt.gca()))
    for idea in ("separable", "dilated", "pretraining", "finetuning", "transfer", "multiply-adds"):
        assert idea in words
    ends = np.array([*concepts.ARROWS, *concepts.ARROWS.values()])
    for box in concepts.BOXES:
        assert np.linalg.norm(ends - box, axis=1).min() < 0.9, box


def test_figures_drawn_on_given_axes_make_no_figure_of_their_own():
    drawn, ax = plt.subplots()
    concepts.plot_wires(2, 3, ax=ax)
    assert plt.get_fignums() == [drawn.number]

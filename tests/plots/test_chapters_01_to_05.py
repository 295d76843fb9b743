"""Figures that one of the chapters 01 to 05 alone needs show the numbers that were passed in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib.convolution import conv2d_cost, dsconv2d_cost
from dsconv_lib.plots import (
    plot_assembly,
    plot_budget,
    plot_confidence,
    plot_connections,
    plot_logits,
    plot_separable_cost,
    plot_swapped,
    plot_window,
)
from dsconv_lib.plots.chapters import c01_concepts

EDGE = torch.tensor([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
PRICE = {
    "stem": {"dense": (144, 112_896), "norm": (32, 0)},
    "block 1": {"depthwise": (144, 28_224), "pointwise": (512, 100_352), "norm": (64, 0)},
}


def panels():
    return plt.gcf().axes


def words(panel):
    return [text.get_text() for text in panel.texts]


def heights(panel):
    return torch.tensor([bar.get_height() for bar in panel.patches], dtype=torch.float32)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (8, 0), (8, 25), (25, 25)])
def test_window_shows_what_is_done_so_far_and_nothing_else(row, column):
    image = torch.rand(28, 28, generator=torch.Generator().manual_seed(0))
    output = torch.nn.functional.conv2d(image[None, None], EDGE[None, None])[0, 0]
    before = output.clone()
    plot_window(image, EDGE, output, row, column)
    _, middle, right = panels()
    shown = np.ma.filled(right.images[0].get_array(), np.nan).flatten()
    done = 26 * row + column + 1
    np.testing.assert_allclose(shown[:done], output.flatten()[:done])
    assert np.isnan(shown[done:]).all()
    assert middle.get_xlabel() == f"sum {round(float(output[row, column]), 2) + 0.0:.2f}"
    assert torch.equal(output, before)


def test_window_never_writes_minus_zero():
    plot_window(torch.full((28, 28), 0.5), EDGE, torch.full((26, 26), -1e-7), 3, 3)
    assert panels()[1].get_xlabel() == "sum 0.00"


def test_connections_name_every_idea_and_join_every_box():
    plot_connections()
    text = " ".join(words(plt.gca()))
    for idea in ("separable", "dilated", "pretraining", "finetuning", "transfer", "multiply-adds"):
        assert idea in text
    ends = np.array([*c01_concepts.ARROWS, *c01_concepts.ARROWS.values()])
    for box in c01_concepts.BOXES:
        assert np.linalg.norm(ends - box, axis=1).min() < 0.9, box


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
@pytest.mark.parametrize("width", [2, 16, 256])
def test_bars_are_as_long_as_layers_are_dear_and_the_saving_is_marked(width, kernel_size):
    shape = dict(kernel_size=kernel_size, out_size=28, bias=False)
    dense = conv2d_cost(width, width, **shape)
    depthwise = conv2d_cost(width, width, groups=width, **shape)
    pointwise = conv2d_cost(width, width, 1, out_size=28, bias=False)
    saving = dense.macs / dsconv2d_cost(width, width, **shape).macs
    costs = {"dense": dense, "depthwise": depthwise, "pointwise": pointwise}
    plot_separable_cost(costs, {width: saving, 512: saving}, width, kernel_size**2)
    bars, curve = panels()
    assert [bar.get_width() for bar in bars.patches] == [cost.macs for cost in costs.values()]
    assert bars.patches[2].get_x() == depthwise.macs
    assert {f"{saving:.1f} times", f"limit $K^2$ = {kernel_size**2}"} <= set(words(curve))


def test_bars_are_as_high_as_logits_and_probabilities():
    logits = torch.linspace(-1, 2, 10)
    plot_logits(torch.zeros(28, 28), logits, logits.softmax(0))
    _, middle, right = panels()
    torch.testing.assert_close(heights(middle), logits)
    torch.testing.assert_close(heights(right), logits.softmax(0))


@pytest.mark.parametrize("confidence", [0.001, 0.5, 0.999])
def test_confidence_puts_the_point_at_the_loss_and_the_bars_at_the_gradient(confidence):
    probabilities = torch.full((10,), (1 - confidence) / 9)
    probabilities[3] = confidence
    gradient = probabilities - torch.eye(10)[3]
    surprise = -probabilities[3].log()
    grid = torch.linspace(0.001, 0.999, 9)
    plot_confidence(probabilities, gradient, surprise, (grid, -grid.log()), label=3)
    top, middle, bottom = panels()
    torch.testing.assert_close(heights(top), probabilities)
    torch.testing.assert_close(heights(middle), gradient)
    (where,), (height,) = bottom.lines[-1].get_data()
    assert (where, height) == (float(probabilities[3]), float(surprise))
    assert bottom.get_ylim()[0] <= height <= bottom.get_ylim()[1]


def test_swapped_overlays_the_logits_of_both_images():
    images = {"10": torch.zeros(1, 1, 6, 8), "01": torch.ones(1, 1, 6, 8)}
    answers = {name: torch.randn(1, 10) for name in images}
    plot_swapped(images, {"a": answers, "b": answers})
    assert [ax.get_xlabel() for ax in panels()] == ["10: circles", "01: crosses", "a", "b"]
    for ax in panels()[2:]:
        for line, row in zip(ax.lines, answers.values(), strict=True):
            torch.testing.assert_close(torch.tensor(line.get_ydata()), row[0])


def test_assembly_draws_blocks_as_high_as_their_maps_and_as_wide_as_their_channels():
    flow = {"digit": ((1, 28, 28), 0), "stem": ((16, 14, 14), 176), "head": ((10,), 490)}
    plot_assembly(flow)
    assert [patch.get_height() for patch in plt.gca().patches] == [28, 14, 1]
    digit, stem, head = (patch.get_width() for patch in plt.gca().patches)
    assert (stem - digit) / (head - digit) == pytest.approx((16 - 1) / (10 - 1))
    assert {"28 × 28", "14 × 14", "176", "490"} <= set(words(plt.gca()))


def test_budget_stacks_kinds_without_gaps_on_the_scales_it_is_given():
    plot_budget(PRICE, "in all", torch.zeros(28, 28), 42, (6_000, 550_000))
    weights, work, _, legend = panels()
    bars = [[(bar.get_y(), bar.get_height()) for bar in ax.patches] for ax in (weights, work)]
    assert bars[0] == [(0, 144), (144, 32), (0, 144), (144, 512), (656, 64)]
    assert bars[1] == [(0, 112_896), (112_896, 0), (0, 28_224), (28_224, 100_352), (128_576, 0)]
    assert words(legend) == ["in all"]
    assert [ax.get_ylim()[1] for ax in (weights, work)] == [6_000, 550_000]

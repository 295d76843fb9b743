"""Figures that one chapter alone needs show the numbers that were passed in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from drawn import heights, lines, panels, words

from dsconv_lib import plots
from dsconv_lib.convolution import conv2d_cost, dsconv2d_cost
from dsconv_lib.evaluation import Machine, calibration_bins, expected_calibration_error
from dsconv_lib.plots.chapters import c01_concepts
from dsconv_lib.plots.style import DENSE

EDGE = torch.tensor([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
PRICE = {
    "stem": {"dense": (144, 112_896), "norm": (32, 0)},
    "block 1": {"depthwise": (144, 28_224), "pointwise": (512, 100_352), "norm": (64, 0)},
}


@pytest.mark.parametrize(("row", "column"), [(0, 0), (8, 0), (8, 25), (25, 25)])
def test_window_shows_what_is_done_so_far_and_nothing_else(row, column):
    image = torch.rand(28, 28, generator=torch.Generator().manual_seed(0))
    output = torch.nn.functional.conv2d(image[None, None], EDGE[None, None])[0, 0]
    before = output.clone()
    plots.plot_window(image, EDGE, output, row, column)
    _, middle, right = panels()
    shown = np.ma.filled(right.images[0].get_array(), np.nan).flatten()
    done = 26 * row + column + 1
    np.testing.assert_allclose(shown[:done], output.flatten()[:done])
    assert np.isnan(shown[done:]).all()
    assert middle.get_xlabel() == f"sum {round(float(output[row, column]), 2) + 0.0:.2f}"
    assert torch.equal(output, before)

    plt.close()
    plots.plot_window(image, EDGE, torch.full((26, 26), -1e-7), row, column)
    assert panels()[1].get_xlabel() == "sum 0.00"  # never minus zero


def test_connections_name_every_idea_and_join_every_box():
    plots.plot_connections()
    text = " ".join(words(panels()[0]))
    for idea in ("separable", "dilated", "pretraining", "finetuning", "transfer", "multiply-adds"):
        assert idea in text
    ends = np.array([end for arrow in c01_concepts.ARROWS for end in arrow])
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
    plots.plot_separable_cost(costs, {width: saving, 512: saving}, width, kernel_size**2)
    bars, curve = panels()
    assert [bar.get_width() for bar in bars.patches] == [cost.macs for cost in costs.values()]
    assert bars.patches[2].get_x() == depthwise.macs
    assert {f"{saving:.1f} times", f"limit $K^2$ = {kernel_size**2}"} <= set(words(curve))


def test_bars_are_as_high_as_logits_and_probabilities():
    logits = torch.linspace(-1, 2, 10)
    plots.plot_logits(torch.zeros(28, 28), logits, logits.softmax(0))
    for panel, values, level in zip(
        panels()[1:], (logits, logits.softmax(0)), (0, 0.1), strict=True
    ):
        np.testing.assert_allclose(heights(panel), values)
        assert set(panel.lines[0].get_ydata()) == {level}
        assert words(panel.get_xticklabels()) == list("0123456789")


@pytest.mark.parametrize("confidence", [0.001, 0.5, 0.999])
def test_confidence_puts_the_point_at_the_loss_and_the_bars_at_the_gradient(confidence):
    probabilities = torch.full((10,), (1 - confidence) / 9)
    probabilities[3] = confidence
    gradient = probabilities - torch.eye(10)[3]
    surprise = -probabilities[3].log()
    grid = torch.linspace(0.001, 0.999, 9)
    plots.plot_confidence(probabilities, gradient, surprise, (grid, -grid.log()), label=3)
    top, middle, bottom = panels()
    np.testing.assert_allclose(heights(top), probabilities)
    np.testing.assert_allclose(heights(middle), gradient)
    (where,), (height,) = bottom.lines[-1].get_data()
    assert (where, height) == (float(probabilities[3]), float(surprise))
    assert bottom.get_ylim()[0] <= height <= bottom.get_ylim()[1]


def test_swapped_overlays_the_logits_of_both_images():
    images = {"10": torch.zeros(1, 1, 6, 8), "01": torch.ones(1, 1, 6, 8)}
    answers = {name: torch.randn(1, 10) for name in images}
    plots.plot_swapped(images, {"a": answers, "b": answers})
    assert [ax.get_xlabel() for ax in panels()] == ["10: circles", "01: crosses", "a", "b"]
    for ax in panels()[2:]:
        for line, row in zip(ax.lines, answers.values(), strict=True):
            np.testing.assert_allclose(line.get_ydata(), row[0])


def test_assembly_draws_blocks_as_high_as_their_maps_and_as_wide_as_their_channels():
    flow = {"digit": ((1, 28, 28), 0), "stem": ((16, 14, 14), 176), "head": ((10,), 490)}
    plots.plot_assembly(flow)
    (panel,) = panels()
    assert heights(panel).tolist() == [28, 14, 1]
    digit, stem, head = (patch.get_width() for patch in panel.patches)
    assert (stem - digit) / (head - digit) == pytest.approx((16 - 1) / (10 - 1))
    assert {"28 × 28", "14 × 14", "176", "490"} <= set(words(panel))


def test_budget_stacks_kinds_without_gaps_on_the_scales_it_is_given():
    plots.plot_budget(PRICE, "in all", torch.zeros(28, 28), 42, (6_000, 550_000))
    weights, work, _, legend = panels()
    bars = [[(bar.get_y(), bar.get_height()) for bar in ax.patches] for ax in (weights, work)]
    assert bars[0] == [(0, 144), (144, 32), (0, 144), (144, 512), (656, 64)]
    assert bars[1] == [(0, 112_896), (112_896, 0), (0, 28_224), (28_224, 100_352), (128_576, 0)]
    assert words(legend) == ["in all"]
    assert [ax.get_ylim()[1] for ax in (weights, work)] == [6_000, 550_000]


def test_paired_seeds_are_joined_and_the_means_are_written():
    plots.plot_paired_seeds({"a": [0.90, 0.92], "b": [0.93, 0.97]}, (0.91, 0.95))
    first, second = plt.gca().lines[:2]
    np.testing.assert_allclose(first.get_data(), [[0, 1], [90, 93]])
    np.testing.assert_allclose(second.get_data(), [[0, 1], [92, 97]])
    assert words(plt.gca()) == ["mean 91.00 %", "mean 95.00 %"]


def test_confusion_writes_counts_and_scores_and_colours_mistakes_only():
    counts = torch.tensor([[50, 0, 3], [0, 40, 0], [0, 2, 30]])
    plots.plot_confusion(counts, recall=(0.943, 1.0, 0.9375), precision=(1, 0.952, 0.909))
    written = np.array(words(plt.gca())).reshape(4, 4).tolist()
    assert written[0] == ["50", "", "3", "94.3"] and written[2] == ["", "2", "30", "93.8"]
    assert written[3] == ["100.0", "95.2", "90.9", ""]
    coloured = np.ma.masked_invalid(plt.gca().images[0].get_array())
    assert np.argwhere(~coloured.mask).tolist() == [[0, 2], [2, 1]]
    assert counts.diagonal().tolist() == [50, 40, 30]  # the caller's table is left as it was


def test_reliability_shows_the_bins_of_the_calibration_error():
    torch.manual_seed(0)
    logits, labels = 3 * torch.randn(500, 10), torch.randint(10, (500,))
    error = expected_calibration_error(logits, labels, bins=10)
    plots.plot_reliability(*calibration_bins(logits, labels, bins=10), error)
    top, bottom = panels()
    confidence, accuracy = top.lines[1].get_data()
    counts = heights(bottom)
    assert counts.sum() == 500
    gaps = np.nansum(np.abs(confidence - accuracy) * counts) / 500
    assert gaps == pytest.approx(error, abs=1e-6)
    assert top.get_title() == f"calibration error {100 * error:.2f} %"


def test_accuracy_per_weight_draws_our_curve_their_points_and_the_goals():
    ours = {1000: (0.978, 0.98, 0.982), 4000: (0.994, 0.995, 0.996)}
    theirs = {"above": (1500, 0.99), "below": (2000, 0.96), "large": (500_000, 0.991)}
    plots.plot_accuracy_per_weight(ours, theirs, goals={2000: 0.99, 8000: 0.996})
    ax = plt.gca()
    curve = next(line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_allclose(curve.get_xydata(), [[1000, 98], [4000, 99.5]])
    squares = np.ravel(lines(ax, "s"))
    np.testing.assert_allclose(squares, [1500, 99, 2000, 96, 500_000, 99.1])
    dashes = [line.get_xydata()[1] for line in ax.lines if line.get_linestyle() == "--"]
    np.testing.assert_allclose(dashes, [[2000, 99], [8000, 99.6]])
    assert words(ax) == ["this book", "goals", "above", "below", "large"]
    sides = [(note.get_ha(), note.get_va()) for note in ax.texts[2:5]]
    assert sides == [("right", "bottom"), ("left", "top"), ("center", "bottom")]


def test_wrong_answers_are_said_aloud_and_right_ones_are_not():
    images, labels = torch.zeros(3, 1, 28, 28, dtype=torch.uint8), torch.tensor([3, 4, 5])
    images[1] = 255
    said = torch.tensor([3, 9, 5])
    plots.plot_answers({"home": (images, labels, labels), "away": (images, said, labels)})
    assert [panel.get_xlabel() for panel in panels()] == ["3", "4", "5", "3", "said 9", "5"]
    right, wrong = panels()[3:5]
    assert wrong.xaxis.label.get_color() == DENSE != right.xaxis.label.get_color()
    assert wrong.images[0].norm(wrong.images[0].get_array()).min() == 1  # full ink


def test_forgetting_draws_a_curve_of_rates_and_marks_the_chosen_one():
    rates = [(0.90, 0.99), (0.97, 0.98), (0.96, 0.70)]
    plots.plot_forgetting({"full": rates}, {"full": 1}, (0.5, 0.99))
    curve, chosen, dashed = plt.gca().lines
    np.testing.assert_allclose(curve.get_xydata(), [[90, 99], [97, 98], [96, 70]])
    np.testing.assert_allclose(chosen.get_xydata(), [[97, 98]])
    assert chosen.get_marker() == "o" and chosen.get_color() == "black"  # as in every figure
    assert set(dashed.get_ydata()) == {99}
    assert words(plt.gca()) == ["untouched: old 99.0, new 50.0"]


def test_the_roof_bends_at_the_ridge_and_one_mark_of_each_kind_is_large():
    machine = Machine(macs=100e9, bytes=20e9)
    plots.plot_roofline(machine, {"dense": [(2, 20e9), (40, 90e9)]}, chosen=0)
    roof, cloud, chosen = plt.gca().lines
    np.testing.assert_allclose(roof.get_xydata()[1], [5, 100])
    np.testing.assert_allclose(cloud.get_data(), [[2, 40], [20, 90]])
    np.testing.assert_allclose(chosen.get_data(), [[2], [20]])
    assert {cloud.get_color(), chosen.get_color()} == {DENSE}

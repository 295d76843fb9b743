"""What one chapter of practice alone draws: the drawn numbers are the numbers passed in."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib import plots
from dsconv_lib.evaluation import Machine, calibration_bins, expected_calibration_error
from dsconv_lib.plots.style import DENSE, DEPTHWISE
from dsconv_lib.training import DEFAULT, History


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_a_history_plots_its_loss_and_its_accuracy_in_per_cent():
    plots.plot_history(History(DEFAULT, (1.5, 0.5, 0.25), (0.01, 0.01, 0.0), (0.9, 0.95, 0.9725)))
    loss, accuracy = plt.gcf().axes
    np.testing.assert_allclose(loss.lines[0].get_data(), [[1, 2, 3], [1.5, 0.5, 0.25]])
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), [90, 95, 97.25])
    assert words(accuracy) == ["97.25 %"]


@pytest.mark.parametrize("parts", [((2.0,), (0.01,), (math.nan,)), ((), (), ())])
def test_a_history_without_validation_or_without_epochs_is_drawn_too(parts):
    plots.plot_history(History(DEFAULT, *parts))
    loss, accuracy = plt.gcf().axes
    assert tuple(loss.lines[0].get_ydata()) == parts[0]
    assert words(accuracy) == []


def test_paired_seeds_are_joined_and_the_means_are_written():
    plots.plot_paired_seeds({"a": [0.90, 0.92], "b": [0.93, 0.97]}, (0.91, 0.95))
    first, second = plt.gca().lines[:2]
    np.testing.assert_allclose(first.get_data(), [[0, 1], [90, 93]])
    np.testing.assert_allclose(second.get_data(), [[0, 1], [92, 97]])
    assert words(plt.gca()) == ["mean 91.00 %", "mean 95.00 %"]


@pytest.mark.parametrize("runs", [{"a": [0.9]}, {"a": [0.9], "b": [0.9, 0.8]}])
def test_paired_seeds_refuse_what_has_no_pairs(runs):
    with pytest.raises(ValueError, match="two ways"):
        plots.plot_paired_seeds(runs, (0.9, 0.9))


def test_confusion_writes_counts_and_scores_and_colours_mistakes_only():
    counts = torch.tensor([[50, 0, 3], [0, 40, 0], [0, 2, 30]])
    plots.plot_confusion(counts, recall=(0.943, 1.0, 0.9375), precision=(1, 0.952, 0.909))
    written = np.array(words(plt.gca())).reshape(4, 4).tolist()
    assert written[0] == ["50", "", "3", "94.3"] and written[2] == ["", "2", "30", "93.8"]
    assert written[3] == ["100.0", "95.2", "90.9", ""]
    coloured = np.argwhere(
        ~np.ma.getmaskarray(np.ma.masked_invalid(plt.gca().images[0].get_array()))
    )
    assert coloured.tolist() == [[0, 2], [2, 1]]
    assert counts.diagonal().tolist() == [50, 40, 30]  # the caller's table is left as it was


def test_reliability_shows_the_bins_of_the_calibration_error():
    torch.manual_seed(0)
    logits, labels = 3 * torch.randn(500, 10), torch.randint(10, (500,))
    error = expected_calibration_error(logits, labels, bins=10)
    plots.plot_reliability(*calibration_bins(logits, labels, bins=10), error)
    top, bottom = plt.gcf().axes
    confidence, accuracy = top.lines[1].get_data()
    counts = np.array([bar.get_height() for bar in bottom.patches])
    assert counts.sum() == 500
    gaps = np.nansum(np.abs(confidence - accuracy) * counts) / 500
    assert gaps == pytest.approx(error, abs=1e-6)
    assert top.get_title() == f"calibration error {100 * error:.2f} %"


def test_accuracy_per_weight_draws_our_curve_their_points_and_the_goal():
    ours = {1000: (0.978, 0.98, 0.982), 4000: (0.994, 0.995, 0.996)}
    theirs = {"above": (1500, 0.99), "below": (2000, 0.96), "large": (500_000, 0.991)}
    plots.plot_accuracy_per_weight(ours, theirs, goal=(8000, 0.995))
    ax = plt.gca()
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[1000, 98], [4000, 99.5]])
    squares = [line.get_data() for line in ax.lines if line.get_marker() == "s"]
    np.testing.assert_allclose(np.ravel(squares), [1500, 99, 2000, 96, 500_000, 99.1])
    assert words(ax) == ["DSNet", "above", "below", "large", "goal: 8,000 weights,\n99.50 %"]
    sides = [(note.get_ha(), note.get_va()) for note in ax.texts[1:4]]
    assert sides == [("right", "bottom"), ("left", "top"), ("right", "top")]


def test_wrong_answers_are_said_aloud_and_right_ones_are_not():
    images, labels = torch.zeros(3, 1, 28, 28, dtype=torch.uint8), torch.tensor([3, 4, 5])
    images[1] = 255
    said = torch.tensor([3, 9, 5])
    plots.plot_answers({"home": (images, labels, labels), "away": (images, said, labels)})
    panels = plt.gcf().axes
    assert [panel.get_xlabel() for panel in panels] == ["3", "4", "5", "3", "said 9", "5"]
    assert panels[4].xaxis.label.get_color() == DENSE != panels[3].xaxis.label.get_color()
    assert panels[4].images[0].norm(panels[4].images[0].get_array()).min() == 1  # full ink


def test_forgetting_puts_the_new_digits_across_and_the_old_ones_up():
    plots.plot_forgetting({"full": ((0.90, 0.91, 0.92), (0.96, 0.97, 0.98))}, (0.5, 0.99))
    across, up, point, dashed = plt.gca().lines
    np.testing.assert_allclose(across.get_data(), [[90, 92], [97, 97]])
    np.testing.assert_allclose(up.get_data(), [[91, 91], [96, 98]])
    assert point.get_marker() == "o" and point.get_color() == DEPTHWISE  # as in every figure
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

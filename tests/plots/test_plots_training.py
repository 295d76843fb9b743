"""What the first figures of chapter 06 promise: the drawn numbers are the numbers passed in."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib.plots import training
from dsconv_lib.training import DEFAULT, History

HISTORY = History(DEFAULT, (1.5, 0.5, 0.25), (0.01, 0.01, 0.0), (0.9, 0.95, 0.9725))


def _words(ax):
    return [text.get_text() for text in ax.texts]


def test_a_history_plots_its_loss_and_its_accuracy_in_per_cent():
    HISTORY.plot()
    loss, accuracy = plt.gcf().axes
    np.testing.assert_allclose(loss.lines[0].get_data(), [[1, 2, 3], HISTORY.loss])
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), [90, 95, 97.25])
    assert _words(accuracy) == ["97.25 %"]


def test_a_history_without_validation_still_plots_its_loss():
    training.plot_history(History(DEFAULT, (2.0,), (0.01,), (math.nan,)))
    loss, accuracy = plt.gcf().axes
    assert list(loss.lines[0].get_ydata()) == [2.0]
    assert _words(accuracy) == []


def test_an_empty_history_can_be_drawn():
    training.plot_history(History(DEFAULT))
    assert len(plt.gcf().axes) == 2


def test_a_schedule_marks_its_start_peak_and_end():
    training.plot_schedule([0.1, 0.5, 0.2, 0.01])
    assert _words(plt.gca()) == ["step 0: 0.1", "step 1: 0.5", "step 3:\n0.01"]


def test_versions_stand_beside_the_digit_and_the_rest_stays_empty():
    digit = torch.rand(1, 1, 28, 28)
    training.plot_versions(digit, digit.expand(5, -1, -1, -1) / 2)
    shown = [panel.images[0].get_array() for panel in plt.gcf().axes if panel.images]
    assert len(shown) == 6
    np.testing.assert_allclose(shown[0], digit[0, 0])
    np.testing.assert_allclose(shown[5], digit[0, 0] / 2)


def test_paired_seeds_are_joined_and_the_means_are_written():
    training.plot_paired_seeds({"a": [0.90, 0.92], "b": [0.93, 0.97]})
    first, second = plt.gca().lines[:2]
    np.testing.assert_allclose(first.get_data(), [[0, 1], [90, 93]])
    np.testing.assert_allclose(second.get_data(), [[0, 1], [92, 97]])
    assert _words(plt.gca()) == ["mean 91.00 %", "mean 95.00 %"]


@pytest.mark.parametrize("runs", [{"a": [0.9]}, {"a": [0.9], "b": [0.9, 0.8]}])
def test_paired_seeds_refuse_what_has_no_pairs(runs):
    with pytest.raises(ValueError, match="two ways"):
        training.plot_paired_seeds(runs)


def test_the_map_writes_every_mean_and_stars_the_best():
    means = torch.tensor([[0.90, 0.95, 0.91], [0.80, 0.99, 0.70]])
    training.plot_sensitivity(means, torch.full((2, 3), 0.004), [0.1, 0.2, 0.3], [32, 64])
    words = _words(plt.gca())
    assert words[4] == "99.0\n± 0.4" and len(words) == 6
    (star,) = plt.gca().lines
    assert [round(float(place[0])) for place in star.get_data()] == [1, 1]


def test_accuracy_per_weight_sorts_the_curve_and_names_every_point():
    curve = [(4000, 0.995, 0.001), (1000, 0.98, 0.002)]
    training.plot_accuracy_per_weight(curve, {"theirs": (500_000, 0.991)}, goal=(8000, 0.995))
    ours, theirs, goal = plt.gca().lines[0], plt.gca().lines[-2], plt.gca().lines[-1]
    np.testing.assert_allclose(ours.get_data(), [[1000, 4000], [98, 99.5]])
    np.testing.assert_allclose(theirs.get_data(), [[500_000], [99.1]])
    assert goal.get_xdata()[1] == 8000 and goal.get_ydata()[1] == 99.5
    assert _words(plt.gca()) == ["DSNet", "theirs", "goal: 8,000 weights,\n99.50 %"]


def test_figures_drawn_on_given_axes_make_no_figure_of_their_own():
    drawn, ax = plt.subplots(1, 2)
    HISTORY.plot(ax=ax)
    assert plt.get_fignums() == [drawn.number]

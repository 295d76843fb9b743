"""What the figures of the FAQ promise: the drawn numbers are the numbers passed in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib.plots import plot_pruned_kernels, plot_pruning


def test_each_curve_is_drawn_in_per_cent_under_its_name():
    plot_pruning([0, 0.5, 1], {"as cut": [0.99, 0.8, 0.1], "repaired": [0.99, 0.9, 0.2]})
    cut, repaired, chance = plt.gca().lines
    np.testing.assert_allclose(cut.get_data(), [[0, 50, 100], [99, 80, 10]])
    np.testing.assert_allclose(repaired.get_ydata(), [99, 90, 20])
    assert set(chance.get_ydata()) == {10}
    names = [text.get_text() for text in plt.gca().get_legend().get_texts()]
    assert names == ["as cut", "repaired"]


def test_a_third_curve_is_refused():
    with pytest.raises(ValueError, match="3 curves"):
        plot_pruning([0], {name: [0.5] for name in "abc"})


def test_a_cross_stands_on_each_zero_and_nowhere_else():
    kernels = torch.ones(2, 3, 3)
    kernels[1, 0, 2] = 0
    plot_pruned_kernels(kernels)
    crosses = [panel.lines[0].get_xydata().tolist() for panel in plt.gcf().axes[:2]]
    assert crosses == [[], [[2.0, 0.0]]]  # column 2, row 0


def test_kernels_that_are_all_zero_are_drawn_too():
    plot_pruned_kernels(torch.zeros(32, 3, 3))
    assert all(len(panel.lines[0].get_xydata()) == 9 for panel in plt.gcf().axes)

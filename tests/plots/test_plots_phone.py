"""What the figures of chapter 11 promise: the drawn numbers are the numbers passed in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib.plots import phone


def test_both_curves_are_drawn_in_per_cent():
    phone.plot_off_centre(([-2, 0, 2], [0.5, 0.9, 0.6]), ([0.5, 1.0], [0.3, 0.9]))
    left, right = plt.gcf().axes
    np.testing.assert_allclose(left.lines[0].get_data(), [[-2, 0, 2], [50, 90, 60]])
    np.testing.assert_allclose(right.lines[0].get_data(), [[0.5, 1.0], [30, 90]])


def test_every_digit_stands_above_its_own_map_of_falls():
    images, falls = torch.rand(3, 28, 28), torch.rand(3, 28, 28)
    phone.plot_occlusion(list(images), list(falls))
    shown = np.stack([np.asarray(panel.images[0].get_array()) for panel in plt.gcf().axes])
    np.testing.assert_allclose(shown, torch.cat([images, falls]), rtol=1e-6)
    most = 100 * falls[1].max()
    assert plt.gcf().axes[4].get_xlabel() == f"falls by {most:.0f} points\nat most"


def test_each_way_of_rounding_has_a_curve_and_a_name():
    phone.plot_bits([2, 4, 8], {"a": [0.1, 0.8, 0.9], "b": [0.2, 0.7, 0.9]})
    first, second, chance = plt.gca().lines
    np.testing.assert_allclose(first.get_data(), [[2, 4, 8], [10, 80, 90]])
    np.testing.assert_allclose(second.get_ydata(), [20, 70, 90])
    assert set(chance.get_ydata()) == {10}
    assert [text.get_text() for text in plt.gca().get_legend().get_texts()] == ["a", "b"]


def test_a_third_curve_is_refused():
    with pytest.raises(ValueError, match="3 curves"):
        phone.plot_bits([2], {name: [0.1] for name in "abc"})

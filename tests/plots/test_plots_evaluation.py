"""What the last figures of chapter 06 promise: the drawn numbers are the numbers passed in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib.evaluation import expected_calibration_error
from dsconv_lib.plots import evaluation


def _words(ax):
    return [text.get_text() for text in ax.texts]


def test_confusion_writes_counts_and_scores_and_colours_mistakes_only():
    counts = torch.tensor([[50, 0, 3], [0, 40, 0], [0, 2, 30]])
    evaluation.plot_confusion(counts, recall=(0.943, 1.0, 0.9375), precision=(1, 0.952, 0.909))
    words = _words(plt.gca())
    assert words[:5] == ["50", "3", "40", "2", "30"]
    assert words[5:11] == ["94.3", "100", "100", "95.2", "93.8", "90.9"]
    coloured = np.argwhere(~np.ma.getmaskarray(plt.gca().images[0].get_array()))
    assert coloured.tolist() == [[0, 2], [2, 1]]
    assert counts.diagonal().tolist() == [50, 40, 30]  # the caller's table is left as it was


def test_mistakes_show_each_image_with_label_answer_and_confidence():
    images = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8)
    labels, answers = torch.tensor([4, 2, 9]), torch.tensor([9, 7, 4])
    evaluation.plot_mistakes(images, labels, answers, torch.tensor([0.999, 0.75, 0.5]))
    panels = [panel for panel in plt.gcf().axes if panel.images]
    assert [panel.get_title() for panel in panels] == ["4 read as 9", "2 read as 7", "9 read as 4"]
    assert [panel.get_xlabel() for panel in panels] == ["99.9 % sure", "75.0 % sure", "50.0 % sure"]
    np.testing.assert_allclose(panels[1].images[0].get_array(), images[1, 0] / 255, rtol=1e-6)


def test_more_mistakes_than_panels_are_left_out():
    many = torch.zeros(25, dtype=torch.long)
    evaluation.plot_mistakes(torch.zeros(25, 1, 28, 28), many, many + 1, many / 2)
    assert sum(bool(panel.images) for panel in plt.gcf().axes) == 20


def test_reliability_agrees_with_the_calibration_error():
    torch.manual_seed(0)
    logits, labels = 3 * torch.randn(500, 10), torch.randint(10, (500,))
    error = expected_calibration_error(logits, labels, bins=10)
    evaluation.plot_reliability(logits.softmax(1), labels, error)
    top, bottom = plt.gcf().axes
    confidence, accuracy = top.lines[1].get_data()
    heights = np.array([bar.get_height() for bar in bottom.patches])
    counts = heights[heights > 0]
    assert counts.sum() == 500
    assert (np.abs(confidence - accuracy) * counts).sum() / 500 == pytest.approx(error, abs=1e-6)
    assert top.get_title() == f"calibration error {100 * error:.2f} %"


def test_an_empty_bin_has_no_point():
    evaluation.plot_reliability(torch.tensor([[0.95, 0.05]]), torch.tensor([0]), 0.05)
    (confidence,), (accuracy,) = plt.gcf().axes[0].lines[1].get_data()
    assert (float(confidence), float(accuracy)) == (pytest.approx(0.95), 1.0)


def test_differences_draw_seeds_mean_and_interval_and_colour_what_clears_zero():
    differences = {"better": [0.01, 0.02, 0.03], "unclear": [-0.01, 0.02]}
    evaluation.plot_differences(differences, {"better": (0.005, 0.035), "unclear": (-0.1, 0.11)})
    _, bar, mean, dots, other, *_ = plt.gca().lines
    np.testing.assert_allclose(bar.get_xdata(), [0.5, 3.5])
    np.testing.assert_allclose(mean.get_xdata(), [2])
    np.testing.assert_allclose(dots.get_xdata(), [1, 2, 3])
    assert bar.get_color() == evaluation.DEPTHWISE and other.get_color() == evaluation.NEUTRAL
    assert _words(plt.gca()) == ["better: +2.00", "unclear: +0.50"]


def test_differences_refuse_intervals_of_other_names():
    with pytest.raises(ValueError, match="intervals of"):
        evaluation.plot_differences({"a": [0.1]}, {"b": (0, 1)})


def test_figures_drawn_on_given_axes_make_no_figure_of_their_own():
    drawn, ax = plt.subplots()
    evaluation.plot_differences({"a": [0.1, 0.2]}, {"a": (0, 1)}, ax=ax)
    assert plt.get_fignums() == [drawn.number]

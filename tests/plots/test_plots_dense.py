"""What the figures of chapter 08 promise: the drawn labels and numbers are those passed in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib.plots import dense

IMAGES = torch.randint(0, 256, (4, 1, 8, 8), generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(4 * 64).reshape(4, 8, 8) % 11


def words(ax):
    return [text.get_text() for text in ax.texts]


def shown():
    return [panel.images[0].get_array() for panel in plt.gcf().axes if panel.images]


def test_labels_stand_under_their_canvases_with_a_colour_for_every_digit():
    dense.plot_canvases(IMAGES, LABELS)
    above, below = shown()[:4], shown()[4:]
    for image, drawn, labels, painted in zip(IMAGES, above, LABELS, below, strict=True):
        np.testing.assert_array_equal(drawn, image[0])
        np.testing.assert_array_equal(painted, labels)
    (legend,) = plt.gcf().legends
    assert [text.get_text() for text in legend.get_texts()] == list("0123456789")
    assert len({patch.get_facecolor() for patch in legend.get_patches()}) == 10


def test_each_class_is_painted_in_a_colour_of_its_own():
    colours = {dense.PAINT((label + 0.5) / 11) for label in range(11)}
    assert len(colours) == 11 and (1.0, 1.0, 1.0, 1.0) in colours


def test_ink_and_answers_are_named_and_spare_panels_stay_empty():
    dense.plot_answers({"canvas": IMAGES[0, 0] / 255, "true": LABELS[0], "(1, 1)": LABELS[1]})
    named = [ax.get_xlabel() for ax in plt.gcf().axes if ax.axison]
    assert named == ["canvas", "true", "(1, 1)"]
    np.testing.assert_array_equal(shown()[2], LABELS[1])


@pytest.mark.parametrize("side", [5, 21])
def test_the_receptive_field_is_framed_around_the_middle(side):
    gradient = torch.rand(64, 64, generator=torch.Generator().manual_seed(0))
    dense.plot_schedule_at_work(IMAGES[0, 0] / 255, LABELS[0], gradient, side)
    panel = plt.gcf().axes[2]
    (frame,) = panel.patches
    assert frame.get_width() == frame.get_height() == side
    assert frame.get_x() + side / 2 == 32  # the middle answer's own pixel
    np.testing.assert_allclose(shown()[2], (gradient / gradient.max()).sqrt(), rtol=1e-6)


def test_schedules_show_every_seed_and_write_their_mean():
    dense.plot_schedules({"a": [0.2, 0.4], "b": [0.5, 0.7]}, {"a": "sees 3"}, {"b"})
    ax = plt.gca()
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[0.2, 0.4], [0.5, 0.7]]
    assert dots[1].get_markerfacecolor() == "white" != dots[0].get_markerfacecolor()
    assert words(ax) == ["0.30", "0.60"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a\nsees 3", "b"]


def test_what_is_looked_at_is_scaled_panel_by_panel():
    maps = {name: torch.full((4, 4), value) for name, value in zip("abc", (1, 4, 9), strict=True)}
    dense.plot_looked_at(maps)
    assert [float(values.max()) for values in shown()] == [1, 1, 1]


def test_agreement_starts_at_distance_one():
    dense.plot_agreement({"a": [0.9, 0.8], "b": [0.5, 0.6]})
    first, second = plt.gca().lines
    np.testing.assert_allclose(first.get_data(), [[1, 2], [0.9, 0.8]])
    assert first.get_color() != second.get_color() and first.get_marker() != second.get_marker()


def test_class_iou_has_a_place_for_paper_and_ten_digits():
    dense.plot_class_iou({"a": [0.1] * 11})
    names = [text.get_text() for text in plt.gca().get_xticklabels()]
    assert names == ["paper", *"0123456789"]


def test_figures_drawn_on_given_axes_make_no_figure_of_their_own():
    drawn, ax = plt.subplots()
    dense.plot_agreement({"a": [0.9]}, ax=ax)
    assert plt.get_fignums() == [drawn.number]

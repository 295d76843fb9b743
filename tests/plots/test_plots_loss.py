"""What the figures of chapter 04 promise: the drawn numbers are the numbers passed in."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import Rectangle

from dsconv_lib.plots import loss

LABELS = torch.tensor([1, 0, 2, 1, 0, 3, 2, 0, 1, 3])


def _table():
    torch.manual_seed(0)
    return torch.randn(10, 10).softmax(1)


def _heights(ax):
    return torch.tensor([bar.get_height() for bar in ax.patches], dtype=torch.float32)


def test_bars_are_as_high_as_logits_and_probabilities():
    logits = _table()[0].log()
    assert loss.plot_logits(torch.zeros(1, 1, 28, 28), logits, logits.softmax(0)) is None
    _, middle, right = plt.gcf().axes
    torch.testing.assert_close(_heights(middle), logits)
    torch.testing.assert_close(_heights(right), logits.softmax(0))


def test_surprise_marks_each_point_with_its_loss():
    given = torch.tensor([1.0, 0.01])
    loss.plot_surprise(given, -given.log())
    words = [text.get_text() for text in plt.gca().texts]
    assert words == ["p = 1\nloss 0.000", "p = 0.01\nloss 4.605"]


def test_table_outlines_the_one_cell_each_label_picks():
    loss.plot_probability_table(_table(), LABELS)
    outlines = [patch for patch in plt.gca().patches if isinstance(patch, Rectangle)]
    centres = [(round(p.get_center()[1]), round(p.get_center()[0])) for p in outlines]
    assert centres == list(enumerate(LABELS.tolist()))


def test_table_writes_every_probability_row_by_row():
    loss.plot_probability_table(_table(), LABELS)
    written = [text.get_text() for text in plt.gca().texts]
    assert written == [f"{p:.2f}" for p in _table().flatten().tolist()]


def test_table_refuses_labels_without_a_row():
    with pytest.raises(ValueError, match="11 labels for 10 rows"):
        loss.plot_probability_table(_table(), torch.zeros(11, dtype=torch.long))


@pytest.mark.parametrize("confidence", [0.001, 0.5, 0.999])
def test_confidence_puts_the_point_at_the_loss_and_the_bars_at_the_gradient(confidence):
    probabilities = torch.full((10,), (1 - confidence) / 9)
    probabilities[3] = confidence
    gradient = probabilities - torch.eye(10)[3]
    surprise = -probabilities[3].log()
    grid = torch.linspace(0.001, 0.999, 9)
    loss.plot_confidence(probabilities, gradient, surprise, (grid, -grid.log()), label=3)
    top, middle, bottom = plt.gcf().axes
    torch.testing.assert_close(_heights(top), probabilities)
    torch.testing.assert_close(_heights(middle), gradient)
    (where,), (height,) = bottom.lines[-1].get_data()
    assert (float(where), float(height)) == (float(probabilities[3]), float(surprise))
    assert bottom.get_ylim()[0] <= height <= bottom.get_ylim()[1]


@pytest.mark.parametrize(("floor_at", "dots"), [(None, 0), (4.51, 1)])
def test_the_floor_has_a_dot_only_where_it_is_reached(floor_at, dots):
    gaps = torch.linspace(-2, 10, 5)
    curves = {"plain": gaps.exp().neg(), "smoothed": gaps}
    loss.plot_loss_curves(gaps, curves, floor=0.5003, floor_at=floor_at)
    assert sum(line.get_marker() == "o" for line in plt.gca().lines) == dots
    assert "floor 0.5003" in [text.get_text() for text in plt.gca().texts]


def test_loss_curves_refuse_a_third_curve():
    gaps = torch.linspace(-2, 10, 5)
    with pytest.raises(ValueError, match="3 curves"):
        loss.plot_loss_curves(gaps, dict.fromkeys("abc", gaps), floor=0)


def test_figures_drawn_on_given_axes_make_no_figure_of_their_own():
    drawn, ax = plt.subplots()
    given = torch.tensor([0.5, 0.1])
    loss.plot_surprise(given, -given.log(), ax=ax)
    assert plt.get_fignums() == [drawn.number]

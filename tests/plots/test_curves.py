"""Curves, rows and bars hold the numbers that were passed in, in the colours of their ideas."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib.plots import plot_bars, plot_curves, plot_panels, plot_rows, plot_seeds
from dsconv_lib.plots.curves import NAMED, looks_of
from dsconv_lib.plots.style import DENSE, DEPTHWISE, NEUTRAL
from dsconv_lib.training import WAYS


def words(ax):
    return [text.get_text() for text in ax.texts]


def ticks(labels):
    return [label.get_text() for label in labels]


def extents(collection):
    return collection.get_paths()[0].get_extents().get_points().tolist()


def test_every_way_and_every_order_of_pixels_has_a_look_of_its_own():
    orders = ["gradient", "integrated gradients", "Grad-CAM", "occlusion"]
    for names in (WAYS, [*orders, "ink", "random ink", "random"]):
        assert len({NAMED[name] for name in names}) == len(names)


def test_a_fifth_name_without_a_look_is_refused_and_named_ones_are_not_counted():
    assert len(looks_of(["a", "b", "c", "d", "dense", "gradient"])) == 6
    with pytest.raises(ValueError, match="5 names, but there are looks for 4"):
        plot_curves([1], {name: [0] for name in "abcde"})


def test_curves_are_drawn_over_x_in_the_colours_of_their_ideas_and_named_above():
    plot_curves([1, 4], {"dense": [0.5, 2], "ours": torch.tensor([1, 3])}, xlabel="width")
    dense, ours = plt.gca().lines
    np.testing.assert_allclose(dense.get_data(), [[1, 4], [0.5, 2]])
    np.testing.assert_allclose(ours.get_data(), [[1, 4], [1, 3]])
    assert (dense.get_color(), ours.get_color()) == (DENSE, DEPTHWISE)
    assert ticks(plt.gca().get_legend().get_texts()) == ["dense", "ours"]
    assert plt.gca().get_xlabel() == "width"


def test_one_curve_without_a_name_has_no_legend():
    plot_curves([1, 2], {"": [3, 4]})
    assert plt.gca().get_legend() is None


def test_an_interval_is_a_band_around_its_curve():
    plot_curves([1, 10], {"a": [(2, 3, 5), (4, 6, 7)]})
    (line,), (band,) = plt.gca().lines, plt.gca().collections
    assert list(line.get_ydata()) == [3, 6]
    assert extents(band) == [[1, 2], [10, 7]]


def test_values_that_stand_apart_are_not_joined_and_their_intervals_are_bars():
    plot_curves([1, 10], {"a": [(2, 3, 5), (4, 6, 7)], "b": [1, 2]}, apart=["a"])
    loose, joined = plt.gca().lines
    assert (loose.get_linestyle(), loose.get_marker()) == ("None", "o")
    assert joined.get_linestyle() != "None"
    segments = plt.gca().collections[0].get_segments()
    np.testing.assert_allclose(segments, [[[1, 2], [1, 5]], [[10, 4], [10, 7]]])


def test_words_on_the_axis_stand_at_equal_distances():
    plot_curves(["none", "head", "stem"], {"a": [1, 2, 3]})
    assert list(plt.gca().lines[0].get_xdata()) == [0, 1, 2]
    assert ticks(plt.gca().get_xticklabels()) == ["none", "head", "stem"]


def test_a_logarithmic_axis_writes_the_values_of_x_in_full():
    plot_curves([1, 10, 4000], {"a": [0.01, 1, 10]}, log="xy")
    assert (plt.gca().get_xscale(), plt.gca().get_yscale()) == ("log", "log")
    assert ticks(plt.gca().get_xticklabels()) == ["1", "10", "4,000"]


@pytest.mark.parametrize(("values", "side"), [((99, 10), "left"), ((10, 99), "right")])
def test_the_words_of_a_level_stand_where_the_curve_is_far(values, side):
    plot_curves([0, 1], {"": values}, levels={"guessing": 10})
    assert set(plt.gca().lines[1].get_ydata()) == {10}
    (note,) = plt.gca().texts
    assert (note.get_text(), note.get_ha()) == ("guessing", side)


def test_a_mark_is_a_dot_at_its_place_with_its_words():
    plot_curves([0, 10], {"": [0, 5]}, marks={"here": (2, 1), "there": (9, 4)})
    dots = [line.get_xydata()[0].tolist() for line in plt.gca().lines[1:]]
    assert dots == [[2, 1], [9, 4]]
    assert [note.get_ha() for note in plt.gca().texts] == ["left", "right"]


def test_panels_stand_over_their_words_and_share_one_legend_and_one_scale():
    left, right = {"x": [1, 2], "curves": {"a": [1, 2]}}, {"x": [3], "curves": {"a": [4]}}
    plot_panels({"left": left, "right": right}, ylabel="share", ylim=(0, 5))
    first, second = plt.gcf().axes
    np.testing.assert_allclose(second.lines[0].get_data(), [[3], [4]])
    assert (first.get_xlabel(), second.get_xlabel()) == ("left", "right")
    assert first.get_ylabel() == "share" and first.get_ylim() == second.get_ylim() == (0, 5)
    assert ticks(plt.gcf().legends[0].get_texts()) == ["a"]


def test_rows_hold_a_mark_for_each_series_with_its_interval_and_its_number():
    plot_rows({"before": {"a": 2, "b": (3, 4, 6)}, "after": {"b": 5}}, form="{:.1f}")
    marks = [line for line in plt.gca().lines if len(line.get_xdata()) == 1]
    assert [float(mark.get_xdata()[0]) for mark in marks] == [2, 4, 5]
    bars = [line.get_xdata().tolist() for line in plt.gca().lines if len(line.get_xdata()) == 2]
    assert bars == [[2, 2], [3, 6], [5, 5]]
    assert words(plt.gca()) == ["2.0", "4.0", "5.0"]
    assert ticks(plt.gca().get_yticklabels()) == ["a", "b"]
    assert marks[1].get_ydata()[0] < 1 < marks[2].get_ydata()[0]  # one above the other in row b


def test_a_row_that_is_a_kind_of_layer_has_its_colour_in_every_series():
    plot_rows({"count": {"dense": 1, "depthwise": 2}, "time": {"dense": 3, "depthwise": 4}})
    marks = [line for line in plt.gca().lines if len(line.get_xdata()) == 1]
    assert [mark.get_color() for mark in marks] == [DENSE, DEPTHWISE] * 2


def test_seeds_are_dots_under_their_mean_which_is_written():
    plot_seeds({"a": ([0.2, 0.4], 0.3), "b": ([0.5, 0.7], 0.6)}, hollow={"b"})
    dots = [line for line in plt.gca().lines if line.get_marker() == "o"]
    assert [list(dot.get_xdata()) for dot in dots] == [[0.2, 0.4], [0.5, 0.7]]
    assert dots[1].get_markerfacecolor() == "white" != dots[0].get_markerfacecolor()
    means = [line for line in plt.gca().lines if line.get_marker() == "D"]
    assert [float(mean.get_xdata()[0]) for mean in means] == [0.3, 0.6]
    assert words(plt.gca()) == ["0.30", "0.60"]


def test_differences_are_grey_where_their_interval_holds_zero():
    rows = {"better": ([1, 3], (0.5, 2, 3.5)), "unclear": ([-1, 2], (-10, 0.5, 11))}
    plot_seeds(rows, form="{:+.1f}")
    marks = [line for line in plt.gca().lines if line.get_marker() == "D"]
    assert [mark.get_color() for mark in marks] == [DEPTHWISE, NEUTRAL]
    assert words(plt.gca()) == ["+2.0", "+0.5"]
    assert any(set(line.get_xdata()) == {0} for line in plt.gca().lines)


def test_bars_are_as_high_as_their_numbers_and_counted_from_zero():
    plot_bars(torch.tensor([0.2, 0.5]), level=0.1)
    assert [bar.get_height() for bar in plt.gca().patches] == pytest.approx([0.2, 0.5])
    assert ticks(plt.gca().get_xticklabels()) == ["0", "1"]
    assert set(plt.gca().lines[0].get_ydata()) == {0.1}

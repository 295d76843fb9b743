"""Curves, rows and bars hold the numbers that were passed in, in the colours of their ideas."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from drawn import lines, panels, words

from dsconv_lib.plots import plot_curves, plot_panels, plot_rows, plot_seeds
from dsconv_lib.plots.curves import NAMED, OTHERS, looks_of
from dsconv_lib.plots.style import DENSE, DEPTHWISE, KINDS, MARK, NEUTRAL
from dsconv_lib.training import WAYS

INTERVALS = {"a": [(2, 3, 5), (4, 6, 7)]}


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
    assert (dense.get_color(), ours.get_color()) == (DENSE, "black")
    assert words(plt.gcf().legends[0].get_texts()) == ["dense", "ours"]
    assert plt.gca().get_xlabel() == "width"


def test_what_is_no_kind_of_layer_has_no_colour_of_one():
    of_kinds = {KINDS[kind].colour for kind in ("dense", "depthwise", "pointwise")}
    others = [look for name, look in NAMED.items() if name not in KINDS]
    assert others and not of_kinds & {look.colour for look in (*others, *OTHERS)}


def test_an_interval_is_a_band_around_its_curve():
    plot_curves([1, 10], INTERVALS)
    (line,), (band,) = plt.gca().lines, plt.gca().collections
    assert list(line.get_ydata()) == [3, 6]
    assert band.get_paths()[0].get_extents().get_points().tolist() == [[1, 2], [10, 7]]


def test_values_that_stand_apart_are_not_joined_and_their_intervals_are_bars():
    plot_curves([1, 10], INTERVALS | {"b": [1, 2]}, apart=["a"])
    loose, joined = plt.gca().lines
    assert (loose.get_linestyle(), loose.get_marker()) == ("None", "o")
    assert joined.get_linestyle() != "None"
    segments = plt.gca().collections[0].get_segments()
    np.testing.assert_allclose(segments, [[[1, 2], [1, 5]], [[10, 4], [10, 7]]])


@pytest.mark.parametrize(
    ("x", "log", "places", "ticks"),
    [
        (["none", "head", "stem"], "", [0, 1, 2], ["none", "head", "stem"]),  # equal distances
        ([1, 10, 4000], "xy", [1, 10, 4000], ["1", "10", "4,000"]),  # in full
    ],
)
def test_the_axis_writes_the_words_or_the_logarithmic_values_of_x(x, log, places, ticks):
    plot_curves(x, {"a": [0.01, 1, 10]}, log=log)
    assert list(plt.gca().lines[0].get_xdata()) == places
    assert plt.gca().get_xscale() == plt.gca().get_yscale() == ("log" if log else "linear")
    assert words(plt.gca().get_xticklabels()) == ticks


@pytest.mark.parametrize(("values", "side"), [((99, 10), "left"), ((10, 99), "right")])
def test_a_level_is_named_at_the_end_far_from_the_curve_which_may_have_no_name(values, side):
    plot_curves([0, 1], {"": values}, levels={"guessing": values[side == "left"]})
    (note,) = plt.gca().texts
    assert (note.get_text(), note.get_ha()) == ("guessing", side)
    assert plt.gcf().legends == []


def test_a_mark_is_a_dot_at_its_place_with_its_words():
    plot_curves([0, 10], {"": [0, 5]}, marks={"here": (2, 1), "there": (9, 4)})
    assert lines(plt.gca(), "o")[1:] == [[[2], [1]], [[9], [4]]]
    assert [note.get_ha() for note in plt.gca().texts] == ["left", "right"]


def test_panels_stand_over_their_words_and_share_one_legend_and_one_scale():
    left, right = {"x": [1, 2], "curves": {"a": [1, 2]}}, {"x": [3], "curves": {"a": [4]}}
    plot_panels({"left": left, "right": right}, ylabel="share", ylim=(0, 5))
    first, second = panels()
    np.testing.assert_allclose(second.lines[0].get_data(), [[3], [4]])
    assert (first.get_xlabel(), second.get_xlabel()) == ("left", "right")
    assert first.get_ylabel() == "share" and first.get_ylim() == second.get_ylim() == (0, 5)
    (legend,) = plt.gcf().legends
    assert words(legend.get_texts()) == ["a"]


def test_rows_hold_a_mark_for_each_series_with_its_interval_and_number_in_the_colour_of_its_kind():
    series = {"before": {"dense": 2, "depthwise": (3, 4, 6)}, "after": {"depthwise": 5}}
    plot_rows(series, form="{:.1f}")
    assert [x for x, _ in lines(plt.gca(), "None")] == [[2, 2], [3, 6], [5, 5]]
    (dense, before, after) = (line for line in plt.gca().lines if len(line.get_xdata()) == 1)
    assert [mark.get_xdata()[0] for mark in (dense, before, after)] == [2, 4, 5]
    assert before.get_ydata()[0] < 1 < after.get_ydata()[0]  # one above the other in row 1
    assert (dense.get_color(), before.get_color(), after.get_color()) == (DENSE, *[DEPTHWISE] * 2)
    assert words(plt.gca()) == ["2.0", "4.0", "5.0"]
    assert words(plt.gca().get_yticklabels()) == ["dense", "depthwise"]


def test_seeds_are_dots_under_their_mean_and_differences_grey_where_they_may_be_zero():
    rows = {"better": ([1, 3], (0.5, 2, 3.5)), "unclear": ([-1, 2], (-10, 0.5, 11))}
    rows |= {"mean alone": ([0.2, 0.4], 0.3), "a hair below zero": ([-0.01], -0.01)}
    plot_seeds(rows, form="{:+.1f}")
    assert [x for x, _ in lines(plt.gca(), "o")] == [[1, 3], [-1, 2], [0.2, 0.4], [-0.01]]
    assert [x for x, _ in lines(plt.gca(), "D")] == [[2], [0.5], [0.3], [-0.01]]
    marks = [line for line in plt.gca().lines if line.get_marker() == "D"]
    assert [mark.get_color() for mark in marks] == [MARK, NEUTRAL, *[MARK] * 2]
    assert words(plt.gca()) == ["+2.0", "+0.5", "+0.3", "+0.0"]
    assert any(set(line.get_xdata()) == {0} for line in plt.gca().lines)

"""What the figures of chapter 09 promise: the drawn numbers are the numbers passed in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dsconv_lib.evaluation import Machine, Timing
from dsconv_lib.plots import speed

KINDS = ("dense", "depthwise", "pointwise", "separable")


def timing(median):
    return Timing(0.9 * median, median, 1.2 * median, 5)


def test_counts_and_times_are_shares_of_the_dense_layers():
    macs = dict(zip(KINDS, (64, 1, 8, 9), strict=True))
    times = {kind: timing(seconds) for kind, seconds in zip(KINDS, (4, 1, 2, 3), strict=True)}
    speed.plot_macs_and_time(macs, times, times, ax=None)
    marks = [line for line in plt.gca().lines if line.get_marker() == "|" and len(line.get_xdata())]
    np.testing.assert_allclose([m.get_xdata()[0] for m in marks], [1, 1 / 64, 1 / 8, 9 / 64])
    circles = [line for line in plt.gca().lines if line.get_marker() == "o"]
    drawn = [line.get_xdata()[0] for line in circles if len(line.get_xdata())]
    np.testing.assert_allclose(drawn, [1, 1 / 4, 2 / 4, 3 / 4])


def test_the_roof_bends_at_the_ridge_and_one_mark_of_each_kind_is_large():
    machine = Machine(macs=100e9, bytes=20e9)
    speed.plot_roofline(machine, {"dense": [(2, 20e9), (40, 90e9)]}, chosen=0)
    roof, cloud, chosen = plt.gca().lines
    assert (5.0, 100.0) in [tuple(map(float, pair)) for pair in zip(*roof.get_data(), strict=True)]
    np.testing.assert_allclose(cloud.get_data(), [[2, 40], [20, 90]])
    np.testing.assert_allclose(chosen.get_data(), [[2], [20]])


def test_times_are_multiples_of_the_unit_and_written_out():
    speed.plot_times(
        {"a: one": timing(2.0), "a: two": timing(6.0), "b: one": timing(4.0)}, 2.0, "t"
    )
    assert [text.get_text() for text in plt.gca().texts] == ["1", "3", "2"]
    marks = [line for line in plt.gca().lines if line.get_marker() in ("o", "s")]
    assert [float(mark.get_xdata()[0]) for mark in marks] == [1, 3, 2]
    assert marks[0].get_color() == marks[1].get_color() != marks[2].get_color()


def test_sweeps_are_drawn_in_milliseconds():
    curves = {kind: {1: timing(0.001), 4: timing(0.004)} for kind in KINDS}
    speed.plot_sweeps({"width": curves, "size": curves, "batch": curves})
    for panel in plt.gcf().axes:
        assert len(panel.lines) == 4
        np.testing.assert_allclose(panel.lines[0].get_data(), [[1, 4], [1, 4]])


def test_growth_starts_at_one_and_names_its_exponent():
    grown = {1: timing(0.5), 2: timing(1.0), 4: timing(2.0)}
    speed.plot_growth({name: grown for name in "abc"}, {name: (1.0, 1.0) for name in "abc"})
    panel = plt.gcf().axes[0]
    np.testing.assert_allclose(panel.lines[0].get_ydata(), [1, 2, 4])
    dots = [line for line in panel.lines if line.get_marker() == "o"]
    assert [float(np.ravel(dot.get_ydata())[0]) for dot in dots] == pytest.approx([1, 2, 4])
    assert panel.texts[0].get_text() == "exponent 1.00"

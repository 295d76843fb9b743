"""What the figures of chapter 07 promise: the drawn numbers are the numbers passed in."""

import matplotlib.pyplot as plt
import pytest
import torch

from dsconv_lib.plots import finetuning
from dsconv_lib.training import WAYS

IMAGES = torch.rand(7, 1, 28, 28, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(7)


def _words():
    return [panel.get_xlabel() for panel in plt.gcf().axes if panel.get_xlabel()]


def _texts():
    return [text.get_text() for text in plt.gca().texts]


def test_every_way_has_a_look_of_its_own():
    assert len(finetuning.LOOKS) == len(set(finetuning.LOOKS)) == len(WAYS)


def test_each_collection_is_a_row_and_only_wrong_answers_are_loud():
    answers = LABELS.clone()
    answers[2] = 9
    right, wrong = (IMAGES, LABELS, LABELS), (IMAGES, answers, LABELS)
    assert finetuning.plot_three_sources({"a": right, "b": wrong, "c": right}) is None
    words = _words()
    assert len(words) == 21
    assert [word for word in words if word.startswith("said")] == [words[7 + 2]] == ["said 9"]


def test_another_number_of_collections_is_refused():
    with pytest.raises(ValueError, match="1 collections, but 3"):
        finetuning.plot_three_sources({"a": (IMAGES, LABELS, LABELS)})


def test_grey_levels_are_drawn_in_per_cent():
    shares = {"a": torch.tensor([0.25, 0.75]), "b": torch.tensor([0.5, 0.5])}
    finetuning.plot_grey_levels(shares)
    drawn = [list(steps.get_data().values) for steps in plt.gca().patches]
    assert drawn == [[25, 75], [50, 50]]


def test_the_curve_turns_accuracy_into_mistakes_and_marks_the_untouched_network():
    curves = {"a": [(0.9, 0.8, 0.95), (0.99, 0.98, 0.995)]}
    finetuning.plot_few_labels(curves, [1, 10], untouched=0.75)
    line, dashed = plt.gca().lines
    assert list(line.get_ydata()) == pytest.approx([10, 1])
    assert list(dashed.get_ydata()) == [25, 25]
    band = plt.gca().collections[0].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == pytest.approx((0.5, 20))


def test_a_seventh_way_is_refused():
    curves = {str(way): [(0.9, 0.8, 1.0)] for way in range(7)}
    with pytest.raises(ValueError, match="7 ways, but there are looks for 6"):
        finetuning.plot_few_labels(curves, [1], untouched=0.5)


def test_forgetting_puts_the_new_digits_across_and_the_old_ones_up():
    finetuning.plot_forgetting({"a": ([0.90, 0.92], [0.97, 0.97])}, (0.5, 0.99), looks_from=2)
    point, *_ = plt.gca().lines
    assert (*point.get_xdata(), *point.get_ydata()) == pytest.approx((91, 97))
    assert point.get_marker() == finetuning.LOOKS[2][2]
    assert _texts() == ["untouched: old 99.0, new 50.0"]


def test_one_draw_has_no_spread_and_is_drawn_all_the_same():
    finetuning.plot_forgetting({"a": ([0.9], [0.97])}, (0.5, 0.99))
    assert plt.gca().lines


def test_the_leak_writes_each_change():
    finetuning.plot_leak({"leaked": (0.991, 1.0), "kept": (0.99, 0.989)})
    assert _texts() == ["99.1 → 100.0", "99.0 → 98.9"]


def test_an_adapted_network_says_what_it_reads():
    answers = LABELS.clone()
    answers[0] = 8
    finetuning.plot_adapted(IMAGES, answers, LABELS)
    assert _words() == ["said 8", "1", "2", "3", "4", "5", "6"]


def test_figures_drawn_on_given_axes_make_no_figure_of_their_own():
    drawn, ax = plt.subplots()
    finetuning.plot_leak({"a": (0.5, 0.6)}, ax=ax)
    assert plt.get_fignums() == [drawn.number]

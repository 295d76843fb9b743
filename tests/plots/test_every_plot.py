"""Every public plot draws where it is told, returns nothing, and leaves no figure behind."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dsconv_lib import plots
from dsconv_lib.convolution import Cost
from dsconv_lib.evaluation import Machine
from dsconv_lib.training import DEFAULT, History

DIGIT, MAP = torch.rand(28, 28), torch.randn(28, 28)
FLOW = {"digit": ((1, 28, 28), 0), "head": ((10,), 490)}
PRICE = {"stem": {"dense": (144, 112_896), "norm": (32, 0)}, "head": {"dense": (490, 480)}}
COSTS = {kind: Cost(9, 90) for kind in ("dense", "depthwise", "pointwise")}
TEN = torch.full((10,), 0.1)
PAIR = {"10": MAP[None, None], "01": MAP[None, None]}
DIGITS, ONES = torch.ones(2, 1, 28, 28), torch.ones(2)
THREE = (0.8, 0.9, 1.0)
CURVE = ([0, 1, 2], {"a": [1, 2, 3]})
CALLS = {  # arguments of each plot, and the rows and columns of its axes
    "plot_accuracy_per_weight": ([{9: THREE, 99: THREE}, {"b": (9, 0.9)}, (9, 0.9)], 1, 1),
    "plot_answers": ([{"a": (DIGITS, ONES, ONES)}], 1, 2),
    "plot_assembly": ([FLOW], 1, 1),
    "plot_bars": ([[1, 2]], 1, 1),
    "plot_budget": ([PRICE, "words", DIGIT, 42, (600, 200_000)], 2, 2),
    "plot_confidence": ([TEN, TEN, 2.3, (TEN, TEN), 3], 3, 1),
    "plot_confusion": ([torch.ones(2, 2).int(), [1, 1], [1, 1]], 1, 1),
    "plot_connections": ([], 1, 1),
    "plot_curves": (CURVE, 1, 1),
    "plot_forgetting": ([{"full": (THREE, THREE)}, (0.9, 0.9)], 1, 1),
    "plot_history": ([History(DEFAULT, (2.0, 1.0), (0.1, 0.1), (0.8, 0.9))], 1, 2),
    "plot_images": ([[DIGIT, MAP, MAP], "abc"], 1, 3),
    "plot_logits": ([DIGIT, TEN, TEN], 1, 3),
    "plot_panels": ([{"p": {"x": [1], "curves": {"a": [1]}}, "q": {"x": [1], "curves": {}}}], 1, 2),
    "plot_paired_seeds": ([{"a": [0.8, 0.9], "b": [0.9, 1]}, (0.85, 0.95)], 1, 1),
    "plot_path_counts": ([{"one": [1, 1, 1], "two": [1, 0, 1]}], 2, 1),
    "plot_reliability": ([ONES, ONES, ONES, 0.01], 2, 1),
    "plot_roofline": ([Machine(100e9, 20e9), {"dense": [(2, 20e9)]}], 1, 1),
    "plot_rows": ([{"time": {"a": 1, "b": 2}}], 1, 1),
    "plot_seeds": ([{"a": ([1, 2], 1.5)}], 1, 1),
    "plot_separable_cost": ([COSTS, {2: 1.6, 4: 2.8}, 4, 9], 2, 1),
    "plot_stages": ([{"in": 3, "out": MAP[None]}, ["dense"], ["3 kernels"]], 1, 1),
    "plot_swapped": ([PAIR, {net: dict.fromkeys(PAIR, TEN[None]) for net in "ab"}], 2, 2),
    "plot_table": ([[[1.0, 2.0]], "{:.1f}"], 1, 1),
    "plot_taps": ([3, [1, 2]], 1, 2),
    "plot_taps_on_digit": ([DIGIT, MAP, 3, 2], 1, 2),
    "plot_walk_back": ([[1, 2]], 1, 1),
    "plot_window": ([DIGIT, torch.ones(3, 3), MAP[1:-1, 1:-1], 5, 5], 1, 3),
}
OPTIONS = {"plot_table": {"rows": ["r"], "columns": ["a", "b"]}}


def test_every_public_plot_is_called_here():
    assert set(CALLS) == {name for name in dir(plots) if name.startswith("plot_")}


def drawn(panel) -> bool:
    return bool(panel.images or panel.lines or panel.patches or panel.texts)


@pytest.mark.parametrize("name", CALLS)
def test_a_plot_draws_on_the_axes_it_is_given_and_makes_no_figure(name):
    given, rows, columns = CALLS[name]
    figure, ax = plt.subplots(rows, columns)
    assert getattr(plots, name)(*given, **OPTIONS.get(name, {}), ax=ax) is None
    assert plt.get_fignums() == [figure.number]
    assert figure.axes[: rows * columns] == [*np.ravel(ax)]
    assert any(drawn(panel) for panel in figure.axes)


@pytest.mark.parametrize("name", CALLS)
def test_a_plot_without_axes_makes_one_figure_whose_words_are_large_enough_to_read(name):
    given, rows, columns = CALLS[name]
    assert getattr(plots, name)(*given, **OPTIONS.get(name, {})) is None
    (number,) = plt.get_fignums()
    figure = plt.figure(number)
    assert len(figure.axes) == rows * columns
    figure.canvas.draw()
    texts = [text for text in figure.findobj(plt.Text) if text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= 11

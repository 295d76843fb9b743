"""What the figures of chapter 05 promise: the drawn numbers are the numbers passed in."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import Rectangle

from dsconv_lib.plots import network

PRICE = {
    "stem": {"dense": (144, 112_896), "norm": (32, 0)},
    "block 1": {"depthwise": (144, 28_224), "pointwise": (512, 100_352), "norm": (64, 0)},
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def bars(ax):
    return [(bar.get_y(), bar.get_height()) for bar in ax.patches]


def square(ax):
    blue = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_linewidth() == 3]
    (drawn,) = blue
    return drawn


def test_mends_draws_every_seed_and_names_each_mend_once():
    losses = {"one": [[2.0, 1.0], [2.1, 1.1]], "seven": [[0.4, 0.1]]}
    assert network.plot_mends(losses, {1: 0.1417, 2: 0.0226}) is None
    ax = plt.gca()
    drawn = [line.get_ydata() for line in ax.lines]
    assert [list(y) for y in drawn] == [[2.0, 1.0], [2.1, 1.1], [0.4, 0.1], [0.1417, 0.0226]]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["one", "seven", "the article"]
    assert words(ax) == ["0.1417", "0.0226"]


def test_swapped_overlays_the_logits_of_both_images():
    images = {"10": torch.zeros(1, 1, 6, 8), "01": torch.ones(1, 1, 6, 8)}
    answers = {name: torch.randn(1, 10) for name in images}
    network.plot_swapped(images, {"a": answers, "b": answers})
    axes = plt.gcf().axes
    assert [ax.get_xlabel() for ax in axes] == ["10: circles", "01: crosses", "a", "b"]
    for ax in axes[2:]:
        for line, row in zip(ax.lines, answers.values(), strict=True):
            torch.testing.assert_close(torch.tensor(line.get_ydata()), row[0])


def test_first_maps_scales_each_map_by_its_own_largest_value():
    maps = torch.linspace(-1, 3, 16 * 9).view(16, 3, 3)
    network.plot_first_maps({"a": maps, "b": -maps})
    shown = [ax.images[0] for ax in plt.gcf().axes]
    assert len(shown) == 32
    for picture, values in zip(shown, [*maps, *-maps], strict=True):
        most = values.abs().max().item()
        assert picture.get_clim() == (-most, most)


def test_first_maps_refuses_another_number_of_maps():
    with pytest.raises(ValueError, match="zip"):
        network.plot_first_maps({"a": torch.zeros(15, 3, 3), "b": torch.zeros(16, 3, 3)})


def test_assembly_draws_blocks_as_high_as_their_maps():
    flow = {"digit": ((1, 28, 28), 0), "stem": ((16, 14, 14), 176), "head": ((10,), 490)}
    network.plot_assembly(flow)
    ax = plt.gca()
    assert [patch.get_height() for patch in ax.patches] == [28, 14, 1]
    digit, stem, head = (patch.get_width() for patch in ax.patches)
    assert (stem - digit) / (head - digit) == pytest.approx((16 - 1) / (10 - 1))
    assert {"28 × 28", "14 × 14", "176", "490"} <= set(words(ax))


def test_reach_marks_where_each_choice_ends():
    network.plot_reach(["pixel", "stem", "1"], {"1": [1, 3, 5], "2": [1, 3, 7]}, size=28)
    ax = plt.gca()
    assert words(ax) == ["the digit, 28", "5", "7"]
    assert [list(line.get_ydata()) for line in ax.lines[1:]] == [[1, 3, 5], [1, 3, 7]]


def test_budget_stacks_kinds_without_gaps_and_adds_them_up():
    network.plot_budget(PRICE, torch.zeros(28, 28), 42)
    counts, work, _, legend = plt.gcf().axes
    assert bars(counts) == [(0, 144), (144, 32), (0, 144), (144, 512), (656, 64)]
    assert bars(work) == [(0, 112_896), (112_896, 0), (0, 28_224), (28_224, 100_352), (128_576, 0)]
    assert words(legend) == ["896 weights\n0.24 M multiply-adds\nsees 42 by 42"]


@pytest.mark.parametrize("seen", [5, 30, 42, 54])
def test_budget_centres_the_square_on_the_digit(seen):
    network.plot_budget(PRICE, torch.zeros(28, 28), seen)
    drawn = square(plt.gcf().axes[2])
    assert (drawn.get_width(), drawn.get_height()) == (seen, seen)
    assert drawn.get_center() == pytest.approx((13.5, 13.5))


def test_budget_keeps_the_scales_it_is_given():
    network.plot_budget(PRICE, torch.zeros(28, 28), 42, most=(6_000, 550_000))
    tops = [ax.get_ylim()[1] for ax in plt.gcf().axes[:2]]
    assert tops == [6_000, 550_000]

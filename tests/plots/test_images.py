"""Pictures of pixels show the values, the words and the frames that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from drawn import panels, words
from matplotlib.colors import to_hex

from dsconv_lib.plots import Square, as_sheet, centred, plot_images, plot_table
from dsconv_lib.plots.style import DENSE, DEPTHWISE, POINTWISE

EDGE = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def test_every_image_is_drawn_in_reading_order_with_its_label():
    maps = torch.arange(5 * 4.0).reshape(5, 2, 2)
    plot_images(maps, list("abcde"), columns=3)
    for panel, values, label in zip(panels()[:5], maps, "abcde", strict=True):
        np.testing.assert_array_equal(panel.images[0].get_array(), values)
        assert panel.get_xlabel() == label
    assert [panel.axison for panel in panels()] == [True] * 5 + [False]


def test_values_are_scaled_by_their_own_or_a_given_size_and_zero_is_white():
    plot_images([EDGE, EDGE.abs(), 3 * EDGE, 0 * EDGE], most=[None, None, 12, None])
    clims = [panel.images[0].get_clim() for panel in panels()]
    assert clims == [(-2, 2), (0, 2), (-12, 12), (0, 1)]  # signed, ink, given, empty
    assert min(panels()[0].images[0].to_rgba(0.0)[:3]) > 0.95


def test_numbers_stand_in_their_pixels_and_never_as_minus_zero():
    plot_images([EDGE * -1.0], numbers="{:g}")
    places = {text.get_position(): text.get_text() for text in panels()[0].texts}
    assert places[2, 1] == "-2" and places[0, 1] == "2" and places[1, 0] == "0"


def test_numbers_are_white_on_dark_ink_and_words_can_take_their_place():
    plot_images([[[0, 255], [100, 200]], EDGE], numbers=["{:g}", np.where(EDGE == 0, "×", "")])
    ink, crossed = panels()
    assert [text.get_color() for text in ink.texts] == ["black", "white"] * 2
    assert words(crossed) == ["", "×", ""] * 3


def test_names_stand_before_their_row_and_words_above_their_column():
    plot_images({"one": [EDGE, EDGE], "two": [EDGE, EDGE]}, columns=["left", "right"])
    assert [panel.get_ylabel() for panel in panels()] == ["one", "", "two", ""]
    assert [panel.get_title() for panel in panels()] == ["left", "right", "", ""]


def test_a_name_stands_above_its_images_where_they_need_several_rows():
    plot_images({"one": [EDGE] * 4, "two": [EDGE] * 3}, columns=2)
    assert [words(panel) for panel in panels()] == [["one"], [], [], [], ["two"], [], [], []]
    assert sum(len(panel.images) for panel in panels()) == 7


def test_labels_frames_and_squares_have_the_colour_of_their_kind():
    boxes, names = [[Square(1, 2, 3, "pointwise")], []], [("wrong", "dense"), "right"]
    plot_images([torch.zeros(9, 9)] * 2, names, frames=["depthwise", None], squares=boxes)
    first, second = panels()
    labels = [(panel.xaxis.label.get_color(), panel.xaxis.label.get_weight()) for panel in panels()]
    assert labels == [(DENSE, "bold"), ("black", "normal")]
    assert to_hex(first.spines["left"].get_edgecolor()).upper() == DEPTHWISE
    assert to_hex(second.spines["left"].get_edgecolor()).upper() != DEPTHWISE
    assert first.patches[0].get_bbox().bounds == (1.5, 0.5, 3, 3)
    assert to_hex(first.patches[0].get_edgecolor()).upper() == POINTWISE
    assert len(second.patches) == 0


def test_a_centred_square_has_the_middle_of_the_image_as_its_own():
    plot_images([torch.zeros(28, 28)], squares=[[centred(side, 28) for side in (5, 30, 42)]])
    centres = [square.get_center() for square in panels()[0].patches]
    np.testing.assert_allclose(centres, np.full((3, 2), 13.5))


def test_classes_have_one_colour_each_and_a_key():
    plot_images([torch.arange(11).view(1, 11)], colours="classes")
    picture = panels()[0].images[0]
    key = plt.gcf().legends[0]
    drawn = [to_hex(picture.to_rgba(1.0 + digit)) for digit in range(10)]
    assert drawn == [to_hex(patch.get_facecolor()) for patch in key.get_patches()]
    assert words(key.get_texts()) == list("0123456789")
    assert to_hex(picture.to_rgba(0.0)) == "#ffffff" and len(set(drawn)) == 10


@pytest.mark.parametrize("what", ["labels", "frames", "numbers", "most"])
def test_a_list_of_another_length_is_refused(what):
    with pytest.raises(ValueError, match="3 given for 2 images"):
        plot_images([EDGE, EDGE], **{what: [1, 2, 3]})


@pytest.mark.parametrize(
    ("count", "columns", "rows", "size"),
    [(5, 0, 1, (7, 11)), (5, 5, 1, (3, 19)), (2, 5, 3, (11, 19)), (0, 2, 1, (3, 7))],
)
def test_a_sheet_holds_every_map_scaled_by_its_own_size(count, columns, rows, size):
    torch.manual_seed(0)
    maps = torch.randn(count, 3, 3, dtype=torch.float64)
    sheet = as_sheet(maps, columns, rows)
    assert sheet.shape == size
    across = (size[1] + 1) // 4
    for place, values in enumerate(maps):
        top, left = 4 * (place // across), 4 * (place % across)
        here = sheet[top : top + 3, left : left + 3]
        np.testing.assert_allclose(here, values / values.abs().max())
    assert np.isfinite(sheet).sum() == 9 * count


def test_a_table_writes_every_number_and_outlines_the_cells_it_is_told():
    table = torch.rand(3, 10, generator=torch.Generator().manual_seed(0))
    picked = [(0, 1), (1, 0), (2, 9)]
    plot_table(table, rows="abc", columns=range(10), outlined=picked)
    assert words(panels()[0]) == [f"{value:.2f}" for value in table.flatten().tolist()]
    centres = [patch.get_center()[::-1] for patch in panels()[0].patches]
    assert [tuple(np.round(centre).astype(int)) for centre in centres] == picked
    assert words(panels()[0].get_yticklabels()) == list("abc")


def test_a_table_is_darker_where_its_numbers_are_larger_and_white_on_dark():
    plot_table([[0.1, 0.9, np.nan]], [["a", "b", "c"]], rows=["r"], columns="xyz")
    low, high = (sum(panels()[0].images[0].to_rgba(value)[:3]) for value in (0.1, 0.9))
    assert low > high
    assert [text.get_color() for text in panels()[0].texts] == ["black", "white", "black"]


def test_a_table_refuses_a_row_without_a_name():
    with pytest.raises(ValueError, match=r"locations \(11\).*number of labels \(10\)"):
        plot_table(torch.rand(11, 3), rows=range(10), columns="abc")

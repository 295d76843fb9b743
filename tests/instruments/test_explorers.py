"""Sliders reach every picture, in the browser alone, and every picture can be heard."""

import re

import ipywidgets as widgets
import matplotlib.pyplot as plt
import pytest

from dsconv_lib.instruments.explorers import browse, picture_of


def line_picture(width, height=1):
    return picture_of(plt.plot, [0, width], [0, height], alt=f"A line {width} by {height}.")


def leaves(widget):
    if isinstance(widget, widgets.Stack):
        return [leaf for child in widget.children for leaf in leaves(child)]
    return [widget]


def test_every_combination_is_one_picture_in_the_order_of_the_named_sliders():
    explorer = browse(line_picture, width=[1, 2, 3], height=[4, 5])
    alts = [re.search(r'alt="([^"]+)"', leaf.value)[1] for leaf in leaves(explorer.children[-1])]
    assert alts == [f"A line {width} by {height}." for width in (1, 2, 3) for height in (4, 5)]
    assert [slider.description for slider in explorer.children[:-1]] == ["width", "height"]
    assert explorer.children[1].options == (("4", 4), ("5", 5))
    assert plt.get_fignums() == []


def test_each_slider_is_joined_to_its_stacks_in_the_browser():
    before = set(widgets.widget._instances)
    explorer = browse(line_picture, width=[1, 2, 3], height=[4, 5])
    added = [widgets.widget._instances[key] for key in set(widgets.widget._instances) - before]
    joined = [widget for widget in added if isinstance(widget, widgets.widget_link.Link)]
    assert all((link.source[1], link.target[1]) == ("index", "selected_index") for link in joined)
    width, height, outer = explorer.children
    assert [link.target[0] for link in joined if link.source[0] is width] == [outer]
    inner = {link.target[0] for link in joined if link.source[0] is height}
    assert inner == set(outer.children)


def test_a_picture_returned_twice_is_stored_once():
    kept = {}

    def picture(first, second):
        pair = tuple(sorted((first, second)))
        return kept.setdefault(pair, line_picture(*pair))

    explorer = browse(picture, first=[1, 2, 3], second=[1, 2, 3])
    assert len(leaves(explorer.children[-1])) == 9
    assert len(set(leaves(explorer.children[-1]))) == 6


def test_alt_text_is_escaped_and_required():
    tricky = picture_of(plt.plot, [1], alt='1 < 2 & "so on"')
    assert 'alt="1 &lt; 2 &amp; &quot;so on&quot;"' in tricky.value
    with pytest.raises(ValueError, match="alt is empty"):
        picture_of(plt.plot, [1], alt=" ")


def test_browse_refuses_what_no_page_could_hold():
    for axes in [{}, {"width": []}, {"width": range(21), "height": range(20)}]:
        stops = {name: len(values) for name, values in axes.items()}
        with pytest.raises(ValueError, match=f"axes {stops} make no picture, or more than 400"):
            browse(line_picture, **axes)

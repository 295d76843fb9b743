"""Figures and instruments look alike: one palette, one scale of signed values, one small PNG."""

import inspect
import io
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import rgb_to_hsv, to_hex, to_rgb
from PIL import Image

import dsconv_lib.instruments
from dsconv_lib import plots
from dsconv_lib.plots.style import (
    DENSE,
    DEPTHWISE,
    INDIGO,
    KINDS,
    MARK,
    OLIVE,
    POINTWISE,
    SIGNED,
    small_png,
)

SHARED = Path(dsconv_lib.instruments.__file__).parent / "shared"
TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))


def hue(colour):
    return rgb_to_hsv(to_rgb(colour))[0]


@pytest.mark.parametrize("name", [name for name in dir(plots) if name.startswith("plot_")])
def test_every_public_plot_takes_axes_and_is_tested(name):
    assert inspect.signature(getattr(plots, name)).parameters["ax"].kind.name == "KEYWORD_ONLY"
    assert f"{name}(" in TESTS


@pytest.mark.parametrize(("name", "stops"), [("BELOW", SIGNED[2::-1]), ("ABOVE", SIGNED[2:])])
def test_the_page_and_the_figures_have_the_same_colours_for_signed_values(name, stops):
    text = (SHARED / "colours.js").read_text(encoding="utf-8")
    numbers = re.search(rf"const {name} = (\[.*?\]);", text, re.S)[1]
    page = json.loads(re.sub(r",(\s*)\]", r"\1]", numbers))
    assert [to_hex(np.array(stop) / 255).upper() for stop in page] == list(stops)


def test_signed_colours_and_marks_have_other_hues_than_the_kinds_of_layer():
    for kind in (DENSE, DEPTHWISE, POINTWISE):
        for stop in (*SIGNED[:2], *SIGNED[3:], MARK, INDIGO, OLIVE):
            apart = abs(hue(kind) - hue(stop))
            assert min(apart, 1 - apart) > 0.05, (kind, stop)


def test_no_two_kinds_look_alike_in_print():
    looks = {(look.marker, look.line, look.hatch) for look in KINDS.values()}
    assert len(looks) == len(KINDS)


def test_a_small_picture_has_few_colours_and_the_same_bytes_every_time():
    figure = plt.figure()
    figure.figimage(np.random.default_rng(0).random((9, 9)))
    first, second = small_png(figure), small_png(figure)
    assert first == second
    assert len(Image.open(io.BytesIO(first)).convert("RGB").getcolors(1000)) <= 64

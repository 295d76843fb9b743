"""What every instrument does: it is named, fits a phone, refuses, fails in words, has a still."""

import math
import re
import statistics

import matplotlib.pyplot as plt
import pytest
import torch
from playwright.sync_api import expect
from traitlets import TraitError

from dsconv_lib.instruments import DilationStack, DrawingPad, Microscope
from dsconv_lib.instruments.instrument import COLOURS
from dsconv_lib.networks import DSNet

RAMP = torch.linspace(0, 1, 784).reshape(1, 1, 28, 28)
SEVENS = dict(kernel_size=7, padding=12, in_channels=2, out_channels=4)
MAKE = {
    "microscope": lambda **settings: Microscope(RAMP, **settings),
    "stack": lambda **settings: DilationStack(image=RAMP, **settings),
    "pad": lambda **settings: DrawingPad([DSNet(4, (1, 1)), DSNet(5, (1, 2))], **settings),
}
CROWDED = [
    *[("microscope", {"kind": kind, **SEVENS}) for kind in ("standard", "depthwise", "separable")],
    ("microscope", {"kind": "pointwise", "in_channels": 4, "out_channels": 4}),
    ("stack", {"layers": [(3, 1), (3, 2), (3, 4), (3, 8), (3, 16), (7, 16)]}),
    ("pad", {}),
]


@pytest.fixture(params=MAKE)
def name(request):
    return request.param


@pytest.fixture
def widget(name):
    torch.manual_seed(0)
    return MAKE[name]()


@pytest.mark.parametrize(("name", "settings"), CROWDED)
def test_a_phone_cuts_nothing_off_and_all_is_large_enough_for_a_finger(page_of, name, settings):
    page = page_of(MAKE[name](**settings), "phone")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate("""[...document.querySelectorAll('button, input, select, summary')]
      .filter(one => one.offsetParent)
      .map(one => one.type === 'checkbox' ? one.closest('label') : one)
      .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
      .filter(([, box]) => Math.min(box.height, box.width) < 39.9).map(([words]) => words)""")
    assert small == []
    sizes = page.evaluate("""[...document.querySelectorAll('.dsconv *')]
      .filter(one => one.offsetParent &&
        [...one.childNodes].some(part => part.nodeType === 3 && part.data.trim()))
      .map(one => parseFloat(getComputedStyle(one).fontSize))""")
    assert len(sizes) > 30 and min(sizes) >= 14


def test_every_control_and_picture_has_a_name_of_its_own(page_of, widget):
    page = page_of(widget)
    names = page.evaluate("""[...document.querySelectorAll(
        'button, input:not([type=radio]), select, canvas, svg[tabindex]')]
      .filter(one => !one.closest('[aria-hidden]') && one.offsetParent)
      .map(one => one.ariaLabel || one.labels?.[0]?.textContent || one.textContent)""")
    assert all(word.strip() for word in names)
    assert len(set(names)) == len(names) > 10


def test_the_kinds_of_layer_have_the_figures_colours_and_lighter_ones_in_the_dark(page_of, widget):
    page = page_of(widget)
    ask = """kinds => kinds.map(kind => getComputedStyle(document.querySelector('.dsconv'))
      .getPropertyValue('--' + kind).trim())"""
    used = set(re.findall(r"var\(--([a-z]+)\)", widget._css)) - {"tap"}  # set where it is used
    assert all(page.evaluate(ask, sorted(used)))
    light = page.evaluate(ask, [*COLOURS, "paper"])
    assert light == [*COLOURS.values(), "#fff"]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    dark = page.evaluate(ask, [*COLOURS, "paper"])
    page.evaluate("delete document.documentElement.dataset.theme")
    assert all(before != after for before, after in zip(light, dark, strict=True))


def test_what_has_the_focus_keeps_its_keys_from_jupyterlab(page_of, widget):
    page = page_of(widget)
    page.locator("canvas[tabindex], svg[tabindex]").first.focus()
    assert page.evaluate("document.activeElement.dataset.lmSuppressShortcuts") == "true"


NAN = b"\xff" * 3136
IMPOSSIBLE = {  # name, value, what Python says, and what the page says if it looks for it, too
    "every": [
        ("fixed", {}, "read-only"),
        ("image", torch.zeros(1, 3, 28, 28), "(1, 3, 28, 28)"),
        ("image", torch.zeros(28, 3), "(28, 3), but it must be (1, 1, H, W) or (H, W), with sides"),
        ("image", torch.zeros(33, 33), "(33, 33)"),
        ("image", torch.full((28, 28), 255.0), "255 to 255"),
        ("image", torch.full((28, 28), math.nan), "nan to nan"),
    ],
    "microscope": [
        ("kernel_size", 4, "4", "kernel_size=4"),
        ("dilation", 99, "99", "dilation=99"),
        ("padding", 13, "13"),
        ("kind", "depthwise", "out_channels=3"),
        ("kind", None, "None", "kind=null"),
        ("row", 28, "row=28, but the output has rows 0 to 27"),
        ("channel", 3, "channels 0 to 2"),
        ("in_channels", 5, "5"),
        ("pointwise_weights", [[1e9]], "length 4 <= L <= 4, but a value of", "1 weights, but"),
        ("pointwise_weights", [[None] * 4] * 4, "None", "cannot"),
        ("pointwise_weights", [[math.nan] * 4] * 4, "a number from -100 to 100, not the float nan"),
        ("depthwise_kernels", ["sharp"] * 4, "zero) or 1, 3, 5 or 7 rows", "a kernel is sharp"),
        ("depthwise_kernels", [[[1, 2], [3, 4]]] * 4, "not the list [[1, 2], [3, 4]]"),
        ("dense_kernels", [["blur"] * 4] * 3, "length 4 <= L <= 4"),
        ("pixels", None, "None", "cannot"),
        ("pixels", b"1234", "pixels has 4 bytes, but 784 float32 have 3136"),
        ("pixels", NAN, "nan to nan"),
    ],
    "stack": [
        ("layers", [[3, 17]], "=17, but it must be 1 to 16", "a whole number from 1 to 16"),
        ("layers", [], "0 layers, but a stack has 1 to 6", "0 layers, but a stack has 1 to 6"),
        ("layers", None, "None", "no layers"),
        ("layers", [(3, 1)] * 7, "7 layers, but a stack has 1 to 6"),
        ("layers", [(3, 1), (8, 1)], "layer 2 kernel_size=8, but it must be 1 to 7"),
        ("layers", [(3, 0)], "layer 1 dilation=0", "layer 1 dilation=0, but"),
        ("layers", [(3, 1.5)], "layer 1 dilation=1.5"),
        ("layers", [(True, 1)], "layer 1 kernel_size=True"),
        ("layers", [(3, 1, 1)], "kernel_size, dilation"),
        ("layers", ["31"], "layer 1 is '31'"),
        ("row", 28, "should not be greater than 27, but a value of 28", "row=28"),
        ("column", -1, "should not be less than 0, but a value of -1"),
        ("grid_layer", 4, "grid_layer=4, but it must be 0 to 3"),
        ("pixels", b"abc", "pixels has 3 bytes, but 784 float32 have 3136"),
        ("pixels", NAN, "nan to nan, but ink is 0 to 1"),
    ],
    "pad": [
        ("net", 2, "net=2 is not one of range(0, 2)", "net 2 was asked for, but there are 2"),
        ("header", [], "read-only", "no network was given"),
        ("header", [{"name": "odd", "steps": [{"op": "tanh"}]}], "read-only", "a step tanh"),
        ("weights", bytes(4), "read-only", "1 weights came, but the networks have"),
        ("weights", b"\xff" * len(MAKE["pad"]().weights), "read-only", "not finite"),
        ("weights", bytes(7), "read-only", "cannot be shown"),
        ("labels", [1], "read-only", "7840 bytes for 1 examples"),
        ("layer", "block 5 depthwise", "is not one of stem, block 1 depthwise"),
        ("channel", 16, "channel=16 is not one of range(0, 4)"),
        ("channel", -1, "channel=-1"),
        ("square", 4, "[3, 5, 7, 9, 11], not the int 4"),
        ("base", b"123", "base has 3 bytes, but 784"),
        ("base", NAN, "base goes from nan to nan"),
        ("seen", b"", "seen has 0 bytes"),
        ("strokes", [{}], "points=None"),
        ("strokes", [{"points": [1]}], "points=[1]", "not pairs of numbers"),
        ("strokes", [{"points": []}], "points=[]"),
        ("strokes", [{"points": [1, math.inf]}], "points=[1, inf]"),
    ],
}
SPOIL = """([name, bad, binary]) => {
  good = model.get(name);
  model.set(name, binary ? new DataView(Uint8Array.from(bad).buffer) : bad);
}"""


def test_a_state_that_cannot_be_drawn_is_named_and_a_good_one_brings_it_back(mount, name, widget):
    """A page may have been saved in such a state, as it is here with the first."""
    cases = [case for case in IMPOSSIBLE[name] if len(case) == 4]
    trait, bad, _, words = cases[0]
    page = mount(widget, **{trait: bad})
    page.add_style_tag(content=".dsconv-live { display: none }")  # it speaks a little later
    whole, alarm = page.locator(".dsconv"), page.get_by_role("alert")
    picture = whole.locator("canvas:visible").first
    expect(alarm).to_contain_text(words)
    page.evaluate("([name, good]) => model.set(name, good)", [trait, getattr(widget, trait)])
    expect(picture).to_be_visible()
    right = whole.inner_text()
    for trait, bad, _, words in cases:
        binary = isinstance(bad, bytes)
        page.evaluate(SPOIL, [trait, list(bad) if binary else bad, binary])
        expect(alarm).to_contain_text(words)
        expect(picture).to_be_hidden()
        page.evaluate("name => model.set(name, good)", trait)
        expect(picture).to_be_visible()
        assert alarm.count() == 0, trait
        assert whole.inner_text() == right, trait


def test_python_refuses_the_impossible_with_its_numbers_and_keeps_the_old_state(name, widget):
    before = widget.get_state()
    for trait, value, words, *_ in IMPOSSIBLE["every"] + IMPOSSIBLE[name]:
        error = ValueError if trait == "image" else TraitError
        with pytest.raises(error, match=re.escape(words)):
            setattr(widget, trait, value)
        assert widget.get_state() == before, trait
        with pytest.raises(error), widget.hold_trait_notifications():
            setattr(widget, trait, value)
        assert widget.get_state() == before, trait


SENT = {  # what a page sends and Python takes; and what it refuses
    "microscope": ({"kind": "standard", "row": 3, "stride": 2}, {"dilation": 7}),
    "stack": ({"layers": [(3, 2), (5, 4)], "row": 3}, {"layers": [[3, 40]]}),
    "pad": ({"net": 1, "layer": "stem", "seen": memoryview(bytes(3136))}, {"square": 4}),
}


def test_what_the_page_sends_arrives_in_python_or_is_refused_whole(name, widget):
    good, bad = SENT[name]
    widget.set_state(good)
    assert {trait: getattr(widget, trait) for trait in good} == good
    before = widget.get_state()
    with pytest.raises(TraitError):
        widget.set_state(bad)
    assert widget.get_state() == before


def test_the_still_is_small_the_same_every_time_and_has_words(widget):
    (first, _), (second, _) = widget._repr_mimebundle_(), widget._repr_mimebundle_()
    assert first["image/png"] == second["image/png"]
    assert 2_000 < len(first["image/png"]) < 80_000
    assert first["text/plain"] == f"{type(widget).__name__}: {widget.still_words()}"
    assert re.search(r"\d", widget.still_words())
    assert plt.get_fignums() == []


STEPS = {
    "microscope": ("stride", [1, 2, 3] * 7),
    "stack": ("column", list(range(20))),
    "pad": ("strokes", [[{"erase": False, "points": [8, 6, 14, x, 12, 23]}] for x in range(20)]),
}
TIMES = """([name, values]) => {
  const later = window.requestAnimationFrame;
  window.requestAnimationFrame = (job) => job();
  const times = values.map((value) => {
    const start = performance.now();
    model.set(name, value);
    document.body.getBoundingClientRect();
    return performance.now() - start;
  });
  window.requestAnimationFrame = later;
  return times;
}"""


@pytest.mark.clock
def test_a_redraw_fits_into_a_frame(page_of, name):
    """Half of 20 or so changes are drawn in less than 50 ms; an idle machine takes about 16."""
    page = page_of(MAKE[name](**dict(reversed(CROWDED))[name]))
    assert statistics.median(page.evaluate(TIMES, STEPS[name])) < 50

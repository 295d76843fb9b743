"""What every instrument does: it is named, fits a phone, refuses, fails in words, has a still."""

import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from traitlets import TraitError

from dsconv_lib.instruments import DilationStack, DrawingPad, Microscope
from dsconv_lib.instruments.instrument import COLOURS
from dsconv_lib.networks import DSNet

RAMP = torch.linspace(0, 1, 784).reshape(1, 1, 28, 28)
SEVENS = dict(kernel_size=7, padding=12, in_channels=2, out_channels=4)
MAKE = {
    "microscope": lambda **settings: Microscope(RAMP, **settings),
    "stack": lambda **settings: DilationStack(image=RAMP, **settings),
    "pad": lambda **settings: DrawingPad(
        [DSNet(4, (1, 1)).eval(), DSNet(5, (1, 2)).eval()], **settings
    ),
}
CROWDED = [
    *[("microscope", {"kind": kind, **SEVENS}) for kind in ("standard", "depthwise", "separable")],
    ("microscope", {"kind": "pointwise", "in_channels": 4, "out_channels": 4}),
    ("stack", {"layers": [(3, 1), (3, 2), (3, 4), (3, 8), (3, 16), (7, 16)]}),
    ("pad", {}),
]
every_instrument = pytest.mark.parametrize("name", MAKE)


@pytest.mark.parametrize(("name", "settings"), CROWDED)
def test_a_phone_cuts_nothing_off_and_all_is_large_enough_to_touch_and_read(
    page_of, name, settings
):
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


@every_instrument
def test_every_control_and_picture_has_a_name_of_its_own(page_of, name):
    page = page_of(MAKE[name]())
    names = page.evaluate("""[...document.querySelectorAll(
        'button, input:not([type=radio]), select, canvas, svg[tabindex]')]
      .filter(one => !one.closest('[aria-hidden]') && one.offsetParent)
      .map(one => one.ariaLabel || one.labels?.[0]?.textContent || one.textContent)""")
    assert all(word.strip() for word in names)
    assert len(set(names)) == len(names) > 10


@every_instrument
def test_the_kinds_of_layer_have_the_colours_of_the_figures_and_lighter_ones_in_the_dark(
    page_of, name
):
    widget = MAKE[name]()
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


@every_instrument
def test_what_has_the_focus_keeps_its_keys_from_jupyterlab(page_of, name):
    page = page_of(MAKE[name]())
    page.locator("canvas[tabindex], svg[tabindex]").first.focus()
    assert page.evaluate("document.activeElement.dataset.lmSuppressShortcuts") == "true"


UNDRAWABLE = {  # name, a value that cannot be drawn, and what the page says
    "microscope": [
        ("kernel_size", 4, "kernel_size=4"),
        ("dilation", 99, "dilation=99"),
        ("kind", None, "kind=null"),
        ("pixels", None, "cannot"),
        ("pointwise_weights", [[1e9]], "1 weights, but"),
        ("pointwise_weights", [[None] * 4] * 4, ""),
        ("depthwise_kernels", ["sharp"] * 4, "a kernel is sharp"),
    ],
    "stack": [
        ("layers", [[3, 40]], "layer 1 dilation=40, but it must be a whole number from 1 to 16"),
        ("layers", [], "0 layers, but a stack has 1 to 6"),
        ("layers", None, "no layers"),
        ("row", 99, "row=99"),
    ],
    "pad": [
        ("net", 7, "net 7 was asked for, but there are 2"),
        ("header", [], "no network was given"),
        ("header", [{"name": "odd", "steps": [{"op": "tanh"}]}], "a step tanh"),
        ("strokes", [{"points": [1]}], "not pairs of numbers"),
        ("labels", [1], "7840 bytes for 1 examples"),
    ],
}


@every_instrument
def test_a_state_that_cannot_be_drawn_is_named_and_a_good_one_brings_it_back(page_of, name):
    page = page_of(MAKE[name]())
    picture, alarm = page.locator(".dsconv canvas:visible").first, page.get_by_role("alert")
    for trait, bad, words in UNDRAWABLE[name]:
        page.evaluate("([n, bad]) => { good = model.get(n); model.set(n, bad); }", [trait, bad])
        alarm.wait_for()
        assert words in alarm.inner_text() and not picture.is_visible(), trait
        page.evaluate("n => model.set(n, good)", trait)
        picture.wait_for()
        assert alarm.count() == 0, trait


@pytest.mark.parametrize(("name", "case"), [(n, c) for n in MAKE for c in UNDRAWABLE[n][:2]])
def test_a_page_that_was_saved_in_an_odd_state_says_so_and_comes_back(mount, name, case):
    trait, bad, words = case
    widget = MAKE[name]()
    page = mount(widget, **{trait: bad})
    assert words in page.get_by_role("alert").inner_text()
    page.evaluate("([n, good]) => model.set(n, good)", [trait, getattr(widget, trait)])
    page.locator(".dsconv canvas:visible").first.wait_for()


NAN = np.full(784, np.nan, np.float32).tobytes()
IMPOSSIBLE = {  # name, value, and what Python says
    "microscope": [
        ("kernel_size", 4, "4"),
        ("padding", 13, "13"),
        ("kind", "depthwise", "out_channels=3"),
        ("row", 28, "row=28, but the output has rows 0 to 27"),
        ("channel", 3, "channels 0 to 2"),
        ("in_channels", 5, "5"),
        ("pointwise_weights", [[1]], "length 4 <= L <= 4, but a value of [[1]]"),
        ("pointwise_weights", [[math.nan] * 4] * 4, "a number from -100 to 100, not the float nan"),
        ("depthwise_kernels", ["sharp"] * 4, "outline, zero) or 1, 3, 5 or 7 rows"),
        ("depthwise_kernels", [[[1, 2], [3, 4]]] * 4, "not the list [[1, 2], [3, 4]]"),
        ("dense_kernels", [["blur"] * 4] * 3, "length 4 <= L <= 4"),
        ("pixels", b"1234", "pixels has 4 bytes, but 784 float32 have 3136"),
        ("pixels", NAN, "nan to nan"),
    ],
    "stack": [
        ("layers", [], "0 layers, but a stack has 1 to 6"),
        ("layers", [(3, 1)] * 7, "7 layers, but a stack has 1 to 6"),
        ("layers", [(3, 1), (8, 1)], "layer 2 kernel_size=8, but it must be 1 to 7"),
        ("layers", [(3, 17)], "layer 1 dilation=17, but it must be 1 to 16"),
        ("layers", [(3, 0)], "layer 1 dilation=0"),
        ("layers", [(3, 1.5)], "layer 1 dilation=1.5"),
        ("layers", [(True, 1)], "layer 1 kernel_size=True"),
        ("layers", [(3, 1, 1)], "kernel_size, dilation"),
        ("layers", ["31"], "layer 1 is '31'"),
        ("row", 28, "should not be greater than 27, but a value of 28"),
        ("column", -1, "should not be less than 0, but a value of -1"),
        ("grid_layer", 4, "grid_layer=4, but it must be 0 to 3"),
        ("pixels", b"abc", "pixels has 3 bytes, but 784 float32 have 3136"),
        ("pixels", NAN, "nan to nan, but ink is 0 to 1"),
    ],
    "pad": [
        ("weights", b"123", "read-only"),
        ("header", [], "read-only"),
        ("labels", [1], "read-only"),
        ("net", 2, "net=2 is not one of range(0, 2)"),
        ("net", -1, "net=-1"),
        ("layer", "block 5 depthwise", "is not one of stem, block 1 depthwise"),
        ("channel", 16, "channel=16 is not one of range(0, 4)"),
        ("channel", -1, "channel=-1"),
        ("square", 4, "[3, 5, 7, 9, 11], not the int 4"),
        ("base", b"123", "base has 3 bytes, but 784"),
        ("base", np.full(784, 2, np.float32).tobytes(), "base goes from 2 to 2"),
        ("seen", b"", "seen has 0 bytes"),
        ("seen", NAN, "seen goes from nan to nan"),
        ("strokes", [{}], "points=None"),
        ("strokes", [{"points": [1]}], "points=[1]"),
        ("strokes", [{"points": []}], "points=[]"),
        ("strokes", [{"points": [1, math.inf]}], "points=[1, inf]"),
    ],
}


@every_instrument
def test_python_refuses_the_impossible_with_its_numbers_and_keeps_the_old_state(name):
    widget = MAKE[name]()
    before = widget.get_state()
    for trait, value, words in [*IMPOSSIBLE[name], ("fixed", {}, "read-only")]:
        with pytest.raises(TraitError, match=re.escape(words)):
            setattr(widget, trait, value)
        assert widget.get_state() == before, trait
        with pytest.raises(TraitError), widget.hold_trait_notifications():
            setattr(widget, trait, value)
        assert widget.get_state() == before, trait


@every_instrument
@pytest.mark.parametrize(
    ("image", "words"),
    [
        (torch.zeros(1, 3, 28, 28), r"\(1, 3, 28, 28\)"),
        (torch.zeros(28, 3), r"\(28, 3\), .* with sides of \d+ to \d+ pixels"),
        (torch.zeros(33, 33), r"\(33, 33\)"),
        (torch.full((1, 1, 28, 28), 255.0), "255 to 255"),
        (torch.full((1, 1, 28, 28), math.nan), "nan to nan"),
    ],
)
def test_an_image_of_another_shape_or_range_is_refused_with_its_numbers(name, image, words):
    widget = MAKE[name]()
    before = widget.image
    with pytest.raises(ValueError, match=words):
        widget.image = image
    assert torch.equal(widget.image, before)


SENT = {  # what a page sends and Python takes; and what it refuses
    "microscope": ({"kind": "standard", "row": 3, "stride": 2}, {"dilation": 7}),
    "stack": ({"layers": [(3, 2), (5, 4)], "row": 3}, {"layers": [[3, 40]]}),
    "pad": ({"net": 1, "layer": "stem", "seen": bytes(3136)}, {"square": 4}),
}


@every_instrument
def test_what_the_page_sends_arrives_in_python_or_is_refused_whole(name):
    widget, (good, bad) = MAKE[name](), SENT[name]
    sent = {trait: memoryview(v) if isinstance(v, bytes) else v for trait, v in good.items()}
    widget.set_state(sent)
    assert {trait: getattr(widget, trait) for trait in good} == good
    before = widget.get_state()
    with pytest.raises(TraitError):
        widget.set_state(bad)
    assert widget.get_state() == before


@every_instrument
def test_the_still_is_small_the_same_every_time_and_has_words(name):
    torch.manual_seed(0)
    widget = MAKE[name]()
    (first, _), (second, _) = widget._repr_mimebundle_(), widget._repr_mimebundle_()
    assert first["image/png"] == second["image/png"]
    assert 2_000 < len(first["image/png"]) < 80_000
    assert first["text/plain"] == f"{type(widget).__name__}: {widget.still_words()}"
    assert re.search(r"\d", widget.still_words())
    assert plt.get_fignums() == []


STEPS = {
    "microscope": ("stride", [1, 2, 3]),
    "stack": ("column", list(range(20))),
    "pad": ("strokes", [[{"erase": False, "points": [8, 6, 14, x, 12, 23]}] for x in range(9)]),
}


@pytest.mark.clock
@every_instrument
def test_a_redraw_fits_into_a_frame(page_of, name):
    """Half of 20 changes are drawn in less than 50 ms; an idle machine takes about 16."""
    crowded = dict(reversed(CROWDED))[name]
    page = page_of(MAKE[name](**crowded))
    median = page.evaluate(
        """([name, values]) => {
          const times = [], later = window.requestAnimationFrame;
          window.requestAnimationFrame = (job) => job();
          for (let turn = 0; turn < 20; turn++) {
            const start = performance.now();
            model.set(name, values[turn % values.length]);
            document.body.getBoundingClientRect();
            times.push(performance.now() - start);
          }
          window.requestAnimationFrame = later;
          return times.sort((a, b) => a - b)[10];
        }""",
        STEPS[name],
    )
    assert median < 50

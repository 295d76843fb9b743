"""The microscope's numbers are PyTorch's, in the map, the written sum and the copied lines."""

import math
import random
import re
from fractions import Fraction
from functools import partial

import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode
from traitlets import TraitError

from dsconv_lib.convolution import conv2d_cost
from dsconv_lib.instruments.microscope import CHOICES, KINDS, Microscope
from dsconv_lib.instruments.microscope.kernels import NAMES as KERNELS
from dsconv_lib.networks import count_weights

NAMES = ("height", "width", "kind", "in_channels", "out_channels", "kernel_size", "dilation")
NAMES += ("stride", "padding", "dense_kernels", "depthwise_kernels", "pointwise_weights")
NAMES += ("channel", "row", "column")
STATE = "(plain) => ({...plain, pixels: Float32Array.from(plain.pixels)})"
# requestAnimationFrame at once: what is set is drawn when the call returns
AT_ONCE = "() => { window.requestAnimationFrame = (job) => job(); }"
READ = "all => all.map(({children: [x, w, y]}) => [x.textContent, w.value, y.textContent])"
HEADING = ".dsconv-microscope-value"
WEIGHT = ".dsconv-microscope-weight"
OUTPUT = ".dsconv-microscope-output"


def digit(height=28, width=28):
    """Draw a ring with soft borders: 0 and 1 occur, and much between."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    far = ((rows - height / 2) ** 2 + (columns - width / 2.2) ** 2).sqrt()
    return (1.6 - (far - min(height, width) / 3).abs() / 2).clamp(0, 1)[None, None]


def random_kernel(draw):
    if draw.random() < 0.6:
        return draw.choice(KERNELS)
    side = draw.choice([1, 3, 5, 7])
    return [[round(draw.uniform(-2, 2), 3) for _ in range(side)] for _ in range(side)]


def random_microscope(draw):
    """Draw settings that are possible, many of them just so."""
    image = digit(draw.randint(4, 12), draw.randint(4, 12))
    while True:
        kind, inputs = draw.choice(KINDS), draw.randint(1, 4)
        size, dilation = draw.choice([1, 3, 5, 7]), draw.randint(1, 6)
        least = max(0, math.ceil((dilation * (size - 1) + 1 - min(image.shape[2:])) / 2))
        if least > 12:
            continue
        settings = dict(
            kind=kind,
            in_channels=inputs,
            out_channels=inputs if kind == "depthwise" and inputs > 2 else 2 * draw.randint(1, 2),
            kernel_size=size,
            dilation=dilation,
            stride=draw.randint(1, 3),
            padding=draw.randint(least, min(12, least + 4)),
            depthwise_kernels=[random_kernel(draw) for _ in range(4)],
            dense_kernels=[[random_kernel(draw) for _ in range(4)] for _ in range(4)],
            pointwise_weights=[[round(draw.uniform(-2, 2), 2) for _ in range(4)] for _ in range(4)],
        )
        microscope = Microscope(image, **settings)
        shape = microscope.output().shape
        for name, size in zip(("channel", "row", "column"), shape[1:], strict=True):
            setattr(microscope, name, draw.randrange(size))
        return microscope


def plain(microscope):
    pixels = microscope.image.flatten().tolist()
    state = {name: getattr(microscope, name) for name in NAMES}
    return {**state, "pixels": pixels, "fixed": microscope.fixed}


def shown(text):
    return float(text.replace("−", "-"))


@pytest.fixture
def ask(node):
    return partial(node, "microscope/model microscope/controls")


@pytest.fixture
def show(page_of):
    def open_page(view="desktop", image=None, **settings):
        page = page_of(Microscope(digit() if image is None else image, **settings), view)
        page.evaluate(AT_ONCE)
        return page

    return open_page


def settings_of(page):
    """Read the state of the page back, as Python would get it."""
    return dict(page.evaluate("names => names.map(n => [n, model.get(n)])", list(NAMES[2:])))


def twin(page):
    """Build in Python what the page shows."""
    return Microscope(digit(), **settings_of(page))


def point(page, row, column, name=OUTPUT):
    """Place a pixel of a map in the window [CSS pixels]."""
    page.locator(name).first.scroll_into_view_if_needed()
    box = page.locator(name).first.bounding_box()
    height, width = twin(page).output().shape[2:]
    cell = max(box["width"], box["height"]) / max(height, width)
    return box["x"] + (column + 0.5) * cell, box["y"] + (row + 0.5) * cell


def heading(page):
    return shown(page.locator(HEADING).text_content())


def shows_its_value(page):
    """Say whether the page shows the value that Python computes for the chosen pixel."""
    here = twin(page)
    value = here.output()[0, here.channel, here.row, here.column].item()
    return heading(page) == pytest.approx(value, abs=6e-4)


# arithmetic: a hundred random settings against PyTorch

LOOK = f"""(cases) => cases.map(([plain, down, right]) => {{
    const state = ({STATE})(plain), maps = code.mapsOf(state), y = maps.at(-1);
    const {{channel, row, column}} = state, [stage] = code.stagesOf(state);
    const faults = Object.entries(code.faultsOf(state)).map(([name, all]) => [name, [...all]]);
    return {{
      y: [...y.data], shape: [y.channels, y.height, y.width],
      sum: code.sumOf(state, maps, channel, row, column), lines: code.pytorchLines(state),
      met: code.touchedBy(stage.shape, down, right, maps[0], maps[1]),
      price: code.pricesOf(state), faults: Object.fromEntries(faults),
    }};
}})"""


@pytest.fixture(scope="module")
def computed(node):
    """Each case with a tap of its first stage, and what the page computes of both."""
    draw = random.Random(0)
    cases = [random_microscope(draw) for _ in range(100)]
    sizes = [case._geometry()["kernel_size"] for case in cases]
    taps = [(draw.randrange(size), draw.randrange(size)) for size in sizes]
    asked = [[plain(case), *tap] for case, tap in zip(cases, taps, strict=True)]
    done = node("microscope/model microscope/controls", LOOK, asked)
    return list(zip(cases, taps, done, strict=True))


def test_maps_sums_and_copied_lines_give_the_numbers_of_pytorch(computed):
    for case, _, done in computed:
        expected = case.output()
        y = torch.tensor(done["y"], dtype=torch.float32)
        torch.testing.assert_close(y, expected.flatten(), atol=2e-4, rtol=1e-4)
        assert done["shape"] == list(expected.shape[1:])
        room = {"x": case.image, "print": lambda value: None}
        exec(done["lines"], room)
        torch.testing.assert_close(room["y"], expected, atol=2e-4, rtol=1e-4)
        assert len(re.findall(r"nn.Conv2d\(", done["lines"])) == len(done["price"]["stages"])
        value = expected[0, case.channel, case.row, case.column].item()
        assert done["sum"]["total"] == pytest.approx(value, abs=1e-3)
        groups = done["sum"]["groups"]
        assert sum(group["share"] for group in groups) == pytest.approx(value, abs=1e-3)
        for group in groups:
            products = [tap["value"] * tap["weight"] for tap in group["taps"]]
            assert [tap["product"] for tap in group["taps"]] == pytest.approx(products)
            assert sum(products) == pytest.approx(group["sum"], abs=1e-3)


def test_the_taps_of_a_sum_are_the_padded_input_and_the_weights_of_the_layer(computed):
    for case, _, done in computed:
        two, groups = case.kind == "separable", done["sum"]["groups"]
        first = case.layer()[0] if two else case.layer()
        size, step, spread, rim = (
            getattr(first, name)[0] for name in ("kernel_size", "stride", "dilation", "padding")
        )
        padded = F.pad(case.input()[0], (rim,) * 4)
        on_the_map = F.pad(torch.ones(case.height, case.width, dtype=torch.bool), (rim,) * 4)
        rows, columns = (
            slice(at * step, at * step + spread * (size - 1) + 1, spread)
            for at in (case.row, case.column)
        )
        kernel = case.channel * case.in_channels // case.out_channels
        expected = [kernel] if case.kind == "depthwise" else list(range(case.in_channels))
        assert [group["input"] for group in groups] == expected
        for place, group in enumerate(groups):
            own = first.weight[group["input"], 0] if two else first.weight[case.channel, place]
            told = torch.tensor([[tap["value"], tap["weight"]] for tap in group["taps"]]).float()
            patch = padded[group["input"], rows, columns]
            assert [tap["inside"] for tap in group["taps"]] == on_the_map[
                rows, columns
            ].flatten().tolist()
            witness = torch.stack([patch.flatten(), own.detach().flatten()], dim=1)
            torch.testing.assert_close(told, witness, atol=1e-6, rtol=0)


def test_the_pixels_that_a_weight_meets_are_those_with_a_gradient(computed):
    for case, tap, done in computed:
        shape, met = case._geometry(), done["met"]
        weight = torch.zeros(1, 1, *[shape.pop("kernel_size")] * 2)
        weight[(0, 0, *tap)] = 1
        x = torch.zeros_like(case.image, requires_grad=True)
        y = F.conv2d(x, weight, **shape)
        y.sum().backward()
        rows, columns = ([at["at"] for at in met[n] if at["inside"]] for n in ("rows", "columns"))
        expected = [tuple(place) for place in x.grad[0, 0].nonzero().tolist()]
        assert [(row, column) for row in rows for column in columns] == expected
        assert (met["inside"], met["all"]) == (len(expected), y.numel())


def test_prices_are_those_of_pytorch_and_of_the_calculators(computed):
    for case, _, done in computed:
        layer, x, price = case.layer(), case.input(), done["price"]
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            _, _, height, width = layer(x).shape
        assert price["params"] == count_weights(layer)
        assert 2 * price["macs"] == counter.get_total_flops()
        dense = conv2d_cost(case.in_channels, case.out_channels, case.kernel_size, 1, bias=False)
        assert price["dense"] == {"params": dense.params, "macs": dense.macs * height * width}


def test_a_weight_is_read_as_it_is_written(ask):
    read = {"1/9": 1 / 9, "−2": -2, "0,5": 0.5, " .25 ": 0.25, "-1/4": -0.25}
    read |= dict.fromkeys(("", "a", "1/", "1e9", "101", "1/0", "--1", "1 2"))  # NaN is null
    assert ask("all => all.map(w => code.readWeight(w, 100))", [*read]) == [*read.values()]
    written = {1 / 9: "1/9", 0.5: "0.5", 10: "10", -0.0: "0"}
    words = ask("all => all.map(w => code.weightWords(w, 3))", [*written])
    assert words == [*written.values()]
    assert ask("w => code.weightWords(w, 7)", -1 / 49) == "−1/49"


# the page


def test_a_hovered_pixel_shows_its_value_and_leaving_brings_the_chosen_one_back(show):
    page = show(kind="standard")
    before, y = heading(page), twin(page).output()
    for row, column in [(3, 9), (27, 27), (0, 0), (20, 11)]:
        page.mouse.move(*point(page, row, column))
        assert heading(page) == pytest.approx(y[0, 0, row, column].item(), abs=6e-4)
    page.mouse.move(2, 2)
    assert heading(page) == before


def test_a_click_and_a_tap_choose_a_pixel(show):
    page = show()
    page.mouse.click(*point(page, 5, 21))
    page.mouse.move(2, 2)
    chosen = settings_of(page)
    assert (chosen["row"], chosen["column"]) == (5, 21)
    phone = show("phone", stride=2)
    phone.touchscreen.tap(*point(phone, 7, 3))
    chosen = settings_of(phone)
    assert (chosen["row"], chosen["column"]) == (7, 3)
    assert shows_its_value(phone)


def test_arrow_keys_walk_and_stop_at_the_border(show):
    page = show(row=0, column=0)
    page.locator(OUTPUT).focus()
    keys = ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "End", "ArrowRight", "Home"]
    keys += ["ArrowLeft"]
    places = [(1, 0), (1, 1), (0, 1), (0, 1), (0, 27), (0, 27), (0, 0), (0, 0)]
    for key, place in zip(keys, places, strict=True):
        page.keyboard.press(key)
        chosen = settings_of(page)
        assert (chosen["row"], chosen["column"]) == place, key
        assert shows_its_value(page)


# nine colours in the middle of every cell, padding included
CENTRES = """([which, cells]) => {
  const canvas = document.querySelectorAll('.dsconv-microscope-map')[which];
  const pen = canvas.getContext('2d'), step = canvas.width / cells;
  const middle = (place) => Math.floor((place + 0.5) * step);
  return Array.from({length: cells * cells}, (_, at) => {
    const [x, y] = [middle(at % cells), middle(Math.floor(at / cells))];
    const {data} = pen.getImageData(x - 1, y - 1, 3, 3);
    return Array.from({length: 9}, (_, n) => [...data.slice(4 * n, 4 * n + 3)]);
  });
}"""


def orange(colour):
    """Say whether a pixel is drawn in the dense layer's #D55E00, up to its soft border."""
    return all(abs(a - b) < 25 for a, b in zip(colour, (213, 94, 0), strict=True))


def test_the_taps_light_up_across_channels_also_on_the_padding(show):
    page = show(kind="standard", in_channels=4, dilation=4, padding=1, row=0, column=12)
    taps = {(row, column) for row in (0, 4, 8) for column in (12, 16, 20)}  # from the padded corner
    for which in range(4):
        centres = page.evaluate(CENTRES, [which, 30])
        lit = {divmod(at, 30) for at, colours in enumerate(centres) if any(map(orange, colours))}
        assert lit == taps if which in (0, 3) else lit >= taps  # a signed map has orange of its own


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_a_weight_lights_every_pixel_it_meets(show, way):
    page = show(
        kind="depthwise", in_channels=1, out_channels=1, stride=2, padding=2, row=5, column=5
    )
    before = page.evaluate(CENTRES, [0, 32])
    getattr(page.locator(WEIGHT).nth(2), way)()  # row 0, column 2 of the kernel
    after = page.evaluate(CENTRES, [0, 32])
    met = {divmod(at, 32) for at in range(32 * 32) if before[at][4] != after[at][4]}
    taps = {(row, column) for row in (10, 11, 12) for column in (10, 11, 12)}  # lie on top
    side = twin(page).output().shape[-1]
    expected = {(2 * row, 2 * column + 2) for row in range(side) for column in range(side)}
    assert met - taps == expected - taps
    page.wait_for_timeout(200)
    told = page.locator(".dsconv-live").text_content()
    inside = sum(2 <= row < 30 and 2 <= column < 30 for row, column in expected)
    assert f"used {side * side} times" in told and f"meets {inside} pixels" in told


def test_what_is_written_adds_up(show):
    for kind in ("standard", "separable", "depthwise"):
        page = show(kind=kind, in_channels=2, out_channels=2, row=6, column=9)
        shares = []
        for card in page.locator(".dsconv-microscope-card").all():
            products = []
            for value, weight, product in card.locator("td").evaluate_all(READ):
                pixel = shown(value.removeprefix("pad ").removesuffix(" ×"))
                products.append(shown(product.removeprefix("= ")))
                expected = pixel * float(Fraction(weight.replace("−", "-")))
                assert products[-1] == pytest.approx(expected, abs=2e-3)
            told = shown(card.locator("summary b").text_content().split(": ")[1])
            assert sum(products) == pytest.approx(told, abs=5e-3)
            if kind == "separable":
                row = card.locator(".dsconv-microscope-product")
                told *= shown(row.locator("input").input_value())
                given = row.locator("span").nth(1).text_content()
                assert told == pytest.approx(shown(given.removeprefix("= ")), abs=2e-3)
            shares.append(told)
        assert sum(shares) == pytest.approx(heading(page), abs=3e-3)


def test_a_note_says_when_rounded_products_add_up_to_something_else(show):
    third = [[0.333, 0.333, 0.333]] * 3
    page = show(
        kind="depthwise", in_channels=1, out_channels=1, depthwise_kernels=[third] * 4,
        image=torch.full((28, 28), 0.4), row=9, column=9,
    )  # fmt: skip
    # nine times 0.1332 are 1.1988, nine times 0.133 are 1.197
    assert heading(page) == 1.199
    note = page.locator(".dsconv-microscope-lens .dsconv-note").text_content()
    assert "1.197 instead of 1.199" in note


def test_the_reader_s_numbers_become_weights_and_nonsense_does_not(show):
    page = show()
    field = page.locator("td input").nth(5)  # row 1, column 2 of the vertical edges
    for words, weight in [("1/9", 1 / 9), ("-2.5", -2.5), ("0,75", 0.75)]:
        field.fill(words)
        kernel = page.evaluate("model.get('depthwise_kernels')")[0]
        assert kernel == [[-1, 0, 1], [-1, 0, weight], [-1, 0, 1]]
        assert shows_its_value(page)
    for words in ("abc", "", "1000"):
        field.fill(words)
        assert field.get_attribute("aria-invalid") == "true"
        assert page.evaluate("model.get('depthwise_kernels')")[0][1][2] == 0.75
    page.keyboard.press("Tab")
    assert (field.input_value(), field.get_attribute("aria-invalid")) == ("0.75", None)


def test_kernels_by_name_and_pointwise_weights_change_the_output(show):
    page = show(kind="standard", channel=2, row=8, column=10)
    page.locator("select").nth(1).select_option("outline")
    assert page.evaluate("model.get('dense_kernels')")[2][1] == "outline"
    assert shows_its_value(page)
    page = show(kind="pointwise", row=8, column=10)
    page.locator(WEIGHT).nth(1).fill("-1.25")
    assert page.evaluate("model.get('pointwise_weights')")[0][1] == -1.25
    assert shows_its_value(page)


def test_every_control_stores_its_setting_and_follows_the_model(show):
    page = show()
    asked = {"kind": "standard", "in_channels": 3, "out_channels": 4, "kernel_size": 5}
    asked |= {"stride": 2, "dilation": 3}
    for name, value in asked.items():
        group = page.get_by_role("group", name=name, exact=True)
        group.get_by_role("radio", name=str(value), exact=True).check(force=True)
        assert page.evaluate("name => model.get(name)", name) == value
    page.get_by_label("padding", exact=True).fill("6")
    page.get_by_role("button", name="output 3").click()
    page.get_by_label("row", exact=True).fill("2")
    chosen = settings_of(page)
    assert (chosen["padding"], chosen["channel"], chosen["row"]) == (6, 3, 2)
    size = page.locator(".dsconv-microscope-prices dd").first.text_content()
    assert size == " × ".join(map(str, twin(page).output().shape[1:]))
    assert shows_its_value(page)
    page.evaluate("model.set('kernel_size', 3); model.set('row', 4); model.set('stride', 1)")
    assert page.get_by_role("radio", name="3", exact=True).nth(2).is_checked()
    assert shows_its_value(page)


def possible(microscope, **change):
    [(name, value)] = change.items()
    old = getattr(microscope, name)
    try:
        setattr(microscope, name, value)
    except TraitError:
        return False
    setattr(microscope, name, old)
    return True


def test_what_python_refuses_cannot_be_chosen_and_the_page_says_why(computed):
    refused = 0
    for case, _, done in computed[:40]:
        for name in ("out_channels", "kernel_size", "dilation", "stride", "padding"):
            expected = [v for v in CHOICES[name] if not possible(case, **{name: v})]
            assert [value for value, _ in done["faults"][name]] == expected, name
            assert all(re.search(r"\d", why) for _, why in done["faults"][name])
            refused += len(expected)
    assert refused > 50


def test_a_refused_choice_is_disabled_and_depthwise_takes_out_channels_along(show):
    page = show(kernel_size=5, dilation=6, padding=0)
    seven = page.get_by_role("group", name="kernel_size").get_by_role("radio", name="7")
    assert seven.is_disabled()
    why = "7 taps in a row at dilation 6 span 37 pixels, and the picture with padding 0 has 28"
    assert why in page.locator(".dsconv-microscope-reasons").text_content()
    page.get_by_label("padding", exact=True).fill("5")
    assert seven.is_enabled()
    page.get_by_role("radio", name="depthwise").check(force=True)
    assert page.evaluate("model.get('out_channels')") == 2
    assert "out_channels is now 2" in page.locator(".dsconv-note").first.text_content()
    three = page.get_by_role("group", name="out_channels").get_by_role("radio", name="3")
    assert three.is_disabled()
    page.get_by_role("radio", name="pointwise").check(force=True)
    assert page.get_by_label("padding", exact=True).is_disabled()
    assert page.get_by_role("group", name="dilation").get_by_role("radio", name="2").is_disabled()


def test_the_button_shows_the_lines_and_copies_them_or_selects_them_where_it_may_not(show):
    page = show(row=6, column=9)
    refuse = "Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})"
    page.evaluate(refuse)
    page.get_by_role("button", name="Copy as PyTorch").click()
    field = page.locator("textarea")
    lines = field.input_value()
    assert page.evaluate("getSelection().toString()") == lines
    printed = []
    exec(lines, {"x": digit(), "print": printed.append})
    assert heading(page) == pytest.approx(printed[0].item(), abs=6e-4)
    page.get_by_role("radio", name="standard").check(force=True)
    assert field.input_value() != lines
    exec(field.input_value(), {"x": digit(), "print": printed.append})
    assert heading(page) == pytest.approx(printed[1].item(), abs=6e-4)
    page.evaluate("""Object.defineProperty(navigator, 'clipboard',
        {value: {writeText: async (text) => { window.copied = text; }}})""")
    page.get_by_role("button", name="Copy as PyTorch").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("copied") == field.input_value()


# Python


def test_two_settings_that_need_each_other_are_set_together_or_not_at_all():
    microscope = Microscope(digit())
    with microscope.hold_trait_notifications():
        microscope.kind, microscope.out_channels = "depthwise", 4
    assert microscope.output().shape == (1, 4, 28, 28)
    old = plain(microscope)
    with pytest.raises(TraitError), microscope.hold_trait_notifications():
        microscope.in_channels, microscope.stride = 3, 2
    assert plain(microscope) == old


def test_a_smaller_output_keeps_the_chosen_pixel_inside():
    microscope = Microscope(digit(), row=27, column=26, channel=2)
    microscope.padding = 0
    assert (microscope.row, microscope.column) == (25, 25)
    microscope.out_channels = 1
    assert microscope.channel == 0


def test_another_image_may_have_another_shape():
    microscope = Microscope(digit())
    microscope.image = digit(9, 12)
    assert microscope.output().shape == (1, 3, 9, 12)
    with pytest.raises(TypeError, match="kernel is not a setting"):
        Microscope(digit(), kernel=3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_still_picture_shows_every_map_and_its_words_the_value(kind):
    microscope = Microscope(digit(), kind=kind, in_channels=2, out_channels=2, row=3, column=4)
    microscope.draw_still()
    pictures = [image.get_array() for panel in plt.gcf().axes for image in panel.images]
    assert len(pictures) == (6 if kind == "separable" else 4)
    torch.testing.assert_close(torch.tensor(pictures[-1]), microscope.output()[0, -1])
    value = f"{microscope.output()[0, 0, 3, 4]:.3f}".replace("-", "−")
    assert f"row 3, column 4 is {value}" in repr(microscope)

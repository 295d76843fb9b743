"""The microscope's numbers are PyTorch's, in the map, the written sum and the copied lines."""

import random
import re
from fractions import Fraction

import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import expect
from torch.utils.flop_counter import FlopCounterMode
from traitlets import TraitError

from dsconv_lib.convolution import conv2d_cost
from dsconv_lib.instruments.microscope import CHOICES, KINDS, Microscope
from dsconv_lib.instruments.microscope.kernels import NAMES as KERNELS
from dsconv_lib.networks import count_weights

MODULES = "microscope/model microscope/controls"
# requestAnimationFrame at once: what is set is drawn when the call returns
AT_ONCE = "() => { window.requestAnimationFrame = (job) => job(); }"
READ = "all => all.map(({children: [x, w, y]}) => [x.textContent, w.value, y.textContent])"
WEIGHT = ".dsconv-microscope-weight"
OUTPUT = ".dsconv-microscope-output"


def digit(height=28, width=28):
    """Draw noise that is the same every time: 0 and 1 occur, and much between."""
    noise = torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(0))
    return (2 * noise - 0.5).clamp(0, 1)


def random_kernel(draw):
    if draw.random() < 0.6:
        return draw.choice(KERNELS)
    side = draw.choice([1, 3, 5, 7])
    return [[round(draw.uniform(-2, 2), 3) for _ in range(side)] for _ in range(side)]


def random_microscope(draw):
    """Draw settings until they are possible, many of them just so, and an output pixel."""
    weights = dict(
        depthwise_kernels=[random_kernel(draw) for _ in range(4)],
        dense_kernels=[[random_kernel(draw) for _ in range(4)] for _ in range(4)],
        pointwise_weights=[[round(draw.uniform(-2, 2), 2) for _ in range(4)] for _ in range(4)],
    )
    while True:
        settings = {name: draw.choice(values) for name, values in CHOICES.items()}
        spanned = settings["dilation"] * (settings["kernel_size"] - 1) + 1
        least = max(4, spanned - 2 * settings["padding"])
        try:
            image = digit(least + draw.randint(0, 4), least + draw.randint(0, 4))
            microscope = Microscope(image, **settings, **weights)
        except (TraitError, ValueError):
            continue
        shape = microscope.output().shape
        for name, size in zip(("channel", "row", "column"), shape[1:], strict=True):
            setattr(microscope, name, draw.randrange(size))
        return microscope


def plain(microscope):
    state = microscope.get_state(Microscope.class_own_traits(sync=True))
    return state | {"pixels": microscope.image.flatten().tolist()}


def number(text):
    """Read the last number of a text of the page."""
    return float(Fraction(re.findall(r"[-−]?\d[\d./]*", text)[-1].replace("−", "-")))


def heading(page):
    return number(page.locator(".dsconv-microscope-value").text_content())


@pytest.fixture
def show(page_of):
    def open_page(view="desktop", image=None, **settings):
        page = page_of(Microscope(digit() if image is None else image, **settings), view)
        page.evaluate(AT_ONCE)
        return page

    return open_page


@pytest.fixture
def value(twin):
    """Compute in Python the value of the pixel that a page has chosen."""

    def compute(page):
        here = twin(page)
        y = here.output()[0, here.channel, here.row, here.column]
        return pytest.approx(y.item(), abs=6e-4)

    return compute


LOOK = """(cases) => cases.map(([plain, down, right]) => {
    const state = {...plain, pixels: Float32Array.from(plain.pixels)};
    const maps = code.mapsOf(state), y = maps.at(-1);
    const {channel, row, column} = state, [stage] = code.stagesOf(state);
    const faults = Object.entries(code.faultsOf(state)).map(([name, all]) => [name, [...all]]);
    return {
      y: [...y.data], shape: [y.channels, y.height, y.width],
      sum: code.sumOf(state, maps, channel, row, column), lines: code.pytorchLines(state),
      met: code.touchedBy(stage.shape, down, right, maps[0], maps[1]),
      price: code.pricesOf(state), faults: Object.fromEntries(faults),
    };
})"""


@pytest.fixture(scope="module")
def computed(node):
    """Each case with a tap of its first stage, and what the page computes of both."""
    draw = random.Random(0)
    cases = [random_microscope(draw) for _ in range(100)]
    sizes = [case._geometry()["kernel_size"] for case in cases]
    taps = [(draw.randrange(size), draw.randrange(size)) for size in sizes]
    asked = [[plain(case), *tap] for case, tap in zip(cases, taps, strict=True)]
    return list(zip(cases, taps, node(MODULES, LOOK, asked), strict=True))


def test_maps_sums_and_copied_lines_give_the_numbers_of_pytorch(computed):
    for case, _, done in computed:
        expected = case.output()
        y = torch.tensor(done["y"], dtype=torch.float32)
        torch.testing.assert_close(y, expected.flatten(), atol=2e-4, rtol=1e-4)
        assert done["shape"] == list(expected.shape[1:])
        room = {"x": case.image, "print": lambda value: None}
        exec(done["lines"], room)
        torch.testing.assert_close(room["y"], expected, atol=2e-4, rtol=1e-4)
        assert done["lines"].count("nn.Conv2d(") == len(done["price"]["stages"])
        chosen = pytest.approx(expected[0, case.channel, case.row, case.column].item(), abs=1e-3)
        assert done["sum"]["total"] == chosen
        assert sum(group["share"] for group in done["sum"]["groups"]) == chosen


def test_the_taps_of_a_sum_are_the_padded_input_and_the_weights_of_the_layer(computed):
    for case, _, done in computed:
        two, groups, shape = case.kind == "separable", done["sum"]["groups"], case._geometry()
        first = case.layer()[0] if two else case.layer()
        place = case.row * case.output().shape[3] + case.column
        inside = F.unfold(torch.ones_like(case.image), **shape)[0, :, place].bool().tolist()
        patches = F.unfold(case.input(), **shape)[0, :, place].view(case.in_channels, -1)
        kernel = case.channel * case.in_channels // case.out_channels
        expected = [kernel] if case.kind == "depthwise" else list(range(case.in_channels))
        assert [group["input"] for group in groups] == expected
        for at, group in enumerate(groups):
            own = first.weight[group["input"], 0] if two else first.weight[case.channel, at]
            patch, own = patches[group["input"]], own.detach().flatten()
            for name, numbers in dict(value=patch, weight=own, product=patch * own).items():
                told = torch.tensor([tap[name] for tap in group["taps"]], dtype=torch.float32)
                torch.testing.assert_close(told, numbers, atol=1e-6, rtol=1e-6)
            assert [tap["inside"] for tap in group["taps"]] == inside
            assert group["sum"] == pytest.approx((patch @ own).item(), abs=1e-3)


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


def test_a_weight_is_read_as_it_is_written(node):
    read = {"1/9": 1 / 9, "−2": -2, "0,5": 0.5, " .25 ": 0.25, "-1/4": -0.25}
    read |= dict.fromkeys(("", "a", "1/", "1e9", "101", "1/0", "--1", "1 2"))  # NaN is null
    ask = "all => all.map(w => code.readWeight(w, 100))"
    assert node(MODULES, ask, [*read]) == [*read.values()]
    written = {(1 / 9, 3): "1/9", (0.5, 3): "0.5", (10, 3): "10", (-0.0, 3): "0"}
    written[-1 / 49, 7] = "−1/49"
    ask = "all => all.map(([weight, size]) => code.weightWords(weight, size))"
    assert node(MODULES, ask, [*written]) == [*written.values()]


def test_a_hovered_pixel_shows_its_value_and_leaving_brings_the_chosen_one_back(show, twin, point):
    page = show(kind="standard")
    before, y = heading(page), twin(page).output()
    for row, column in [(3, 9), (27, 27), (0, 0), (20, 11)]:
        point("hover", page.locator(OUTPUT).first, row, column)
        assert heading(page) == pytest.approx(y[0, 0, row, column].item(), abs=6e-4)
    page.mouse.move(2, 2)
    assert heading(page) == before


@pytest.mark.parametrize(("view", "way"), [("desktop", "click"), ("phone", "tap")])
def test_a_click_and_a_tap_choose_a_pixel(show, twin, point, value, view, way):
    page = show(view, stride=2)
    point(way, page.locator(OUTPUT).first, 5, 11, side=14)
    page.mouse.move(2, 2)
    assert (twin(page).row, twin(page).column) == (5, 11)
    assert heading(page) == value(page)


def test_arrow_keys_walk_and_stop_at_the_border(show, twin, value):
    page = show(row=0, column=0)
    keys = ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "End", "ArrowRight", "Home"]
    places = [(1, 0), (1, 1), (0, 1), (0, 1), (0, 27), (0, 27), (0, 0), (0, 0)]
    for key, place in zip([*keys, "ArrowLeft"], places, strict=True):
        page.locator(OUTPUT).press(key)
        assert (twin(page).row, twin(page).column) == place, key
        assert heading(page) == value(page)


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
        assert lit == taps


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_a_weight_lights_every_pixel_it_meets(show, way):
    alone = dict(kind="depthwise", in_channels=1, out_channels=1)
    page = show(**alone, stride=2, padding=2, row=5, column=5)
    before = page.evaluate(CENTRES, [0, 32])
    getattr(page.locator(WEIGHT).nth(2), way)()  # row 0, column 2 of the kernel
    after = page.evaluate(CENTRES, [0, 32])
    met = {divmod(at, 32) for at in range(32 * 32) if before[at][4] != after[at][4]}
    taps = {(row, column) for row in (10, 11, 12) for column in (10, 11, 12)}  # lie on top
    expected = {(2 * row, 2 * column + 2) for row in range(15) for column in range(15)}
    assert met - taps == expected - taps
    # 15 × 15 times, of which the first row and the last column are padding
    told = "used 225 times, once for each output pixel, and meets 196 pixels"
    expect(page.locator(".dsconv-live")).to_contain_text(told)


def test_what_is_written_adds_up(show):
    for kind in ("standard", "separable", "depthwise"):
        page = show(kind=kind, in_channels=2, out_channels=2, row=6, column=9)
        shares = []
        for card in page.locator(".dsconv-microscope-card").all():
            products = []
            for cell in card.locator("td").evaluate_all(READ):
                pixel, weight, product = map(number, cell)
                assert product == pytest.approx(pixel * weight, abs=2e-3)
                products.append(product)
            told = number(card.locator("summary b").text_content())
            assert sum(products) == pytest.approx(told, abs=5e-3)
            for cell in card.locator(".dsconv-microscope-product").evaluate_all(READ):
                before, weight, told = map(number, cell)  # a pointwise step follows
                assert before == pytest.approx(sum(products), abs=5e-3)
                assert told == pytest.approx(before * weight, abs=2e-3)
            shares.append(told)
        assert sum(shares) == pytest.approx(heading(page), abs=3e-3)


def test_a_note_says_when_rounded_products_add_up_to_something_else(show):
    alone = dict(kind="depthwise", in_channels=1, out_channels=1)
    thirds = [[[0.333] * 3] * 3] * 4
    page = show(image=torch.full((28, 28), 0.4), **alone, depthwise_kernels=thirds)
    # nine times 0.1332 are 1.1988, nine times 0.133 are 1.197
    assert heading(page) == 1.199
    note = page.locator(".dsconv-microscope-lens .dsconv-note")
    expect(note).to_contain_text("1.197 instead of 1.199")


def test_the_reader_s_numbers_become_weights_and_nonsense_does_not(show, twin, value):
    page = show()
    field = page.locator("td input").nth(5)  # row 1, column 2 of the vertical edges
    for words, weight in [("1/9", 1 / 9), ("-2.5", -2.5), ("0,75", 0.75)]:
        field.fill(words)
        assert twin(page).depthwise_kernels[0] == [[-1, 0, 1], [-1, 0, weight], [-1, 0, 1]]
        assert heading(page) == value(page)
    for words in ("abc", "", "1000"):
        field.fill(words)
        expect(field).to_have_attribute("aria-invalid", "true")
        assert twin(page).depthwise_kernels[0][1][2] == 0.75
    page.keyboard.press("Tab")
    expect(field).to_have_value("0.75")
    expect(field).not_to_have_attribute("aria-invalid", re.compile(""))


def test_kernels_by_name_and_pointwise_weights_change_the_output(show, twin, value):
    page = show(kind="standard", channel=2, row=8, column=10)
    page.locator("select").nth(1).select_option("outline")
    assert twin(page).dense_kernels[2][1] == "outline"
    assert heading(page) == value(page)
    page = show(kind="pointwise", row=8, column=10)
    page.locator(WEIGHT).nth(1).fill("-1.25")
    assert twin(page).pointwise_weights[0][1] == -1.25
    assert heading(page) == value(page)


def test_every_control_stores_its_setting_and_follows_the_model(show, twin, value):
    page = show()
    chips = dict(
        kind="standard", in_channels=3, out_channels=4, kernel_size=5, dilation=3, stride=2
    )
    for name, setting in chips.items():
        group = page.get_by_role("group", name=name, exact=True)
        group.get_by_role("radio", name=str(setting), exact=True).check(force=True)
    page.get_by_label("padding", exact=True).fill("6")
    page.get_by_role("button", name="output 3").click()
    page.get_by_label("row", exact=True).fill("2")
    asked = chips | {"padding": 6, "channel": 3, "row": 2}
    assert twin(page).get_state([*asked]) == asked
    size = " × ".join(map(str, twin(page).output().shape[1:]))
    expect(page.locator(".dsconv-microscope-prices dd").first).to_have_text(size)
    assert heading(page) == value(page)
    page.evaluate("model.set('kernel_size', 3); model.set('row', 4); model.set('stride', 1)")
    expect(page.get_by_role("radio", name="3", exact=True).nth(2)).to_be_checked()
    assert heading(page) == value(page)


def possible(microscope, name, value):
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
            expected = [v for v in CHOICES[name] if not possible(case, name, v)]
            assert [value for value, _ in done["faults"][name]] == expected, name
            assert all(re.search(r"\d", why) for _, why in done["faults"][name])
            refused += len(expected)
    assert refused > 50


def test_a_refused_choice_is_disabled_and_depthwise_takes_out_channels_along(show, twin):
    page = show(kernel_size=5, dilation=6, padding=0)

    def option(group, name):
        return expect(page.get_by_role("group", name=group).get_by_role("radio", name=name))

    option("kernel_size", "7").to_be_disabled()
    why = "7 taps in a row at dilation 6 span 37 pixels, and the picture with padding 0 has 28"
    expect(page.locator(".dsconv-microscope-reasons")).to_contain_text(why)
    padding = page.get_by_label("padding", exact=True)
    padding.fill("5")
    option("kernel_size", "7").to_be_enabled()
    page.get_by_role("radio", name="depthwise").check(force=True)
    assert twin(page).out_channels == 2
    expect(page.locator(".dsconv-note").first).to_contain_text("out_channels is now 2")
    option("out_channels", "3").to_be_disabled()
    page.get_by_role("radio", name="pointwise").check(force=True)
    expect(padding).to_be_disabled()
    option("dilation", "2").to_be_disabled()


def test_the_button_shows_the_lines_and_copies_them_or_selects_them_where_it_may_not(show):
    page = show(row=6, column=9)
    button, field = page.get_by_role("button", name="Copy as PyTorch"), page.locator("textarea")
    printed = []
    board = "Object.defineProperty(navigator, 'clipboard', {configurable: true, value: %s})"
    page.evaluate(board % "undefined")
    button.click()
    assert page.evaluate("getSelection().toString()") == field.input_value()
    for kind in ("separable", "standard"):
        page.get_by_role("radio", name=kind).check(force=True)
        exec(field.input_value(), {"x": digit(), "print": printed.append})
        assert heading(page) == pytest.approx(printed[-1].item(), abs=6e-4)
    assert printed[0] != printed[1]
    page.evaluate(board % "{writeText: async (text) => { window.copied = text; }}")
    button.click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("copied") == field.input_value()


def test_two_settings_that_need_each_other_are_set_together_or_not_at_all():
    microscope = Microscope(digit())
    with microscope.hold_trait_notifications():
        microscope.kind, microscope.out_channels = "depthwise", 4
    assert microscope.output().shape == (1, 4, 28, 28)
    old = microscope.get_state()
    with pytest.raises(TraitError), microscope.hold_trait_notifications():
        microscope.in_channels, microscope.stride = 3, 2
    assert microscope.get_state() == old


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

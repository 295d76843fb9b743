"""The page computes as PyTorch does, prepares as photographs does, and reads what a hand draws."""

import math
import random
import statistics
from contextlib import suppress
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import expect
from scipy import ndimage
from scipy.interpolate import CubicSpline
from torch.utils.flop_counter import FlopCounterMode
from traitlets import TraitError

from dsconv_lib.data import PhotographError, load_digits, photographs, to_input
from dsconv_lib.instruments.drawing_pad import DrawingPad
from dsconv_lib.networks import DSNet, count_weights, load_pretrained

BLOCKS = [f"block {n} {kind}" for n in (1, 2) for kind in ("depthwise", "pointwise")]
SHAPES = [(4, (1, 1)), (5, (2, 3, 1)), (8, (1, 1, 1, 1)), (8, (1, 2, 1, 2))]
SHAPES += [(10, (1, 2, 3, 1, 2, 3)), (3, (1, 2, 4, 8, 1)), (12, (3, 2)), (16, (1, 1, 1, 1))]
NONSENSE = DSNet(3, (1, 2))
NONSENSE.head.bias.data[4] = math.nan
FORWARD = """(nets, pictures) => nets.map((net) => ({
  params: net.params, macs: net.macs, read: pictures.map((picture) => {
    const {layers, logits, probabilities} = code.forward(net, Float32Array.from(picture));
    const maps = layers.map(({output}) => output.data);
    return [...maps, logits, probabilities].map((numbers) => [...numbers]);
  })}))"""
WINNERS = """([net], pictures) => pictures.map((bytes) => code.winnerOf(
  code.forward(net, Float32Array.from(bytes, (byte) => byte / 255)).probabilities))"""
GAPS = """() => { window.gaps = []; let last = performance.now(); const tick = (now) => {
  gaps.push(now - last); last = now; requestAnimationFrame(tick); }; tick(last); }"""
PREPARE = """(cases) => cases.map((strokes) => {
  const ink = code.inkOf(strokes);
  return {ink: [...ink.filter((_, at) => at % 7 === 0)], plain: [...code.plainForm(ink)],
    form: [...code.mnistForm(ink).picture]};
})"""
OCCLUDE = """([net], picture) => {
  const falls = new Float32Array(784);
  for (const place of code.occlude(net, Float32Array.from(picture), 7, falls));
  return [...falls];
}"""


@pytest.fixture(scope="module")
def test_digits():
    return load_digits().split("test").take(slice(1000))


@pytest.fixture(scope="module")
def ten(test_digits):
    rows = [int((test_digits.labels == label).nonzero()[0]) for label in range(10)]
    return test_digits.take(rows, "ten")


def random_net(width, dilations, **options):
    """A net whose normalisations have met data, though it has learnt nothing."""
    net = DSNet(width, dilations, **options)
    for name, numbers in net.state_dict().items():
        if name.endswith(("running_mean", "bias")):
            numbers.normal_()
        elif name.endswith("running_var"):
            numbers.uniform_(0.3, 3)
    return net.eval()


@pytest.fixture(scope="module")
def nets():
    torch.manual_seed(0)
    learned = [random_net(6, (1, 2), head_kernel=7), random_net(13, (1, 2, 4), head_kernel=7)]
    return [load_pretrained(), *[random_net(*shape) for shape in SHAPES], *learned]


@pytest.fixture
def page(page_of, ten):
    return page_of(DrawingPad(digits=ten))


def ask(node, function, nets, given):
    """Call a function of the nets that the page makes of what it is sent, and of what is given."""
    pad = DrawingPad(nets)
    call = f"""([header, weights, fixed, given]) =>
      ({function})(code.readNets(header, Float32Array.from(weights), fixed), given)"""
    weights = np.frombuffer(pad.weights, np.float32).tolist()
    return node("drawing_pad/network", call, [pad.header, weights, pad.fixed, given])


def floats(page, name):
    numbers = "n => [...new Float32Array(model.get(n).buffer, model.get(n).byteOffset)]"
    return torch.tensor(page.evaluate(numbers, name))


def values(page, selector):
    """Read the number that ends each of the texts."""
    words = page.locator(selector).all_inner_texts()
    return [float(word.split()[-1].rstrip(".").replace("−", "-")) for word in words]


def reading(page):
    """Tell which digit is read, when the page has drawn what was asked."""
    drawn = "requestAnimationFrame(() => requestAnimationFrame(done))"
    page.evaluate(f"() => new Promise((done) => {drawn})")
    return int(page.locator(".dsconv-pad-answer .dsconv-pad-title").inner_text()[-1])


def test_every_map_logit_and_count_of_every_shape_of_net_is_pytorchs(node, nets, ten):
    pictures = torch.cat([ten.images[:3] / 255, torch.rand(2, 1, 28, 28)])
    answers = ask(node, FORWARD, nets, pictures.flatten(1).tolist())
    for net, answer in zip(nets, answers, strict=True):
        kept = []
        for layer in [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]:
            layer.register_forward_hook(lambda *made, kept=kept: kept.append(made[2]))
        with FlopCounterMode(display=False) as counter:
            expected = net(to_input(255 * pictures))
        assert answer["params"] == count_weights(net)
        assert 2 * answer["macs"] * len(pictures) == counter.get_total_flops()
        told = map(torch.tensor, zip(*answer["read"], strict=True))
        for got, made in zip(told, [*kept, expected, expected.softmax(1)], strict=True):
            torch.testing.assert_close(got.view(made.shape), made, atol=1e-5, rtol=1e-4)


def test_a_thousand_test_digits_are_read_as_pytorch_reads_them(node, test_digits):
    net, images = load_pretrained(), test_digits.images
    assert len(images) >= 500
    answers = ask(node, WINNERS, [net], images.flatten(1).tolist())
    assert answers == net(to_input(images)).argmax(dim=1).tolist()


def scribble(draw: random.Random) -> list[dict]:
    """One to three arcs somewhere on the pad, as the page stores strokes."""
    strokes = []
    for _ in range(draw.randint(1, 3)):
        x, y = draw.uniform(7, 21), draw.uniform(7, 21)
        wide, tall = draw.uniform(0.5, 7), draw.uniform(0.5, 7)
        start, span = draw.uniform(0, 6.3), draw.uniform(0.5, 6)
        turns = [start + span * step / 20 for step in range(21)]
        points = [p for t in turns for p in (x + wide * math.cos(t), y + tall * math.sin(t))]
        strokes.append({"erase": False, "points": [round(p, 2) for p in points]})
    return strokes


def ink_of(strokes):
    """Lay strokes as discs along lines: an independent witness, one pixel at a time."""
    rows, columns = np.mgrid[0:280, 0:280] + 0.5
    places, ink = columns + 1j * rows, np.zeros((280, 280))
    for stroke in strokes:
        points = 10 * np.array(stroke["points"]).reshape(-1, 2) @ [1, 1j]
        for start, end in pairwise(points):
            along = end - start
            share = ((places - start) * along.conj()).real / max(abs(along) ** 2, 1e-9)
            away = abs(places - start - share.clip(0, 1) * along)
            ink = np.maximum(ink, (13.5 - away).clip(0, 1))
    return ink.astype(np.float32)


def blocks_of(ink):
    """Let each pixel of the frame be the mean of its ten by ten."""
    return ink.reshape(28, 10, 28, 10).mean(axis=(1, 3))


def form_of(ink):
    """Let the library bring clean ink to MNIST's form, step by step."""
    digit = ink[ndimage.find_objects((ink > 0.45).astype(int))[0]]
    fit, resampling = photographs._fit, photographs.Image.Resampling
    strokes = photographs._even_out(fit(digit, 160, resampling.BICUBIC) > 0.5)
    return np.round(photographs._centre(fit(strokes, 20, resampling.BOX)) * 255) / 255


def test_thirty_scribbles_are_laid_and_prepared_as_the_library_does(node):
    draw, exact, apart = random.Random(0), 0, []
    cases = [scribble(draw) for _ in range(30)]
    for case, done in zip(cases, node("drawing_pad/ink", PREPARE, cases), strict=True):
        ink = ink_of(case)
        np.testing.assert_allclose(done["ink"], ink.ravel()[::7], atol=1e-4)
        plain, form = (np.reshape(done[name], (28, 28)) for name in ("plain", "form"))
        np.testing.assert_allclose(plain, blocks_of(ink), atol=0.51 / 255)
        off = np.abs(form - form_of(ink)).max()
        assert off < 1.5 / 255  # a rounding may fall the other way
        exact += off < 1e-6
        if ndimage.label(ink > 0.45)[1] > 1:
            continue  # a photograph's ink is all in one piece
        with suppress(PhotographError):
            apart.append(np.abs(form - photographs.normalise(1 - ink)[0, 0].numpy() / 255).mean())
    assert exact >= 20
    assert len(apart) >= 10
    assert max(apart) < 0.005


HAND = {  # points of the frame that a hand passes, per stroke; the lines between are curves
    0: [[(15, 5), (9, 8), (7, 15), (10, 22), (15, 23), (20, 17), (20, 9), (15, 5)]],
    1: [[(13, 6), (13.4, 12), (13, 18), (13.3, 23)]],
    2: [[(8, 9), (11, 5), (17, 5.5), (18, 10), (13, 16), (8, 21.5), (13, 21), (20, 21.5)]],
    3: [[(8, 6), (14, 4), (18, 8), (12.5, 12.5), (18.5, 17), (15, 22.5), (8, 21)]],
    4: [[(9, 5), (8, 10), (8, 14), (13, 14.5), (19, 14)], [(17, 6), (17, 14), (16.5, 23)]],
    5: [[(18, 5), (10, 5.5), (9, 12), (14, 11.5), (18.5, 16), (15, 22), (8, 21.5)]],
    6: [[(16, 4), (10.5, 9), (8.5, 17), (12, 22.5), (17, 20), (16, 15), (9.5, 17)]],
    7: [[(7, 6), (13, 6), (19, 5.5), (16, 12), (12.5, 23)]],
    8: [[(17, 7), (12, 5), (9, 9), (15, 13), (17.5, 18), (13, 22), (9, 18.5), (13, 13), (17, 8)]],
    9: [[(18, 8), (13, 5), (9, 9), (12, 13.5), (17.5, 9), (18, 9), (17, 16), (15, 23)]],
}
LARGE = pytest.param(1, (0, 0), id="large", marks=pytest.mark.matrix)
SMALL = pytest.param(0.45, (0, 14), id="small")


def curve(points):
    """Pass smoothly through the points, in three steps from one to the next."""
    places = np.linspace(0, len(points) - 1, 3 * len(points) - 2)
    return CubicSpline(range(len(points)), points)(places)


def draw_by_mouse(page, strokes, scale=1.0, shift=(0, 0)):
    frame = page.locator(".dsconv-pad-canvas").bounding_box()
    corner, pixel = np.array([frame["x"], frame["y"]]), frame["width"] / 28
    for points in strokes:
        for number, place in enumerate(curve(points)):
            page.mouse.move(*(corner + pixel * (scale * place + shift)))
            if number == 0:
                page.mouse.down()
        page.mouse.up()


@pytest.mark.parametrize(("scale", "shift"), [LARGE, SMALL])
def test_ten_digits_drawn_by_mouse_are_read(page, node, scale, shift):
    read, drawn = {}, []
    for digit, strokes in HAND.items():
        page.get_by_role("button", name="Clear").click()
        draw_by_mouse(page, strokes, scale, shift)
        read[digit] = reading(page)
        drawn.append(page.evaluate("model.get('strokes')"))
    right = [digit for digit in HAND if read[digit] == digit]
    assert len(right) >= 9, read
    assert {0, 1, 7} <= set(right)
    if scale < 1:  # this is why digits are centred
        plain = [done["plain"] for done in node("drawing_pad/ink", PREPARE, drawn)]
        as_drawn = load_pretrained()(to_input(255 * torch.tensor(plain).view(-1, 1, 28, 28)))
        assert int((as_drawn.argmax(1) == torch.arange(10)).sum()) <= len(right) - 2, as_drawn


def test_keys_draw_a_one(page):
    page.locator(".dsconv-pad-canvas").focus()
    for key in [*["ArrowUp"] * 8, " ", *["ArrowDown"] * 16, "Escape", "ArrowRight"]:
        page.keyboard.press(key)
    assert reading(page) == 1
    (stroke,) = page.evaluate("model.get('strokes')")
    assert stroke["points"][:2] == [14, 6]
    assert stroke["points"][-2:] == [14, 22]
    words = page.locator(".dsconv-pad-figure").first
    expect(words).to_contain_text("Pen up at column 15, row 22 of 28")
    page.keyboard.press("Control+z")
    assert page.evaluate("model.get('strokes')") == []


def test_a_finger_draws_the_page_stays_where_it_is_and_the_maps_scroll_inside_it(page_of, ten):
    page = page_of(DrawingPad(digits=ten), view="phone")
    session = page.context.new_cdp_session(page)
    frame = page.locator(".dsconv-pad-canvas").bounding_box()
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    for step in range(13):
        kind = "touchStart" if step == 0 else "touchMove"
        at = [{"x": x, "y": y + 90 - 15 * step}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert reading(page) == 1
    assert page.evaluate("scrollY") == 0
    assert len(page.evaluate("model.get('strokes')")) == 1
    styles = "e => getComputedStyle(e).touchAction"
    assert page.eval_on_selector(".dsconv-pad-canvas", styles) == "none"
    assert page.eval_on_selector(".dsconv-pad-flow", styles) == "auto"
    assert page.eval_on_selector(".dsconv-pad-flow", "e => e.scrollWidth > 2 * e.clientWidth")


def test_undo_clear_and_the_eraser_do_what_they_say(page, ten):
    first = floats(page, "seen")
    torch.testing.assert_close(first, ten.images[0].flatten() / 255, atol=0, rtol=0)
    draw_by_mouse(page, HAND[7])  # the pen starts a new drawing
    assert len(floats(page, "base")) == 0
    seven = floats(page, "seen")
    page.get_by_role("button", name="Eraser").click()
    assert page.evaluate("model.get('erasing')")
    draw_by_mouse(page, [[(7, 6), (13, 6), (20, 5.5)]])
    assert floats(page, "seen").sum() < 0.8 * seven.sum()
    page.get_by_role("button", name="Undo").click()
    torch.testing.assert_close(floats(page, "seen"), seven, atol=0, rtol=0)
    page.get_by_role("button", name="Clear").click()
    assert floats(page, "seen").sum() == 0
    expect(page.locator(".dsconv-live")).to_contain_text("Nothing")
    for _ in range(3):
        page.get_by_role("button", name="Undo").click()
    torch.testing.assert_close(floats(page, "seen"), first, atol=0, rtol=0)


def test_the_eraser_takes_a_part_of_an_example_and_leaves_the_rest_in_place(page_of, ten):
    page = page_of(DrawingPad(digits=ten, erasing=True))
    page.get_by_role("button", name="example 8, a 7").click()
    before = floats(page, "seen").view(28, 28)
    draw_by_mouse(page, [[(0, 24), (14, 24), (28, 24)]])
    after = floats(page, "seen").view(28, 28)
    torch.testing.assert_close(after[:21], before[:21], atol=1e-6, rtol=0)
    assert before[22:26].sum() > after[22:26].sum() == 0


def test_without_centring_the_network_gets_what_was_drawn_where_it_was_drawn(page):
    draw_by_mouse(page, HAND[2], scale=0.45, shift=(0, 15))
    assert reading(page) == 2
    centred = floats(page, "seen").view(28, 28)
    assert max(abs(m - 14) for m in ndimage.center_of_mass(centred.numpy())) < 0.6
    page.get_by_label("centre and scale").click()
    plain = floats(page, "seen").view(28, 28)
    assert page.evaluate("model.get('centred')") is False
    ink = ink_of(page.evaluate("model.get('strokes')"))
    np.testing.assert_allclose(plain, blocks_of(ink), atol=0.51 / 255)
    assert reading(page) == int(load_pretrained()(to_input(255 * plain[None, None])).argmax())
    words = page.locator(".dsconv-pad-seen ~ .dsconv-note").inner_text()
    assert "neither scaled nor moved. Centred, it is read as a 2" in words


def test_a_tile_shows_its_kernel_its_values_and_a_sentence(page):
    block, words = load_pretrained().near[1], page.locator(".dsconv-pad-words")
    page.get_by_role("button", name="block 2 depthwise, map 5", exact=True).click()
    kernel = block.conv.depthwise.weight[4, 0].flatten()
    assert values(page, ".dsconv-pad-kernel td") == pytest.approx(kernel.tolist(), abs=0.00501)
    expect(words).to_contain_text(f"3 × 3 kernel, dilation {load_pretrained().dilations[1]}")
    page.get_by_role("button", name="block 2 pointwise, map 3", exact=True).click()
    weights = block.conv.pointwise.weight[2, :, 0, 0]
    assert values(page, ".dsconv-pad-weights li") == pytest.approx(weights.tolist(), abs=0.00501)
    expect(words).to_contain_text(f"Depthwise map {int(weights.abs().argmax()) + 1} counts most")


def test_a_pixel_of_a_map_tells_its_value(page_of, ten):
    net = load_pretrained()
    maps = net.near[0].conv.depthwise(net.stem(to_input(ten.images[:1])))
    page = page_of(DrawingPad(digits=ten, layer="block 1 depthwise", channel=6))
    chosen = page.get_by_role("img", name="the chosen map")
    chosen.press("ArrowRight")  # starts in the middle
    chosen.press("ArrowUp")
    told = ".dsconv-pad-framed-depthwise .dsconv-pad-told"
    assert page.locator(told).inner_text().startswith("Row 6, column 7: ")
    assert values(page, told) == pytest.approx([maps[0, 6, 6, 7].item()], abs=0.000501)


def test_arrow_keys_walk_through_all_tiles_and_only_one_is_a_stop_of_tab(page_of, ten):
    page = page_of(DrawingPad([random_net(4, (1, 2))], ten))
    assert page.locator(".dsconv-pad-tile").count() == 4 + (4 + 8) + (8 + 12)
    stop = page.locator(".dsconv-pad-tile[tabindex='0']")
    stop.focus()  # which fails if there are two
    walked = []
    for key in ["Home", "ArrowDown", *["ArrowRight"] * 4, "End"]:
        page.keyboard.press(key)
        walked.append(page.evaluate("[model.get('layer'), model.get('channel')]"))
    through = [[name, 1] for name in ["stem", *BLOCKS]]
    assert walked == [["stem", 0], *through, [BLOCKS[-1], 11]]
    assert stop.count() == 1


def test_sliders_choose_among_the_nets_and_a_layer_that_one_lacks_gives_way(page_of, nets, ten):
    deep = next(at for at, net in enumerate(nets) if len(net.dilations) == 6)
    page = page_of(DrawingPad(nets, ten, net=deep, layer="block 6 pointwise", channel=29))
    words = page.locator(".dsconv-pad-words")
    assert words.inner_text().startswith("Map 30 of block 6 pointwise")
    page.get_by_label("width").press("Home")
    assert nets[page.evaluate("model.get('net')")].width == 3
    assert page.evaluate("[model.get('layer'), model.get('channel')]") == ["block 1 depthwise", 0]
    assert words.inner_text().startswith("Map 1 of block 1 depthwise")
    page.get_by_label("width").press("End")
    page.get_by_label("dilation").press("Home")
    chosen = nets[page.evaluate("model.get('net')")]
    assert (chosen.width, chosen.dilations) == (4, (1, 1))  # the only one with these rates
    page.locator("summary").click()
    page.wait_for_selector(".dsconv-pad-all td")
    rows = page.locator(".dsconv-pad-all tbody tr").all_inner_texts()
    for net, row in zip(nets, rows, strict=True):
        name, weights, _, _, read, _ = row.split("\t")
        assert name == f"width {net.width}, dilations {', '.join(map(str, net.dilations))}"
        assert int(weights.replace(",", "")) == count_weights(net)
        assert int(read) == int(net(to_input(ten.images[:1])).argmax())


def test_blanking_squares_lowers_the_probability_as_pytorch_says(page_of, node, ten):
    net, image = load_pretrained(), ten.images[7:8] / 255
    squares = F.max_pool2d(torch.eye(784).view(784, 1, 28, 28), 7, stride=1, padding=3)
    with torch.no_grad():
        shares = net(to_input(255 * torch.cat([image, image * (1 - squares)]))).softmax(1)
    winner = shares[0].argmax()
    falls = shares[0, winner] - shares[1:, winner]
    got = torch.tensor(ask(node, OCCLUDE, [net], image.flatten().tolist()))
    torch.testing.assert_close(got, falls, atol=1e-4, rtol=1e-3)
    page = page_of(DrawingPad(digits=ten, square=7))
    page.get_by_role("button", name="example 8, a 7").click()
    page.evaluate(GAPS)
    page.get_by_role("button", name="Blank a square at every place").click()
    row, column = divmod(int(falls.argmax()), 28)
    words = f"falls most where row {row}, column {column} is blanked"
    expect(page.locator(".dsconv-pad-blank .dsconv-note")).to_contain_text(words)
    assert statistics.median(page.evaluate("gaps")) < 100
    page.get_by_role("button", name="Clear").click()
    assert page.locator(".dsconv-pad-part canvas").first.is_hidden()


def test_an_image_set_in_python_is_shown_and_read_in_both_alike(page_of, ten):
    pad = DrawingPad(digits=ten)
    torch.testing.assert_close(pad.image, ten.images[:1] / 255, atol=0, rtol=0)
    pad.image = image = ten.images[4:5] / 255
    assert torch.equal(pad.image, image)
    expected = load_pretrained()(to_input(255 * image)).softmax(1)[0]
    torch.testing.assert_close(pad.probabilities, expected, atol=1e-5, rtol=1e-4)
    page = page_of(pad)
    torch.testing.assert_close(floats(page, "seen"), image.flatten(), atol=0, rtol=0)
    assert reading(page) == int(expected.argmax())
    told = page.locator(".dsconv-pad-share").all_inner_texts()
    for share, words in zip(expected.tolist(), told, strict=True):
        rounded = "< 0.1%" if share < 0.0005 else f"{share:.1%}"
        assert words == ("> 99.9%" if share > 0.9995 else rounded)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(nets=[]), "one or more are needed"),
        (dict(nets=[DSNet(3, (1, 2)), DSNet(3, (1, 2))]), "no two of one shape"),
        (dict(nets=[torch.nn.Linear(2, 2)]), "Linear is no DSNet"),
        (dict(nets=[NONSENSE]), r"1 of \d+ weights are nan"),
        (dict(nets=[DSNet(num_classes=3)]), "a net for 3 classes, but there are 10"),
        (dict(digits=torch.zeros(2, 1, 28, 28)), "float32 digits"),
        (dict(digits=torch.zeros(41, 1, 28, 28).byte(), labels=[1] * 41), "N from 1 to 40"),
        (dict(layer="block 9 pointwise"), "not one of stem, block 1 depthwise"),
    ],
)
def test_what_cannot_be_built_is_refused_in_words(arguments, words):
    with pytest.raises((ValueError, TraitError), match=words):
        DrawingPad(**arguments)


def test_the_still_says_and_shows_what_is_read(ten):
    pad = DrawingPad(digits=ten, nets=[load_pretrained(), random_net(6, (1, 2), head_kernel=7)])
    sure, digit = load_pretrained()(to_input(ten.images[:1])).softmax(1).max(dim=1)
    share = "above 99.9%" if sure > 0.9995 else f"of {sure.item():.1%}"
    assert repr(pad).endswith(f"it reads a {digit.item()}, with a probability {share}.")
    pad.net = 1
    pad.draw_still()
    shown, bars, *maps = plt.gcf().axes[0].child_axes
    assert np.array_equal(shown.images[0].get_array(), ten.images[0, 0] / 255)
    assert [bar.get_height() for bar in bars.patches] == pytest.approx(pad.probabilities.tolist())
    titles = [panel.get_xlabel().replace("\n", " ") for panel in maps if panel.images]
    assert titles == ["stem", *BLOCKS, "average"]

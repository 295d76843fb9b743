"""The page computes as PyTorch does, prepares as photographs does, and reads what a hand draws."""

import base64
import math
import random
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.interpolate import CubicSpline
from torch.utils.flop_counter import FlopCounterMode
from traitlets import TraitError

from dsconv_lib.data import PhotographError, load_digits, photographs, to_input
from dsconv_lib.instruments.drawing_pad import DrawingPad
from dsconv_lib.networks import DSNet, count_weights, load_pretrained

NETWORK = "drawing_pad/network"
SHAPES = [(4, (1, 1)), (5, (2, 3, 1)), (8, (1, 1, 1, 1)), (8, (1, 2, 1, 2))]
SHAPES += [(10, (1, 2, 3, 1, 2, 3)), (3, (1, 2, 4, 8, 1)), (12, (3, 2)), (16, (1, 1, 1, 1))]
FORWARD = """([header, weights, fixed, pictures]) => {
  const nets = code.readNets(header, Float32Array.from(weights), fixed);
  return nets.map((net) => ({params: net.params, macs: net.macs, read: pictures.map((picture) => {
    const {layers, logits, probabilities} = code.forward(net, Float32Array.from(picture));
    return {logits: [...logits], probabilities, maps: layers.map(({output}) => [...output.data])};
  })}));
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


def sent(nets):
    """Give what the page gets of the nets: their header, their weights, what is fixed."""
    pad = DrawingPad(nets)
    return [pad.header, np.frombuffer(pad.weights, np.float32).tolist(), pad.fixed]


def floats(page, name):
    numbers = page.evaluate(
        "n => [...new Float32Array(model.get(n).buffer, model.get(n).byteOffset)]", name
    )
    return torch.tensor(numbers)


def show(page):
    """Wait until the page has drawn what was asked."""
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def reading(page):
    return int(page.locator(".dsconv-pad-answer .dsconv-pad-title").inner_text()[-1])


# ---- the network


def test_every_map_logit_and_count_of_every_shape_of_net_is_pytorchs(node, nets, ten):
    pictures = torch.cat([ten.images[:3] / 255, torch.rand(2, 1, 28, 28)])
    answers = node(NETWORK, FORWARD, [*sent(nets), pictures.flatten(1).tolist()])
    for net, answer in zip(nets, answers, strict=True):
        kept = []
        for layer in [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]:
            layer.register_forward_hook(lambda *made, kept=kept: kept.append(made[2]))
        with FlopCounterMode(display=False) as counter:
            expected = net(to_input(255 * pictures))
        assert answer["params"] == count_weights(net)
        assert 2 * answer["macs"] * len(pictures) == counter.get_total_flops()
        got = torch.tensor([one["logits"] for one in answer["read"]])
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)
        shares = torch.tensor([one["probabilities"] for one in answer["read"]])
        torch.testing.assert_close(shares, expected.softmax(1), atol=1e-5, rtol=1e-4)
        for place, maps in enumerate(zip(*(one["maps"] for one in answer["read"]), strict=True)):
            got = torch.tensor(maps).view(kept[place].shape)
            torch.testing.assert_close(got, kept[place], atol=1e-4, rtol=1e-4)
        assert place == len(kept) - 1


def test_a_thousand_test_digits_are_read_as_pytorch_reads_them(node, test_digits):
    ask = """([header, weights, fixed, pictures]) => {
      const [net] = code.readNets(header, Float32Array.from(weights), fixed);
      return pictures.map((bytes) => {
        const picture = Float32Array.from(atob(bytes), (one) => one.charCodeAt(0) / 255);
        return code.winnerOf(code.forward(net, picture).probabilities);
      });
    }"""
    packed = [base64.b64encode(image.numpy().tobytes()).decode() for image in test_digits.images]
    expected = load_pretrained()(to_input(test_digits.images)).argmax(dim=1)
    assert len(packed) >= 500
    assert node(NETWORK, ask, [*sent([load_pretrained()]), packed]) == expected.tolist()


# ---- from strokes to MNIST's form


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


def form_of(ink):
    """Let the library bring clean ink to MNIST's form, step by step."""
    digit = ink[ndimage.find_objects((ink > 0.45).astype(int))[0]]
    fit, resampling = photographs._fit, photographs.Image.Resampling
    strokes = photographs._even_out(fit(digit, 160, resampling.BICUBIC) > 0.5)
    return np.round(photographs._centre(fit(strokes, 20, resampling.BOX)) * 255) / 255


PREPARE = """(cases) => cases.map((strokes) => {
  const ink = code.inkOf(strokes);
  return {ink: [...ink.filter((_, at) => at % 7 === 0)], plain: [...code.plainForm(ink)],
    form: [...code.mnistForm(ink).picture]};
})"""


@pytest.fixture(scope="module")
def scribbles():
    draw = random.Random(0)
    cases = [scribble(draw) for _ in range(30)]
    return cases, [ink_of(case) for case in cases]


def test_thirty_scribbles_are_laid_and_prepared_as_the_library_does(node, scribbles):
    cases, inks = scribbles
    exact, apart = 0, []
    for done, ink in zip(node("drawing_pad/ink", PREPARE, cases), inks, strict=True):
        np.testing.assert_allclose(done["ink"], ink.ravel()[::7], atol=1e-4)
        blocks = ink.reshape(28, 10, 28, 10).mean(axis=(1, 3))
        np.testing.assert_allclose(np.reshape(done["plain"], (28, 28)), blocks, atol=0.51 / 255)
        form, expected = np.reshape(done["form"], (28, 28)), form_of(ink)
        assert np.abs(form - expected).max() < 1.5 / 255  # a rounding may fall the other way
        exact += bool(np.abs(form - expected).max() < 1e-6)
        photographed = of_a_photograph(ink)
        if photographed is not None:
            apart.append(np.abs(form - photographed).mean())
    assert exact >= 20
    assert len(apart) >= 10
    assert max(apart) < 0.005


def of_a_photograph(ink):
    """Let the library find the drawing in a picture; it wants all ink in one piece."""
    if ndimage.label(ink > 0.45)[1] > 1:
        return None
    try:
        return photographs.normalise(1 - ink)[0, 0].numpy() / 255
    except PhotographError:
        return None


# ---- drawing by hand

HAND = {  # points of the frame that a hand passes, per stroke; the lines between are curves
    0: [[(15, 5), (9, 8), (7, 15), (10, 22), (15, 23), (20, 17), (20, 9), (15, 5)]],
    1: [[(13, 6), (13.4, 12), (13, 18), (13.3, 23)]],
    2: [[(8, 9), (11, 5), (17, 5.5), (18, 10), (13, 16), (8, 21.5), (13, 21), (20, 21.5)]],
    3: [[(8, 6), (14, 4), (18, 8), (12.5, 12.5), (18.5, 17), (15, 22.5), (8, 21)]],
    4: [[(9, 5), (8, 10), (8, 14), (13, 14.5), (19, 14)], [(17, 6), (17, 14), (16.5, 23)]],
    5: [[(18, 5), (10, 5.5), (9, 12), (14, 11.5), (18.5, 16), (15, 22), (8, 21.5)]],
    6: [[(16, 4), (10.5, 9), (8.5, 17), (12, 22.5), (17, 20), (16, 15), (9.5, 17)]],
    7: [[(7, 6), (13, 6), (19, 5.5), (16, 12), (12.5, 23)]],
    8: [[(17, 7), (12, 5), (9.5, 9), (15, 13), (17.5, 18), (13, 22.5), (9, 18.5), (13, 13)]],
    9: [[(18, 8), (13, 5), (9, 9), (12, 13.5), (17.5, 9), (18, 9), (17, 16), (15, 23)]],
}
HAND[8][0] += [(17, 8)]


def curve(points):
    """Pass smoothly through the points, in three steps from one to the next."""
    places = np.linspace(0, len(points) - 1, 3 * len(points) - 2)
    return CubicSpline(range(len(points)), points)(places)


def draw_by_mouse(page, strokes, scale=1.0, shift=(0, 0)):
    frame = page.locator(".dsconv-pad-canvas").bounding_box()
    for points in strokes:
        for number, place in enumerate(curve(points)):
            x, y = (scale * p + s for p, s in zip(place, shift, strict=True))
            page.mouse.move(
                frame["x"] + x * frame["width"] / 28, frame["y"] + y * frame["height"] / 28
            )
            if number == 0:
                page.mouse.down()
        page.mouse.up()


@pytest.mark.parametrize(("scale", "shift"), [(1, (0, 0)), (0.45, (0, 14))], ids=["large", "small"])
def test_ten_digits_drawn_by_mouse_are_read(page_of, node, ten, scale, shift):
    page, net = page_of(DrawingPad(digits=ten)), load_pretrained()
    read, drawn = {}, []
    for digit, strokes in HAND.items():
        page.get_by_role("button", name="Clear").click()
        draw_by_mouse(page, strokes, scale, shift)
        show(page)
        read[digit] = reading(page)
        drawn.append(page.evaluate("model.get('strokes')"))
    right = [digit for digit in HAND if read[digit] == digit]
    assert len(right) >= 9, read
    assert {0, 1, 7} <= set(right)
    if scale < 1:  # this is why digits are centred
        plain = node(
            "drawing_pad/ink", "all => all.map(s => [...code.plainForm(code.inkOf(s))])", drawn
        )
        as_drawn = net((torch.tensor(plain).view(-1, 1, 28, 28) - 0.1307) / 0.3081).argmax(1)
        assert int((as_drawn == torch.arange(10)).sum()) <= len(right) - 2, as_drawn


# ---- the tools


def test_keys_draw_a_one(page_of, ten):
    page = page_of(DrawingPad(digits=ten))
    page.locator(".dsconv-pad-canvas").focus()
    for key in [*["ArrowUp"] * 8, " ", *["ArrowDown"] * 16, "Escape", "ArrowRight"]:
        page.keyboard.press(key)
    show(page)
    assert reading(page) == 1
    (stroke,) = page.evaluate("model.get('strokes')")
    assert stroke["points"][:2] == [14, 6]
    assert stroke["points"][-2:] == [14, 22]
    assert (
        "Pen up at column 15, row 22 of 28" in page.locator(".dsconv-pad-figure").first.inner_text()
    )
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
    show(page)
    assert page.evaluate("scrollY") == 0
    assert reading(page) == 1
    assert len(page.evaluate("model.get('strokes')")) == 1
    styles = "e => getComputedStyle(e).touchAction"
    assert page.eval_on_selector(".dsconv-pad-canvas", styles) == "none"
    assert page.eval_on_selector(".dsconv-pad-flow", styles) == "auto"
    assert page.eval_on_selector(".dsconv-pad-flow", "e => e.scrollWidth > 2 * e.clientWidth")


def test_undo_clear_and_the_eraser_do_what_they_say(page_of, ten):
    page = page_of(DrawingPad(digits=ten))
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
    page.wait_for_function("document.querySelector('.dsconv-live').textContent.includes('Nothing')")
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
    assert before[22:26].sum() > 0
    assert after[22:26].sum() == 0


def test_without_centring_the_network_gets_what_was_drawn_where_it_was_drawn(page_of, ten):
    page = page_of(DrawingPad(digits=ten))
    draw_by_mouse(page, HAND[2], scale=0.45, shift=(0, 15))
    show(page)
    assert reading(page) == 2
    centred = floats(page, "seen").view(28, 28)
    assert max(abs(m - 14) for m in ndimage.center_of_mass(centred.numpy())) < 0.6
    page.get_by_label("centre and scale").click()
    plain = floats(page, "seen").view(28, 28)
    assert page.evaluate("model.get('centred')") is False
    strokes = page.evaluate("model.get('strokes')")
    blocks = ink_of(strokes).reshape(28, 10, 28, 10).mean(axis=(1, 3))
    np.testing.assert_allclose(plain, blocks, atol=0.51 / 255)
    show(page)
    words = page.locator(".dsconv-pad-seen ~ .dsconv-note").inner_text()
    assert "neither scaled nor moved. Centred, it is read as a 2" in words
    expected = load_pretrained()((plain.view(1, 1, 28, 28) - 0.1307) / 0.3081).argmax()
    assert reading(page) == int(expected)


# ---- what is shown of the network


def test_a_tile_shows_its_kernel_its_values_and_a_sentence(page_of, ten):
    net = load_pretrained()
    page = page_of(DrawingPad(digits=ten))
    page.get_by_role("button", name="block 2 depthwise, map 5", exact=True).click()
    kernel = net.near[1].conv.depthwise.weight[4, 0].detach()
    cells = page.locator(".dsconv-pad-kernel td").all_inner_texts()
    assert [float(cell.replace("−", "-")) for cell in cells] == pytest.approx(
        kernel.flatten().tolist(), abs=0.00501
    )
    rate = net.dilations[1]
    assert f"3 × 3 kernel, dilation {rate}" in page.locator(".dsconv-pad-words").inner_text()
    page.get_by_role("button", name="block 2 pointwise, map 3", exact=True).click()
    weights = net.near[1].conv.pointwise.weight[2, :, 0, 0].detach()
    cells = page.locator(".dsconv-pad-weights li").all_inner_texts()
    shown = [float(cell.split()[-1].replace("−", "-")) for cell in cells]
    assert shown == pytest.approx(weights.tolist(), abs=0.00501)
    strongest = int(weights.abs().argmax()) + 1
    assert (
        f"Depthwise map {strongest} counts most" in page.locator(".dsconv-pad-words").inner_text()
    )


def test_a_pixel_of_a_map_tells_its_value(page_of, ten):
    net, kept = load_pretrained(), []
    page = page_of(DrawingPad(digits=ten, layer="block 1 depthwise", channel=6))
    net.near[0].conv.depthwise.register_forward_hook(
        lambda *made: kept.append(made[2].detach()[0, 6])
    )
    net(to_input(ten.images[:1]))
    chosen = page.get_by_role("img", name="the chosen map")
    chosen.focus()
    page.keyboard.press("ArrowRight")  # starts in the middle
    page.keyboard.press("ArrowUp")
    words = page.locator(".dsconv-pad-framed-depthwise .dsconv-pad-told").inner_text()
    place, value = words.rstrip(".").split(": ")
    assert place == "Row 6, column 7"
    assert float(value.replace("−", "-")) == pytest.approx(float(kept[0][6, 7]), abs=0.000501)


def test_arrow_keys_walk_through_all_tiles_and_only_one_is_a_stop_of_tab(page_of, ten):
    page = page_of(DrawingPad([random_net(4, (1, 2))], ten))
    tiles = ".dsconv-pad-tile"
    assert page.locator(tiles).count() == 4 + (4 + 8) + (8 + 12)
    assert page.locator(f"{tiles}[tabindex='0']").count() == 1
    page.locator(f"{tiles}[tabindex='0']").focus()
    walked = []
    for key in ["Home", "ArrowDown", *["ArrowRight"] * 4, "End"]:
        page.keyboard.press(key)
        walked.append(page.evaluate("[model.get('layer'), model.get('channel')]"))
    assert walked == [
        ["stem", 0],
        ["stem", 1],
        ["block 1 depthwise", 1],
        ["block 1 pointwise", 1],
        ["block 2 depthwise", 1],
        ["block 2 pointwise", 1],
        ["block 2 pointwise", 11],
    ]
    assert page.locator(f"{tiles}[tabindex='0']").count() == 1


def test_sliders_choose_among_the_nets_that_were_given(page_of, nets, ten):
    pad = DrawingPad(nets, ten)
    page = page_of(pad)
    page.get_by_label("width").focus()
    page.keyboard.press("Home")
    assert nets[page.evaluate("model.get('net')")].width == 3
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


def test_a_net_without_the_chosen_layer_falls_back_to_one_it_has(page_of, nets, ten):
    place = next(at for at, net in enumerate(nets) if len(net.dilations) == 6)
    page = page_of(DrawingPad(nets, ten, net=place, layer="block 6 pointwise", channel=29))
    assert page.locator(".dsconv-pad-words").inner_text().startswith("Map 30 of block 6 pointwise")
    page.get_by_label("dilation").press("Home")
    assert page.evaluate("[model.get('layer'), model.get('channel')]") == ["block 1 depthwise", 0]
    assert page.locator(".dsconv-pad-words").inner_text().startswith("Map 1 of block 1 depthwise")


def test_blanking_squares_lowers_the_probability_as_pytorch_says(page_of, node, ten):
    net, image = load_pretrained(), ten.images[7:8] / 255
    page = page_of(DrawingPad(digits=ten, square=7))
    page.get_by_role("button", name="example 8, a 7").click()
    page.evaluate(
        """() => { window.gaps = []; let last = performance.now(); const tick = (now) => {
          gaps.push(now - last); last = now; requestAnimationFrame(tick); }; tick(last); }"""
    )
    page.get_by_role("button", name="Blank a square at every place").click()
    page.wait_for_function("document.querySelector('progress').hidden", timeout=60_000)
    assert sorted(page.evaluate("gaps"))[len(page.evaluate("gaps")) // 2] < 100
    blanked = image.repeat(784, 1, 1, 1)
    for place in range(784):
        row, column = divmod(place, 28)
        rows, columns = slice(max(0, row - 3), row + 4), slice(max(0, column - 3), column + 4)
        blanked[place, 0, rows, columns] = 0
    with torch.no_grad():
        shares = net(to_input(255 * torch.cat([image, blanked]))).softmax(1)
    winner = shares[0].argmax()
    falls = shares[0, winner] - shares[1:, winner]
    ask = """([header, weights, fixed, picture]) => {
      const [net] = code.readNets(header, Float32Array.from(weights), fixed);
      const falls = new Float32Array(784);
      for (const place of code.occlude(net, Float32Array.from(picture), 7, falls));
      return [...falls];
    }"""
    got = node(NETWORK, ask, [*sent([net]), image.flatten().tolist()])
    torch.testing.assert_close(torch.tensor(got), falls, atol=1e-4, rtol=1e-3)
    row, column = divmod(int(falls.argmax()), 28)
    words = page.locator(".dsconv-pad-blank .dsconv-note").inner_text()
    assert f"falls most where row {row}, column {column} is blanked" in words
    page.get_by_role("button", name="Clear").click()
    assert page.locator(".dsconv-pad-part canvas").first.is_hidden()


# ---- both ways between Python and the page


def test_python_sees_what_the_page_sees(ten):
    pad = DrawingPad(digits=ten)
    torch.testing.assert_close(pad.image, ten.images[:1] / 255, atol=0, rtol=0)
    image = torch.rand(1, 1, 28, 28)
    pad.image = image
    assert torch.equal(pad.image, image)
    expected = load_pretrained()((image - 0.1307) / 0.3081).softmax(1)[0]
    torch.testing.assert_close(pad.probabilities, expected, atol=1e-5, rtol=1e-4)


def test_an_image_set_in_python_is_shown_and_read_in_the_page(page_of, ten):
    page = page_of(DrawingPad(digits=ten))
    pad = DrawingPad(digits=ten)
    pad.image = ten.images[4:5] / 255
    values = list(pad.base)
    page.evaluate("v => model.set('base', new DataView(Uint8Array.from(v).buffer))", values)
    torch.testing.assert_close(floats(page, "seen"), pad.image.flatten(), atol=0, rtol=0)
    assert reading(page) == int(pad.probabilities.argmax())
    words = page.locator(".dsconv-pad-bars li").all_inner_texts()
    for share, word in zip(pad.probabilities.tolist(), words, strict=True):
        if "<" not in word and ">" not in word:
            assert abs(float(word.split()[-1].rstrip("%")) / 100 - share) < 0.00051
        assert ("<" in word) == (share < 0.0005)
        assert (">" in word) == (share > 0.9995)


NONSENSE = DSNet(3, (1, 2))
NONSENSE.head.bias.data[4] = math.nan


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


def test_the_page_refuses_other_weights_and_comes_back(page_of, ten):
    pad = DrawingPad(digits=ten)
    page = page_of(pad)
    page.evaluate("window.good = model.get('weights')")
    failure, right = page.locator(".dsconv-failure"), reading(page)
    broken = {
        "new DataView(good.buffer.slice(4))": "7513 weights came, but the networks have 7514",
        "new DataView(new Float32Array(7514).fill(NaN).buffer)": "not finite",
        "new DataView(new ArrayBuffer(7))": "cannot be shown",
    }
    for value, words in broken.items():
        page.evaluate(f"model.set('weights', {value})")
        assert words in failure.inner_text()
        page.evaluate("model.set('weights', good)")
        assert failure.count() == 0
        assert reading(page) == right


# ---- how it looks and feels


def test_the_still_says_and_shows_what_is_read(ten):
    pad = DrawingPad(digits=ten, nets=[load_pretrained(), random_net(6, (1, 2), head_kernel=7)])
    sure, digit = load_pretrained()(to_input(ten.images[:1])).softmax(1).max(dim=1)
    share = "above 99.9%" if sure > 0.9995 else f"of {sure.item():.1%}"
    assert repr(pad).endswith(f"it reads a {digit.item()}, with a probability {share}.")
    pad.net = 1
    pad.draw_still()
    (whole,) = plt.gcf().axes
    shown, bars, *maps = whole.child_axes
    assert np.array_equal(shown.images[0].get_array(), ten.images[0, 0] / 255)
    assert [bar.get_height() for bar in bars.patches] == pytest.approx(pad.probabilities.tolist())
    titles = [panel.get_xlabel().replace("\n", " ") for panel in maps if panel.images]
    blocks = [f"block {n} {kind}" for n in (1, 2) for kind in ("depthwise", "pointwise")]
    assert titles == ["stem", *blocks, "average"]

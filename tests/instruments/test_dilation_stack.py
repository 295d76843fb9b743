"""The dilation stack counts as PyTorch does, and does what mouse, keys and fingers ask."""

import random
import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import expect

from dsconv_lib.convolution import has_holes, path_counts
from dsconv_lib.instruments.dilation_stack import DilationStack
from dsconv_lib.instruments.dilation_stack.paths import padding_share, path_levels, shared_rate

SIDE = 28
pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel lengths")

PATHS = "dilation_stack/paths"
PRESETS = [[1, 1, 1], [2, 2, 2], [1, 2, 4, 8], [2, 4, 8], [1, 2, 5], [1, 3, 9]]
CONE, MAP, LIVE = ".dsconv-dilation-cone", ".dsconv-dilation-map", ".dsconv-live"


def random_cases(seed: int, count: int) -> list[tuple[list[tuple[int, int]], int, int]]:
    """Draw stacks, and the row and the column of an output of each."""
    draw, cases = random.Random(seed), []
    mostly = [1, 1, 2, 2, 3, 4, 5, 6, 8, 9, 12, 16]
    for _ in range(count):
        stack = [(draw.randint(1, 7), draw.choice(mostly)) for _ in range(draw.randint(1, 6))]
        cases.append((stack, draw.randrange(SIDE), draw.randrange(SIDE)))
    return cases


def as_layers(stack) -> list[dict]:
    return [dict(kernelSize=k, dilation=d) for k, d in stack]


def through_ones(stack, x: torch.Tensor) -> torch.Tensor:
    """Send a row or a map through layers of ones, with torch's own padding."""
    convolve = F.conv1d if x.dim() == 3 else F.conv2d
    for k, d in stack:
        ones = torch.ones(1, 1, *[k] * (x.dim() - 2), dtype=x.dtype)
        x = convolve(x, ones, padding="same", dilation=d)
    return x[0, 0]


def gradient(stack, *place: int) -> list:
    """Differentiate one output of layers of ones by its inputs, in a row or in a map."""
    x = torch.zeros(1, 1, *[SIDE] * len(place), dtype=torch.float64, requires_grad=True)
    through_ones(stack, x)[place].backward()
    return x.grad[0, 0].tolist()


def figure(page, name: str) -> str:
    return page.locator(f"dt:text-is('{name}') + dd").inner_text().replace("\n", " ")


def says(page, words: str) -> None:
    """Wait for words of the live text; by then the state that they tell of is drawn."""
    expect(page.locator(LIVE)).to_contain_text(words)


@pytest.fixture
def output(twin):
    return lambda page: (twin(page).row, twin(page).column)


def test_four_hundred_random_stacks_have_the_paths_of_torchs_gradients(node):
    cases = random_cases(0, 400)
    ask = "cases => cases.map(([l, p]) => code.pathLevels(l, p, 28).at(-1).counts)"
    done = node(PATHS, ask, [[as_layers(stack), place] for stack, place, _ in cases])
    for (stack, place, _), counted in zip(cases, done, strict=True):
        assert counted == gradient(stack, place) == path_levels(stack, place)[-1], (stack, place)


def test_the_2d_map_is_the_product_of_its_row_and_its_column():
    for stack, *place in random_cases(1, 40):
        rows, columns = (path_levels(stack, at)[-1] for at in place)
        assert np.array_equal(np.outer(rows, columns), gradient(stack, *place)), stack


def test_the_taps_on_padding_are_the_drawn_taps_that_leave_the_map(node):
    stacks = [stack for stack, *_ in random_cases(2, 40)]
    ask = "cases => cases.map(l => code.pathLevels(l, 3, 28))"
    drawn = node(PATHS, ask, list(map(as_layers, stacks)))
    for stack, levels in zip(stacks, drawn, strict=True):
        for above, below, (k, _) in zip(levels, levels[1:], reversed(stack), strict=False):
            assert len(below["taps"]) == k * sum(paths > 0 for paths in above["counts"])
            for _, to, inside in below["taps"]:
                assert inside == (0 <= to < SIDE)
            reached = {to for _, to, inside in below["taps"] if inside}
            assert reached == {at for at, paths in enumerate(below["counts"]) if paths}


def test_the_share_on_padding_is_what_a_convolution_of_ones_misses(node):
    cases = random_cases(3, 200)
    ask = "cases => cases.map(([l, r, c]) => code.paddingLoss(l, r, c, 28))"
    done = node(PATHS, ask, [[as_layers(stack), *place] for stack, *place in cases])
    ink = torch.ones(1, 1, SIDE, SIDE, dtype=torch.float64)
    for (stack, row, column), loss in zip(cases, done, strict=True):
        kept, total = through_ones(stack, ink), float(np.prod([k for k, _ in stack]) ** 2)
        assert (loss["total"], loss["lost"]) == (total, total - kept[row, column].item())
        assert loss["share"] == pytest.approx(padding_share(stack, row, column), abs=1e-12)
        assert loss["mean"] == pytest.approx(1 - kept.mean().item() / total, abs=1e-12)


def test_the_page_says_of_every_rate_how_large_it_may_be_and_its_sums_add_up(node):
    stacks = [stack for stack, *_ in random_cases(5, 150)]
    ask = """cases => cases.map(l => code.noHolesRule(l).map(line =>
      ({...line, words: code.ruleInWords(line)})))"""
    for stack, lines in zip(stacks, node(PATHS, ask, list(map(as_layers, stacks))), strict=True):
        wide = sorted((d, place, k) for place, (k, d) in enumerate(stack, start=1) if k > 1)
        assert [(line["dilation"], line["layer"], line["kernelSize"]) for line in lines] == wide
        assert all(line["holds"] for line in lines) == (not has_holes(*zip(*stack, strict=True)))
        for at, line in enumerate(lines):
            kernels, rates = [k for *_, k in wide[:at]], [d for d, *_ in wide[:at]]
            allowed = line["allowed"]
            if all(before["holds"] for before in lines[:at]):
                assert not has_holes([*kernels, 2], [*rates, allowed])
                assert has_holes([*kernels, 2], [*rates, allowed + 1])
            assert line["holds"] == (line["dilation"] <= allowed)
            sum_, result = line["words"].split(" = ")
            assert re.fullmatch(r"[\d ·+()]+", sum_)
            assert eval(sum_.replace("·", "*")) == int(result) == allowed


def test_an_output_reads_one_grid_and_it_is_the_one_that_is_named(node):
    cases = random_cases(6, 600)
    read = [[[at for at, g in enumerate(gradient(s, p)) if g] for p in ps] for s, *ps in cases]
    ask = """cases => cases.map(([layers, row, column, rows, columns]) => {
      const told = code.gridsOf(layers, 0, row, column);
      const names = rows.flatMap(r => columns.map(c => code.gridName(r, c, told.step)));
      return {...told, names: [...new Set(names)]};
    })"""
    asked = [[as_layers(s), *ps, *where] for (s, *ps), where in zip(cases, read, strict=True)]
    shown = node(PATHS, ask, asked)
    for (stack, *_), told, (rows, _) in zip(cases, shown, read, strict=True):
        assert (told["step"], told["grids"]) == (shared_rate(stack), shared_rate(stack) ** 2)
        assert told["names"] == ([told["own"]] if told["names"] else []), stack
        assert all(at % told["step"] == rows[0] % told["step"] for at in rows)
    met = [stack for (stack, *_), told in zip(cases, shown, strict=True) if told["names"]]
    assert sum(len(stack) > 1 and shared_rate(stack) > 1 for stack in met) > 100


def test_every_grid_has_a_name_of_its_own(node):
    ask = """steps => steps.map(step => Array.from({length: step * step}, (_, at) =>
      code.gridName(Math.floor(at / step), at % step, step)))"""
    for step, names in enumerate(node(PATHS, ask, list(range(1, 17))), start=1):
        assert len(set(names)) == len(names) == step**2


def test_the_colours_are_those_of_cividis(node):
    shares = [at / 200 for at in range(201)]
    shown = np.array(node("shared/colours", "s => s.map(code.cividis)", shares))
    assert abs(shown - 255 * matplotlib.colormaps["cividis"](shares)[:, :3]).max() < 6


def test_a_share_is_never_rounded_to_none_or_all(node):
    shares = [0, 1e-9, 0.0006, 0.185185, 0.9994, 1 - 1e-9, 1]
    words = node(PATHS, "s => s.map(code.percent)", shares)
    assert words == ["0%", "under 0.1%", "0.1%", "18.5%", "99.9%", "over 99.9%", "100%"]


def test_a_layer_that_is_gone_no_longer_gives_its_grids():
    stack = DilationStack(grid_layer=3)
    stack.layers = [(3, 2)]
    assert stack.grid_layer == 0 and stack.layers == [(3, 2)]


def test_the_still_marks_what_is_read_and_says_it():
    stack = DilationStack([(3, 2), (3, 2), (3, 2)], column=3)
    assert "sees 13 × 13 pixels with 6 holes in a row and 0 to 7 paths" in repr(stack)
    assert "1 of 4 interleaved grids" in repr(stack) and "18.5%" in repr(stack)
    stack.draw_still()
    read, holes = plt.gcf().axes[1].collections[:2]
    rows, columns = (np.count_nonzero(gradient(stack.layers, p)) for p in (14, 3))
    assert len(read.get_offsets()) == rows * columns
    assert len(holes.get_offsets()) == 13 * 10 - 7 * 5  # columns -3 to -1 are outside


def test_a_preset_sets_the_layers_and_the_figures_are_the_librarys(page_of, twin):
    page = page_of(DilationStack())
    for rates in PRESETS:
        name = f"three taps each, rates {', '.join(map(str, rates))}"
        page.get_by_role("button", name=name, exact=True).click()
        counts = path_counts(3, rates)
        side, holes = len(counts), counts.count(0)
        says(page, f"see {side} pixels in a row, with {holes or 'no'} holes")
        assert twin(page).layers == [(3, rate) for rate in rates]
        expect(page.locator("[aria-pressed=true]")).to_have_text(", ".join(map(str, rates)))
        least, most = min(counts), max(counts)
        paths = f"least {least}, most {most} in 2-D: least {least**2}, most {most**2}"
        weights = f"{9 * len(rates)} a dense kernel of this reach: {side**2}"
        assert figure(page, "paths to a pixel") == paths
        assert figure(page, "weights per channel") == weights
        assert figure(page, "receptive field") == f"{side} × {side} pixels"
        assert figure(page, "holes in a row").startswith(f"{holes} of {side} ")
        verdict = "The rule fails" if has_holes(3, rates) else "The rule holds"
        expect(page.locator(".dsconv-dilation-verdict")).to_contain_text(verdict)


def test_the_live_text_says_one_of_four_grids_and_the_neighbour_reads_another(page_of):
    page = page_of(DilationStack([(3, 2)] * 3))
    says(page, "It reads 1 of 4 grids, grid A.")
    page.locator(CONE).press("ArrowRight")
    says(page, "It reads 1 of 4 grids, grid B.")
    assert "2 × 2 = 4 interleaved grids" in page.locator("body").inner_text()


def test_numbers_and_drawing_follow_what_python_sets(page_of):
    page = page_of(DilationStack())
    page.evaluate("model.set('layers', [[5, 1], [2, 3], [3, 9]]); model.set('column', 2)")
    says(page, "5, 2, 3 taps at the rates 1, 3, 9 see 26 pixels in a row, with 2 holes")
    share = padding_share([(5, 1), (2, 3), (3, 9)], 14, 2)
    lost = f"{share:.1%} at this output {round(900 * share)} of 900"
    assert figure(page, "paths lost on padding").startswith(lost)
    rule = page.locator(".dsconv-dilation-rule li").last
    expect(rule).to_have_text("layer 3: rate 9 > 4 · 1 + 1 · 3 + 1 = 8, fails")


def test_kernel_and_rate_are_chosen_by_the_keyboard(page_of, twin):
    page = page_of(DilationStack())
    page.get_by_label("layer 2 dilation").press("ArrowDown")
    page.get_by_label("layer 1 kernel_size").select_option("5")
    says(page, "see 19 pixels in a row")
    assert twin(page).layers == [(5, 1), (3, 3), (3, 4)]


def test_layers_are_added_up_to_six_and_removed_to_one_and_the_focus_is_not_lost(page_of, twin):
    page = page_of(DilationStack())
    add = page.get_by_role("button", name="add a layer")
    for _ in range(3):
        add.press("Enter")
    assert twin(page).layers == [(3, rate) for rate in (1, 2, 4, 8, 16, 16)]
    expect(add).to_be_disabled()
    expect(add).to_have_accessible_description("6 layers are the most this picture holds.")
    for left in (5, 4, 3, 2, 1):
        page.get_by_role("button", name=f"remove layer {left + 1}").press("Enter")
        assert len(twin(page).layers) == left and add.is_enabled()
    expect(page.get_by_role("button", name="remove layer 1")).to_be_disabled()
    expect(page.get_by_label("layer 1 kernel_size")).to_be_focused()


RULE, ASKED = ".dsconv-dilation-rule", "Set the rates to 1, 1, 5 and to 1, 1, 6 first."
SHOW = {"role": "button", "name": "Show me"}


@pytest.fixture
def covered(page_of):
    """Show a stack whose rule is covered, as if the page had just been opened."""

    def show(rates: list[int]):
        layers = [(3, rate) for rate in rates]
        page_of(DilationStack(layers, rule_covered=False))
        return page_of(DilationStack(layers, rule_covered=True))

    return show


def test_a_stack_tells_its_rule_at_once_unless_it_is_to_be_covered(page_of):
    page = page_of(DilationStack())
    assert page.locator(RULE).is_visible() and not page.get_by_text(ASKED).is_visible()
    assert not page.get_by_role(**SHOW).is_visible()


def test_a_covered_rule_is_shown_once_both_stacks_have_been_set_and_stays(covered):
    page = covered([2, 2, 2])
    asked, rule, rate = page.get_by_text(ASKED), page.locator(RULE), page.get_by_label
    assert asked.is_visible() and not rule.is_visible()
    assert not page.get_by_text("is each rate at most what the smaller ones see").is_visible()
    done = page.locator(".dsconv-dilation-done")
    page.evaluate("model.set('layers', [[3, 1], [3, 1], [3, 4]])")
    says(page, "at the rates 1, 1, 4")
    assert done.inner_text() == ""
    rate("layer 3 dilation").press("ArrowDown")
    expect(done).to_have_text("Done: 1, 1, 5.")
    assert asked.is_visible() and not rule.is_visible()
    rate("layer 3 dilation").press("ArrowDown")
    expect(done).to_have_text("Done: 1, 1, 5 and 1, 1, 6. The rule is shown below.")
    assert rule.is_visible() and not asked.is_visible()
    expect(rule.locator("li").last).to_have_text(re.compile("rate 6 > .* = 5, fails$"))
    expect(rate("layer 3 dilation")).to_be_focused()
    page.get_by_role("button", name="three taps each, rates 1, 2, 5").click()
    says(page, "at the rates 1, 2, 5")
    assert rule.is_visible()


@pytest.mark.parametrize(
    ("layers", "met"),
    [([(3, 5), (3, 1), (3, 1)], True), ([(5, 1), (3, 1), (3, 5)], False), ([(3, 5)], False)],
)
def test_only_three_layers_of_three_taps_count_in_any_order(covered, layers, met):
    page = covered([2, 2, 2])
    page.evaluate("layers => model.set('layers', layers)", layers)
    says(page, f"{len(layers)} layer")
    says(page, f" {', '.join(str(rate) for _, rate in layers)} see")
    expect(page.locator(".dsconv-dilation-done")).to_have_text("Done: 1, 1, 5." if met else "")


def test_a_covered_rule_is_shown_to_the_reader_who_asks_by_the_keyboard(covered):
    page = covered([1, 2, 4])
    page.get_by_role(**SHOW).press("Enter")
    assert page.locator(RULE).is_visible() and not page.get_by_text(ASKED).is_visible()
    expect(page.locator(".dsconv-dilation-told")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("summary", has_text="the path counts as numbers")).to_be_focused()


def test_paper_shows_a_covered_rule_and_does_not_ask(covered):
    page = covered([2, 2, 2])
    page.emulate_media(media="print")
    assert page.locator(RULE).is_visible() and not page.get_by_text(ASKED).is_visible()
    page.emulate_media(media="screen")
    assert not page.locator(RULE).is_visible()


def test_a_layer_moves_up_with_the_focus_and_comes_back(page_of, twin):
    page = page_of(DilationStack([(3, 1), (5, 2), (7, 4)]))
    page.get_by_role("button", name="move layer 1 up").press("Enter")
    assert twin(page).layers == [(5, 2), (3, 1), (7, 4)]
    expect(page.get_by_role("button", name="move layer 2 up")).to_be_focused()
    page.keyboard.press("Enter")
    assert twin(page).layers == [(5, 2), (7, 4), (3, 1)]
    expect(page.get_by_role("button", name="move layer 3 down")).to_be_focused()
    expect(page.get_by_role("button", name="move layer 3 up")).to_be_disabled()


def test_the_mouse_moves_the_output_on_the_cone_and_on_the_map(page_of, point, output):
    page = page_of(DilationStack())
    picture = page.locator(MAP)
    point("hover", picture, 20, 5)
    page.mouse.down()
    assert output(page) == (20, 5)
    point("hover", picture, 21, 9)
    page.mouse.up()
    point("hover", picture, 1, 1)
    assert output(page) == (21, 9)
    says(page, "at row 21, column 9")
    page.locator(".dsconv-dilation-ink").nth(17).click()
    assert output(page) == (21, 17)


def test_a_finger_moves_the_output(page_of, point, output):
    page = page_of(DilationStack(), "phone")
    point("tap", page.locator(MAP), 24, 3)
    assert output(page) == (24, 3)
    page.locator(".dsconv-dilation-ink").nth(22).tap()
    assert output(page) == (24, 22)


def test_the_keys_move_the_output_and_stop_at_the_border(page_of, output):
    page = page_of(DilationStack())
    picture, cone = page.locator(MAP), page.locator(CONE)
    row, column = page.get_by_label("output row"), page.get_by_label("output column")
    for focused, keys, place in [
        (picture, ["ArrowUp", "ArrowRight"], (13, 15)),
        (picture, ["End", "ArrowRight", *["PageDown"] * 9], (27, 27)),
        (cone, ["Home", "ArrowLeft"], (27, 0)),
        (column, ["ArrowRight"], (27, 1)),
        (row, ["Home"], (0, 1)),
    ]:
        for key in keys:
            focused.press(key)
        assert output(page) == place
    expect(cone).to_have_attribute("aria-valuetext", "column 1")


def test_the_cone_draws_the_counts_of_every_layer(page_of):
    stack = [(3, 1), (3, 2), (3, 4)]
    page = page_of(DilationStack(stack, column=1))
    shown = [int(words) for words in page.locator(".dsconv-dilation-count").all_text_contents()]
    assert shown == [paths for level in path_levels(stack, 1) for paths in level if paths]
    # of 3 + 6 + 12 taps the first at rate 4 is at column -3, the first at rate 2 at column -1
    assert page.locator(".dsconv-dilation-hollow").get_attribute("d").count("M") == 2
    assert page.get_by_text("2 of 21 taps drawn fall on padding.").is_visible()


def test_the_numbers_can_be_read_as_text(page_of):
    page = page_of(DilationStack([(3, 1), (3, 2)]))
    page.get_by_text("the path counts as numbers").click()
    lines = ["output, column 14: 1", "map after layer 1, columns 12 to 16: 1 0 1 0 1"]
    lines += ["input, columns 11 to 17: 1 1 2 1 2 1 1"]
    expect(page.locator(".dsconv-dilation-lines li")).to_have_text(lines)


def test_the_map_has_the_colour_of_each_count_and_the_ink_elsewhere(page_of):
    stairs = torch.linspace(0, 1, SIDE * SIDE).view(SIDE, SIDE)
    stack = DilationStack([(3, 2), (3, 1)], stairs, row=6, column=20)
    page = page_of(stack)
    seen = page.evaluate("""() => {
      const canvas = document.querySelector('.dsconv-dilation-map'), cell = canvas.width / 28;
      const brush = canvas.getContext('2d');
      const at = (r, c) => [...brush.getImageData((c + 0.3) * cell, (r + 0.3) * cell, 1, 1).data];
      return Array.from({length: 784}, (_, p) => at(Math.floor(p / 28), p % 28).slice(0, 3));
    }""")
    seen = np.array(seen).reshape(SIDE, SIDE, 3)
    rows, columns = (gradient(stack.layers, place) for place in (6, 20))
    paths = np.outer(rows, columns)
    expected = 255 * matplotlib.colormaps["cividis"](paths / paths.max())[..., :3]
    ringed = np.zeros((SIDE, SIDE), dtype=bool)
    ringed[5:8, 19:22] = True  # the ring covers the corners of these
    read = (paths > 0) & ~ringed
    assert read.sum() == 40 and abs(seen - expected)[read].max() < 7
    ink = 255 * (1 - stairs.numpy() / 1.7)
    far = np.ones((SIDE, SIDE), dtype=bool)
    far[2:11, 16:25] = False  # beyond the frame of the receptive field
    assert abs(seen - ink[..., None])[far].max() < 2


def test_holes_are_crosses_and_pixels_lost_to_padding_are_dashes(page_of):
    lost = ([(3, 3), (3, 1)], 0, [0, 1])  # the way to column 2 is by column -1 alone
    for stack, column, expected in [lost, ([(3, 2), (3, 2)], 14, [4, 0])]:
        page = page_of(DilationStack(stack, column=column))
        marks = [page.locator(f".dsconv-dilation-{kind}") for kind in ("hole", "cut")]
        assert [(mark.get_attribute("d") or "").count("M") for mark in marks] == expected


def test_the_grids_of_one_layer_can_be_shown(page_of, twin):
    page = page_of(DilationStack())
    page.get_by_label("grids of").select_option("3")
    told = re.compile("^Layer 3 works on 4 × 4 = 16 interleaved grids; this output reads 1 of 16")
    expect(page.locator(".dsconv-dilation-grids")).to_have_attribute("aria-label", told)
    assert twin(page).grid_layer == 3
    page.get_by_role("button", name="remove layer 3").click()
    assert page.evaluate("model.get('grid_layer')") == 0


@pytest.mark.parametrize("rates", [[1, 2, 4, 8], [2, 2, 2], [1, 2, 4, 8, 16, 16]])
def test_no_picture_moves_under_the_finger_while_the_output_moves(page_of, rates):
    page = page_of(DilationStack([(3, rate) for rate in rates]), "phone")
    tops = """names => names.map(name => document.querySelector(name).getBoundingClientRect().top
      + scrollY)"""
    names = [f".dsconv-dilation-{name}" for name in ("cone", "map", "grids")]
    seen = {tuple(page.evaluate(tops, names))}  # before the live text is there
    for place in (0, 1, 9, 14, 26, 27):
        page.evaluate("at => { model.set('row', at); model.set('column', 27 - at); }", place)
        says(page, f"row {place}, column {27 - place}")
        seen.add(tuple(page.evaluate(tops, names)))
    assert len(seen) == 1


def test_the_cone_is_drawn_anew_when_the_page_changes_its_width(page_of):
    page = page_of(DilationStack())
    assert page.locator(CONE).bounding_box()["width"] > 390
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(f"document.querySelector('{CONE}').getAttribute('width') < 390")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

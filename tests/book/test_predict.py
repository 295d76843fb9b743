"""A Predict box asks before it tells: each is answered here, in the page and in the notebook."""

import ast
import re

import nbformat
import pytest
from browsing import VIEWS
from check_pages import BOOK, contents
from playwright.sync_api import expect

BOX = re.compile(r"::::\{admonition\} Predict\n:class: predict.*?\n::::", re.DOTALL)
ANY_BOX = re.compile(r":::+\{admonition\} Predict")
ANSWER = re.compile(r":class: answer dropdown\n.*?\{glue:text\}`([\w-]+)", re.DOTALL)
TEXTS = {
    name: "\n".join(cell.source for cell in nbformat.read(BOOK / f"{name}.ipynb", 4).cells)
    for name in contents()
    if name.startswith("chapters/")
}
ASKING = [name for name, text in TEXTS.items() if BOX.search(text)]
WAITING = """id => [...document.querySelectorAll('.covered.' + id)]
  .map(part => getComputedStyle(part).visibility)"""


@pytest.fixture(params=ASKING)
def page(request, browser, html):
    """A chapter as somebody opens it who has never been here."""
    context = browser.new_context(**VIEWS["desktop"])
    page = context.new_page()
    page.goto(f"{html.resolve().as_uri()}/{request.param}.html", wait_until="domcontentloaded")
    yield page
    context.close()


def boxes(page) -> list:
    return page.locator(".predict:has(.guess)").all()


def seen(page, box) -> set[str]:
    """Tell whether what waits for a box is hidden or visible."""
    found = page.evaluate(WAITING, box.get_attribute("id"))
    assert len(found) > 1  # the answer, and what gives it away
    return set(found)


def answer(box, how: str) -> str:
    """Answer a box rightly, wrongly or not at all; return what was said."""
    right = box.locator(".guess").get_attribute("data-answer")
    said = ""
    if how == "show":
        box.locator(".show").click()
    elif box.locator("input[type=radio]").count():
        choice = int(right) if how == "right" else (int(right) + 1) % 2
        radio = box.locator("input[type=radio]").nth(choice)
        said = radio.locator("xpath=..").inner_text().strip()
        radio.check()
    else:
        number = float(right.replace(",", ""))
        said = f"{number if how == 'right' else number + 1:g}"
        box.locator("[name=guess]").fill(said)
    if how != "show":
        box.locator("[type=submit]").press("Enter")  # as a keyboard does
    return said


@pytest.mark.parametrize("how", ["right", "wrong", "show"])
def test_what_follows_waits_for_the_answer_and_then_both_are_shown(page, how):
    for box in boxes(page):
        assert seen(page, box) == {"hidden"}
        said = answer(box, how)
        assert seen(page, box) == {"visible"}
        words = f"You said: {said}. What came out:" if said else "What came out:"
        expect(box.locator(".said")).to_have_text(words)
    total = len(boxes(page))
    expect(page.locator(".tally")).to_have_text(f"{total} of {total} predicted")


def test_answers_are_remembered_until_they_are_to_be_forgotten(page):
    first, second = boxes(page)[:2]
    answer(first, "right")
    page.locator("[data-exercise]").first.check()
    page.reload(wait_until="domcontentloaded")
    assert (seen(page, first), seen(page, second)) == ({"visible"}, {"hidden"})
    expect(page.locator("[data-exercise]").first).to_be_checked()
    expect(page.locator(".current .progress-note")).to_contain_text("2/")
    page.locator(".forget").click()
    assert seen(page, first) == {"hidden"}
    page.reload(wait_until="domcontentloaded")
    assert seen(page, first) == {"hidden"}


def test_a_switch_shows_everything_and_is_remembered(page):
    page.get_by_role("switch").focus()
    page.keyboard.press("Space")
    assert all(seen(page, box) == {"visible"} for box in boxes(page))
    page.reload(wait_until="domcontentloaded")
    assert all(seen(page, box) == {"visible"} for box in boxes(page))


def test_an_empty_answer_shows_nothing(page):
    box = next(box for box in boxes(page) if not box.locator("[type=range]").count())
    box.locator("[type=submit]").click()
    expect(box.locator(".said")).to_contain_text("Choose first")
    assert seen(page, box) == {"hidden"}


def test_paper_a_search_hit_and_a_link_into_a_covered_part_show_it(page):
    page.emulate_media(media="print")
    assert all(seen(page, box) == {"visible"} for box in boxes(page))
    page.emulate_media(media="screen")
    assert all(seen(page, box) == {"hidden"} for box in boxes(page))
    inside = page.locator(".covered [id]").first
    target = inside.get_attribute("id")
    page.evaluate("id => { location.hash = id; }", target)
    expect(inside).to_have_css("visibility", "visible")
    page.goto(page.url.split("#")[0] + "?highlight=pixels", wait_until="domcontentloaded")
    assert all(seen(page, box) == {"visible"} for box in boxes(page))


@pytest.mark.parametrize("name", ASKING)
def test_without_scripts_nothing_is_covered_and_nothing_is_asked(browser, html, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{html.resolve().as_uri()}/{name}.html", wait_until="domcontentloaded")
    for box in page.locator(".predict").all():
        expect(box.locator(".answer")).to_be_visible()
    controls = ".predict-bar, .predict input, .predict button, .exercise-done"
    assert page.locator(f":is({controls}):visible").count() == 0
    context.close()


@pytest.mark.parametrize("name", ASKING)
def test_every_box_of_a_chapter_asks_one_question_and_its_answer_is_computed_below(name):
    assert len(BOX.findall(TEXTS[name])) == len(ANY_BOX.findall(TEXTS[name]))
    cells = nbformat.read(BOOK / f"{name}.ipynb", 4).cells
    for at, cell in enumerate(cells):
        for box in BOX.findall(cell.source):
            assert box.split("{admonition} Answer")[0].count("?") == 1, box
            assert any(computes(after, ANSWER.search(box)[1]) for after in cells[at + 1 :]), box


def computes(cell, key: str) -> bool:
    """Tell whether a cell stores a value of this name, from a name and not from a literal."""
    if cell.cell_type != "code":
        return False
    stored = [output.get("metadata", {}).get("scrapbook", {}) for output in cell.outputs]
    if key not in [scrap.get("name") for scrap in stored]:
        return False
    calls = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call)]
    glued = [call.args[1] for call in calls if getattr(call.func, "id", "") == "glue"]
    return all(any(isinstance(n, ast.Name) for n in ast.walk(value)) for value in glued)

"""What a visitor without a network sees: every page whole, every control alive.

Opens every page once over http and five as files: at a desk, in the dark, on a phone, then moves
what moves on it. `make test-all` opens all pages both ways, afresh in every view. Over 20 s: each
of 24 visits typesets a page's formulas. Needs Chromium (Debian's `chromium`, or Chrome).
"""

import functools
import http.server
import threading

import pytest
from browsing import PATIENCE, VIEWS
from check_pages import contents
from playwright.sync_api import expect

HANDLE = ".widget-hslider .noUi-handle"
LOOK = """() => ({
  noAlt: [...document.querySelectorAll('main img')]
    .filter(i => /^\s*$|_images\//.test(i.alt)).map(i => i.src.slice(0, 80)),
  broken: [...document.querySelectorAll('main img')]
    .filter(i => i.complete && !i.naturalWidth).map(i => i.src.slice(0, 80)),
  mathErrors: document.querySelectorAll('mjx-merror, [data-mjx-error]').length,
  cutCode: window.innerWidth < 1200 ? [] : [...document.querySelectorAll('.cell_input pre')]
    .filter(code => code.clientWidth && code.scrollWidth > code.clientWidth + 2)
    .map(code => code.textContent.slice(0, 80)),
  sideways: Math.max(2, document.documentElement.scrollWidth
    - document.documentElement.clientWidth),
})"""
WHOLE = {"noAlt": [], "broken": [], "mathErrors": 0, "cutCode": [], "sideways": 2}
READY = """() => {
  const formulas = [...document.querySelectorAll('.math')];
  const views = document.querySelectorAll("script[type$='widget-view+json']");
  const pictures = [...document.querySelectorAll('figure.explorer img')];
  const instruments = document.querySelectorAll('section.dsconv');
  return formulas.every(m => m.querySelector('mjx-container'))
    && pictures.length + instruments.length >= views.length && pictures.every(i => i.complete);
}"""
# the picture that the slider's explorer shows, by its source and its words
SHOWN = """handle => {
  const explorer = handle.closest('.widget-vbox');
  const picture = explorer.querySelector('figure.explorer img');
  return picture.src + picture.alt + explorer.querySelector('figcaption').textContent;
}"""
PAGES = contents()
OF_EACH_KIND = ["index", "notation", "chapters/faq"]  # cover, formulas, sliders, instruments, pad
OF_EACH_KIND += ["chapters/03_dilated_convolution", "chapters/11_draw_a_digit"]
VISITS = [(name, "http") for name in PAGES] + [(name, "file") for name in OF_EACH_KIND]
REST = [(name, "file") for name in PAGES if name not in OF_EACH_KIND]
INSTRUMENTS = {  # page: each instrument and a control of it that arrow keys move
    "index": [("The drawing pad", "square")],
    "chapters/02_separable_convolution": [("Convolution microscope", "row")],
    "chapters/03_dilated_convolution": [
        ("Convolution microscope", "column"),
        ("Dilation stack", "output row"),
    ],
    "chapters/11_draw_a_digit": [("The drawing pad", "square")],
}


@pytest.fixture(scope="module")
def homes(html):
    """The two ways a visitor opens the book: over http, and as files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(html))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"http": f"http://127.0.0.1:{server.server_port}/", "file": html.resolve().as_uri() + "/"}
    server.shutdown()


@pytest.fixture
def visit(contexts, homes):
    """Open a page as a visitor would; a fault or a request that leaves fails the test."""
    opened, faults = [], []

    def open_page(name: str, way: str, view: str):
        opened.append(page := contexts(view).new_page())
        inside = (homes[way], "data:", "blob:")
        page.route(lambda url: not url.startswith(inside), lambda route: route.abort())
        page.on("request", lambda r: r.url.startswith(inside) or faults.append(f"asks for {r.url}"))
        page.on("response", lambda r: r.status < 400 or faults.append(f"{r.status} {r.url}"))
        page.on("console", lambda m: m.type != "error" or faults.append(m.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{homes[way]}{name}.html", wait_until="load")
        page.wait_for_function(READY, timeout=1000 * PATIENCE)
        if page.locator(".show-all").count():  # nothing waits for a prediction
            page.locator(".show-all").check()
        return page

    yield open_page
    for page in opened:
        page.close()
    assert faults == []


def until_changed(page, handle, script: str, before: str, what: str) -> str:
    """Wait until what the script sees is no longer what it was; return what it is now."""
    for _ in range(1000):
        if (now := handle.evaluate(script)) != before:
            return now
        page.wait_for_timeout(20)
    raise AssertionError(f"{what} is stuck")


def move_sliders(page) -> None:
    """Press an arrow key at every slider: its picture changes, and a screen reader hears of it."""
    for handle in page.locator(HANDLE).all():
        label, said = handle.get_attribute("aria-label"), handle.get_attribute("aria-valuetext")
        assert label
        seen = [handle.evaluate(SHOWN)]
        handle.focus()
        for _ in range(min(3, int(float(handle.get_attribute("aria-valuemax"))))):
            page.keyboard.press("ArrowRight")
            seen.append(until_changed(page, handle, SHOWN, seen[-1], f"slider {label}"))
        assert len(set(seen)) == len(seen) > 1, f"slider {label} shows a picture twice"
        assert handle.get_attribute("aria-valuetext") != (said or "")


def tap_a_slider(page) -> None:
    """Put a finger on the first slider, where there is one: its picture follows."""
    if not page.locator(HANDLE).count():
        return
    handle = page.locator(HANDLE).first
    before = handle.evaluate(SHOWN)
    track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    on_the_left = handle.bounding_box()["x"] < box["x"] + 0.5 * box["width"]
    there = box["x"] + (0.8 if on_the_left else 0.2) * box["width"]
    page.touchscreen.tap(there, box["y"] + box["height"] / 2)
    until_changed(page, handle, SHOWN, before, "a slider under a finger")


def move_instruments(page, name: str) -> None:
    """Press an arrow key at every instrument: what it says changes."""
    shown = page.locator("section.dsconv")
    assert shown.count() == len(INSTRUMENTS.get(name, []))
    for title, control in INSTRUMENTS.get(name, []):
        instrument = page.locator(f"section.dsconv[aria-label='{title}']")
        before = instrument.inner_text()
        instrument.get_by_label(control, exact=True).focus()
        page.keyboard.press("ArrowRight")
        until_changed(page, instrument, "i => i.innerText", before, title)
    assert page.locator(".dsconv-failure:visible").count() == 0


def draw_a_one(page) -> None:
    """Draw a 1 on the pad, from top to bottom: the network reads it."""
    page.get_by_role("button", name="Clear").click()
    pad = page.locator("section.dsconv canvas").first
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    middle = box["x"] + 0.5 * box["width"]
    page.mouse.move(middle, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(middle, box["y"] + 0.8 * box["height"], steps=10)
    page.mouse.up()
    expect(page.locator("section.dsconv")).to_contain_text("It reads a 1")


def move(page, name: str) -> None:
    """Move all that moves on a page with keys and pen; something moves in every chapter."""
    moving = page.locator(f"{HANDLE}, section.dsconv").count()
    assert moving or not name.startswith("chapters/")
    move_sliders(page)
    move_instruments(page, name)
    if page.locator("section.dsconv[aria-label='The drawing pad']").count():
        draw_a_one(page)


def look(page) -> dict:
    """Look for what is broken, once the page has drawn itself at its present size."""
    page.evaluate("() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))")
    return page.evaluate(LOOK)


@pytest.mark.parametrize(
    ("name", "way"), [*VISITS, *(pytest.param(*v, marks=pytest.mark.matrix) for v in REST)]
)
def test_a_page_is_whole_at_a_desk_in_the_dark_and_on_a_phone_and_moves(visit, name, way):
    page = visit(name, way, "touch")
    assert look(page) == WHOLE
    move(page, name)
    page.emulate_media(color_scheme="dark")
    assert look(page) == WHOLE
    page.set_viewport_size(VIEWS["phone"]["viewport"])
    assert look(page) == WHOLE
    tap_a_slider(page)


@pytest.mark.matrix
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("name", "way"), [*VISITS, *REST])
def test_a_page_that_opens_in_a_view_is_whole_and_moves(visit, name, way, view):
    page = visit(name, way, view)
    assert look(page) == WHOLE
    move(page, name)
    if view == "phone":
        tap_a_slider(page)


def test_without_scripts_an_instrument_is_a_still_picture(browser, homes):
    context = browser.new_context(java_script_enabled=False, **VIEWS["desktop"])
    page = context.new_page()
    page.goto(homes["file"] + "chapters/11_draw_a_digit.html")
    still = page.locator("img[alt^='A still picture of an instrument']")
    assert still.count() == 1 and still.evaluate("i => i.naturalWidth") > 300
    context.close()

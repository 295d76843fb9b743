"""What a visitor without a network sees: every page whole, every slider alive.

Needs Chromium (Debian's `chromium`, or Chrome); without it these tests say that they were skipped.
"""

import functools
import http.server
import threading
from pathlib import Path

import pytest
from browsing import VIEWS

GENERATED = {"genindex.html", "search.html"}
HANDLE = ".widget-hslider .noUi-handle"
LOOK = """() => ({
  noAlt: [...document.querySelectorAll('main img')]
    .filter(i => !(i.getAttribute('alt') || '').trim()).map(i => i.src.slice(0, 80)),
  broken: [...document.querySelectorAll('main img')]
    .filter(i => i.complete && !i.naturalWidth).map(i => i.src.slice(0, 80)),
  mathErrors: document.querySelectorAll('mjx-merror, [data-mjx-error]').length,
  rawMath: [...document.querySelectorAll('.math')]
    .filter(m => !m.querySelector('mjx-container')).length,
  sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""
WHOLE = {"noAlt": [], "broken": [], "mathErrors": 0, "rawMath": 0}
READY = """() => {
  const formulas = [...document.querySelectorAll('.math')];
  const views = document.querySelectorAll("script[type$='widget-view+json']");
  const pictures = [...document.querySelectorAll('figure.explorer img')];
  const instruments = document.querySelectorAll('section.dsconv');
  return formulas.every(m => m.querySelector('mjx-container'))
    && pictures.length + instruments.length >= views.length && pictures.every(i => i.complete);
}"""


def page_names() -> list[str]:
    root = Path(__file__).parents[2] / "_build" / "html"
    found = (path for path in root.rglob("*.html") if "_static" not in path.parts)
    return sorted(str(p.relative_to(root)) for p in found if p.name not in GENERATED)


# chapter 11 has an instrument of its own instead
SLIDER_PAGES = [name for name in page_names() if name.startswith("chapters") and "11_" not in name]


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
def visit(browser, homes):
    """Open a page as a visitor would, refusing and recording every request that leaves."""
    contexts, faults = [], []

    def open_page(name: str, way: str, view: str):
        home = homes[way]
        context = browser.new_context(**VIEWS[view])
        contexts.append(context)
        page = context.new_page()

        def route(request):
            if request.request.url.startswith((home, "data:", "blob:")):
                request.continue_()
            else:
                faults.append(f"asks for {request.request.url}")
                request.abort()

        page.route("**/*", route)
        page.on(
            "response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 400 else 0
        )
        page.on("console", lambda m: m.type != "error" or faults.append(m.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(home + name, wait_until="load")
        page.wait_for_function(READY, timeout=20_000)
        return page

    open_page.faults = faults
    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("way", ["http", "file"])
@pytest.mark.parametrize("name", page_names())
def test_a_page_is_whole(visit, name, way, view):
    look = visit(name, way, view).evaluate(LOOK)
    assert visit.faults == []
    assert look.pop("sideways") <= 2
    assert look == WHOLE


def shown_beside(handle) -> str:
    """Name the picture that the slider's explorer now shows, by its source and its words."""
    return handle.evaluate(
        """handle => {
          const explorer = handle.closest('.widget-vbox');
          const picture = explorer.querySelector('figure.explorer img');
          return picture.src + picture.alt + explorer.querySelector('figcaption').textContent;
        }"""
    )


def spoken(handle) -> str:
    """What a screen reader says at the slider: its value, then what the picture shows."""
    return handle.get_attribute("aria-valuetext") or ""


@pytest.mark.parametrize("way", ["http", "file"])
@pytest.mark.parametrize("name", SLIDER_PAGES)
def test_every_slider_moves_its_picture_from_the_keyboard(visit, name, way):
    page = visit(name, way, "desktop")
    handles = page.locator(HANDLE)
    assert handles.count() >= 1
    for number in range(handles.count()):
        handle = handles.nth(number)
        assert handle.get_attribute("aria-label")
        before, said = shown_beside(handle), spoken(handle)
        handle.focus()
        seen = {before}
        for _ in range(3):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(60)
            seen.add(shown_beside(handle))
        stops = int(float(handle.get_attribute("aria-valuemax"))) + 1
        assert len(seen) == min(4, stops), f"slider {handle.get_attribute('aria-label')} is stuck"
        assert spoken(handle) != said
    assert visit.faults == []


@pytest.mark.parametrize("name", SLIDER_PAGES)
def test_a_slider_follows_a_finger_on_a_phone(visit, name):
    page = visit(name, "file", "phone")
    handle = page.locator(HANDLE).first
    before = shown_beside(handle)
    track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    page.touchscreen.tap(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2)
    page.wait_for_timeout(400)
    assert shown_beside(handle) != before
    assert visit.faults == []


INSTRUMENTS = {  # page: each instrument and a control of it that arrow keys move
    "02_separable_convolution": [("Convolution microscope", "row")],
    "03_dilated_convolution": [
        ("Convolution microscope", "column"),
        ("Dilation stack", "output row"),
    ],
    "11_draw_a_digit": [("The drawing pad", "square")],
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("way", ["http", "file"])
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_instrument_of_the_book_answers_the_keyboard(visit, name, way, view):
    page = visit(f"chapters/{name}.html", way, view)
    shown = page.locator("section.dsconv")
    assert shown.count() == len(INSTRUMENTS[name])
    for title, control in INSTRUMENTS[name]:
        instrument = page.locator(f"section.dsconv[aria-label='{title}']")
        slider = instrument.get_by_label(control, exact=True)
        before = instrument.inner_text()
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(400)
        assert instrument.inner_text() != before, f"{title} is stuck"
    assert page.locator(".dsconv-failure:visible").count() == 0
    assert visit.faults == []


@pytest.mark.parametrize("way", ["http", "file"])
def test_a_digit_drawn_in_the_book_is_read(visit, way):
    page = visit("chapters/11_draw_a_digit.html", way, "desktop")
    page.get_by_role("button", name="Clear").click()
    pad = page.locator("section.dsconv canvas").first
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for step in range(1, 11):  # a 1, from top to bottom
        page.mouse.move(
            box["x"] + 0.5 * box["width"], box["y"] + (0.2 + 0.06 * step) * box["height"]
        )
    page.mouse.up()
    page.wait_for_timeout(400)
    assert "It reads a 1" in page.locator("section.dsconv").inner_text()
    assert visit.faults == []


def test_without_scripts_an_instrument_is_a_still_picture(browser, homes):
    context = browser.new_context(java_script_enabled=False, **VIEWS["desktop"])
    page = context.new_page()
    page.goto(homes["file"] + "chapters/11_draw_a_digit.html")
    still = page.locator("img[alt^='A still picture of an instrument']")
    assert still.count() == 1 and still.evaluate("i => i.naturalWidth") > 300
    context.close()

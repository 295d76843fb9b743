"""What tests share: a place without MNIST, the built book, and a browser."""

import functools
import os
from pathlib import Path
from unittest.mock import Mock

import pytest
from browsing import BLANK, CHROMIUM, FLAGS, MOUNT, PATIENCE, TOUCH, VIEWS, packed
from playwright.sync_api import expect, sync_playwright

BOOK = Path(__file__).parent.parent


@pytest.fixture
def no_mnist(tmp_path, monkeypatch):
    """The folder for data, which is not there yet; every download fails as it does on a train."""
    refuse = Mock(side_effect=OSError("no network in this test"))
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setenv("DSCONV_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of built pages."""
    folder = BOOK / "_build" / "html"
    if not (folder / "index.html").is_file():
        pytest.fail("the book is not built: run `make book` first")
    return folder


@pytest.fixture(scope="module")
def browser():
    """Chromium, without a window; where it is missing, a test is skipped, and fails under CI."""
    if CHROMIUM is None:
        end = pytest.fail if os.environ.get("CI") else pytest.skip
        end("no Chromium found: install it, or name one in CHROMIUM")
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def contexts(browser):
    """One context for each way to look, so that pages share what they load."""
    return functools.cache(lambda view: browser.new_context(**(VIEWS | TOUCH)[view]))


@pytest.fixture
def blank(contexts):
    """Open empty pages; a script error or a request that leaves fails the test."""
    pages, faults = [], []

    def open_page(view: str = "desktop"):
        pages.append(page := contexts(view).new_page())
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: m.type != "error" or faults.append(m.text))
        page.set_content(BLANK)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert faults == []


@pytest.fixture
def mount(blank):
    """Show an instrument in an empty page, as the built book does, without a kernel."""

    def show(widget, view: str = "desktop", **changes):
        page = blank(view)
        page.add_style_tag(content=widget._css)
        plain, buffers = packed({**widget.get_state(), **changes})
        page.evaluate(MOUNT, [widget._esm, plain, buffers])
        return page

    return show

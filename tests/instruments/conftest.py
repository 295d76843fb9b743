"""Arithmetic of the pages in node, without a browser; one page for many states of an instrument."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from browsing import BLANK, MOUNT, packed

import dsconv_lib.instruments

FOLDER = Path(dsconv_lib.instruments.__file__).parent
SCRIPT = """
import { readFileSync } from "node:fs";
const modules = await Promise.all(%s.map((address) => import(address)));
const code = Object.assign({}, ...modules);
const asked = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify((%s)(asked)));
"""


@pytest.fixture(scope="session")
def node():
    """Call a JavaScript function; what the named modules export stands in it under ``code``."""
    program = shutil.which("node")
    assert program, "no node: `npm ci --ignore-scripts` and the tests of the JavaScript need it"

    def call(modules: str, function: str, asked):
        addresses = json.dumps([(FOLDER / f"{name}.js").as_uri() for name in modules.split()])
        done = subprocess.run(
            [program, "--input-type=module", "-e", SCRIPT % (addresses, function)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


# what Python would send: every trait, one after another
FOLLOW = """([state, buffers]) => {
  const decode = (text) => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
  for (const [name, text] of Object.entries(buffers)) state[name] = decode(text);
  for (const [name, value] of Object.entries(state)) model.set(name, value);
  document.activeElement.blur();
  scrollTo(0, 0);
  return new Promise((done) => setTimeout(() => requestAnimationFrame(done)));
}"""


@pytest.fixture(scope="module")
def _pages(contexts):
    pages, shown, faults = {}, {}, []
    yield pages, shown, faults
    for page in pages.values():
        page.close()


@pytest.fixture
def page_of(contexts, _pages):
    """Show an instrument: mounted once a file and view, then told each state as by Python."""
    pages, shown, faults = _pages

    def show(widget, view: str = "desktop"):
        plain, buffers = packed(widget.get_state())
        shown[type(widget), view] = widget
        if page := pages.get((type(widget), view)):
            page.evaluate(FOLLOW, [plain, buffers])
            return page
        page = pages[type(widget), view] = contexts(view).new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: m.type != "error" or faults.append(m.text))
        page.set_content(BLANK)
        page.add_style_tag(content=widget._css)
        page.evaluate(MOUNT, [widget._esm, plain, buffers])
        return page

    yield show
    assert faults == []


@pytest.fixture
def twin(_pages):
    """Give the instrument in Python the settings that its page now holds."""
    pages, shown, _ = _pages

    def follow(page):
        (widget,) = (shown[key] for key, known in pages.items() if known is page)
        plain, _ = packed({name: getattr(widget, name) for name in widget.keys if name[0] != "_"})
        read = "names => Object.fromEntries(names.map((name) => [name, model.get(name)]))"
        widget.set_state(page.evaluate(read, [*plain]))
        return widget

    return follow


@pytest.fixture
def point():
    """Hover, click or tap a pixel of a map with so many rows or columns."""

    def act(way: str, picture, row: int, column: int, side: int = 28):
        cell = picture.evaluate("one => Math.max(one.clientWidth, one.clientHeight)") / side
        place = {"x": (column + 0.5) * cell, "y": (row + 0.5) * cell}
        getattr(picture, way)(position=place)

    return act

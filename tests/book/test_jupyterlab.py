"""The instruments in JupyterLab: alive, read from Python, and set from Python.

Starts a server, a kernel and a browser. Each step waits for the state that it leads to, and a
step that waits in vain fails and says for what. The server asks no network for anything.
"""

import json
import os
import re
import socket
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import psutil
import pytest
from browsing import PATIENCE
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

CELLS = [
    "from dsconv_lib.instruments import Microscope\nscope = Microscope()\nscope",
    "from dsconv_lib.instruments import DilationStack\nstack = DilationStack()\nstack",
    "from dsconv_lib.instruments import DrawingPad\npad = DrawingPad()\npad",
    "print('state', scope.dilation, stack.layers[1][1], len(pad.strokes))",
    "scope.kind = 'pointwise'\nstack.layers = [(3, 1), (3, 9)]\npad.image = 0 * pad.image",
]
TITLES = ["Convolution microscope", "Dilation stack", "The drawing pad"]
SETTINGS = {
    "config/labconfig/page_config.json": {  # the two parts that ask for a network
        "disabledExtensions": {
            "@jupyterlab/apputils-extension:announcements": True,
            "@jupyterlab/extensionmanager-extension": True,
        }
    },
    # every cell is in the page, also those out of view
    "lab/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
}
PRESS_AGAIN = 10_000  # [ms] in which a cell that was asked to run shows that it does


def prepare(folder: Path) -> dict[str, str]:
    """Write the notebook and the settings; return the environment that finds nothing else."""
    cells = [new_code_cell(source) for source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "try.ipynb")
    for name, content in SETTINGS.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(json.dumps(content))
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_SETTINGS_DIR": "lab"}
    places |= {"JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    places |= {"JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython"}
    return os.environ | {name: str(folder / place) for name, place in places.items()}


def wait_for_server(address: str, server: psutil.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return urllib.request.urlopen(f"{address}/api", timeout=5).close()
        except OSError:
            said = log.read_text()[-2000:]
            assert server.poll() is None, f"JupyterLab ended: {said}"
            assert time.monotonic() < end, f"waited {PATIENCE} s for JupyterLab's answer: {said}"
            time.sleep(0.2)


def end(server: psutil.Popen) -> None:
    """Ask the server to end its kernels and itself; end what is left after 20 seconds."""
    family = [server, *server.children(recursive=True)]
    server.terminate()
    for process in psutil.wait_procs(family, timeout=20)[1]:
        process.kill()
    assert psutil.wait_procs(family, timeout=20)[1] == []


@pytest.fixture
def lab(tmp_path):
    """JupyterLab on a port of its own, without a password, with one notebook."""
    environment, log = prepare(tmp_path), tmp_path / "log.txt"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--IdentityProvider.token="]
    options += [f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={tmp_path}"]
    command = [sys.executable, "-m", "jupyter", "lab", *options]
    with log.open("w") as file:
        server = psutil.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        wait_for_server(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        if server.is_running():
            end(server)


@pytest.fixture
def notebook(browser, lab):
    """The notebook, open, with a kernel that waits for work."""
    page = browser.new_page(viewport={"width": 1300, "height": 1100})
    page.set_default_timeout(1000 * PATIENCE)
    outside = []
    inside = (lab, "data:", "blob:")
    page.on("request", lambda asked: asked.url.startswith(inside) or outside.append(asked.url))
    page.goto(f"{lab}lab/tree/try.ipynb?reset")
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(len(CELLS))
    # the notebook's own sign of an idle kernel shows before there is a kernel; this text does not
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    yield page
    page.close()
    assert outside == []


def run(page, number: int) -> None:
    """Press the keys that run a cell until its prompt shows that it runs; wait until it has run."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    for _ in range(1000 * PATIENCE // PRESS_AGAIN):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        try:
            expect(prompt).not_to_have_text(before, timeout=PRESS_AGAIN)
            break
        except AssertionError:  # asked before the page was ready: ask again
            continue
    expect(prompt, f"cell {number} does not end").to_have_text(re.compile(r"\[\d+\]:"))


def test_instruments_in_jupyterlab_share_their_state_with_python(notebook):
    for number, title in enumerate(TITLES):
        run(notebook, number)
        expect(notebook.locator(f"section.dsconv[aria-label='{title}']")).to_be_visible()
    scope, stack, pad = (notebook.locator(f"section.dsconv[aria-label='{t}']") for t in TITLES)

    dilation = scope.get_by_role("group", name="dilation", exact=True)
    dilation.get_by_role("radio", name="3", exact=True).check(force=True)
    stack.get_by_label("layer 2 dilation").press("ArrowDown")
    pad.locator(".dsconv-pad-canvas").focus()
    for key in ["ArrowUp", " ", "ArrowDown", "Escape"]:
        notebook.keyboard.press(key)
    said = notebook.locator(".jp-CodeCell").nth(3).locator(".jp-OutputArea-output")
    for _ in range(20):  # a page sends its state in its own time: read until it has come
        run(notebook, 3)
        if said.inner_text() == "state 3 3 1":
            break
    expect(said).to_have_text("state 3 3 1")

    run(notebook, 4)
    expect(stack.get_by_text(re.compile("rates 1, 9")).first).to_be_visible()
    expect(scope.get_by_role("radio", name="pointwise", exact=True)).to_be_checked()
    expect(pad).to_contain_text("Nothing is drawn")
    expect(notebook.locator(".dsconv-failure:visible")).to_have_count(0)

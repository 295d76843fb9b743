"""The instruments in JupyterLab: alive, read from Python, and set from Python."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.skipif(
    "DSCONV_LAB" not in os.environ,
    reason="starts JupyterLab, whose start may take minutes on a busy machine: set DSCONV_LAB=1",
)
CELLS = [
    "from dsconv_lib.instruments.microscope import Microscope\nscope = Microscope()\nscope",
    "from dsconv_lib.instruments.dilation_stack import DilationStack\n"
    "stack = DilationStack()\nstack",
    "from dsconv_lib.instruments.drawing_pad import DrawingPad\npad = DrawingPad()\npad",
    "print('state', scope.dilation, stack.layers[1][1], len(pad.strokes))",
    "scope.kind = 'pointwise'\nstack.layers = [(3, 1), (3, 9)]\npad.image = 0 * pad.image",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a port of its own, without a password, with one notebook."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [new_code_cell(source) for source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "try.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--IdentityProvider.token="]
    options += [f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    homes = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR")}
    homes["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    log = (folder / "log.txt").open("w")
    command = [sys.executable, "-m", "jupyter", "lab", *options]
    server = subprocess.Popen(
        command, env=os.environ | homes, stdout=log, stderr=log, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            break
        except OSError:
            assert server.poll() is None, (folder / "log.txt").read_text()[-2000:]
            time.sleep(0.5)
    yield f"{address}/lab/tree/try.ipynb?reset"
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(timeout=60)


def run(page, number: int, until: str) -> None:
    """Run one cell and wait for what it shows."""
    page.locator(".jp-Notebook .jp-CodeCell").nth(number).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    page.locator(until).first.wait_for(state="attached", timeout=120_000)


def test_instruments_in_jupyterlab_share_their_state_with_python(lab, browser):
    page = browser.new_page(viewport={"width": 1300, "height": 1100})
    page.set_default_timeout(60_000)
    page.goto(lab)
    page.locator(".jp-Notebook .jp-CodeCell").nth(4).wait_for(timeout=120_000)
    titles = ["Convolution microscope", "Dilation stack", "The drawing pad"]
    shown = {title: page.locator(f"section.dsconv[aria-label='{title}']") for title in titles}
    for number, title in enumerate(titles):
        run(page, number, f"section.dsconv[aria-label='{title}']")
    scope, stack, pad = shown.values()

    dilation = scope.get_by_role("group", name="dilation", exact=True)
    dilation.get_by_role("radio", name="3", exact=True).check(force=True)
    stack.get_by_label("layer 2 dilation").press("ArrowDown")
    pad.locator(".dsconv-pad-canvas").focus()
    for key in ["ArrowUp", " ", "ArrowDown", "Escape"]:
        page.keyboard.press(key)
    page.wait_for_timeout(1000)
    run(page, 3, ".jp-OutputArea-output pre:has-text('state')")
    said = page.locator(".jp-OutputArea-output pre", has_text="state").inner_text()
    assert said.split() == ["state", "3", "3", "1"]

    run(page, 4, ".jp-CodeCell:nth-child(5)")
    stack.get_by_text(re.compile("rates 1, 9")).first.wait_for(state="attached")
    pointwise = scope.get_by_role("radio", name="pointwise", exact=True)
    assert pointwise.is_checked()
    assert page.locator(".dsconv-failure:visible").count() == 0
    page.close()

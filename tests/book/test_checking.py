"""The checks themselves can fail: a changed number, a silent check, a second execution."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from test_chapters import CHECKED, silent_checks

BOOK = Path(__file__).parents[2]
SLIDER_CELL = "import ipywidgets as w\nw.VBox([w.IntSlider(), w.HTML('<b>8</b>')])"


def run(*command: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *map(str, command)], cwd=BOOK, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def executed(tmp_path_factory) -> Path:
    """A small chapter with one checked fact and one slider, executed as `make execute` does."""
    path = tmp_path_factory.mktemp("chapter") / "fact.ipynb"
    fact = new_code_cell("print(28 - 3 + 1)", metadata={"tags": [CHECKED]}, id="fact")
    nbformat.write(new_notebook(cells=[fact, new_code_cell(SLIDER_CELL, id="slider")]), path)
    assert run("_ext/execute.py", path).returncode == 0
    return path


def test_executing_twice_gives_the_same_bytes(executed):
    before = executed.read_bytes()
    assert b"26" in before
    assert b"widget-state" in before
    assert run("_ext/execute.py", executed).returncode == 0
    assert executed.read_bytes() == before


def test_a_right_number_passes_and_one_changed_number_fails(executed, tmp_path):
    changed = tmp_path / "changed.ipynb"
    changed.write_text(executed.read_text(encoding="utf-8").replace('"26\\n"', '"27\\n"'))
    assert changed.read_bytes() != executed.read_bytes()
    options = ["-p", "no:cacheprovider", "-c", BOOK / "pyproject.toml", "--rootdir", tmp_path]
    done = run("-m", "pytest", *options, executed, changed)
    assert done.returncode == 1
    assert "1 failed, 3 passed" in done.stdout
    assert "27" in done.stdout


def test_a_checked_cell_without_output_is_found(executed):
    notebook = nbformat.read(executed, as_version=4)
    assert silent_checks(notebook) == []
    notebook.cells[0].outputs = []
    assert silent_checks(notebook) == [0]


@pytest.mark.parametrize(
    ("source", "said"),
    [("1 / 0", "ZeroDivisionError"), ("import sys; print('careful', file=sys.stderr)", "careful")],
)
def test_a_chapter_that_fails_or_writes_to_stderr_is_refused_and_not_half_written(
    source, said, tmp_path
):
    path = tmp_path / "broken.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source, id="broken")]), path)
    before = path.read_bytes()
    done = run("_ext/execute.py", path)
    assert done.returncode != 0
    assert said in done.stderr
    assert path.read_bytes() == before

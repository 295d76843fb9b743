"""The checks themselves can fail: a changed number, a silent check, a second execution."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from test_chapters import CHECKED, silent_checks

BOOK = Path(__file__).parents[2]
SLIDER_CELL = """
import ipywidgets as widgets
from dsconv_lib.instruments.explorers import browse
browse(lambda width: widgets.HTML(str(width)), width=[8, 16])
"""


def run(*command: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *map(str, command)], cwd=BOOK, capture_output=True, text=True
    )


def nbval(path: Path) -> subprocess.CompletedProcess:
    plain = ["-p", "no:cacheprovider", "-c", BOOK / "pyproject.toml", "--rootdir", path.parent]
    return run("-m", "pytest", *plain, path)


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


def test_a_right_number_passes(executed):
    done = nbval(executed)
    assert done.returncode == 0, done.stdout


def test_one_changed_number_in_a_stored_output_fails(executed, tmp_path):
    changed = tmp_path / "changed.ipynb"
    changed.write_text(executed.read_text(encoding="utf-8").replace('"26\\n"', '"27\\n"'))
    assert changed.read_bytes() != executed.read_bytes()
    done = nbval(changed)
    assert done.returncode == 1
    assert "27" in done.stdout


def test_a_checked_cell_without_output_is_found(executed):
    notebook = nbformat.read(executed, as_version=4)
    assert silent_checks(notebook) == []
    notebook.cells[0].outputs = []
    assert silent_checks(notebook) == [0]


def test_a_failing_chapter_is_not_half_written(tmp_path):
    path = tmp_path / "broken.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0", id="broken")]), path)
    before = path.read_bytes()
    done = run("_ext/execute.py", path)
    assert done.returncode != 0
    assert "ZeroDivisionError" in done.stderr
    assert path.read_bytes() == before


def test_a_cell_that_writes_to_stderr_is_refused(tmp_path):
    path = tmp_path / "noisy.ipynb"
    noisy = new_code_cell("import sys; print('careful', file=sys.stderr)", id="noisy")
    nbformat.write(new_notebook(cells=[noisy]), path)
    done = run("_ext/execute.py", path)
    assert done.returncode != 0
    assert "careful" in done.stderr

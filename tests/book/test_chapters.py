"""Every chapter is executed, checked, described, and of a size one can read."""

import json
import re
import statistics
from pathlib import Path

import nbformat
import pytest
from check_pages import BOOK, contents

PATHS = [BOOK / f"{name}.ipynb" for name in contents() if name.startswith("chapters/")]
CHECKED = "nbval-check-output"
FOLDED = {"hide-input", "hide-cell"}
PICTURES = ("image/png", "image/svg+xml", "image/jpeg")
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


def cells_of(path: Path, kind: str) -> list:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def prose(path: Path) -> str:
    return "\n".join(cell.source for cell in cells_of(path, "markdown"))


def lines(cell) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def only_stores_values(cell) -> bool:
    """Tell a folded cell that shows nothing and ends by gluing a value into the text."""
    return "hide-input" in tags(cell) and cell.source.splitlines()[-1].strip().startswith("glue(")


def silent_checks(notebook) -> list[int]:
    """Find the checked cells that store no output: nbval passes them without a word."""
    return [
        number
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and CHECKED in tags(cell) and not cell.outputs
    ]


def test_a_chapter_is_executed_once_top_to_bottom(path):
    counts = [cell.execution_count for cell in cells_of(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


def test_a_chapter_checks_at_least_five_facts_against_stored_outputs_and_skips_no_cell(path):
    found = [tag for cell in cells_of(path, "code") for tag in tags(cell)]
    assert found.count(CHECKED) >= 5
    assert "nbval-skip" not in found
    assert silent_checks(nbformat.read(path, as_version=4)) == []


def test_a_stored_error_is_one_shown_on_purpose(path):
    for cell in cells_of(path, "code"):
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == ("raises-exception" in tags(cell))


def test_a_picture_has_a_name_a_caption_and_alt_text_and_no_caption_lacks_one(path):
    for number, cell in enumerate(cells_of(path, "code")):
        shown = cell.metadata.get("mystnb", {})
        data = [output.get("data", {}) for output in cell.outputs]
        stills = [output for output in data if VIEW in output and "image/png" in output]
        assert all(len("".join(still["text/plain"])) > 40 for still in stills)  # their alt text
        drawn = any(mime in output for output in data for mime in PICTURES if output not in stills)
        assert drawn == ("figure" in shown), f"code cell {number}"
        if drawn:
            assert shown["figure"]["name"].startswith("fig-")
            assert len(shown["figure"]["caption"]) > 20
            assert len(shown["image"]["alt"]) > 40


def test_a_chapter_moves_and_its_moving_pictures_have_alt_text(path):
    text = json.dumps(nbformat.read(path, 4).metadata)
    pictures = re.findall(r"<img [^>]*>", text)
    assert len(pictures) >= 10 or "DrawingPad" in text  # whose sliders are its own
    for tag in pictures:
        assert re.search(r'alt=\\"[^"]{20,}\\"', tag), tag[:200]


def test_outputs_hold_no_noise_and_a_chapter_stays_under_one_megabyte(path):
    assert path.stat().st_size < 1_000_000
    for number, cell in enumerate(cells_of(path, "code")):
        text = json.dumps([output for output in cell.outputs])
        text = re.sub(r"\\u001b\[[0-9;]*m", " ", text)  # the colours of a traceback
        assert '"name": "stderr"' not in text, f"cell {number} writes to stderr"
        assert not re.search(r"(?<![\w.])/(home|Users|tmp|root|work|usr)/", text), f"cell {number}"
        assert not re.search(r"at 0x[0-9a-f]{6,}", text), f"cell {number} shows an address"
        assert "execution" not in cell.metadata, f"cell {number} stores timings"


def test_the_code_that_a_reader_sees_comes_in_short_cells(path):
    seen = [cell for cell in cells_of(path, "code") if not FOLDED & set(tags(cell))]
    assert statistics.median(map(lines, seen)) <= 13
    assert max(map(lines, seen)) <= 15


def test_there_are_never_three_code_cells_in_a_row(path):
    cells = nbformat.read(path, as_version=4).cells
    read = [cell for cell in cells if not only_stores_values(cell)]
    assert "ccc" not in "".join(cell.cell_type[0] for cell in read)


def test_a_chapter_opens_and_closes_as_all_do(path):
    text = prose(path)
    for word in ["You will", "You need", "Runs in", "Predict", "## What you can now do"]:
        assert word in text, word
    assert 3 <= len(re.findall(r"^### Exercise", text, flags=re.MULTILINE)) <= 5
    assert text.startswith("(ch-")


def test_every_exercise_has_a_folded_solution_that_runs(path):
    exercises = re.findall(r"^### Exercise", prose(path), flags=re.MULTILINE)
    folded = [cell for cell in cells_of(path, "code") if "hide-cell" in tags(cell)]
    assert len(folded) >= len(exercises)
    for cell in folded:
        assert "solution" in cell.metadata["mystnb"]["code_prompt_show"].lower()


def test_a_chapter_says_which_digits_it_used(path):
    shown = json.dumps([cell.outputs for cell in cells_of(path, "code")])
    assert "Digits used: MNIST: 70,000 digits" in shown


@pytest.mark.parametrize("name", contents())
def test_prose_keeps_calm(name):
    path = BOOK / f"{name}.ipynb"
    text = prose(path) if path.exists() else path.with_suffix(".md").read_text(encoding="utf-8")
    text = re.sub(r"!\[|!=|n!|<!--|`[^`]*`|\$[^$]*\$", "", text)
    assert "!" not in text
    assert not re.search(r"\b(simply|obviously|trivially|of course)\b", text, flags=re.IGNORECASE)

"""Small functions, small modules, docstrings whose sources exist."""

import ast
import doctest
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pybtex.database
import pytest

BOOK = Path(__file__).parents[2]
LIBRARY = sorted((BOOK / "dsconv_lib").rglob("*.py"))
CODE = [*LIBRARY, *sorted((BOOK / "_ext").glob("*.py"))]
CHAPTERS = {path.stem for path in (BOOK / "chapters").glob("*.ipynb")}
SOURCES = set(pybtex.database.parse_file(str(BOOK / "references.bib")).entries)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def short(path: Path) -> str:
    return str(path.relative_to(BOOK))


def body_lines(function: ast.FunctionDef) -> int:
    """Count the lines of a function below its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.fixture(params=LIBRARY, ids=short)
def public(request) -> list:
    """The public functions and classes of a module."""
    tree = ast.parse(request.param.read_text(encoding="utf-8"))
    named = [node for node in tree.body if isinstance(node, (*FUNCTIONS, ast.ClassDef))]
    return [node for node in named if not node.name.startswith("_")]


@pytest.mark.parametrize("path", CODE, ids=short)
def test_a_function_has_at_most_25_lines(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sizes = {node.name: body_lines(node) for node in ast.walk(tree) if isinstance(node, FUNCTIONS)}
    assert {name: lines for name, lines in sizes.items() if lines > 25} == {}


def test_a_public_signature_is_annotated(public):
    for node in public:
        if not isinstance(node, FUNCTIONS):
            continue
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        bare = [arg.arg for arg in arguments if arg.annotation is None and arg.arg != "ax"]
        assert not bare, f"{node.name}: {bare}"


@pytest.mark.parametrize("path", LIBRARY, ids=short)
def test_a_docstring_names_sources_that_exist(path):
    text = path.read_text(encoding="utf-8")
    for line in re.findall(r"Source:.*", text):
        for key in re.findall(r"\[(\w+)\]", line):
            assert key in SOURCES, f"{key} is not in references.bib"


@cache
def names_used(chapter: str) -> set[str]:
    """Collect the names that a chapter's code uses; an import alone is no use."""
    book = json.loads((BOOK / "chapters" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    nodes = [node for cell in cells for node in ast.walk(ast.parse(cell))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_the_chapter_where_something_is_taught_uses_it(public):
    for node in public:
        for chapter in re.findall(r"Taught in: (\w+)", ast.get_docstring(node) or ""):
            assert node.name in names_used(chapter), f"{node.name} in {chapter}"


ROOMS = [path for path in LIBRARY if path.stem in ("cost", "receptive_field", "layers")]
FIGURES = [path for path in LIBRARY if path.parent.name == "chapters"]


@pytest.mark.parametrize("public", ROOMS + FIGURES, ids=short, indirect=True)
def test_what_a_chapter_teaches_of_a_layer_and_every_figure_of_its_own_say_where(public):
    taught = set().union(*map(names_used, CHAPTERS)) - {"Cost"}  # which the prices return
    for node in public:
        if node.name in taught or node.name.startswith("plot_"):
            assert "Taught in:" in ast.get_docstring(node), node.name


def test_no_file_is_named_after_its_neighbour_with_a_suffix():
    rooms = [BOOK / room for room in ("dsconv_lib", "benchmarks", "_ext", "tests")]
    code = [
        path for room in rooms for kind in ("py", "js", "css") for path in room.rglob(f"*.{kind}")
    ]
    files = {path.with_suffix("") for path in code}
    pairs = [(one, two) for one in files for two in files if str(two).startswith(f"{one}_")]
    assert pairs == []


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_is_content(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=BOOK, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_five_lines_of_the_readme_are_true():
    failed, tried = doctest.testfile(str(BOOK / "README.md"), module_relative=False)
    assert (failed, tried) == (0, 5)

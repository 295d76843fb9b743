"""The JavaScript of the instruments: joined as its imports say, checked, and of one form."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from dsconv_lib.instruments import DilationStack, DrawingPad, Microscope
from dsconv_lib.instruments.instrument import page_code

BOOK = Path(__file__).parents[2]
INSTRUMENTS = [Microscope, DilationStack, DrawingPad]
TOOLS = BOOK / "node_modules" / ".bin"


@pytest.fixture
def files(tmp_path):
    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")
        return page_code(tmp_path / "entry.js")

    return write


def run(code):
    """Let node say what a joined module exports by default."""
    script = f"{code}\nprocess.stdout.write(JSON.stringify(answer));"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_name_that_stands_in_two_modules_means_two_things(files):
    code = files(
        entry='import { twice } from "./a.js";\nimport { size as other } from "./b.js";\n'
        "const size = 1;\nconst answer = [size, other, twice()];\n",
        a='import {\n  size,\n  sizeOf,\n} from "./b.js";\nconst own = 2;\n'
        "export function twice() {\n  return own * sizeOf(size);\n}\n",
        b="const own = 10;\nexport const size = 4;\nexport const sizeOf = (x) => own + x;\n",
    )
    assert run(code) == "[1,4,28]"
    assert code.count("const own = 10") == 1  # imported twice, joined once


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (dict(entry='import { a } from "./b.js";\n', b="const a = 1;\n"), "imports a, which b.js"),
        (dict(entry='import * as b from "./b.js";\n', b=""), r"entry.js: 'import \* as b"),
        (dict(entry='import "far";\n'), 'entry.js: \'import "far"'),
        (
            dict(entry='import { a } from "./b.js";\n', b="export const a = 1;\nexport { c };\n"),
            "b.js: export a const",
        ),
        (
            dict(
                entry='import { a } from "./b.js";\n',
                b='import { c } from "./entry.js";\nexport const a = 1;\n',
            ),
            "entry.js imports itself, by way of b.js",
        ),
    ],
)
def test_what_cannot_be_joined_is_refused_with_its_file(files, texts, words):
    with pytest.raises(ValueError, match=words):
        files(**texts)


@pytest.mark.parametrize("kind", INSTRUMENTS)
def test_the_stored_name_of_an_instrument_stays_what_pages_were_saved_with(kind):
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    assert kind()._anywidget_id == f"dsconv_lib.instruments.{folder}.{kind.__name__}"


@pytest.mark.parametrize("tool", [["eslint"], ["prettier", "--check"]], ids=" ".join)
def test_linter_and_formatter_are_content(tool):
    program = TOOLS / tool[0]
    assert program.exists(), f"{tool[0]} is not installed: run `npm ci --ignore-scripts`"
    files = [*BOOK.glob("dsconv_lib/**/*.js"), *BOOK.glob("_ext/*.js"), BOOK / "eslint.config.js"]
    done = subprocess.run([program, *tool[1:], *files], cwd=BOOK, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


STORED = "application/vnd.jupyter.widget-state+json"
LIBRARY = {f"{kind.__module__}.{kind.__name__}": kind for kind in INSTRUMENTS}


@pytest.mark.parametrize("chapter", ["02_separable", "03_dilated", "11_draw"])
def test_the_pages_run_the_code_and_the_styles_of_the_library(chapter):
    (path,) = BOOK.glob(f"chapters/{chapter}*.ipynb")
    models = json.loads(path.read_text(encoding="utf-8"))["metadata"]["widgets"][STORED]["state"]
    states = [model["state"] for model in models.values() if "_esm" in model["state"]]
    assert states
    for state in states:
        kind = LIBRARY[state["_anywidget_id"]]
        same = (state["_esm"], state["_css"]) == (kind._esm, kind._css)
        assert same, f"{path.name} holds other code of {kind.__name__}: run `make execute`"

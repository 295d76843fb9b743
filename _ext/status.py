"""Show when every notebook was last executed, how long that took, and with which versions.

A page asks by the line ``<!-- executions -->``. `_ext/execute.py` leaves the note in each notebook.
"""

import json
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

MARK = "<!-- executions -->"
PAGE = "status"


def record(path: Path) -> dict:
    """Read the note of a notebook's last execution.

    Raises:
        ExtensionError: the notebook has no such note.
    """
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    if "executed" not in metadata:
        raise ExtensionError(f"{path.name} has no note of its execution: run `make execute`")
    return metadata["executed"]


def table(root: Path) -> str:
    """Write one line per notebook, and one per set of versions, as Markdown."""
    paths = [*sorted(root.glob("chapters/*.ipynb")), *sorted(root.glob("*.ipynb"))]
    sets: dict[str, str] = {}
    lines = ["| page | executed | took | versions |", "| --- | --- | --- | --- |"]
    for path in paths:
        note = record(path)
        versions = ", ".join(f"{name} {number}" for name, number in note["versions"].items())
        letter = sets.setdefault(versions, chr(ord("A") + len(sets)))
        page = path.relative_to(root).with_suffix("").as_posix()
        lines.append(f"| {{doc}}`/{page}` | {note['day']} | {note['seconds']} s | {letter} |")
    return "\n".join([*lines, "", *(f"{letter}: {text}.\n" for text, letter in sets.items())])


def fill(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the table where the page asks for it."""
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, table(Path(app.srcdir)))


def setup(app: Sphinx) -> dict:
    """Join the build; the page is read anew every time, since the notebooks may have changed."""
    app.connect("source-read", fill)
    app.connect("env-get-outdated", lambda app, env, *changes: {PAGE} & env.found_docs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

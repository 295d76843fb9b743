"""Execute chapters in place, so that running twice gives the same bytes.

    python _ext/execute.py [chapters/NAME.ipynb ...]

Without names: every chapter. A notebook is replaced only after all of its cells have run.
"""

import base64
import hashlib
import io
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

from dsconv_lib.studies import versions

BOOK = Path(__file__).parent.parent
STATE = "application/vnd.jupyter.widget-state+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(path: Path) -> nbformat.NotebookNode:
    """Run every cell, top to bottom, in a fresh kernel; return the notebook with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = nbformat.from_dict(METADATA)
    client = NotebookClient(
        notebook,
        timeout=1200,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    notebook.metadata.pop("language_info")
    notebook.metadata.update(METADATA)
    return notebook


def with_stable_ids(notebook: nbformat.NotebookNode, name: str) -> str:
    """Number the widgets in the order they were made, where Jupyter draws random names.

    Settings that are empty go: there are forty in every layout, and empty is the default.
    """
    widgets = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    for model in widgets.values():
        model["state"] = {key: value for key, value in model["state"].items() if value is not None}
    text = nbformat.writes(notebook)
    for number, random_id in enumerate(widgets):
        text = text.replace(random_id, hashlib.md5(f"{name} {number}".encode()).hexdigest())
    # keys sorted after renaming, so that their order is not the random one
    return json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def shrink_pictures(notebook: nbformat.NotebookNode) -> None:
    """Store each figure with a palette of 256 colours: a third of the bytes, the same look."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    for data in [output.data for output in outputs if "image/png" in output.get("data", {})]:
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
        small = io.BytesIO()
        picture.quantize(256, dither=Image.Dither.NONE).save(small, "png", optimize=True)
        data["image/png"] = base64.b64encode(small.getvalue()).decode()


def refuse_noise(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Stop when a cell wrote to stderr: a warning has no place in a page."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise SystemExit(f"{path}: a cell writes to stderr:\n{output['text']}")


def notebooks() -> list[Path]:
    """Name every notebook of the book, in the order of the pages."""
    return [*sorted((BOOK / "chapters").glob("*.ipynb")), *sorted(BOOK.glob("*.ipynb"))]


def with_record(text: str, before: Path, seconds: float) -> str:
    """Note when, how long and with which versions a notebook ran; the status page shows it.

    A run that changes nothing else keeps the note of the run before.
    """
    new, old = json.loads(text), json.loads(before.read_text(encoding="utf-8"))
    record = old["metadata"].pop("executed", None)
    if record is None or new != old:
        day = datetime.now(UTC).date().isoformat()
        record = {"day": day, "seconds": round(seconds), "versions": versions("matplotlib")}
    new["metadata"]["executed"] = record
    return json.dumps(new, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(names: list[str]) -> None:
    """Execute the named chapters, or all of them, at book budget."""
    os.environ.setdefault("DSCONV_BUDGET", "book")
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar lives while it runs; a page is finished
    if data := os.environ.get("DSCONV_DATA"):  # chapters run in their own folder
        os.environ["DSCONV_DATA"] = str(Path(data).absolute())
    paths = [Path(name) for name in names] or notebooks()
    for path in paths:
        start = time.perf_counter()
        notebook = execute(path.resolve())
        seconds = time.perf_counter() - start
        refuse_noise(notebook, path)
        shrink_pictures(notebook)
        finished = path.with_suffix(".ipynb.partial")
        text = with_record(with_stable_ids(notebook, path.stem), path, seconds)
        finished.write_text(text, encoding="utf-8")
        finished.replace(path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])

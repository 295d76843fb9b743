"""Show an instrument of a chapter on another page, such as the cover.

A page asks with ``<div data-instrument-of="chapters/NAME"></div>``; it gets the first instrument of
that chapter, with the scripts that bring it to life, and its still picture where there are none.
"""

import json
import re
from pathlib import Path

from offline import VIEW_TYPE, picture
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

STATE_TYPE = "application/vnd.jupyter.widget-state+json"
ASKED = re.compile(r'<div data-instrument-of="([^"]+)"></div>')


def show(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Put the instrument where the page asks for it."""
    body = context.get("body", "")
    if not ASKED.search(body):
        return
    to_static = context["pathto"]("_static/offline", resource=True)
    context["body"] = ASKED.sub(
        lambda asked: instrument(Path(app.srcdir) / f"{asked[1]}.ipynb", to_static), body
    )


def instrument(path: Path, to_static: str) -> str:
    """Write the first instrument of a notebook as HTML.

    Raises:
        ExtensionError: the notebook is missing, or shows no instrument.
    """
    if not path.is_file():
        raise ExtensionError(f"{path.name} is asked for its instrument, and is not there")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = [out.get("data", {}) for cell in notebook["cells"] for out in cell.get("outputs", [])]
    found = [data for data in outputs if VIEW_TYPE in data and "image/png" in data]
    if not found:
        raise ExtensionError(f"{path.name} is asked for its instrument, and shows none")
    view, still = found[0][VIEW_TYPE], picture(found[0]["image/png"], found[0]["text/plain"])
    state = only(notebook["metadata"]["widgets"][STATE_TYPE], view["model_id"])
    scripts = "".join(
        f'<script src="{to_static}/{name}.js"></script>'
        for name in ("require", "page", "embed-amd")
    )
    return (
        f"<noscript>{still}</noscript>"
        + script(STATE_TYPE, state)
        + script(VIEW_TYPE, view)
        + scripts
    )


def only(widgets: dict, model_id: str) -> dict:
    """Keep one widget of a notebook's state, and those that it names."""
    models, kept, waiting = widgets["state"], {}, [model_id]
    while waiting:
        name = waiting.pop()
        kept[name] = models[name]
        named = re.findall(r"IPY_MODEL_(\w+)", json.dumps(models[name]["state"]))
        waiting += [other for other in named if other not in kept]
    return {**widgets, "state": kept}


def script(kind: str, content: dict) -> str:
    """Write data for scripts; no text in it may end the script."""
    text = json.dumps(content).replace("</", "<\\/")
    return f'<script type="{kind}">{text}</script>'


def setup(app: Sphinx) -> dict:
    """Join the build."""
    app.connect("html-page-context", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

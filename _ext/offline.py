"""Carry the JavaScript that the pages need, so that the book works without a network.

Copies three npm packages and anywidget's own module into ``_static/offline``, and keeps the
one script that would reach for a network out of the pages.
"""

import hashlib
import html
import json
import re
import shutil
from pathlib import Path

import anywidget
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

HERE = Path(__file__).parent
NODE_MODULES = HERE.parent / "node_modules"
WIDGETS = Path("@jupyter-widgets") / "html-manager" / "dist"
CARRIED = {  # name in _static/offline: where it comes from
    "require.js": NODE_MODULES / "requirejs" / "require.js",
    "embed-amd.js": NODE_MODULES / WIDGETS / "embed-amd.js",
    "tex-svg.js": NODE_MODULES / "mathjax" / "es5" / "tex-svg.js",
    "anywidget.js": Path(anywidget.__file__).parent / "nbextension" / "index.js",
    "page.js": HERE / "page.js",
    "predict.css": HERE / "predict.css",
    "predict.js": HERE / "predict.js",
    "book.css": HERE / "book.css",
}
VIEW_TYPE = "application/vnd.jupyter.widget-view+json"
VIEW = re.compile(rf'<script type="{re.escape(VIEW_TYPE)}">(.*?)</script>', re.S)
SLIDERS = "Here are sliders, which need JavaScript; the text does without."
STILL = "A still picture of an instrument that moves where there is JavaScript: "


def stage(app: Sphinx, error: Exception | None) -> None:
    """Copy what the pages load to where they ask for it."""
    if error or app.builder.format != "html":
        return
    offline = Path(app.outdir) / "_static" / "offline"
    offline.mkdir(parents=True, exist_ok=True)
    for name, source in CARRIED.items():
        shutil.copyfile(source, offline / name)
    for font in (NODE_MODULES / WIDGETS).glob("*.woff2"):  # where embed-amd.js asks for them
        (offline / WIDGETS).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(font, offline / WIDGETS / font.name)


def refuse_missing(app: Sphinx) -> None:
    """Stop before an hour-long mystery: without these files no formula and no slider works."""
    missing = [str(source) for source in CARRIED.values() if not source.is_file()]
    if missing:
        raise ExtensionError(f"{', '.join(missing)} missing: run 'npm ci --ignore-scripts' first")


def drop_thebe(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Keep sphinx-thebe's scripts out: they start by asking a server for themselves."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in str(getattr(script, "filename", script) or "")
        and "thebe" not in str(getattr(script, "attributes", {}).get("body", ""))
    ]


def speak_without_scripts(
    app: Sphinx, page: str, template: str, context: dict, doctree: object
) -> None:
    """Show a still picture, or say what is missing, in a browser that runs no JavaScript."""
    body = context.get("body", "")
    if not VIEW.search(body):
        return
    stills = still_pictures(Path(app.env.doc2path(page)))

    def with_stand_in(view: re.Match) -> str:
        model = json.loads(view[1])["model_id"]
        return f"<noscript>{stills.get(model, f'<p>{SLIDERS}</p>')}</noscript>{view[0]}"

    context["body"] = VIEW.sub(with_stand_in, body)


def still_pictures(path: Path) -> dict[str, str]:
    """Collect the pictures that instruments bring along: widget id -> the picture as HTML."""
    if path.suffix != ".ipynb":
        return {}
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return {
        data[VIEW_TYPE]["model_id"]: picture(data["image/png"], data["text/plain"])
        for data in found
        if VIEW_TYPE in data and "image/png" in data
    }


def picture(png: str | list[str], words: str | list[str]) -> str:
    """Write one picture into the page, with what is seen in it."""
    alt = html.escape(STILL + "".join(words))
    source = "".join("".join(png).split())
    return f'<img alt="{alt}" src="data:image/png;base64,{source}">'


def setup(app: Sphinx) -> dict:
    """Join the build; a change of this file writes every page anew."""
    digest = hashlib.md5(Path(__file__).read_bytes(), usedforsecurity=False).hexdigest()
    app.add_config_value("offline_version", digest, "html", [str])
    app.connect("builder-inited", refuse_missing)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("html-page-context", speak_without_scripts)
    app.connect("build-finished", stage)
    app.add_css_file("offline/book.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}

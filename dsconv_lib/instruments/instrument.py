"""What all instruments share: page code, colours, how a picture travels, a still, a plain name."""

import base64
import inspect
import re
from pathlib import Path
from typing import Any

import anywidget
import matplotlib.pyplot as plt
import torch
from torch import Tensor
from traitlets import TraitError

from dsconv_lib.plots.style import KINDS, NEUTRAL, small_png

SHARED = Path(__file__).parent / "shared"
COLOURS = {kind: KINDS[kind].colour for kind in ("dense", "depthwise", "pointwise")}
COLOURS["neutral"] = NEUTRAL
IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";$', re.M)
EXPORT = re.compile(r"^export (?:const|function\*?|class) (\w+)", re.M)


def page_code(entry: Path) -> str:
    """Join a JavaScript module and all that it imports into the one module that a page loads.

    A module that is imported becomes a function that is called once, before those that import it:
    a name that stands in two modules means two things.

    Raises:
        ValueError: modules that import one another in a circle; an import that is not written as
            ``import { a, b as c } from "./file.js"``; an export before anything but a const, a
            function or a class, except in ``entry``.
    """
    joined: dict[Path, str] = {}
    last = _linked(entry.resolve(), joined, ())
    return "".join(joined.values()) + last


def _linked(path: Path, joined: dict[Path, str], above: tuple[Path, ...]) -> str:
    """Read a module; what it imports is joined first, and its imports become names from there."""
    if path in above:
        raise ValueError(f"{path.name} imports itself, by way of {above[-1].name}")

    def link(found: re.Match) -> str:
        source = (path.parent / found[2]).resolve()
        if source not in joined:
            joined[source] = _wrapped(source, _linked(source, joined, (*above, path)))
        for name in re.findall(r"(\w+)(?: as \w+)?,?", found[1]):
            if name not in EXPORT.findall(source.read_text(encoding="utf-8")):
                raise ValueError(f"{path.name} imports {name}, which {source.name} does not export")
        return f"const {{{found[1].replace(' as ', ': ')}}} = {_name(source)};"

    text = IMPORT.sub(link, path.read_text(encoding="utf-8"))
    if left := re.search(r"^import.*", text, re.M):
        raise ValueError(f"{path.name}: {left[0]!r} is not import {{ names }} from './file.js'")
    return text


def _wrapped(path: Path, text: str) -> str:
    names = EXPORT.findall(text)
    if len(names) < len(re.findall(r"^export\b", text, re.M)):
        raise ValueError(f"{path.name}: export a const, a function or a class, one at a time")
    body = re.sub(r"^export ", "", text, flags=re.M)
    return f"const {_name(path)} = (() => {{\n{body}return {{ {', '.join(names)} }};\n}})();\n"


def _name(path: Path) -> str:
    return f"{path.parent.name}_{path.stem}"


def page_style(own: Path) -> str:
    """Join the style sheets: the colours of the kinds of layer, what is shared, the own one."""
    colours = " ".join(f"--{kind}: {colour};" for kind, colour in COLOURS.items())
    sheets = [SHARED / "shared.css", own]
    return "\n".join([f".dsconv {{ {colours} }}", *(s.read_text(encoding="utf-8") for s in sheets)])


def ink_bytes(image: Tensor, least: int = 28, most: int = 28) -> bytes:
    """Turn one image into what a page reads: its ink as float32, row after row.

    Raises:
        ValueError: another shape than (1, 1, H, W) or (H, W), a side that is not ``least`` to
            ``most`` pixels, or ink that is not 0 to 1; stored digits are bytes, divide them by 255.
    """
    ink = torch.as_tensor(image).detach().cpu().float()
    alone = ink.dim() == 2 or (ink.dim() == 4 and ink.shape[:2] == (1, 1))
    if not alone or not all(least <= side <= most for side in ink.shape[-2:]):
        raise ValueError(
            f"the image has shape {tuple(ink.shape)}, but it must be (1, 1, H, W) or (H, W), with "
            f"sides of {least} to {most} pixels"
        )
    _refuse_other_than_ink("the image", ink, ValueError)
    return ink.contiguous().numpy().tobytes()


def floats_of(data: bytes) -> Tensor:
    """Read float32 numbers from bytes; a copy."""
    return torch.frombuffer(bytearray(data), dtype=torch.float32)


def refuse_other_ink(name: str, data: bytes, pixels: int) -> None:
    """Check what was set as bytes, or sent by a page.

    Raises:
        TraitError: another number of floats, or ink that is not 0 to 1.
    """
    if len(data) != 4 * pixels or not data:
        raise TraitError(f"{name} has {len(data)} bytes, but {pixels} float32 have {4 * pixels}")
    _refuse_other_than_ink(name, floats_of(data), TraitError)


def _refuse_other_than_ink(name: str, ink: Tensor, error: type[Exception]) -> None:
    if not ((ink >= 0) & (ink <= 1)).all():  # also where a value is not a number
        raise error(f"{name} goes from {ink.min():g} to {ink.max():g}, but ink is 0 to 1")


def png_of_the_drawing() -> str:
    """Close the figure that was just drawn, and give it as a small PNG in base64."""
    drawn = plt.gcf()
    plt.close(drawn)
    return base64.b64encode(small_png(drawn)).decode()


class Instrument(anywidget.AnyWidget):
    """An instrument: live in Jupyter and in the built page, a still picture everywhere else.

    A subclass in the folder ``name`` is shown in the page by ``name.js`` and ``name.css`` there. It
    draws one figure in ``draw_still`` and says in ``still_words`` what is seen in it.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        if not hasattr(cls, "_esm"):  # a class that traits are added to is made anew
            folder = Path(inspect.getfile(cls)).parent
            cls._esm = page_code(folder / f"{folder.name}.js")
            cls._css = page_style(folder / f"{folder.name}.css")
        super().__init_subclass__(**options)

    def draw_still(self) -> None:
        """Draw the present state with matplotlib, for paper and for pages without scripts."""
        raise NotImplementedError

    def still_words(self) -> str:
        """Say what the still picture shows, numbers included: its alt text."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.still_words()}"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        self.draw_still()
        data["image/png"] = png_of_the_drawing()
        data["text/plain"] = repr(self)
        return data, metadata

"""What all instruments share: their page code, their colours, a still picture, a plain name."""

import base64
from pathlib import Path
from typing import Any

import anywidget
import matplotlib.pyplot as plt

from dsconv_lib.plots.style import small_png

HERE = Path(__file__).parent


def page_code(*names: str) -> str:
    """Join JavaScript modules into the one that the page loads; the last holds ``export default``.

    Modules name what they share with ``export`` and import nothing: joined, they see each other.
    """
    return "\n".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in names)


class Instrument(anywidget.AnyWidget):
    """An instrument: live in Jupyter and in the built page, a still picture everywhere else.

    A subclass sets ``_esm = page_code(...)``, draws one figure in ``draw_still`` and says in
    ``still_words`` what is seen in it.
    """

    _css = (HERE / "instrument.css").read_text(encoding="utf-8")

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
        drawn = plt.gcf()
        data["image/png"] = base64.b64encode(small_png(drawn)).decode()
        plt.close(drawn)
        data["text/plain"] = repr(self)
        return data, metadata

"""Sliders over pictures drawn beforehand: live in Jupyter, and in the page without a kernel."""

import html
from collections.abc import Callable, Iterable
from functools import cache
from math import prod

import ipywidgets as widgets

from dsconv_lib.instruments.instrument import png_of_the_drawing

MOST_PICTURES = 400  # beyond this a notebook grows past what a page should weigh


class Explorer(widgets.VBox):
    """Sliders above the picture they choose."""

    def __repr__(self) -> str:
        names = ", ".join(child.description for child in self.children[:-1])
        return f"Explorer(sliders: {names})"


def picture_of(plot: Callable, *args, alt: str, **kwargs) -> widgets.HTML:
    """Draw one picture for ``browse``: what ``plot(*args, **kwargs)`` draws, with its alt text.

    Args:
        plot: any function that draws a matplotlib figure.
        alt: what is seen, numbers included; also the sentence under the picture. It is required.

    Taught in: 02_separable_convolution.
    """
    if not alt.strip():
        raise ValueError("alt is empty: say what the picture shows, numbers included")
    plot(*args, **kwargs)
    source = png_of_the_drawing()
    words = html.escape(alt)
    return widgets.HTML(
        f'<figure class="explorer" style="margin:0">'
        f'<img alt="{words}" style="max-width:100%" src="data:image/png;base64,{source}">'
        f'<figcaption aria-hidden="true">{words}</figcaption></figure>',
        layout=_full_width(),
        style=_plain_text(),
    )


def browse(picture: Callable, **axes: Iterable) -> Explorer:
    """Give each axis a slider over pictures drawn beforehand; no kernel is needed to move them.

    ``picture(**choice)`` is called once for every combination. The sliders are joined to nested
    stacks in the browser, so the same cell is live in Jupyter and in the built page. A picture
    that ``picture`` returns twice (from a cache, say) is stored once.

    Args:
        picture: returns a widget, as ``picture_of`` does.
        axes: for each argument of ``picture``, the values its slider stops at.

    Raises:
        ValueError: no picture, or more than 400.

    Example (two stops, in Jupyter):
        >>> browse(lambda width: widgets.HTML(f"{width} maps"), width=[8, 16])
        Explorer(sliders: width)

    Taught in: 02_separable_convolution.
    """
    axes = {name: list(values) for name, values in axes.items()}
    stops = {name: len(values) for name, values in axes.items()}
    if not axes or not 1 <= prod(stops.values()) <= MOST_PICTURES:
        raise ValueError(f"axes {stops} make no picture, or more than {MOST_PICTURES}")
    sliders = {name: _slider(name, values) for name, values in axes.items()}

    def pages(chosen: dict, names: list[str]) -> widgets.Widget:
        if not names:
            return picture(**chosen)
        name, *rest = names
        children = [pages({**chosen, name: value}, rest) for value in axes[name]]
        stack = widgets.Stack(children, selected_index=0, layout=_full_width())
        widgets.jslink((sliders[name], "index"), (stack, "selected_index"))
        return stack

    return Explorer([*sliders.values(), pages({}, list(axes))])


@cache
def _full_width() -> widgets.Layout:
    """Share one layout: a private one costs every picture 1 kB in the page."""
    return widgets.Layout(width="100%")


@cache
def _plain_text() -> widgets.Widget:
    return widgets.widget_string.HTMLStyle()


def _slider(name: str, values: list) -> widgets.SelectionSlider:
    return widgets.SelectionSlider(
        options=[(str(value), value) for value in values],
        description=name.replace("_", " "),
        style={"description_width": "7em"},
        layout=widgets.Layout(width="100%", max_width="30em"),
    )

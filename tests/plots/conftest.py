"""Whatever a test of this folder draws is one readable figure, or lies on axes it is lent."""

from functools import wraps

import matplotlib.pyplot as plt
import pytest

from dsconv_lib import plots


def both_ways(plot):
    """Draw a figure, then the same on axes that are given, while another figure is at hand."""

    @wraps(plot)
    def drawn_twice(*args, **kwargs):
        plot(*args, **kwargs)
        made = plt.gcf()
        given = plt.figure().subplots(*made.axes[0].get_gridspec().get_geometry())
        lent, other = plt.gcf(), plt.figure()
        assert plot(*args, **kwargs, ax=given) is None
        assert plt.get_fignums() == [each.number for each in (made, lent, other)]
        counts = [[len(ax.get_children()) for ax in each.axes] for each in (made, lent, other)]
        assert counts[0] == counts[1] and counts[2] == []
        plt.close(lent), plt.close(other)
        plt.figure(made)

    return drawn_twice


@pytest.fixture(autouse=True)
def _one_readable_figure(request, monkeypatch):
    for place in (plots, request.module):
        for name in filter(lambda name: name.startswith("plot_"), dir(place)):
            monkeypatch.setattr(place, name, both_ways(getattr(place, name)))
    yield
    assert len(plt.get_fignums()) <= 1  # a plot made of plots gives its axes to all of them
    for figure in map(plt.figure, plt.get_fignums()):
        figure.canvas.draw()
        sizes = [text.get_fontsize() for text in figure.findobj(plt.Text) if text.get_text()]
        assert min(sizes, default=11) >= 11

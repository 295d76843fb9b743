"""Whatever a test of this folder has drawn is one figure whose words can be read."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def _one_readable_figure():
    yield
    assert len(plt.get_fignums()) <= 1  # a plot made of plots gives its axes to all of them
    for figure in map(plt.figure, plt.get_fignums()):
        figure.canvas.draw()
        sizes = [text.get_fontsize() for text in figure.findobj(plt.Text) if text.get_text()]
        assert min(sizes, default=11) >= 11

"""What the last figure shows, for tests to read."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes


def panels() -> list[Axes]:
    return plt.gcf().axes


def words(artists) -> list[str]:
    """Read labels or, of a panel, what is written in it."""
    return [text.get_text() for text in getattr(artists, "texts", artists)]


def heights(panel: Axes) -> np.ndarray:
    return np.array([bar.get_height() for bar in panel.patches])


def lines(panel: Axes, marker: str) -> list[list]:
    """Give the x and y of every line with this marker, as lists."""
    return [[*map(list, line.get_data())] for line in panel.lines if line.get_marker() == marker]

"""What every test needs, a doctest and a chapter too: small effort, one thread, one data folder."""

import os
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from hypothesis import settings

os.environ.setdefault("DSCONV_BUDGET", "quick")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two workers on two cores: one thread each
os.environ["TQDM_DISABLE"] = "1"
data = os.environ.get("DSCONV_DATA") or Path(__file__).parent / "data"
os.environ["DSCONV_DATA"] = str(Path(data).absolute())

settings.register_profile("book", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("all", settings.get_profile("book"), max_examples=1000)
settings.load_profile("book")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")

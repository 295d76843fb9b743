"""What every test needs: small effort, one place for data, and the folders of the book."""

import os
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from hypothesis import settings

BOOK = Path(__file__).parent.parent

os.environ.setdefault("DSCONV_BUDGET", "quick")
os.environ["TQDM_DISABLE"] = "1"
os.environ["DSCONV_DATA"] = str(Path(os.environ.get("DSCONV_DATA") or BOOK / "data").absolute())

settings.register_profile("book", max_examples=1000, deadline=None, derandomize=True)
settings.load_profile("book")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of built pages; the tests that read them need `make book` first."""
    folder = BOOK / "_build" / "html"
    if not (folder / "index.html").is_file():
        pytest.skip("the book is not built: run `make book` first")
    return folder

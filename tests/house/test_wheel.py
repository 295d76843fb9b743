"""What ``pip install .`` brings works without the checkout, from any folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from dsconv_lib.data import load_optdigits

BOOK = Path(__file__).parents[2]
JOURNEY = """
import importlib, pkgutil, runpy, sys
import dsconv_lib

for room in pkgutil.walk_packages(dsconv_lib.__path__, "dsconv_lib."):
    importlib.import_module(room.name)

from dsconv_lib.instruments.dilation_stack import DilationStack
from dsconv_lib.instruments.drawing_pad import DrawingPad
from dsconv_lib.instruments.microscope import Microscope
from dsconv_lib.networks import load_pretrained
from dsconv_lib.studies import load_results

assert all(part._esm and part._css for part in (Microscope(), DilationStack(), DrawingPad()))
assert not load_pretrained().training
try:
    load_results("speed")
except FileNotFoundError as error:
    print(error)
print(dsconv_lib.__file__, flush=True)
sys.argv = ["dsconv_lib", "predict", "digit.png", "--brief"]
runpy.run_module("dsconv_lib", run_name="__main__")  # as python -m dsconv_lib
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the package that the checkout installs, and nothing else of it."""
    source, site = (tmp_path_factory.mktemp(name) for name in ("source", "site"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(BOOK / name, source)
    unneeded = shutil.ignore_patterns("__pycache__")
    shutil.copytree(BOOK / "dsconv_lib", source / "dsconv_lib", ignore=unneeded)
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", site, source]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return site


def test_every_file_of_the_package_is_installed(site):
    def files(folder):
        there = (path.relative_to(folder) for path in folder.rglob("*.*") if path.is_file())
        return {str(path) for path in there if "__pycache__" not in path.parts}

    assert files(site / "dsconv_lib") == files(BOOK / "dsconv_lib")


def test_rooms_nets_instruments_and_commands_work_from_any_folder(site, tmp_path):
    digit = Image.fromarray(255 - load_optdigits().images[0, 0].numpy())
    digit.resize((280, 280)).save(tmp_path / "digit.png")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", JOURNEY]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *_, studies, where, answer = done.stdout.splitlines()
    assert "work inside a checkout of the book" in studies
    assert Path(where) == site / "dsconv_lib" / "__init__.py"
    assert answer.startswith("digit.png: 0 (")

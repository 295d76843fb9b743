"""One table is the architecture: a room may import only the rooms its row names."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

LIB = Path(__file__).parents[2] / "dsconv_lib"
ALLOWED = {
    "__init__": set(),
    "checks": set(),
    "convolution": {"checks"},
    "data": {"checks"},
    "networks": {"checks", "convolution", "data"},
    "evaluation": {"checks", "convolution", "data", "networks"},
    "training": {"checks", "data", "evaluation", "networks"},
    "plots": {"convolution"},
    "instruments": {"checks", "convolution", "data", "networks", "plots"},
    "studies": set(),
    "cli": {"data", "evaluation", "networks", "studies", "training"},
    "__main__": {"cli"},
}
OUTSIDE = {  # the packages that only some rooms may touch
    "torchvision": {"data"},
    "sklearn": {"data", "cli"},
    "ipywidgets": {"instruments"},
    "anywidget": {"instruments"},
    "matplotlib": {"plots", "instruments"},
}
MODULES = sorted(LIB.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(LIB).parts[0].removesuffix(".py")


def imported_modules(path: Path) -> set[str]:
    """Collect every dotted name that a module imports, also inside its functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports name the room in full"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIB)))
def test_imports_point_down(path):
    inside = {
        name.split(".")[1] for name in imported_modules(path) if name.startswith("dsconv_lib.")
    }
    room = room_of(path)
    assert inside - {room} <= ALLOWED[room]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIB)))
def test_a_heavy_package_stays_in_its_room(path):
    packages = {name.split(".")[0] for name in imported_modules(path)}
    for package in packages & OUTSIDE.keys():
        assert room_of(path) in OUTSIDE[package], f"{package} in {path.name}"


def test_the_table_has_no_row_without_a_room():
    assert ALLOWED.keys() == {room_of(path) for path in MODULES}


def test_the_table_has_no_circle():
    TopologicalSorter(ALLOWED).prepare()  # raises CycleError

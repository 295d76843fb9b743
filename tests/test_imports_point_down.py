"""One table is the architecture: a room may import only the rooms its row names."""

import ast
from pathlib import Path

import pytest

LIB = Path(__file__).parent.parent / "dsconv_lib"
ALLOWED = {
    "__init__": set(),
    "checks": set(),
    "cost": {"checks"},
    "receptive_field": {"checks"},
    "distributed": {"checks"},
    "timing": {"checks", "cost"},
    "faster": {"layers", "models"},
    "layers": {"checks"},
    "mnist_files": set(),
    "models": {"checkpoints", "checks", "layers"},
    "data": {"mnist_files"},
    "canvases": {"checks", "data"},
    "checkpoints": set(),
    "recipes": {"plots"},
    "results": set(),
    "metrics": {"checks", "data"},
    "finetuning": {"checks", "data", "recipes", "training"},
    "segmentation": {"canvases", "checkpoints", "checks", "layers"},
    "segmentation_training": {"canvases", "checks", "data", "recipes"},
    "training": {"checks", "checkpoints", "data", "distributed", "metrics", "recipes"},
    "plots": {"plots"},
    "explanations": {"data"},
    "explorers": {"plots"},
    "filters": set(),
    "instruments": {"checks", "cost", "data", "instruments", "models", "plots", "receptive_field"},
    "ink": set(),
    "photographs": {"ink"},
    "commands": {
        "checkpoints",
        "commands",
        "data",
        "distributed",
        "finetuning",
        "metrics",
        "mnist_files",
        "models",
        "photographs",
        "recipes",
        "training",
    },
    "__main__": {"commands"},
}
OUTSIDE = {  # the packages that only some rooms may touch
    "torchvision": {"mnist_files"},
    "sklearn": {"data", "metrics"},
    "ipywidgets": {"explorers"},
    "anywidget": {"instruments"},
    "matplotlib": {"plots", "explorers", "instruments"},
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
    assert inside <= ALLOWED[room_of(path)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIB)))
def test_a_heavy_package_stays_in_its_room(path):
    packages = {name.split(".")[0] for name in imported_modules(path)}
    for package in packages & OUTSIDE.keys():
        assert room_of(path) in OUTSIDE[package], f"{package} in {path.name}"


def test_the_table_has_no_row_without_a_room():
    assert ALLOWED.keys() == {room_of(path) for path in MODULES}


def test_the_table_has_no_circle():
    done: set[str] = set()
    rows = {room: allowed - {room} for room, allowed in ALLOWED.items()}
    while rows:
        free = {room for room, allowed in rows.items() if allowed <= done}
        assert free, f"a circle among {sorted(rows)}"
        done |= free
        rows = {room: allowed for room, allowed in rows.items() if room not in free}

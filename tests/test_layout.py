"""The layout of the code: who may import whom, and how long a file may be."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from handwriting_ai.config import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "src" / "handwriting_ai"
LONGEST = 300
ROWS = (
    ("__main__",),
    ("cli",),
    ("api",),
    ("jobs",),
    ("training",),
    ("reading", "report", "export"),
    ("plots",),
    ("evaluation",),
    ("inference",),
    ("registry",),
    ("segmentation",),
    ("data",),
    ("architectures",),
    ("preprocess",),
    ("config",),
    ("support",),
    ("prediction",),
    ("errors",),
)
"""From the top down: a row imports only from rows below it."""
LEVEL = {name: level for level, row in enumerate(ROWS) for name in row}


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every module a file imports when it runs, also inside functions; imports for the type checker do not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imports_of(node)


def _parsed(path: Path) -> list[str]:
    return list(imports_of(ast.parse(path.read_text(encoding="utf-8"))))


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))]


MODULES = [path for path in _files("src/handwriting_ai") if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=_module)
def test_a_package_imports_only_from_below(path: Path) -> None:
    """Its own row is the lowest it may be imported from; the page library stays out of all of them."""
    names = _parsed(path)
    own = _module(path).split(".")[1]
    assert "streamlit" not in {name.split(".")[0] for name in names}
    for name in names:
        parts = name.split(".")
        if parts[0] == PACKAGE.name and len(parts) > 1 and parts[1] != own:
            assert LEVEL[parts[1]] > LEVEL[own], f"{path} imports {name}: `{own}` stands below or beside `{parts[1]}`."


def test_no_two_modules_import_each_other() -> None:
    """Directly or in a circle."""
    known = {_module(path) for path in MODULES}
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        graph[_module(path)] = {name if name in known else name.rpartition(".")[0] for name in _parsed(path)} & known
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == known


@pytest.mark.parametrize("path", _files("app"), ids=str)
def test_pages_do_not_compute(path: Path) -> None:
    """The dashboard never imports torch: the engine hands it plain numbers."""
    assert "torch" not in {name.split(".")[0] for name in _parsed(path)}


@pytest.mark.parametrize("path", _files("src", "app", "scripts", "benchmarks"), ids=str)
def test_files_stay_short(path: Path) -> None:
    """A longer one is two."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{path} has {lines} lines. Split it."


def test_imports_are_found_wherever_they_stand() -> None:
    """At the top, inside a function, but not for the type checker."""
    source = """
import torch.nn
if TYPE_CHECKING:
    import streamlit
def work():
    from handwriting_ai.data import mnist
"""
    assert list(imports_of(ast.parse(source))) == ["torch.nn", "handwriting_ai.data.mnist"]

"""Hand-written stubs agree with the libraries they describe."""

import ast
from importlib.util import find_spec
from pathlib import Path

from handwriting_ai.config import PROJECT_ROOT


def _parameters(path: Path, function: str) -> dict[str, bool]:
    """The names of a function's parameters, in order, and whether each has a default."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
    arguments = found[0].args
    required = len(arguments.args) - len(arguments.defaults)
    positional = {argument.arg: index >= required for index, argument in enumerate(arguments.args)}
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return positional | {argument.arg: default is not None for argument, default in pairs}


def test_the_canvas_stub_names_the_librarys_parameters() -> None:
    """Each parameter we state exists there, in the same order, with a default where we state one.

    Read from the source: the component registers itself on import, which only a running Streamlit allows.
    """
    spec = find_spec("streamlit_drawable_canvas")
    assert spec is not None
    assert spec.origin is not None
    real = _parameters(Path(spec.origin), "st_canvas")
    stated = _parameters(PROJECT_ROOT / "stubs" / "streamlit_drawable_canvas.pyi", "st_canvas")
    assert list(stated) == [name for name in real if name in stated]
    assert [name for name, optional in stated.items() if optional and not real[name]] == []

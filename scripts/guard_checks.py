"""Guards that no linter has: they walk the syntax tree, so that words in texts and names do not count.

    python scripts/guard_checks.py src app tests scripts benchmarks

Prints `path:line: what is wrong` and exits with 1 if anything is.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

PACKAGE: Final = ("src", "handwriting_ai")
_TYPING_ESCAPES: Final = frozenset({"Any", "cast"})
_SILENCED: Final = re.compile(r"#\s*(type:\s*ignore|noqa|pragma:\s*no cover)")
_BROAD: Final = frozenset({"Exception", "BaseException"})


class Finding(NamedTuple):
    """One broken rule."""

    line: int
    message: str


def check_source(text: str, parts: tuple[str, ...]) -> list[Finding]:
    """All findings in one file; `parts` are the parts of its path, by which some rules apply."""
    tree = ast.parse(text)
    findings = [*_comments(text)]
    for node in ast.walk(tree):
        findings += [*_escapes(node), *_swallowing(node), *_imports(node, parts)]
        if parts[: len(PACKAGE)] == PACKAGE:
            findings += _prints(node)
    return sorted(findings)


def _comments(text: str) -> Iterator[Finding]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and _SILENCED.match(token.string):
            yield Finding(token.start[0], f"{token.string} silences a check: mend what it found")


def _escapes(node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.ImportFrom) and node.module in {"typing", "typing_extensions"}:
        for name in node.names:
            if name.name in _TYPING_ESCAPES:
                yield Finding(node.lineno, f"typing.{name.name} switches type checking off")
    if isinstance(node, ast.Attribute) and node.attr in _TYPING_ESCAPES:
        owner = node.value
        if isinstance(owner, ast.Name) and owner.id in {"typing", "t"}:
            yield Finding(node.lineno, f"typing.{node.attr} switches type checking off")


def _swallowing(node: ast.AST) -> Iterator[Finding]:
    if not isinstance(node, ast.ExceptHandler):
        return
    if node.type is None:
        yield Finding(node.lineno, "a bare except catches everything: name what is expected")
    elif all(isinstance(statement, ast.Pass) for statement in node.body):
        yield Finding(node.lineno, "the error is swallowed without a word")
    elif _is_broad(node.type) and not any(isinstance(each, ast.Raise) for each in ast.walk(node)):
        yield Finding(node.lineno, "a broad except must raise an error of ours")


def _is_broad(caught: ast.expr) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(name, ast.Name) and name.id in _BROAD for name in names)


def _imports(node: ast.AST, parts: tuple[str, ...]) -> Iterator[Finding]:
    forbidden = {"src": "streamlit", "app": "torch"}.get(parts[0])
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module]
    else:
        return
    if forbidden and any(name.split(".")[0] == forbidden for name in names):
        yield Finding(node.lineno, f"{parts[0]}/ does not import {forbidden}")


def _prints(node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
        yield Finding(node.lineno, "the package does not print: return, raise, or use the command line's console")


def main(folders: list[str]) -> int:
    """Check every Python file under the folders; returns the exit status."""
    count = 0
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            for finding in check_source(path.read_text(encoding="utf-8"), path.parts):
                print(f"{path}:{finding.line}: {finding.message}")
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

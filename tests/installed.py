"""The wheel, built and installed into an environment of its own; its dependencies are those of the tests."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.support.locks import locked

_SOURCES: Final = ("src", "app", ".streamlit", "models", "data/scans", "data/strokes")
_FILES: Final = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md")
LIMIT_S: Final = 500


@dataclass(frozen=True, kw_only=True)
class Built:
    """What came of building."""

    wheel: Path
    """From the checkout."""
    of_sdist: Path
    """From the source distribution."""
    python: Path
    """Of the environment that the wheel was installed into."""

    @property
    def command(self) -> Path:
        """`handwriting-ai`, as it was installed."""
        return self.python.with_name("handwriting-ai")


def built_in(folder: Path) -> Built:
    """Build and install there, unless another process of the same tests has."""
    with locked(folder):
        python, wheels, of_sdist = folder / "venv" / "bin" / "python", folder / "wheels", folder / "of_sdist"
        if not (folder / "done").exists():
            tree = _copied(folder / "tree")
            _run("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(tree))
            build = f"from setuptools.build_meta import build_sdist; build_sdist({str(folder)!r})"
            _run("-c", build, cwd=tree)
            shutil.unpack_archive(_only(folder, "*.tar.gz"), folder / "unpacked", filter="data")
            again = str(_only(folder / "unpacked", "*"))
            _run("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(of_sdist), again)
            _run("-m", "venv", "--without-pip", str(folder / "venv"))
            # Plain paths: what is installed there as editable, as this project may be, is not seen.
            theirs = "".join(f"{path}\n" for path in sys.path if path.endswith("site-packages"))
            base: dict[str, str] = {"base": str(folder / "venv")}
            packages = sysconfig.get_path("purelib", vars=base)
            (Path(packages) / "dependencies.pth").write_text(theirs, encoding="utf-8")
            _run("-m", "pip", "--python", str(python), "install", "--no-deps", "--force-reinstall", str(_only(wheels)))
            (folder / "done").touch()
    return Built(wheel=_only(wheels), of_sdist=_only(of_sdist), python=python)


def _copied(tree: Path) -> Path:
    """What the wheel is made of, where building leaves nothing in the checkout."""
    ignored: Callable[[str, list[str]], set[str]] = shutil.ignore_patterns(
        "__pycache__", "*.egg-info", "predictions.npz", ".*", "*_trial*"
    )
    for name in _SOURCES:
        shutil.copytree(PROJECT_ROOT / name, tree / name, ignore=ignored)
    for name in _FILES:
        shutil.copy(PROJECT_ROOT / name, tree)
    return tree


def _only(folder: Path, pattern: str = "*.whl") -> Path:
    (path,) = folder.glob(pattern)
    return path


def _run(*arguments: str, cwd: Path | None = None) -> None:
    variables = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"

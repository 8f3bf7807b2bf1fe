"""Do the Dockerfile's steps without Docker: `python scripts/image_steps.py` in an environment made by `make check`.

Each COPY takes from what .dockerignore leaves; each `pip install` runs in a fresh virtual environment that sees nothing
but what our package and its extras need, as installed here, so that nothing is downloaded but setuptools; at last the
image's command starts, and its health is asked for. Left out: the base image, the user, and downloading the packages.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
import venv
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import Requirement

PROJECT_ROOT: Final = Path(__file__).resolve().parents[1]
_START_LIMIT_S: Final = 120.0
_LOOK_EVERY_S: Final = 1.0
_NOT_PASSED_ON: Final = ("APP__", "DIGITS__", "PYTHON", "RQ__", "SECURITY__", "TRAINING__")
"""Variables that would make the image another."""
_NOT_DONE: Final = ("groupadd",)
"""Steps that change the machine itself."""


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and what stands after each."""
    text = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = [" ".join(line.split()) for line in code.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def is_ignored(path: str) -> bool:
    """What Docker makes of .dockerignore: the last pattern that fits a path, or a folder above it, decides."""
    ignored = False
    for line in (PROJECT_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            if re.fullmatch(f"{pattern}(?:/.*)?", path):
                ignored = not line.startswith("!")
    return ignored


class Image:
    """A folder that stands for the image's root, and what its steps have set so far."""

    def __init__(self, root: Path) -> None:
        """Make the environment that stands for the base image's Python."""
        self._root, self._folder = root, root
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
        (root / "data").mkdir()
        venv.create(root / "python", with_pip=True)
        self._python = root / "python" / "bin" / "python"
        _link_what_we_need(next((root / "python" / "lib").glob("python3*")) / "site-packages")
        self._environment["PATH"] = f"{self._python.parent}{os.pathsep}{os.environ['PATH']}"

    def do(self, name: str, rest: str) -> None:
        """One step; those that only describe the image do nothing."""
        if name == "WORKDIR":
            self._folder = self._here(rest)
            self._folder.mkdir(parents=True)
        elif name == "ENV":
            self._environment |= {
                key: str(self._here(value)) if value.startswith("/") else value
                for key, _, value in (pair.partition("=") for pair in rest.split())
            }
        elif name == "COPY":
            *sources, target = [word for word in rest.split() if not word.startswith("--")]
            for source in sources:
                self._copy(source, self._here(target))
        elif name == "RUN" and not rest.startswith(_NOT_DONE):
            subprocess.run(["/bin/sh", "-ec", rest], cwd=self._folder, env=self._environment, check=True)

    def start(self, command: list[str], question: list[str]) -> None:
        """Run the image's command until its health is good.

        Raises:
            RuntimeError: it ended, or was not well in time.
        """
        port = _free_port()
        command = [*command, "--port", str(port)]
        asked = [re.sub(r"(?<=localhost:)\d+", str(port), word) for word in question]
        with subprocess.Popen(command, cwd=self._folder, env=self._environment) as process:
            try:
                deadline = time.monotonic() + _START_LIMIT_S
                while subprocess.run(asked, env=self._environment, check=False, stderr=subprocess.DEVNULL).returncode:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(f"{shlex.join(command)} does not answer {shlex.join(asked)}.")
                    time.sleep(_LOOK_EVERY_S)
            finally:
                process.terminate()

    def _here(self, path: str) -> Path:
        """Where a path of the image lies on this machine."""
        return self._root / path.lstrip("/") if PurePosixPath(path).is_absolute() else self._folder / path

    def _copy(self, source: str, target: Path) -> None:
        """A file, or what a folder holds, as far as .dockerignore leaves it."""
        taken = [path for path in _files(PROJECT_ROOT / source) if not is_ignored(_name(path))]
        if not taken:
            raise FileNotFoundError(f"COPY {source}: .dockerignore leaves nothing of it, or it is not there.")
        for path in taken:
            into = (
                target / path.name
                if path == PROJECT_ROOT / source
                else target / path.relative_to(PROJECT_ROOT / source)
            )
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, into)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [each for each in sorted(path.rglob("*")) if each.is_file()]


def _name(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix()


def _needed() -> Iterator[str]:
    """The packages that the image installs, and those that they need."""
    wanted = re.search(r"--editable '\.\[([a-z,]+)\]'", (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8"))
    extras = wanted[1] if wanted else ""
    waiting, seen = [Requirement(f"handwriting-ai[{extras}]")], set[str]()
    while waiting:
        requirement = waiting.pop()
        name = str(requirement)
        if name in seen:
            continue
        seen.add(name)
        try:
            needs = distribution(requirement.name).requires or []
        except PackageNotFoundError:
            continue  # of another system
        yield requirement.name
        extras_of = ("", *requirement.extras)
        waiting.extend(need for need in map(Requirement, needs) if _applies(need, extras_of))


def _applies(need: Requirement, extras: tuple[str, ...]) -> bool:
    marker = need.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def _link_what_we_need(site_packages: Path) -> None:
    """Let an environment see these packages, and no other, of the one that this program runs in."""
    for name in {*_needed()} - {"handwriting-ai"}:
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or []} - {"..", "__pycache__"}
        for top in tops:
            itself, link = Path(str(found.locate_file(top))), site_packages / top
            if not link.exists():
                link.symlink_to(itself)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def main() -> None:
    """Every step in order, then the command."""
    steps = instructions()
    final = dict(steps)
    with tempfile.TemporaryDirectory() as folder:
        image = Image(Path(folder))
        for name, rest in steps:
            print(name, rest, flush=True)
            image.do(name, rest)
        image.do("RUN", "handwriting-ai models list")
        question = final["HEALTHCHECK"].partition("CMD ")[2]
        image.start(_words(final["CMD"]), _words(question))
    print("The image's steps work, and its command answers.")


def _words(form: str) -> list[str]:
    """What the exec form of an instruction names: `["handwriting-ai", "app"]`."""
    found: list[str] = re.findall(r'"([^"]*)"', form)
    return found


if __name__ == "__main__":
    main()

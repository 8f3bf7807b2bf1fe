"""Where things lie: what ships, and what is written.

In a checkout both lie there. An installed package holds what ships, and writes to the user's own data folder.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_SHIPPED: Final = "_shipped"
"""The folder of an installed package that holds what a checkout has at its top level; setup.py fills it."""
_NAME: Final = "handwriting-ai"


@dataclass(frozen=True, kw_only=True)
class Places:
    """The two folders that everything lies under."""

    shipped: Path
    """`app/`, `models/`, `data/` and `.streamlit/`, as they ship."""
    written: Path
    """`models/`, `data/`, `runs/`, `drawings/` and `cache/`, as they come to be."""

    @property
    def is_checkout(self) -> bool:
        """Whether this is the project itself, and not a package that was installed from it."""
        return self.shipped == self.written


def find_places(package: Path) -> Places:
    """Where things lie for a package in this folder: a checkout's is `src/handwriting_ai`, beside `pyproject.toml`."""
    checkout = package.parents[1]
    if package.parent.name == "src" and (checkout / "pyproject.toml").is_file():
        return Places(shipped=checkout, written=checkout)
    from platformdirs import user_data_path

    return Places(shipped=package / _SHIPPED, written=user_data_path(_NAME, appauthor=False))


PLACES: Final = find_places(_PACKAGE)
"""Of this package."""


def restoring(shipped: str) -> str:
    """The command that brings back something that ships, to be put at the beginning of a sentence or within one."""
    if PLACES.is_checkout:
        return f"`git checkout -- {shipped}`"
    return "`pip install --force-reinstall --no-deps` with the wheel that was installed"


def shipped_models(root: Path) -> Path | None:
    """The models that came with an installed package, which show through the user's own models folder.

    Args:
        root: a models folder; None is the answer for any but the user's own, and in a checkout.
    """
    own = PLACES.written / "models"
    return None if PLACES.is_checkout or root.resolve() != own.resolve() else PLACES.shipped / "models"

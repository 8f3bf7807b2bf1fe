"""Packs pages, presets' models, strokes and scans into the wheel; all else is in pyproject.toml."""

import json
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
FOLDERS = ("app", ".streamlit", "data/scans", "data/strokes")
PRESETS = "models/presets.json"
MODEL_FILES = ("manifest.json", "model.pt", "metrics.jsonl", "damage.json")
"""Without predictions: they would more than double the wheel, and can be made where MNIST is."""


class BuildWhole(build_py):
    """As usual, and `handwriting_ai/_shipped`, which `support/places.py` expects where there is no checkout."""

    def run(self) -> None:
        """Copy the packages, then what ships with them."""
        super().run()
        if not self.editable_mode:
            pack(Path(self.build_lib) / "handwriting_ai" / "_shipped")


def pack(target: Path) -> None:
    """Make the folder anew."""
    shutil.rmtree(target, ignore_errors=True)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    models = target / "models"
    models.mkdir()
    shutil.copy(ROOT / PRESETS, models)
    presets = json.loads((ROOT / PRESETS).read_text(encoding="utf-8"))
    for member in {member for preset in presets.values() for member in preset["members"]}:
        (models / member).mkdir()
        for name in MODEL_FILES:
            if name in MODEL_FILES[:2] or (ROOT / "models" / member / name).exists():
                shutil.copy(ROOT / "models" / member / name, models / member)


setup(cmdclass={"build_py": BuildWhole})

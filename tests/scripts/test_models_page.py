"""models/README.md says of the shipped models what their manifests, learning curves and predictions say."""

from pathlib import Path

import pytest
from scripts.marked_tables import END, begin_of, replaced
from scripts.models_page import SCRIPT, tables
from tests.evaluation.samples import register_with_predictions

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.registry.store import ModelStore

MODELS = PROJECT_ROOT / "models"
PAGE = (MODELS / "README.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_models() -> None:
    """If this fails after a change of the models: `python scripts/models_page.py`, then mend the text around them."""
    assert replaced(PAGE, tables(MODELS, PROJECT_ROOT / "data" / "mnist"), SCRIPT) == PAGE


def test_what_stands_outside_the_marks_is_kept() -> None:
    """A page without marks is refused."""
    begin = begin_of(SCRIPT)
    assert replaced(f"a {begin} b {END} c", "new", SCRIPT) == f"a {begin}\n\nnew\n\n{END} c"
    with pytest.raises(ValueError, match="lacks the marks"):
        replaced("a", "new", SCRIPT)


def test_models_that_are_not_shipped_are_marked(tmp_path: Path) -> None:
    """In each table of models, with the reason below the first; a learning curve is not needed."""
    register_with_predictions(tmp_path, "a")
    register_with_predictions(tmp_path, "b", errors=30, seed=5)
    (tmp_path / "presets.json").write_text('{"default": {"members": ["a"], "tta": "none"}}', encoding="utf-8")
    assert "not shipped" not in tables(tmp_path, PROJECT_ROOT / "data" / "mnist").lower()
    ModelStore(tmp_path).withhold("b", "22 MB")
    made = tables(tmp_path, PROJECT_ROOT / "data" / "mnist")
    assert made.count("| b (not shipped) |") == 2
    assert made.count("| a |") == 2
    assert "\n- b: 22 MB\n" in made

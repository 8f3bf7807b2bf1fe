"""models/README.md says of the shipped models what their manifests, learning curves and predictions say."""

import pytest
from scripts.marked_tables import END, begin_of, replaced
from scripts.models_page import SCRIPT, tables

from handwriting_ai.config import PROJECT_ROOT

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

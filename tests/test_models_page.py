"""models/README.md says of the shipped models what their manifests, learning curves and predictions say."""

import re

import pytest
from scripts.models_page import BEGIN, END, replaced, tables

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.registry.presets import DEFAULT_PRESET, read_presets
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import read_metrics

MODELS = PROJECT_ROOT / "models"
PAGE = (MODELS / "README.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_models() -> None:
    """If this fails after a change of the models: `python scripts/models_page.py`, then mend the text around them."""
    assert replaced(PAGE, tables(MODELS, PROJECT_ROOT / "data" / "mnist")) == PAGE


def test_pen_strokes_were_measured_with_these_weights() -> None:
    """That table is written by hand; if this fails, measure anew with the commands above it."""
    store = ModelStore(MODELS)
    members = read_presets(MODELS)[DEFAULT_PRESET].members
    digests = [store.read_manifest(name).weights_sha256 or "" for name in members]
    assert f"weights {', '.join(digest[:8] for digest in digests)}:" in " ".join(PAGE.split())


def test_one_model_reads_pen_strokes_as_its_curve_ends() -> None:
    """The preset `fast` is one model with one view, which the run measured after its last epoch."""
    (member,) = read_presets(MODELS)["fast"].members
    last = read_metrics(MODELS / member)[-1].drawn_accuracy
    rows: list[str] = re.findall(r"^\| `fast` \|(.*)$", PAGE.partition(END)[2], re.MULTILINE)
    (row,) = rows
    stated = [cell.strip() for cell in row.split("|")]
    assert stated[:2] == [f"{accuracy:.2%}" for accuracy in last.values()]


def test_what_stands_outside_the_marks_is_kept() -> None:
    """A page without marks is refused."""
    assert replaced(f"a {BEGIN} b {END} c", "new") == f"a {BEGIN}\n\nnew\n\n{END} c"
    with pytest.raises(ValueError, match="lacks the marks"):
        replaced("a", "new")

"""docs/pen-strokes.md: measured with the models that are shipped, and its tables by hand."""

from itertools import pairwise

from scripts.strokes_page import PAGE, preset_rows, tables, weights_line, writer_rows

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.evaluation.pen_strokes import PENS_PX, PenStrokeScore, ScribbleScore, WriterScore
from handwriting_ai.registry.presets import read_presets
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import read_metrics

MODELS = PROJECT_ROOT / "models"


def _score(pen_px: float | None, errors: dict[str, int], doubtful: int = 0) -> PenStrokeScore:
    """Ten digits of each writer, the worst first; so many of them in doubt, and misread."""
    writers = tuple(
        WriterScore(file="pens", n=10, errors=count, n_doubtful=doubtful, errors_doubtful=doubtful, writer=name)
        for name, count in errors.items()
    )
    return PenStrokeScore(
        file="pens",
        n=10 * len(writers),
        errors=sum(errors.values()),
        n_doubtful=doubtful * len(writers),
        errors_doubtful=doubtful * len(writers),
        pen_px=pen_px,
        writers=writers,
    )


SCORES = [_score(None, {"b": 3, "a": 1}, doubtful=1), _score(6, {"a": 2, "b": 1})]
SCRIBBLES = ScribbleScore(n=1_000, sure=28)


def test_pen_strokes_were_measured_with_these_weights() -> None:
    """If this fails after a change of the models: run `scripts/strokes_page.py` for three quarters of an hour."""
    presets = read_presets(MODELS)
    assert set(presets) == {"fast", "default", "best"}
    line = weights_line(list(presets.values()), ModelStore(MODELS))
    assert line in PAGE.read_text(encoding="utf-8")


def test_the_page_has_the_columns_that_the_script_makes() -> None:
    """One that an older script made would lack some."""
    scores = [_score(pen_px, {"a": 1}) for pen_px in (None, *PENS_PX)]
    made = tables({"default": (scores, SCRIBBLES)}, "").splitlines()
    heads = [line for line, below in pairwise(made) if below.startswith("| --- |")]
    assert len(heads) == 2
    for head in heads:
        assert head in PAGE.read_text(encoding="utf-8").splitlines()


def test_one_model_reads_pen_strokes_as_its_curve_ends() -> None:
    """The preset `fast` is one model with one view, which the run measured after its last epoch."""
    (member,) = read_presets(MODELS)["fast"].members
    last = read_metrics(MODELS / member)[-1].drawn_accuracy
    cells = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `fast`")]
    assert {row[1]: row[4] for row in cells} == {name: f"{accuracy:.2%}" for name, accuracy in last.items()}


def test_a_row_of_a_preset() -> None:
    """4 of 20 misread with random pens, 2 of them in doubt; 3 of 20 with the fine pen."""
    assert list(preset_rows("fast", (SCORES, SCRIBBLES))) == [
        {
            "preset": "`fast`",
            "strokes": "pens",
            "writers": "2",
            "digits": "20",
            "random pens": "80.00%",
            "pen of 6 px": "85.00%",
            "random pens, no doubtful labels": "88.89%",
            "pen of 6 px, no doubtful labels": "85.00%",
            "sure scribbles": "28 of 1,000",
        }
    ]


def test_rows_of_writers() -> None:
    """The one who is read worst over all pens comes first."""
    rows = list(writer_rows(SCORES))
    assert [list(row.values()) for row in rows] == [
        ["pens", "b", "10", "3", "1", "80.0%", "83.9%"],
        ["pens", "a", "10", "1", "2", "85.0%", "90.0%"],
    ]


def test_the_page_has_both_tables() -> None:
    """Presets in their order, writers of `default`."""
    made = tables({"fast": (SCORES, SCRIBBLES), "default": (SCORES[:1], SCRIBBLES)}, "Measured with the weights ab.")
    lines = made.splitlines()
    assert lines[0] == "Measured with the weights ab."
    assert [line[:12] for line in lines if line.startswith("| `")] == ["| `fast` | p", "| `default` "]
    assert lines[-1] == "| pens | a | 10 | 1 | 90.0% | 100.0% |"

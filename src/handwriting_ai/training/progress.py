"""What a run reports after each epoch, and the file that keeps it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file, write_atomically

METRICS_NAME: Final = "metrics.jsonl"


@dataclass(frozen=True, kw_only=True)
class TrainingMetrics:
    """What one epoch reports; `drawn_accuracy` holds one entry for each pen-stroke file."""

    epoch: int
    epochs: int
    learning_rate: float
    train_loss: float
    val_loss: float
    val_accuracy: float
    drawn_accuracy: dict[str, float]
    scribble_confidence: float | None
    """Share of scribbles read with a confidence of `SURE` or more; None where there are none."""
    images_per_second: float
    seconds: float
    train_accuracy: float | None = None
    """Of the digits trained on, as the augmentation changed them, while the weights moved; None in older files."""


_ROW: Final = TypeAdapter(TrainingMetrics)
_ROWS: Final = TypeAdapter(list[TrainingMetrics])


def metrics_from(rows: object) -> list[TrainingMetrics]:
    """Rows as `metrics_rows` wrote them.

    Raises:
        ValidationError: they are something else.
    """
    return _ROWS.validate_python(rows)


def metrics_rows(history: list[TrainingMetrics]) -> list[dict[str, object]]:
    """The history in plain numbers."""
    rows: list[dict[str, object]] = _ROWS.dump_python(history)
    return rows


def write_metrics(folder: Path, history: list[TrainingMetrics]) -> None:
    """Replace the file of metrics atomically, one JSON object a line."""
    write_atomically(folder / METRICS_NAME, packed_metrics(history))


def packed_metrics(history: list[TrainingMetrics]) -> bytes:
    """The history as the file keeps it."""
    return b"".join(_ROW.dump_json(metrics) + b"\n" for metrics in history)


def read_metrics(folder: Path) -> list[TrainingMetrics]:
    """The epochs so far; none where there is no file yet. A damaged file is read as far as it is sound."""
    history: list[TrainingMetrics] = []
    try:
        lines = read_regular_file(folder / METRICS_NAME, MOST_JSON_BYTES).splitlines()
    except FileNotFoundError:
        return history
    for line in lines:
        try:
            history.append(_ROW.validate_json(line))
        except ValidationError:
            break
    return history

"""Tables that `evaluate` prints."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from handwriting_ai.evaluation.damage import Damage, DamagePoint
    from handwriting_ai.evaluation.metrics import Figures
    from handwriting_ai.evaluation.pen_strokes import PenStrokeScore, ScribbleScore

_WORST_WRITERS: Final = 3


def open_table(title: str) -> Table:
    """Without columns yet, and without a frame that would take their room."""
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def figures_table(title: str, rows: "Mapping[str, Figures]") -> Table:
    """A row for each choice, by its name."""
    table = open_table(title)
    table.add_column("", overflow="fold")  # on a narrow screen names are broken, figures never cut
    for name in ("errors", "accuracy", "95 % interval", "NLL", "ECE"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, figures in rows.items():
        low, high = figures.wilson95
        disputed = figures.errors_without_disputed
        table.add_row(
            name,
            f"{figures.errors}" if disputed is None else f"{figures.errors} ({disputed})",
            f"{figures.accuracy:.2%}",
            f"{low:.2%}–{high:.2%}",
            f"{figures.nll:.4f}",
            f"{figures.ece:.2%}",
        )
    return table


def print_damage(damages: "dict[str, tuple[DamagePoint, ...]]") -> None:
    """A table for each model, so that its name does not take the room of a column."""
    for model_id, points in damages.items():
        title = f"{model_id}: accuracy on validation digits by severity of damage, one view"
        table = open_table(title)
        table.add_column("")
        for severity in sorted({point.severity for point in points}):
            table.add_column(str(severity), justify="right", no_wrap=True)
        kinds: dict[Damage, None] = dict.fromkeys(point.damage for point in points)
        for damage in kinds:
            table.add_row(damage, *(f"{point.accuracy:.1%}" for point in points if point.damage is damage))
        Console().print(table)


def print_strokes(scores: "Sequence[PenStrokeScore]", scribbles: "ScribbleScore | None") -> None:
    """Held-out writers' digits by file and pen, and how many scribbles are taken for digits."""
    if scribbles is None:
        return
    table = Table(
        "strokes", "pen", "digits", "accuracy", "without doubtful labels", "worst writers", title="writers held out"
    )
    for score in scores:
        worst = ", ".join(f"{each.writer} {each.accuracy:.1%}" for each in score.writers[:_WORST_WRITERS])
        pen = "random" if score.pen_px is None else f"{score.pen_px:g} px"
        clean = "–" if score.accuracy_without_doubtful is None else f"{score.accuracy_without_doubtful:.2%}"
        table.add_row(score.file, pen, f"{score.n:,}", f"{score.accuracy:.2%}", clean, worst)
    Console().print(table)
    Console().print(f"Of {scribbles.n:,} scribbles {scribbles.sure} are taken for a digit without a caveat.")

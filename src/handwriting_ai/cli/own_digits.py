"""`handwriting-ai evaluate --drawings FOLDER`: every model and preset on digits of one's own."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.progress import Progress

from handwriting_ai.cli import options
from handwriting_ai.cli.pictures import plain_name
from handwriting_ai.cli.tables import open_table
from handwriting_ai.config import Settings
from handwriting_ai.errors import DataMissing, ModelError
from handwriting_ai.prediction import EnsembleChoice, TtaMode

if TYPE_CHECKING:
    from handwriting_ai.reading.own_scores import OwnScore, PreparedDigits
    from handwriting_ai.registry.store import ModelStore

_MOST_LISTED: Final = 40
"""Misread digits."""
_WHO_LISTED: Final = 3
"""Of those that misread one."""


def every_choice(store: "ModelStore", tta: TtaMode | None, temperature: float | None) -> dict[str, EnsembleChoice]:
    """Each preset, `default` first, and each model that has its weights; all in the same views, 17 if none is said.

    Raises:
        UnknownModel, ManifestError: as `ModelStore.require_models` and `read_presets`.
    """
    from handwriting_ai.registry.presets import default_first, read_presets

    mode = tta or TtaMode.ADVANCED
    choices = {
        name: EnsembleChoice(members=preset.members, tta=mode, temperature=temperature)
        for name, preset in default_first(read_presets(store.root)).items()
    }
    for model_id in store.require_models():
        if not _is_withheld(store, model_id):
            choices[model_id] = EnsembleChoice(members=(model_id,), tta=mode, temperature=temperature)
    return choices


def _is_withheld(store: "ModelStore", model_id: str) -> bool:
    try:
        return store.read_manifest(model_id).not_shipped is not None
    except ModelError:
        return False  # loading it says what is wrong


def score_drawings(folder: Path, choices: dict[str, EnsembleChoice], settings: Settings, *, as_json: bool) -> None:
    """Read the digits of a folder by each choice, and print how many each reads, and which are misread.

    Raises:
        DataMissing: there are no digits with labels, or none that can be read.
    """
    from handwriting_ai.data.own_digits import find_own_digits
    from handwriting_ai.inference.engine import InferenceEngine
    from handwriting_ai.preprocess import preprocess_signature
    from handwriting_ai.reading.own_scores import prepare_digits, score_own_digits

    found = find_own_digits(folder)
    with Progress(*options.BAR, console=Console(stderr=True)) as progress:
        bar = progress.add_task(f"{len(found.pictures):,} digits, models", total=len(choices))
        digits = prepare_digits(found.pictures, settings.digits.image_limits)
        for reason in (*found.unreadable, *digits.refused):
            typer.echo(f"Left out: {reason}", err=True)
        if not len(digits):
            raise DataMissing(f"None of the digits in {folder} can be read.")
        with InferenceEngine(settings.digits, threads=settings.app.workers, signature=preprocess_signature()) as engine:
            scores, refused = score_own_digits(
                engine, digits, choices, lambda done, total: progress.update(bar, completed=done, total=total)
            )
    for reason in refused:
        typer.echo(f"Left out: {reason}", err=True)
    if as_json:
        typer.echo(json.dumps(_as_json_object(digits, scores)))
    else:
        _print(digits, scores)


def _as_json_object(digits: "PreparedDigits", scores: "Sequence[OwnScore]") -> dict[str, object]:
    return {
        "n": len(digits),
        "left_out": list(digits.refused),
        "scores": [
            {
                "name": score.title,
                "models": list(score.choice.members),
                "tta": str(score.choice.tta),
                "errors": score.figures.errors,
                "accuracy": score.figures.accuracy,
                "wilson95": list(score.figures.wilson95),
                "nll": score.figures.nll,
                "p_against_first": score.against_first.p_value,
                "misread": [
                    {
                        "digit": digits.names[each.row],
                        "label": int(digits.labels[each.row]),
                        "answer": each.answer,
                        "confidence": each.confidence,
                    }
                    for each in score.misread
                ],
            }
            for score in scores
        ],
    }


def _print(digits: "PreparedDigits", scores: "Sequence[OwnScore]") -> None:
    """A row for each choice, and the misread digits, those that most misread first."""
    from handwriting_ai.reading.own_scores import missed_by

    if not scores:
        return
    title = f"{len(digits):,} digits of your own, TTA {scores[0].choice.tta}"
    table = open_table(title)
    table.add_column("", overflow="fold")
    for name in ("errors", "accuracy", "95 % interval", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    for score in scores:
        low, high = score.figures.wilson95
        table.add_row(
            score.title,
            f"{score.figures.errors}",
            f"{score.figures.accuracy:.1%}",
            f"{low:.1%}–{high:.1%}",
            "–" if score is scores[0] else f"{score.against_first.p_value:.2g}",
        )
    console = Console()
    console.print(table)
    console.print(f"p: McNemar's exact test against {scores[0].title}; above 0.05 the difference may be chance.")
    missed = missed_by(scores)
    for row, by in list(missed.items())[:_MOST_LISTED]:
        answers = {score.title: each.answer for score in by for each in score.misread if each.row == row}
        who = ", ".join(f"{answer} by {title}" for title, answer in list(answers.items())[:_WHO_LISTED])
        more = f" and {len(answers) - _WHO_LISTED} more" if len(answers) > _WHO_LISTED else ""
        typer.echo(f"{plain_name(Path(digits.names[row]))}, a {int(digits.labels[row])}: read as {who}{more}")
    if len(missed) > _MOST_LISTED:
        typer.echo(f"… and {len(missed) - _MOST_LISTED} more; --json lists all.")

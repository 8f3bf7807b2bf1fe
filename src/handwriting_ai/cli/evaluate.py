"""`handwriting-ai evaluate`: how good a model or an ensemble is, on digits it was not trained on."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from handwriting_ai.cli import options
from handwriting_ai.cli.measure import measure_damage_of, measure_strokes, refresh_predictions_of
from handwriting_ai.cli.own_digits import every_choice, score_drawings
from handwriting_ai.cli.tables import figures_table, print_damage, print_strokes
from handwriting_ai.config import Settings, load_settings
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.support.extras import require_extra

if TYPE_CHECKING:
    from handwriting_ai.evaluation.damage import DamagePoint
    from handwriting_ai.evaluation.metrics import Figures
    from handwriting_ai.evaluation.pen_strokes import PenStrokeScore, ScribbleScore
    from handwriting_ai.evaluation.scoreboard import EvaluationPart, Scoreboard
    from handwriting_ai.registry.store import ModelStore

_JSON_FIGURES: Final = ("n", "errors", "accuracy", "wilson95", "nll", "brier", "ece", "errors_without_disputed")


def evaluate(
    models: options.Models = None,
    tta: options.Tta = None,
    temperature: options.Temperature = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Run the models anew first, on both sets; `compact` takes a minute.")
    ] = False,
    damage: Annotated[bool, typer.Option("--damage", help="Measure each model on damaged digits as well.")] = False,
    strokes: Annotated[
        bool, typer.Option("--strokes", help="Measure on pen strokes of writers held out of training as well.")
    ] = False,
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Leave the test digits out, so that nothing is chosen by them.")
    ] = True,
    drawings: Annotated[
        Path | None,
        typer.Option(
            help="Score on digits of your own instead: a folder of saved drawings, of exported strokes, or with "
            "folders 0 to 9 of pictures. Without MODELS every preset and model reads them."
        ),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page with tables and charts.")] = None,
) -> None:
    """Score models on MNIST's validation digits, which choose things, and on its test digits, which are reported."""
    if refresh:
        typer.echo("Loading the models' libraries and MNIST …", err=True)  # it takes seconds
    from handwriting_ai.evaluation.predictions import load_evaluation_digits
    from handwriting_ai.evaluation.scoreboard import EvaluationPart, Scoreboard
    from handwriting_ai.preprocess import preprocess_signature
    from handwriting_ai.registry.store import ModelStore

    settings = load_settings()
    store = ModelStore(settings.digits.model_dir)
    scale = settings.digits.temperature_override if temperature is None else temperature
    if drawings is not None:
        _refuse_beside_drawings(refresh=refresh, damage=damage, strokes=strokes, report=report is not None)
        if models:
            named = choose(models, tta or TtaMode.ADVANCED, scale, store)
            choices = {ensemble_label(each): each for each in (named, *_alone(named))}
        else:
            choices = every_choice(store, tta, scale)
        score_drawings(drawings, choices, settings, as_json=as_json)
        return
    choice = choose(models or [], tta, scale, store)
    if refresh or damage or strokes:
        _refuse_withheld(store, choice.members)
    _check_before_work(settings, strokes=strokes, test=test, report=report)
    parts = list(EvaluationPart) if test else [EvaluationPart.VALIDATION]
    digits = load_evaluation_digits(settings.training.data_dir)
    if refresh:
        refresh_predictions_of(store, choice.members, digits)
    board = Scoreboard(store, digits, preprocess_signature())
    rows = [choice, *_alone(choice)]
    answer = as_json_object(board, choice, parts)
    damages = measure_damage_of(store, choice.members, digits.validation) if damage else {}
    stroke_scores, scribbles = measure_strokes(settings, choice) if strokes else ([], None)
    if as_json:
        typer.echo(json.dumps(answer | _further_json(damages, stroke_scores, scribbles)))
    else:
        _print_figures(board, rows, parts)
        print_damage(damages)
        print_strokes(stroke_scores, scribbles)
    if report is not None:
        from handwriting_ai.report import write_report

        write_report(report, board, rows, damages, stroke_scores, scribbles)
        typer.echo(f"Wrote {report}.", err=True)


def _refuse_beside_drawings(**asked: bool) -> None:
    """One's own digits are scored by themselves.

    Raises:
        BadParameter: something else is asked for as well.
    """
    others = ", ".join(f"--{name}" for name, is_asked in asked.items() if is_asked)
    if others:
        raise typer.BadParameter(f"It stands alone: leave {others} out.", param_hint="--drawings")


def _refuse_withheld(store: "ModelStore", members: Sequence[str]) -> None:
    """Before models are run: one that is not shipped cannot be.

    Raises:
        UnknownModel, ManifestError: as `ModelStore.read_manifest`.
        WeightsError: a model is not shipped.
    """
    from handwriting_ai.registry.weights import require_weights

    for name in members:
        require_weights(store.read_manifest(name))


def _check_before_work(settings: Settings, *, strokes: bool, test: bool, report: Path | None) -> None:
    """Find out now, not after minutes of measuring, what would stop the command at its end.

    Raises:
        DataMissing: strokes are asked for and there are none.
        BadParameter: the report is a folder, or its folder is not there, or it would show what is not to be seen.
        PackagesMissing: what draws its charts is not installed.
    """
    from handwriting_ai.data.strokes import stroke_paths

    if strokes:
        stroke_paths(*settings.training.stroke_folders)
    if report is None:
        return
    if report.is_dir():
        raise typer.BadParameter(f"{report} is a folder. Name a file in it.", param_hint="--report")
    if not report.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {report.parent}.", param_hint="--report")
    if not test:
        raise typer.BadParameter("A report shows the test digits as well: leave --no-test out.", param_hint="--report")
    require_extra("app", "altair", "jinja2", "pandas", "vl_convert")


def choose(
    models: Sequence[str], tta: TtaMode | None, temperature: float | None, store: "ModelStore"
) -> EnsembleChoice:
    """The models named, or those of a preset; without a name those of `default`.

    Raises:
        UnknownModel: the models folder is not there, or empty, or the one name is that of neither preset nor model.
        ManifestError: `presets.json` is broken.
        BadParameter: the temperature is not a positive number, a name is empty, a preset stands beside other names, or
            no model is named where none is shipped.
    """
    from handwriting_ai.registry.presets import DEFAULT_PRESET, choose_members, read_presets

    store.require_models()
    presets = read_presets(store.root)
    names = [name.strip() for argument in models for name in argument.split(",")]
    _check_names(names, presets, store)
    named = ",".join(names) or (DEFAULT_PRESET if DEFAULT_PRESET in presets else "")
    found = choose_members(named, store.root)
    if not found.members:
        raise typer.BadParameter(
            "No model here has its weights. `evaluate MODEL` scores one by its predictions.", param_hint="MODELS"
        )
    try:
        return EnsembleChoice(members=found.members, tta=tta or found.tta or TtaMode.NONE, temperature=temperature)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--temperature") from error


def _check_names(names: Sequence[str], presets: Collection[str], store: "ModelStore") -> None:
    """Refuse an empty name, one that is unknown, and a preset beside other names; models are looked at later.

    Raises:
        UnknownModel: the only name is that of neither preset nor model.
        BadParameter: a name is empty, or one of several is a preset's.
    """
    from handwriting_ai.registry.presets import unknown_name

    models = store.model_ids()
    if not all(names):
        raise typer.BadParameter("A name is empty. Leave it out, or name a preset or models.", param_hint="MODELS")
    if len(names) == 1 and names[0] not in {*presets, *models}:
        raise unknown_name(names[0], presets, store)
    # Of several, a name that is both means the model.
    mistaken = sorted((set(names) & set(presets)) - set(models)) if len(names) > 1 else []
    if mistaken:
        quoted = ", ".join(repr(name) for name in mistaken)
        raise typer.BadParameter(
            f"{quoted}: a preset is named by itself. Name one preset, or models only.", param_hint="MODELS"
        )


def as_json_object(board: "Scoreboard", choice: EnsembleChoice, parts: "Sequence[EvaluationPart]") -> dict[str, object]:
    """What `--json` prints: the choice, and its figures on these parts of MNIST."""
    figures = {str(part): _plain(board.score(choice, part).figures) for part in parts}
    return {"models": list(choice.members), "tta": str(choice.tta), "temperature": choice.temperature, **figures}


def _plain(figures: "Figures") -> dict[str, object]:
    fields: dict[str, object] = asdict(figures)
    return {name: fields[name] for name in _JSON_FIGURES}


def _further_json(
    damages: "dict[str, tuple[DamagePoint, ...]]",
    strokes: "Sequence[PenStrokeScore]",
    scribbles: "ScribbleScore | None",
) -> dict[str, object]:
    """What was measured beside MNIST."""
    further: dict[str, object] = {}
    if damages:
        further["damage"] = {
            model_id: [
                {"damage": str(point.damage), "severity": point.severity, "accuracy": point.accuracy}
                for point in points
            ]
            for model_id, points in damages.items()
        }
    if strokes:
        further["pen_strokes"] = [_stroke_json(score) for score in strokes]
    if scribbles is not None:
        further["scribbles"] = {"n": scribbles.n, "sure": scribbles.sure}
    return further


def _stroke_json(score: "PenStrokeScore") -> dict[str, object]:
    return {
        "file": score.file,
        "pen_px": score.pen_px,
        "n": score.n,
        "accuracy": score.accuracy,
        "accuracy_without_doubtful": score.accuracy_without_doubtful,
        "writers": {each.writer: {"n": each.n, "errors": each.errors} for each in score.writers},
    }


def _alone(choice: EnsembleChoice) -> list[EnsembleChoice]:
    """Each member of an ensemble by itself."""
    return [replace(choice, members=(name,)) for name in choice.members] if len(choice.members) > 1 else []


def _print_figures(board: "Scoreboard", rows: Sequence[EnsembleChoice], parts: "Sequence[EvaluationPart]") -> None:
    """A table of what chooses, and one of what is reported."""
    from handwriting_ai.evaluation.predictions import REFRESH_COMMAND
    from handwriting_ai.evaluation.scoreboard import EvaluationPart

    purposes = {EvaluationPart.VALIDATION: "to choose by", EvaluationPart.TEST: "reported only"}
    first = rows[0]
    scale = "each model's own temperature" if first.temperature is None else f"temperature {first.temperature:g}"
    for part in parts:
        read = board.score(first, part).figures.n  # the others may have read more
        figures = {ensemble_label(row): board.score(row, part, first=read).figures for row in rows}
        title = f"{part}, {purposes[part]} ({read:,} digits, TTA {first.tta}, {scale})"
        Console().print(figures_table(title, figures))
    trials = [name for name in first.members if not board.is_whole(name)]
    if trials:
        Console().print(f"Only the first digits: {', '.join(trials)} read no more. `{REFRESH_COMMAND}` reads all.")
    if EvaluationPart.TEST in parts:
        Console().print("In brackets: errors without the 15 test digits whose label people dispute.")


def ensemble_label(choice: EnsembleChoice) -> str:
    """What a row is called."""
    from handwriting_ai.inference.ensemble import ensemble_name

    return ensemble_name(choice.members)

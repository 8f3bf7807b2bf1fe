"""What `evaluate` measures by running models, each with a progress bar."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from handwriting_ai.cli import options
from handwriting_ai.config import Settings
from handwriting_ai.errors import DataMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from handwriting_ai.data.mnist import DigitImages
    from handwriting_ai.data.strokes import DrawnDigit, StrokeFile
    from handwriting_ai.evaluation.damage import DamagePoint
    from handwriting_ai.evaluation.pen_strokes import PenStrokeScore, ScribbleScore
    from handwriting_ai.evaluation.predictions import EvaluationDigits
    from handwriting_ai.prediction import EnsembleChoice
    from handwriting_ai.registry.store import ModelStore

_SCRIBBLES: Final = 1_000
_TENTHS: Final = 10


def _bars() -> Progress:
    """On standard error, so that standard output holds the answer alone."""
    return Progress(*options.BAR, console=Console(stderr=True))


def _mover(progress: Progress, bar: TaskID) -> "Callable[[int, int], None]":
    def move(done: int, total: int) -> None:
        progress.update(bar, completed=done, total=total)

    return move


class _Tenths:
    """Says each tenth of the work that is done, in a line of standard error."""

    def __init__(self) -> None:
        self._said = 0

    def __call__(self, done: int, total: int) -> None:
        """So many of all are done."""
        if done * _TENTHS // total > self._said:
            self._said = done * _TENTHS // total
            typer.echo(f"  {done:,} of {total:,} digits", err=True)


def refresh_predictions_of(store: "ModelStore", members: Sequence[str], digits: "EvaluationDigits") -> None:
    """Run each model on every view of every digit, and keep what it says; standard error says how far this is.

    Raises:
        ModelError: a model is refused.
    """
    from handwriting_ai.evaluation.predictions import refresh_predictions
    from handwriting_ai.preprocess import preprocess_signature

    typer.echo(
        f"Models to run: {len(members)}, `compact` for a minute, larger ones for several. They read validation and "
        f"test, {len(digits.validation) + len(digits.test):,} digits, also with --no-test: one file keeps both.",
        err=True,
    )
    with _bars() as progress:
        for number, model_id in enumerate(members, start=1):
            is_seen = progress.console.is_terminal
            on_step = _mover(progress, progress.add_task(model_id, total=digits.count, visible=is_seen))
            if not is_seen:
                typer.echo(f"{number} of {len(members)}: {model_id}", err=True)
                on_step = _Tenths()
            model = store.read(model_id, signature=preprocess_signature())
            refresh_predictions(store, model, digits, on_step)


def measure_damage_of(
    store: "ModelStore", members: Sequence[str], validation: "DigitImages"
) -> "dict[str, tuple[DamagePoint, ...]]":
    """Run each model on damaged digits, and keep how it does beside it.

    Raises:
        ModelError: a model is refused.
    """
    import torch

    from handwriting_ai.architectures.fold import for_inference
    from handwriting_ai.evaluation.robustness import DAMAGE_NAME, measure_damage, packed_damage
    from handwriting_ai.preprocess import preprocess_signature

    measured: dict[str, tuple[DamagePoint, ...]] = {}
    with _bars() as progress:
        for model_id in members:
            model = store.read(model_id, signature=preprocess_signature())
            network = for_inference(model.manifest.arch, model.manifest.n_classes, model.state)
            on_step = _mover(progress, progress.add_task(f"{model_id}, damaged"))
            points = measure_damage(network, validation, torch.device("cpu"), on_step)
            store.add_file(model_id, DAMAGE_NAME, packed_damage(points, model.weights_sha256))
            measured[model_id] = points
    return measured


def _unlearnt_files(settings: Settings, members: "Sequence[str]") -> "list[StrokeFile]":
    """The files with writers that the members have not learnt from; what is left out is said.

    Raises:
        DataMissing: no folder of strokes is named, or it holds none of them.
        UnknownModel, ManifestError: a model cannot be read.
    """
    from handwriting_ai.data.strokes import load_stroke_files
    from handwriting_ai.evaluation.pen_strokes import nobody_is_held_out
    from handwriting_ai.registry.store import ModelStore

    store = ModelStore(settings.digits.model_dir)
    learnt = {origin for name in members for origin in store.read_manifest(name).train_data or ()}
    files: list[StrokeFile] = []
    for file in load_stroke_files(*settings.training.stroke_folders):
        if nobody_is_held_out(file, learnt):
            typer.echo(f"{file.name} is left out: a model has learnt from it, and from its only writer.", err=True)
        else:
            files.append(file)
    if not files:
        raise DataMissing("No pen strokes are left to score: the models have learnt from all of them.")
    return files


def measure_strokes(settings: Settings, choice: "EnsembleChoice") -> "tuple[list[PenStrokeScore], ScribbleScore]":
    """Draw the digits of held-out writers with several pens, and scribbles, and read them as the dashboard would.

    A file of one writer, from which a member has learnt, is left out, and standard error says so.

    Raises:
        DataMissing: no folder of strokes is named, or it holds none that the members have not learnt from.
        ModelError: a model is refused.
    """
    from handwriting_ai.architectures.running import as_input
    from handwriting_ai.evaluation.pen_strokes import (
        PENS_PX,
        ScribbleScore,
        render_held_out,
        render_scribbles,
        score_pen_strokes,
    )
    from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
    from handwriting_ai.preprocess import preprocess_signature

    files = _unlearnt_files(settings, choice.members)
    chosen = PredictOptions(tta=choice.tta, temperature=choice.temperature, members=choice.members)
    workers = settings.app.workers
    scores: list[PenStrokeScore] = []
    with (
        InferenceEngine(settings.digits, threads=workers, signature=preprocess_signature()) as engine,
        _bars() as progress,
    ):
        engine.make_available(choice.members).require_all()

        def read(images: "NDArray[np.uint8]") -> "torch.Tensor":
            return engine.predict_batch(as_input(images), chosen)

        pens: list[float | None] = [None, *PENS_PX]
        drawn: list[DrawnDigit] = []
        for file in files:
            for pen_px in progress.track(pens, description=file.name):
                images, digits = render_held_out(file, pen_px, workers=workers)
                answers: NDArray[np.int64] = read(images).argmax(dim=1).numpy()
                scores.append(score_pen_strokes(images, digits, answers, file=file.name, pen_px=pen_px))
            drawn += digits
        confidence = read(render_scribbles(drawn, _SCRIBBLES, workers=workers)).amax(dim=1)
        sure = int((confidence >= settings.digits.uncertain_threshold).sum())
    return scores, ScribbleScore(n=_SCRIBBLES, sure=sure)

"""Models in, one checked file out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from handwriting_ai.config import DigitsSettings
from handwriting_ai.errors import ExportError
from handwriting_ai.export.check import check_against_engine
from handwriting_ai.export.graph import as_onnx
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.inference.members import Member, load_members
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import EnsembleChoice
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.support.extras import require_extra
from handwriting_ai.support.files import write_atomically


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written."""

    path: Path
    members: tuple[str, ...]
    """Model ids, in order."""
    n_views: int
    size_bytes: int
    difference: float
    """The largest between a probability of the file's and one of the engine's, on the pictures it was checked on."""


def _silent(_: str) -> None:
    return None


def export_ensemble(
    choice: EnsembleChoice,
    root: Path,
    output: Path,
    *,
    force: bool = False,
    threads: int = 1,
    on_step: Callable[[str], None] = _silent,
) -> Exported:
    """Write an ensemble as one ONNX file, after ONNX Runtime and the engine have given the same answers.

    Args:
        choice: members, views and temperature.
        root: the models folder.
        output: the file.
        force: whether a file that is there is replaced.
        threads: of the engine that the file is checked against.
        on_step: is told what is done next.

    Raises:
        PackagesMissing: the extra `export` is not installed.
        ModelRefused: a model cannot be loaded.
        ExportError: the file is there or cannot be written, or the answers differ. In all three nothing is written.
    """
    require_extra("export")
    _refuse_output(output, force=force)
    on_step(f"Tracing {', '.join(choice.members)} with TTA {choice.tta}.")
    members = _load(choice, root)
    content = as_onnx(members, choice)
    on_step("Comparing the graph's answers with the engine's.")
    loaded = replace(choice, members=tuple(member.model_id for member in members))
    difference = _compare(content, loaded, root, threads=threads)
    _write(output, content)
    return Exported(
        path=output,
        members=loaded.members,
        n_views=len(views_for(choice.tta)),
        size_bytes=len(content),
        difference=difference,
    )


def _refuse_output(output: Path, *, force: bool) -> None:
    """Before a minute of work."""
    if output.exists() and not force:
        raise ExportError(f"{output} exists. Use --force to replace it.")
    if not output.parent.is_dir():
        raise ExportError(f"{output} cannot be written: there is no folder {output.parent}.")


def _load(choice: EnsembleChoice, root: Path) -> tuple[Member, ...]:
    """Every member, each once; an ensemble is exported as a whole or not at all."""
    members, report = load_members(root, choice.members, signature=preprocess_signature())
    report.require_all()
    return members


def _compare(content: bytes, choice: EnsembleChoice, root: Path, *, threads: int) -> float:
    options = PredictOptions(tta=choice.tta, temperature=choice.temperature, members=choice.members)
    # Settings of its own: an override in the environment is no part of the choice.
    settings = DigitsSettings(model_dir=root)
    with InferenceEngine(settings, threads=threads, signature=preprocess_signature()) as engine:
        engine.make_available(choice.members)
        return check_against_engine(content, engine, options)


def _write(output: Path, content: bytes) -> None:
    try:
        write_atomically(output, content)
    except OSError as error:
        raise ExportError(f"{output} cannot be written: {error.strerror}.") from error

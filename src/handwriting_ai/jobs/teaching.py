"""Teaching runs: planned from drawings and a parent, and then jobs like all others."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from handwriting_ai.data.drawings import SavedDrawing
from handwriting_ai.data.lessons import make_lesson, write_lesson
from handwriting_ai.errors import ModelError
from handwriting_ai.jobs.parents import start_from
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.jobs.types import LessonNamed, TrainingConfig
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.presets import choose_members, read_presets
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.registry.weights import require_weights
from handwriting_ai.training.taught import TAUGHT, taught_name
from handwriting_ai.training.teaching import plan_rounds
from handwriting_ai.training.teaching_report import TeachingReport, read_report

_QUICK_PRESET: Final = "fast"


def usual_parent(models: ModelStore) -> str:
    """The model that is taught where none is named: the first of the preset `fast`, or of the default choice.

    Raises:
        UnknownModel: there are no models.
        ManifestError: `presets.json` is broken.
    """
    fast = read_presets(models.root).get(_QUICK_PRESET)
    if fast is not None:
        return fast.members[0]
    members = choose_members("", models.root).members
    return members[0] if members else models.require_models()[0]


def possible_pupils(models: ModelStore) -> tuple[str, ...]:
    """The models that can be taught: those that fit and have their weights here.

    Raises:
        ModelsUnreadable: as `ModelStore.model_ids`.
    """
    names: list[str] = []
    for model_id in models.model_ids():
        with suppress(ModelError):
            require_weights(models.fitting_manifest(model_id, signature=preprocess_signature()))
            names.append(model_id)
    return tuple(names)


class Teacher:
    """Teaches registered models from saved drawings.

    config = Teacher(jobs).plan("Ann", drawings, parent="mnist_compact_drawn_seed5")
    jobs.submit(config)
    report = Teacher(jobs).report(config)  # once the job has ended
    """

    def __init__(self, jobs: JobQueue) -> None:
        """Runs go to `jobs`, models to its models folder."""
        self.jobs = jobs

    def plan(
        self,
        name: str,
        drawings: Sequence[SavedDrawing],
        *,
        parent: str,
        seed: int = 0,
        trial_digits: int | None = None,
        force: bool = False,
    ) -> TrainingConfig:
        """Keep the drawings as a lesson, and say what is to be done with it.

        Args:
            name: whose hand it is: a person's name, or a class's.
            drawings: at least one; oldest first, so that the same ones make the same lesson.
            parent: the model that goes on learning.
            seed: of what is kept back and of all draws.
            trial_digits: digits of others to learn with and to measure with; None as the recipe says.
            force: whether a model of the same name is replaced.

        Raises:
            NothingToTeach: there are no drawings with ink.
            ModelError, ParentMismatch: as `start_from`.
        """
        arch, start = start_from(parent, None, self.jobs.models)
        lesson = make_lesson(name, drawings)
        write_lesson(self.jobs.store.lessons, lesson)
        labels = [digit.label for digit in lesson.digits]
        return TrainingConfig(
            arch=arch,
            recipe=TAUGHT.name,
            epochs=plan_rounds(labels, seed).total,
            seed=seed,
            model_id=taught_name(arch, name, lesson.sha256, parent, seed),
            created_at=datetime.now(UTC),
            trial_digits=trial_digits,
            device="cpu",
            force=force,
            parent=start,
            lesson=LessonNamed(name=name, sha256=lesson.sha256, count=len(labels)),
        )

    def report(self, config: TrainingConfig) -> TeachingReport:
        """What the run that made this model reports.

        Raises:
            UnknownModel: it has not made it, or the model is gone.
            DataMissing, DataCorrupt: as `read_report`.
        """
        self.jobs.models.read_manifest(config.model_id)
        return read_report(self.jobs.models.folder(config.model_id))

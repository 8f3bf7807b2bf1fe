"""Teaching runs: planned from drawings and a parent, and then jobs like all others."""

from collections.abc import Sequence
from datetime import UTC, datetime

from handwriting_ai.data.drawings import SavedDrawing
from handwriting_ai.data.lessons import make_lesson, write_lesson
from handwriting_ai.jobs.parents import start_from
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.jobs.types import LessonNamed, TrainingConfig
from handwriting_ai.training.taught import TAUGHT, taught_name
from handwriting_ai.training.teaching import plan_rounds
from handwriting_ai.training.teaching_report import TeachingReport, read_report


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

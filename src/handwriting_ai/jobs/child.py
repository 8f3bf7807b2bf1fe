"""The process that trains: `python -m handwriting_ai.jobs.child RUNS MODELS JOB`, or the command `train` itself."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

import torch

from handwriting_ai.config import Settings, load_settings
from handwriting_ai.data.lessons import read_lesson
from handwriting_ai.errors import HandwritingError, QueueUnavailable
from handwriting_ai.jobs.parents import read_parent
from handwriting_ai.jobs.store import AFRESH_NAME, JobStore
from handwriting_ai.jobs.types import Job, JobState, JobStatus, running
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.said_once import SaidOnce
from handwriting_ai.support.sharing import fair_share
from handwriting_ai.training.precision import choose_compute
from handwriting_ai.training.progress import METRICS_NAME, TrainingMetrics
from handwriting_ai.training.run import CHECKPOINT_NAME, RunConfig, Watcher, run_training, score_again
from handwriting_ai.training.sources import DataFolders, TrainingData, prepare_data
from handwriting_ai.training.teaching import run_teaching

HEARTBEAT_S: Final = 1.0
NICENESS: Final = 5
"""Drawings are to be read at once also while a run is on."""
_EPOCHS_SHARE: Final = 0.9
"""Of a run's progress; the rest is that of its scoring."""
_LOG: Final = logging.getLogger("handwriting_ai.job")


class Pulse:
    """Keeps a job's state and writes it once a second, so that whoever looks knows that the run lives."""

    def __init__(self, store: JobStore, state: JobState) -> None:
        self._store, self._state = store, state
        self._writing = SaidOnce(_LOG, "%s")
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Pulse":
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; the last state is the caller's to write, through `finish`."""
        self._stop.set()
        self._thread.join()

    @property
    def state(self) -> JobState:
        """As it is now, written or not."""
        return self._state

    def note(self, **changes: object) -> None:
        """Change the state; the next beat writes it."""
        with self._lock:
            self._state = self._state.model_copy(update=changes)

    def finish(self, status: JobStatus, error: str | None = None) -> JobState:
        """Write the last state, after which the heart is silent."""
        self._stop.set()
        self._thread.join()
        if status is JobStatus.COMPLETED:
            self.note(progress=1.0)
        self.note(status=status, error=error, completed_at=datetime.now(UTC), activity="", seconds_left=None, pid=None)
        self._write()
        return self._state

    def _beat(self) -> None:
        while not self._stop.is_set():
            self._write()
            self._stop.wait(HEARTBEAT_S)

    def _write(self) -> None:
        self.note(heartbeat=datetime.now(UTC))
        trouble = None
        try:
            if self._store.is_to_stop(self._state.job_id) and not self._stop.is_set():
                os.kill(os.getpid(), signal.SIGTERM)  # whoever asked may sit at another machine
            self._store.write_state(self._state)
        except QueueUnavailable:  # where Redis lies is none of the log's readers' business
            trouble = "Redis, which holds the queue, does not answer; the run goes on."
        except OSError as error:  # a full disk must not end the run from here
            trouble = f"The state could not be written: {self._store.describe(error)}"
        self._writing.note(trouble)


def carry_out(
    store: JobStore,
    job: Job,
    train: Callable[[Job, Pulse], Path],
) -> JobState:
    """Do a job that this process holds the lock of, and write how it ended; returns that state.

    Args:
        store: where the job lies.
        job: what to do.
        train: trains and registers; returns the model's folder.

    Raises:
        KeyboardInterrupt: it was to be cancelled when its model was registered already, so that it counts as completed;
            the caller is to stop all the same.
    """
    with Pulse(store, running(job.state, os.getpid())) as pulse:
        try:
            folder = train(job, pulse)
        except KeyboardInterrupt:
            if not store.has_registered(job):
                _LOG.info("Cancelled.")
                return pulse.finish(JobStatus.CANCELLED)
            _LOG.info("Cancelled when its model was registered already.")
            pulse.finish(JobStatus.COMPLETED)
            raise
        except HandwritingError as error:
            _LOG.info("Failed: %s", error)  # a command that trains prints the state itself
            return pulse.finish(*_failed(store, job, str(error)))
        except OSError as error:
            _LOG.info("Failed:", exc_info=error)
            problem = store.describe(error).rstrip(".")
            said = f"{problem}. The run can be resumed: it goes on from its last checkpoint."
            return pulse.finish(*_failed(store, job, said, f"{problem}."))
        except Exception as error:  # the trace belongs in the log
            pulse.finish(JobStatus.FAILED, f"{type(error).__name__}: {error}")
            raise
        _LOG.info("Registered %s.", folder)
        return pulse.finish(JobStatus.COMPLETED)


def _failed(store: JobStore, job: Job, error: str, of_model: str | None = None) -> tuple[JobStatus, str]:
    """How a run ends that met this error; one whose model is there was only to be scored, and stays completed."""
    if store.has_registered(job):
        return JobStatus.COMPLETED, f"The model could not be scored. {of_model or error}"
    return JobStatus.FAILED, error


def prepare(job: Job, settings: Settings) -> TrainingData:
    """The data of a job.

    Raises:
        DataMissing, DataUnreadable, DataCorrupt: as `prepare_data`.
    """
    folders = DataFolders.of(settings)
    return prepare_data(job.config.resolved_recipe(), folders, workers=settings.app.workers)


def run_job(
    store: JobStore,
    models: ModelStore,
    data: Callable[[], TrainingData],
    watcher: Watcher | None = None,
) -> Callable[[Job, Pulse], Path]:
    """What `carry_out` needs: trains a job and keeps its pulse informed; `watcher` is told as well."""

    def train(job: Job, pulse: Pulse) -> Path:
        recipe, done, epoch_started = job.config.resolved_recipe(), 0, time.monotonic()
        scoring_from: tuple[int, float] | None = None
        is_registered = store.has_registered(job)
        config = RunConfig(
            arch=job.config.arch,
            recipe=recipe,
            seed=job.config.seed,
            run_folder=store.folder(job.job_id),
            store=models,
            force=job.config.force,
            run_id=job.job_id,
            parent=None if is_registered else read_parent(job.config, models),
            name=job.config.model_id,
        )
        if not is_registered:
            config.require_place()
        _throw_away(config.run_folder)

        threads = torch.get_num_threads()

        def share_cores() -> None:
            with suppress(OSError):  # a folder that cannot be read just now ends no run
                torch.set_num_threads(fair_share(threads, store.runs_here()))

        def on_step(seen: int, total: int) -> None:
            share, elapsed = seen / total, time.monotonic() - epoch_started
            left = elapsed / share * (recipe.epochs - done - share)
            progress = _EPOCHS_SHARE * (done + share) / recipe.epochs
            pulse.note(progress=progress, seconds_left=left, activity=f"epoch {done + 1} of {recipe.epochs}")
            if watcher is not None:
                watcher.on_step(seen, total)

        def on_epoch(metrics: TrainingMetrics) -> None:
            nonlocal done, epoch_started
            done, epoch_started = metrics.epoch, time.monotonic()
            _LOG.info("Epoch %d of %d: %s", metrics.epoch, metrics.epochs, describe(metrics))
            activity = "scoring the model" if done == metrics.epochs else f"epoch {done + 1} of {metrics.epochs}"
            progress = _EPOCHS_SHARE * done / metrics.epochs
            pulse.note(progress=progress, current_epoch=metrics.epoch, activity=activity)
            share_cores()  # others have begun or ended meanwhile
            if watcher is not None:
                watcher.on_epoch(metrics)

        def on_resume(epoch: int) -> None:
            nonlocal done, epoch_started
            done, epoch_started = epoch, time.monotonic()
            pulse.note(progress=_EPOCHS_SHARE * epoch / recipe.epochs, current_epoch=epoch)
            _LOG.info("Going on after epoch %d of %d.", epoch, recipe.epochs)
            if watcher is not None and watcher.on_resume is not None:
                watcher.on_resume(epoch)

        def on_predict(seen: int, total: int) -> None:
            nonlocal scoring_from
            if scoring_from is None:
                scoring_from = seen, time.monotonic()
            before, started = scoring_from
            left = (time.monotonic() - started) / (seen - before) * (total - seen) if seen > before else None
            pulse.note(
                progress=_EPOCHS_SHARE + (1 - _EPOCHS_SHARE) * seen / total,
                activity=f"scoring the model, {seen:,} of {total:,} digits",
                seconds_left=left,
            )
            if watcher is not None and watcher.on_predict is not None:
                watcher.on_predict(seen, total)

        pulse.note(activity="preparing the data")
        _LOG.info("%s, seed %d: preparing the data", job.config.model_id, job.config.seed)
        prepared, compute = data(), choose_compute(job.config.device)
        pulse.note(activity="training")
        share_cores()
        _LOG.info("Training on %s", compute.label)
        epoch_started = time.monotonic()
        told = Watcher(on_step=on_step, on_epoch=on_epoch, on_resume=on_resume, on_predict=on_predict)
        try:
            if is_registered:
                return score_again(models, job.config.model_id, prepared, compute, told)
            if job.config.lesson is not None:
                lesson = read_lesson(store.lessons, job.config.lesson.sha256)
                return run_teaching(config, lesson, prepared, told)
            return run_training(config, prepared, compute, told)
        finally:
            torch.set_num_threads(threads)

    return train


def _throw_away(folder: Path) -> None:
    """Forget what an earlier run left, if this one is to begin afresh; the wish goes last, in case this is killed."""
    if (folder / AFRESH_NAME).exists():
        for name in (CHECKPOINT_NAME, METRICS_NAME, AFRESH_NAME):
            (folder / name).unlink(missing_ok=True)


def describe(metrics: TrainingMetrics) -> str:
    """One epoch in a line."""
    drawn = "".join(f", {name} {share:.2%}" for name, share in metrics.drawn_accuracy.items())
    trained = "" if metrics.train_accuracy is None else f", {metrics.train_accuracy:.2%}"
    validation = f"validation {metrics.val_loss:.4f}, {metrics.val_accuracy:.2%}"
    return f"loss {metrics.train_loss:.4f}{trained}, {validation}{drawn}, {metrics.images_per_second:.0f} images/s"


def raise_cancelled(number: int, _: FrameType | None) -> None:
    """What SIGTERM does to a run: it ends as with Ctrl-C, as cancelled. Later signals change nothing.

    It may come at any moment, also within a `try`: nothing that catches errors may take it for one.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt(f"Signal {number}.")


def main() -> None:
    """Do the job named on the command line; its lock was inherited from the process that started this one."""
    signal.signal(signal.SIGTERM, raise_cancelled)
    os.nice(NICENESS)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    runs, model_dir, job_id = sys.argv[1:]
    models, settings = ModelStore(Path(model_dir)), load_settings()
    store = JobStore(Path(runs), models)
    job = store.read(job_id)
    try:
        state = carry_out(store, job, run_job(store, models, lambda: prepare(job, settings)))
        is_completed = state.status is JobStatus.COMPLETED
    except KeyboardInterrupt:  # maybe too late
        is_completed = store.has_registered(job)
    logging.shutdown()
    # All is written. Taking torch down in an orderly way would hold the job's lock for another second.
    os._exit(0 if is_completed else 1)


if __name__ == "__main__":
    main()

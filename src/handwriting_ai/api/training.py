"""`POST /v1/train` and `GET /v1/jobs/{job_id}`: the same queue as the dashboard's and the command line's.

These routes are plain functions: they read and lock files, and so the framework runs them on its own threads.
"""

import re
from typing import Annotated, Final

from fastapi import Path, Request, Response

from handwriting_ai.api.problems import hide_paths
from handwriting_ai.api.read import media_type
from handwriting_ai.api.resources import Resources
from handwriting_ai.api.schemas import EpochMetrics, JobView, TrainConfig, TrainRequest
from handwriting_ai.config import PROJECT_ROOT, Settings
from handwriting_ai.errors import UnknownJob, UnsupportedMedia
from handwriting_ai.jobs.types import Job, JobStatus, plan
from handwriting_ai.training.progress import TrainingMetrics

JSON: Final = "application/json"
JobId = Annotated[str, Path(description="As `POST /v1/train` answered.", examples=["20260131-120000-1f2e"])]
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


async def require_json(request: Request) -> None:
    """Let JSON pass.

    Raises:
        UnsupportedMedia: the body is something else.
    """
    if media_type(request.headers.get("content-type")) != JSON:
        raise UnsupportedMedia(f"Send the run as {JSON}.")


class TrainingRoutes:
    """Queues runs and shows how they stand."""

    def __init__(self, settings: Settings, resources: Resources) -> None:
        self._resources = resources
        training = settings.training
        folders = (settings.digits.model_dir, settings.app.data_root, training.data_dir, PROJECT_ROOT)
        own = (*training.stroke_folders, training.scans_dir, training.emnist_dir)
        self._folders = tuple(folder for folder in (*folders, *own) if folder)

    def train(self, wanted: TrainRequest, response: Response) -> JobView:
        """Queue a run. It is registered under `config.model_id` when it is done."""
        config = plan(wanted.arch, wanted.recipe, seed=wanted.seed, epochs=wanted.epochs)
        job = self._resources.jobs.submit(config)
        response.headers["Location"] = f"/v1/jobs/{job.job_id}"
        return self._view(job, [])

    def job(self, job_id: JobId) -> JobView:
        """Show how a run stands."""
        if not _PLAIN_NAME.fullmatch(job_id):
            raise UnknownJob("A name that leads elsewhere.")
        store = self._resources.jobs.store
        return self._view(store.read(job_id), store.metrics(job_id))

    def _view(self, job: Job, history: list[TrainingMetrics]) -> JobView:
        state = job.state
        return JobView(
            job_id=state.job_id,
            status=state.status,
            config=TrainConfig.model_validate(job.config),
            progress=state.progress,
            current_epoch=state.current_epoch,
            metrics=EpochMetrics.model_validate(history[-1]) if history else None,
            model_id=job.config.model_id if state.status is JobStatus.COMPLETED else None,
            error=None if state.error is None else hide_paths(state.error, *self._folders),
            created_at=job.config.created_at,
            completed_at=state.completed_at,
        )

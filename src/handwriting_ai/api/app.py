"""The application: routes, what stands before them, and what they share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI, params
from fastapi.responses import PlainTextResponse, Response
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from handwriting_ai.api.many import ManyRoutes
from handwriting_ai.api.many_schemas import MOST_PICTURES
from handwriting_ai.api.metrics import Metrics
from handwriting_ai.api.middleware import HEAD_TOO_LARGE, UPLOAD_TIMEOUT_S, BodyLimit, KeyCheck, RequestLog
from handwriting_ai.api.pages import PageRoutes
from handwriting_ai.api.problems import BAD_FIELDS, answer_bad_fields, answer_http_error, answer_our_error
from handwriting_ai.api.read import ReadRoutes, require_multipart
from handwriting_ai.api.resources import REFRESH_S, Resources
from handwriting_ai.api.schemas import Problem, Readiness
from handwriting_ai.api.status import StatusRoutes
from handwriting_ai.api.training import TrainingRoutes, require_json
from handwriting_ai.config import Settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.reading.reader import DigitReader

FORM_OVERHEAD_BYTES: Final = 65_536
"""What a request may hold beside its pictures."""
MANY_TIMES: Final = 5
"""A request with many pictures may be as large as so many of the largest pictures."""
_READ_MANY: Final = "/v1/read-many"
_BODY_ERRORS: Final = (408, 413, 415, 422)


class Api(FastAPI):
    """An application that also counts what never reaches it: what its server refuses before it is a request."""

    metrics: Metrics


def create_app(
    settings: Settings,
    *,
    open_reader: Callable[[], DigitReader],
    open_jobs: Callable[[], JobQueue],
    upload_timeout_s: float = UPLOAD_TIMEOUT_S,
    refresh_s: float = REFRESH_S,
) -> Api:
    """Put the application together; nothing is loaded before it starts.

    Args:
        settings: limits, key and folders.
        open_reader: loads the models; called when the server starts, and closed when it ends.
        open_jobs: opens the training runs, likewise.
        upload_timeout_s: a body that has not arrived by then is given up.
        refresh_s: how often the models folder is looked at.
    """
    metrics = Metrics()
    resources = Resources(settings, open_reader=open_reader, open_jobs=open_jobs)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await asyncio.to_thread(resources.open)
            stop = asyncio.Event()
            looking = asyncio.create_task(resources.keep_current(refresh_s, stop))
            try:
                yield
            finally:
                stop.set()
                await asyncio.wait([looking])  # a look that is under way ends before the engine does
        finally:
            await asyncio.to_thread(resources.close)

    app = Api(
        title="handwriting-ai",
        description="Reads handwritten digits, one or many at a time, and pages of them.",
        version=version("handwriting-ai"),
        docs_url=None,  # these pages load their scripts from the web
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=_middleware(settings, metrics, upload_timeout_s),
        form_limits={"max_files": 1, "max_fields": 16, "max_part_size": 1_024},
    )
    app.metrics = metrics
    app.add_exception_handler(HandwritingError, answer_our_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(BAD_FIELDS, answer_bad_fields)
    _add_routes(app, settings, resources, metrics)
    return app


def _middleware(settings: Settings, metrics: Metrics, upload_timeout_s: float) -> list[Middleware]:
    """From the outside in."""
    key = settings.security.api_key
    picture = settings.digits.image_limits.max_bytes
    largest, several = picture + FORM_OVERHEAD_BYTES, picture * MANY_TIMES + FORM_OVERHEAD_BYTES
    return [
        Middleware(RequestLog, metrics=metrics),
        *([] if key is None else [Middleware(KeyCheck, key=key.get_secret_value())]),
        Middleware(BodyLimit, max_bytes=largest, larger={_READ_MANY: several}, timeout_s=upload_timeout_s),
    ]


def _add_routes(app: FastAPI, settings: Settings, resources: Resources, metrics: Metrics) -> None:
    status = StatusRoutes(settings, resources, metrics)
    reading = ReadRoutes(settings, resources, metrics)
    pages = PageRoutes(resources, metrics)
    many = ManyRoutes(settings, resources, metrics)
    training = TrainingRoutes(settings, resources)
    key = _key_dependencies(settings)
    form, json = [*key, params.Depends(require_multipart)], [*key, params.Depends(require_json)]
    not_ready: dict[int | str, dict[str, object]] = {503: {"model": Readiness, "description": "No model answers."}}
    plain: type[Response] = PlainTextResponse
    app.add_api_route("/healthz", status.healthz)
    app.add_api_route("/readyz", status.readyz, responses=not_ready)
    app.add_api_route("/version", status.version)
    app.add_api_route("/metrics", status.metrics, response_class=plain)
    app.add_api_route("/v1/models/active", status.active_models, dependencies=key, responses=_errors(key, 503))
    errors = _errors(form, 400, *_BODY_ERRORS, 503, 504)
    for path in ("/v1/read", "/v1/predict"):
        app.add_api_route(path, reading.read, methods=["POST"], dependencies=form, responses=errors)
    app.add_api_route("/v1/read-page", pages.read_page, methods=["POST"], dependencies=form, responses=errors)
    app.post(_READ_MANY, dependencies=form, responses=errors, form_limits={"max_files": MOST_PICTURES})(many.read_many)
    errors = _errors(json, *_BODY_ERRORS, 409, 503)
    app.add_api_route(
        "/v1/train", training.train, methods=["POST"], status_code=202, dependencies=json, responses=errors
    )
    app.add_api_route("/v1/jobs/{job_id}", training.job, dependencies=key, responses=_errors(key, 404, 422, 503))


def _key_dependencies(settings: Settings) -> list[params.Depends]:
    """What tells the document that a key is wanted; `KeyCheck` is who looks at it."""
    if settings.security.api_key is None:
        return []
    return [params.Security(APIKeyHeader(name="X-Api-Key", auto_error=False))]


def _errors(dependencies: Sequence[params.Depends], *statuses: int) -> dict[int | str, dict[str, object]]:
    """The errors of a route, for the document; 431 and 500 are of every route."""
    security: type[params.Depends] = params.Security
    guarded = any(isinstance(dependency, security) for dependency in dependencies)
    found = sorted({*statuses, HEAD_TOO_LARGE.status, 500, *([401] if guarded else [])})
    return {status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in found}

"""What goes wrong, as a client is told: a status and `{code, message, request_id}`, and nothing of the inside."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from handwriting_ai.api.schemas import Problem
from handwriting_ai.errors import (
    BlankImage,
    DataMissing,
    EngineBusy,
    EngineNotReady,
    HandwritingError,
    ImageTooLarge,
    InvalidImage,
    InvalidRecipe,
    JobConflict,
    ModelExists,
    ModelsUnwritable,
    PredictTimeout,
    QueueUnavailable,
    UnknownArchitecture,
    UnknownJob,
    UnknownRecipe,
    UnsupportedMedia,
    UploadTooSlow,
)
from handwriting_ai.support.problems import plain_words

REQUEST_ID: Final = "handwriting_ai.request_id"
"""Where a request's scope keeps its id."""
CLIENT_GONE: Final = 499
"""The status in log and metrics of a request whose client left; nobody reads this answer."""
BAD_FIELDS: Final[type[RequestValidationError]] = RequestValidationError
_RETRY: Final = {"Retry-After": "1"}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An answer that tells what is wrong."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """How errors of one kind are answered."""

    kind: type[HandwritingError]
    status: int
    code: str
    message: str | None = None
    """None hands on the error's own, where it can hold nothing of the inside."""
    headers: Mapping[str, str] = field(default_factory=dict)


_RULES: Final = (
    _Rule(kind=InvalidImage, status=400, code="invalid_image"),
    _Rule(kind=BlankImage, status=400, code="preprocessing_failed"),
    _Rule(kind=ImageTooLarge, status=413, code="too_large"),
    _Rule(kind=UnsupportedMedia, status=415, code="unsupported_media_type"),
    _Rule(kind=UploadTooSlow, status=408, code="upload_timeout"),
    _Rule(kind=EngineBusy, status=503, code="busy", headers=_RETRY),
    _Rule(kind=EngineNotReady, status=503, code="not_ready", message="No model is loaded: GET /readyz says why."),
    _Rule(kind=PredictTimeout, status=504, code="timeout"),
    _Rule(kind=UnknownJob, status=404, code="not_found", message="There is no such job."),
    _Rule(kind=UnknownArchitecture, status=422, code="validation_error"),
    _Rule(kind=UnknownRecipe, status=422, code="validation_error"),
    _Rule(kind=InvalidRecipe, status=422, code="validation_error"),
    _Rule(kind=ModelExists, status=409, code="conflict", message="A model of this name is registered already."),
    _Rule(kind=JobConflict, status=409, code="conflict"),
    _Rule(
        kind=QueueUnavailable,
        status=503,
        code="queue_unavailable",
        message="The queue of training runs does not answer at present.",
        headers=_RETRY,
    ),
    _Rule(kind=DataMissing, status=409, code="conflict", message="This server lacks the data that the recipe needs."),
    _Rule(kind=ModelsUnwritable, status=409, code="conflict", message="This server cannot write its models folder."),
)
UNAUTHORIZED: Final = Refusal(
    status=401,
    code="unauthorized",
    message="The header X-Api-Key is missing or wrong.",
    headers={"WWW-Authenticate": 'ApiKey realm="handwriting-ai"'},
)
INTERNAL: Final = Refusal(
    status=500, code="internal_error", message="Something went wrong here. The log has it under this request id."
)
_BY_STATUS: Final = {
    404: Refusal(status=404, code="not_found", message="There is no such path."),
    405: Refusal(status=405, code="method_not_allowed", message="This path does not take this method."),
}


def refusal_of(error: HandwritingError) -> Refusal:
    """What a client is told of one of our errors; one that no rule names is our own fault."""
    for rule in _RULES:
        if isinstance(error, rule.kind):
            message = str(error) if rule.message is None else rule.message
            return Refusal(status=rule.status, code=rule.code, message=message, headers=rule.headers)
    raise error


def refuse(refusal: Refusal, request_id: str) -> JSONResponse:
    """The response that says so."""
    problem = Problem(code=refusal.code, message=refusal.message, request_id=request_id)
    content: dict[str, object] = problem.model_dump()
    return JSONResponse(content, status_code=refusal.status, headers=refusal.headers)


def request_id_of(scope: Mapping[str, object]) -> str:
    """The id that the outermost middleware gave."""
    return str(scope.get(REQUEST_ID, ""))


async def answer_our_error(request: Request, error: Exception) -> JSONResponse:
    """The answer to an error of `handwriting_ai.errors`.

    Raises:
        error: it is none of those that a request can bring about; the outermost middleware answers and logs it.
    """
    if not isinstance(error, HandwritingError):
        raise error
    return refuse(refusal_of(error), _id(request))


async def answer_http_error(request: Request, error: Exception) -> JSONResponse:
    """The answer to what the framework refuses: an unknown path, another method, a body that is no form.

    Raises:
        error: the framework refuses for no reason known here.
    """
    if not isinstance(error, HTTPException):
        raise error
    cause = error.__cause__  # what reading the body raised
    if isinstance(cause, HandwritingError):
        return refuse(refusal_of(cause), _id(request))
    if isinstance(cause, ClientDisconnect):
        return refuse(Refusal(status=CLIENT_GONE, code="client_gone", message="You have gone."), _id(request))
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return refuse(Refusal(status=422, code="validation_error", message=error.detail), _id(request))
    known = _BY_STATUS.get(error.status_code)
    if known is None:
        raise error
    headers = error.headers or {}
    return refuse(Refusal(status=known.status, code=known.code, message=known.message, headers=headers), _id(request))


async def answer_bad_fields(request: Request, error: Exception) -> JSONResponse:
    """The answer to fields that are missing or out of range; their values are not repeated.

    Raises:
        error: it is something else.
    """
    if not isinstance(error, BAD_FIELDS):
        raise error
    problems: Sequence[Mapping[str, object]] = error.errors()
    message = "; ".join(f"{_field(problem['loc'])}: {plain_words(problem)}" for problem in problems)
    return refuse(Refusal(status=422, code="validation_error", message=message), _id(request))


def hide_paths(text: str, *folders: Path) -> str:
    """A text of the inside without the absolute folders it names; what lies in them keeps its name."""
    names = {re.escape(str(path)) for folder in folders for path in (folder, folder.resolve())}
    folder = rf"(?<!\w)(?:{'|'.join(sorted(names, key=len, reverse=True))})"
    inside = re.escape(os.sep)
    text = re.sub(rf"{folder}(?![\w-]|\.\w|{inside})", "its folder", text)
    return re.sub(f"{folder}{inside}", "", text)


def _field(loc: object) -> str:
    """`("body", "epochs")` → `epochs`."""
    names = [part for part in loc if isinstance(part, str)] if isinstance(loc, tuple) else []
    return ".".join(names[1:]) or "body"


def _id(request: Request) -> str:
    scope: Mapping[str, object] = request.scope
    return request_id_of(scope)

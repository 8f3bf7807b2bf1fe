"""Pictures to send, collaborators that do as a test says, and what every error must look like."""

import io
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai.api.schemas import Problem
from handwriting_ai.config import PROJECT_ROOT, DigitsSettings, Settings
from handwriting_ai.inference.engine import DEFAULT_OPTIONS, InferenceEngine, PredictOptions
from handwriting_ai.inference.inputs import Picture
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.prediction import Prediction
from handwriting_ai.reading.reader import DigitReader

LIMIT_S = 120.0
INSIDE = (
    *(
        tempfile.gettempdir(),
        str(PROJECT_ROOT),
        "Traceback",
        "<class",
        " object at 0x",
        "handwriting_ai",
        ".py",
        "Errno",
    ),
    *(
        "Exception",
        "Error(",
        "pydantic",
        "starlette",
        "fastapi",
        "uvicorn",
        "python_multipart",
        "h11",
        "PIL",
        "cv2",
        "torch",
    ),
)
"""What no error may tell a client: folders, modules, classes."""


class IdleJobs(LocalJobs):
    """Takes jobs; nobody works them off."""

    def start(self) -> None:
        """Start nothing."""


class HeldEngine(InferenceEngine):
    """An engine that takes no picture while its gate is shut, or fails as it is told to."""

    def __init__(self, settings: DigitsSettings, *, threads: int, signature: str) -> None:
        """Open, and sound."""
        super().__init__(settings, threads=threads, signature=signature)
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None

    def submit_predict(self, x: Picture, options: PredictOptions = DEFAULT_OPTIONS) -> "Future[Prediction]":
        """Wait for the gate, then as always."""
        self.gate.wait(LIMIT_S)
        if self.failure is not None:
            raise self.failure
        return super().submit_predict(x, options)


class HeldReader(DigitReader):
    """A reader with such an engine."""

    def __init__(self, settings: Settings) -> None:
        """Load the models."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("handwriting_ai.reading.reader.InferenceEngine", HeldEngine)
            super().__init__(settings)

    @property
    def held(self) -> HeldEngine:
        """The engine."""
        assert isinstance(self.engine, HeldEngine)
        return self.engine


def png(canvas: "NDArray[np.uint8]", kind: str = "PNG") -> bytes:
    """Grey levels as a file."""
    buffer = io.BytesIO()
    Image.fromarray(canvas).save(buffer, kind)
    return buffer.getvalue()


def paper() -> "NDArray[np.uint8]":
    """White, `uint8 (280, 280)`."""
    return np.full((280, 280), 255, dtype=np.uint8)


def drawing(kind: str = "PNG") -> bytes:
    """A bold stroke on white paper, as a file."""
    canvas = paper()
    canvas[40:240, 130:150] = 0
    return png(canvas, kind)


def send(
    client: TestClient,
    picture: bytes,
    path: str = "/v1/read",
    *,
    content_type: str = "image/png",
    fields: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a picture as a form, as a browser would."""
    files = {"file": ("drawing.png", picture, content_type)}
    return client.post(path, files=files, data=fields, params=query, headers=headers)


def refused(response: Response, status: int, code: str) -> str:
    """Check that a response is an error of this kind, whole and discreet; returns its message."""
    problem = Problem.model_validate_json(response.content, extra="forbid")
    assert (response.status_code, problem.code) == (status, code), problem.message
    assert problem.request_id == response.headers["X-Request-ID"]
    assert problem.message
    told = response.text + repr(response.headers.items())
    assert [word for word in INSIDE if word in told] == []
    return problem.message

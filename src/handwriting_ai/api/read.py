"""`POST /v1/read`: a picture in, a digit out."""

import base64
import io
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Form, Query, Request, UploadFile
from PIL import Image

from handwriting_ai.api.metrics import Metrics
from handwriting_ai.api.problems import BAD_FIELDS
from handwriting_ai.api.resources import Resources
from handwriting_ai.api.results import ReadResult
from handwriting_ai.api.schemas import ReadAnswer, ReadForm, ReadQuery
from handwriting_ai.config import Settings
from handwriting_ai.errors import EngineBusy, UnsupportedMedia
from handwriting_ai.preprocess import MEDIA_TYPES, Gray

MULTIPART: Final = "multipart/form-data"
_ACCEPTED: Final = frozenset({*MEDIA_TYPES, "application/octet-stream", ""})
"""With types that say nothing: the content decides."""
_BYTES_PER_KB: Final = 1_000


async def require_multipart(request: Request) -> None:
    """Let forms with files pass.

    Raises:
        UnsupportedMedia: the body is something else.
    """
    if media_type(request.headers.get("content-type")) != MULTIPART:
        raise UnsupportedMedia(f"Send the picture as {MULTIPART}, in the part `file` (`files` to /v1/read-many).")


def media_type(header: str | None) -> str:
    """A content type without its parameters, in small letters."""
    return (header or "").partition(";")[0].strip().lower()


def require_single(where: str, items: Sequence[tuple[str, object]]) -> None:
    """Let fields pass that are given once: which of two values counts would be a guess.

    Raises:
        RequestValidationError: one is given twice.
    """
    doubled = [name for name, count in Counter(name for name, _ in items).items() if count > 1]
    if doubled:
        problems = [{"loc": (where, name), "msg": "Given more than once"} for name in doubled]
        raise BAD_FIELDS(problems)


def require_picture(file: UploadFile) -> None:
    """Let files pass that say that they are pictures, or do not say what they are.

    Raises:
        UnsupportedMedia: it says that it is something else.
    """
    if media_type(file.content_type) not in _ACCEPTED:
        raise UnsupportedMedia(f"A file of this type is not read. Send one of {', '.join(MEDIA_TYPES)}.")


class ReadRoutes:
    """Reads pictures; two paths lead here."""

    def __init__(self, settings: Settings, resources: Resources, metrics: Metrics) -> None:
        self._largest_kb = settings.digits.visualize_max_kb
        self._resources, self._metrics = resources, metrics

    async def read(
        self,
        form: Annotated[ReadForm, Form(media_type=MULTIPART)],
        query: Annotated[ReadQuery, Query()],
        request: Request,
    ) -> ReadAnswer:
        """Read one handwritten digit."""
        require_single("body", (await request.form()).multi_items())  # parsed already, for `form`
        require_single("query", request.query_params.multi_items())
        require_picture(form.file)
        invert = query.invert if form.invert is None else form.invert
        visualize = query.visualize if form.visualize is None else form.visualize
        try:
            result = await self._resources.reader.read(await form.file.read(), invert=invert)
        except EngineBusy:
            self._metrics.note_busy()
            raise
        self._metrics.note_prediction(uncertain=result.prediction.uncertain)
        return answer_to(result, visual_kb=self._largest_kb if visualize else None)


def answer_to(result: ReadResult, *, visual_kb: float | None) -> ReadAnswer:
    """What a client is told of a picture.

    Args:
        result: the picture, read.
        visual_kb: the largest picture of what the network saw that is sent along; None for none.
    """
    prediction = result.prediction
    return ReadAnswer(
        digit=prediction.digit,
        confidence=prediction.confidence,
        probs=prediction.probs,
        model_id=prediction.model_id,
        visual_png_b64=None if visual_kb is None else _visual(result.picture, visual_kb),
        uncertain=prediction.uncertain,
        doubts=result.doubts,
        digits_found=result.digits_found,
        left_out_share=result.left_out_share,
        latency_ms=result.latency_ms,
    )


def _visual(picture: Gray, largest_kb: float) -> str | None:
    """`uint8 (28, 28)` → PNG in base 64; None if it is larger than that."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    png = buffer.getvalue()
    return base64.b64encode(png).decode() if len(png) <= largest_kb * _BYTES_PER_KB else None

"""`POST /v1/read-many`: pictures in, an answer for each out."""

from typing import Annotated

from fastapi import Form, Query, Request, UploadFile

from handwriting_ai.api.many_schemas import ManyAnswer, ManyForm, PictureProblem
from handwriting_ai.api.metrics import Metrics
from handwriting_ai.api.problems import refusal_of
from handwriting_ai.api.read import MULTIPART, answer_to, require_picture, require_single
from handwriting_ai.api.resources import Load, Resources
from handwriting_ai.api.results import ReadResult
from handwriting_ai.api.schemas import ReadAnswer, ReadQuery
from handwriting_ai.config import Settings
from handwriting_ai.errors import EngineBusy, HandwritingError


class ManyRoutes:
    """Reads many pictures at once."""

    def __init__(self, settings: Settings, resources: Resources, metrics: Metrics) -> None:
        self._largest_kb = settings.digits.visualize_max_kb
        self._resources, self._metrics = resources, metrics

    async def read_many(
        self,
        form: Annotated[ManyForm, Form(media_type=MULTIPART)],
        query: Annotated[ReadQuery, Query()],
        request: Request,
    ) -> ManyAnswer:
        """Read one handwritten digit from each of many pictures; one that cannot be read does not stop the others."""
        given = (await request.form()).multi_items()  # parsed already, for `form`
        require_single("body", [(name, value) for name, value in given if name != "files"])
        require_single("query", request.query_params.multi_items())
        invert = query.invert if form.invert is None else form.invert
        visualize = query.visualize if form.visualize is None else form.visualize
        loads = [_load(file) for file in form.files]
        try:
            results = await self._resources.reader.read_many(loads, invert=invert)
        except EngineBusy:
            self._metrics.note_busy()
            raise
        answers = [self._answer(each, visualize=bool(visualize)) for each in results]
        return ManyAnswer(answers=answers)

    def _answer(self, result: ReadResult | HandwritingError, *, visualize: bool) -> ReadAnswer | PictureProblem:
        if isinstance(result, HandwritingError):
            refusal = refusal_of(result)
            return PictureProblem(code=refusal.code, message=refusal.message)
        self._metrics.note_prediction(uncertain=result.prediction.uncertain)
        return answer_to(result, visual_kb=self._largest_kb if visualize else None)


def _load(file: UploadFile) -> Load:
    """What reads a file's content once it is its turn: until then it may lie on disk."""

    async def load() -> bytes:
        require_picture(file)
        return await file.read()

    return load

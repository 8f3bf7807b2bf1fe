"""`POST /v1/read-page`: a picture in, every digit of it out."""

from typing import Annotated

from fastapi import Form, Query, Request

from handwriting_ai.api.metrics import Metrics
from handwriting_ai.api.page_schemas import (
    BoxView,
    DigitView,
    LeftOutView,
    LineView,
    NumberView,
    PageAnswer,
    PageForm,
    PageQuery,
)
from handwriting_ai.api.read import MULTIPART, require_picture, require_single
from handwriting_ai.api.resources import Resources
from handwriting_ai.errors import EngineBusy
from handwriting_ai.reading.page import PageDigit, PageLine, PageNumber


class PageRoutes:
    """Reads pages."""

    def __init__(self, resources: Resources, metrics: Metrics) -> None:
        self._resources, self._metrics = resources, metrics

    async def read_page(
        self,
        form: Annotated[PageForm, Form(media_type=MULTIPART)],
        _query: Annotated[PageQuery, Query()],
        request: Request,
    ) -> PageAnswer:
        """Read every handwritten digit of a picture, in lines and numbers."""
        require_single("body", (await request.form()).multi_items())  # parsed already, for `form`
        require_picture(form.file)
        reader = self._resources.reader
        try:
            page = await reader.read_page(await form.file.read())
        except EngineBusy:
            self._metrics.note_busy()
            raise
        digits = page.digits
        for digit in digits:
            self._metrics.note_prediction(uncertain=digit.prediction.uncertain)
        lines = [_line(line) for line in page.lines]
        return PageAnswer(
            text=page.text,
            digits_found=len(digits),
            uncertain=page.uncertain,
            lines=lines,
            left_out=LeftOutView.model_validate(page.left_out),
            width=page.width,
            height=page.height,
            model_id=digits[0].prediction.model_id if digits else None,
            latency_ms=page.total_ms,
        )


def _line(line: PageLine) -> LineView:
    numbers = [_number(number) for number in line.numbers]
    return LineView(text=line.text, numbers=numbers)


def _number(number: PageNumber) -> NumberView:
    digits = [_digit(digit) for digit in number.digits]
    return NumberView(
        text=number.text,
        confidence=number.confidence,
        box=BoxView.model_validate(number.box),
        digits=digits,
    )


def _digit(digit: PageDigit) -> DigitView:
    return DigitView(
        digit=digit.prediction.digit,
        confidence=digit.prediction.confidence,
        uncertain=digit.prediction.uncertain,
        doubts=digit.doubts,
        box=BoxView.model_validate(digit.box),
    )

"""What goes in and out of `/v1/read-many`."""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from handwriting_ai.api.schemas import (
    CENTER,
    INVERT,
    READ_EXAMPLE,
    VISUALIZE,
    Center,
    Picture,
    ReadAnswer,
    with_examples,
)
from handwriting_ai.preprocess import FORMAT_NAMES

MOST_PICTURES: Final = 64
"""Pictures in a request."""
_PROBLEM: Final = {
    "code": "invalid_image",
    "message": f"The file is not a picture that can be read. Send a {FORMAT_NAMES} picture.",
}


class ManyForm(BaseModel):
    """Pictures of one digit each, and choices for all of them."""

    model_config = with_examples({"files": ["(a picture)", "(a picture)"], "invert": True}, closed=True)

    files: Annotated[list[Picture], Field(min_length=1, max_length=MOST_PICTURES)] = Field(
        description=f"{FORMAT_NAMES}; of several pictures in a file the first."
    )
    invert: bool | None = Field(default=None, description=INVERT)
    center: Center = Field(default=None, description=CENTER, json_schema_extra={"enum": [True, None]})
    visualize: bool | None = Field(default=None, description=VISUALIZE)


class PictureProblem(BaseModel):
    """Why one of the pictures has no other answer."""

    model_config = with_examples({**_PROBLEM})

    code: str = Field(description="As if the picture had been sent alone.")
    message: str = Field(description="A sentence for people.")


class ManyAnswer(BaseModel):
    """An answer for each picture, in the order in which they were sent."""

    model_config = with_examples({"answers": [READ_EXAMPLE, {**_PROBLEM}]})

    answers: tuple[ReadAnswer | PictureProblem, ...] = Field(min_length=1, max_length=MOST_PICTURES)

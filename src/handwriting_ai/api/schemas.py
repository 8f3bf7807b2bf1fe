"""What goes in and out over HTTP. Every schema carries an example, which the document shows and a test checks."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import UploadFile
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from handwriting_ai.architectures import architecture_names
from handwriting_ai.jobs.types import LARGEST_SEED, MOST_EPOCHS, JobStatus
from handwriting_ai.prediction import N_CLASSES, TtaMode
from handwriting_ai.preprocess import FORMAT_NAMES
from handwriting_ai.training.recipes import recipe_names

_MEMBER: Final[dict[str, JsonValue]] = {
    "model_id": "mnist_compact_drawn_seed5",
    "arch": "compact",
    "temperature": 1.05,
    "val_acc": 0.9958,
    "test_acc": None,
    "training_recipe": "drawn",
    "training_seed": 0,
    "n_parameters": 287_000,
    "created_at": "2026-01-31T12:00:00Z",
}
_CONFIG: Final[dict[str, JsonValue]] = {
    "arch": "compact",
    "recipe": "baseline",
    "epochs": 2,
    "seed": 42,
    "model_id": "mnist_compact_baseline_seed42",
    "created_at": "2026-01-31T12:00:00Z",
}
_REFUSED: Final[dict[str, JsonValue]] = {
    "model_id": "second",
    "reason": "second/model.pt cannot be read: No such file or directory.",
}


def with_examples(*examples: JsonValue, closed: bool = False) -> ConfigDict:
    """Frozen, with examples in the document; `closed` refuses fields that are not known."""
    return ConfigDict(
        frozen=True,
        protected_namespaces=(),
        extra="forbid" if closed else "ignore",
        from_attributes=not closed,
        json_schema_extra={"examples": list(examples)},
    )


class Problem(BaseModel):
    """Why there is no other answer."""

    model_config = with_examples(
        {
            "code": "invalid_image",
            "message": f"The file is not a picture that can be read. Send a {FORMAT_NAMES} picture.",
            "request_id": "0f8c1d2e3b4a-17",
        }
    )

    code: str = Field(description="One word, the same for every error of this kind.")
    message: str = Field(description="A sentence for people.")
    request_id: str = Field(description="The log has more under it; also in the header X-Request-ID.")


class Health(BaseModel):
    """That the process lives."""

    model_config = with_examples({"status": "ok"})

    status: str


class RefusedModel(BaseModel):
    """A model that was not loaded."""

    model_config = with_examples(_REFUSED)

    model_id: str
    reason: str


class Readiness(BaseModel):
    """Which models answer, and which were refused."""

    model_config = with_examples(
        {
            "ready": True,
            "loaded": ["first"],
            "refused": [_REFUSED],
            "trouble": "presets.json: default.tta: Field required.",
        },
    )

    ready: bool
    loaded: tuple[str, ...]
    refused: tuple[RefusedModel, ...]
    trouble: str | None = Field(description="Why what has changed in the models folder, or its presets, is not loaded.")


class Version(BaseModel):
    """What runs here."""

    model_config = with_examples({"version": "0.1.0", "preprocess_signature": "v1/grayscale+polarity+…"})

    version: str
    preprocess_signature: str = Field(description="Models of another signature are refused.")


class ActiveMember(BaseModel):
    """One model that answers."""

    model_config = with_examples(_MEMBER)

    model_id: str
    arch: str
    temperature: float = Field(description="The manifest's; `temperature_override` stands above it.")
    val_acc: float
    test_acc: float | None = None
    training_recipe: str | None = None
    training_seed: int | None = None
    n_parameters: int | None = None
    created_at: datetime


class ActiveModels(BaseModel):
    """Who answers together, and how."""

    model_config = with_examples(
        {
            "model_id": "ensemble_3_models",
            "tta": "advanced",
            "temperature_override": None,
            "members": [_MEMBER],
        }
    )

    model_id: str
    tta: TtaMode
    temperature_override: float | None = None
    members: tuple[ActiveMember, ...]


def _must_center(center: bool | None) -> bool | None:
    if center is False:
        raise ValueError("the digit is always centred, as the models learned it; leave `center` out or send true")
    return center


def _must_be_file(part: object) -> object:
    if isinstance(part, str):
        raise ValueError("this part must be a file, not text")
    return part


Picture = Annotated[UploadFile, BeforeValidator(_must_be_file)]
Center = Annotated[bool | None, AfterValidator(_must_center)]
INVERT: Final = "True if the ink is darker than the paper, false if it is lighter; left out, the picture tells."
CENTER: Final = "Only true can be had: the digit is always centred, as the models learned it."
VISUALIZE: Final = "Whether the answer holds the 28 × 28 picture that the network saw."


class ReadQuery(BaseModel):
    """Choices in the address; those in the form win."""

    model_config = with_examples({"visualize": True}, closed=True)

    invert: bool | None = Field(default=None, description=INVERT)
    center: Center = Field(default=None, description=CENTER, json_schema_extra={"enum": [True, None]})
    visualize: bool | None = Field(default=None, description=VISUALIZE)


class ReadForm(BaseModel):
    """A picture of one digit, and choices."""

    model_config = with_examples({"file": "(a picture)", "invert": True, "visualize": True}, closed=True)

    file: Picture = Field(description=f"{FORMAT_NAMES}; of several pictures in it the first.")
    invert: bool | None = Field(default=None, description=INVERT)
    center: Center = Field(default=None, description=CENTER, json_schema_extra={"enum": [True, None]})
    visualize: bool | None = Field(default=None, description=VISUALIZE)


READ_EXAMPLE: Final[dict[str, JsonValue]] = {
    "digit": 7,
    "confidence": 0.991,
    "probs": [0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 0.991, 0.001, 0.001],
    "model_id": "ensemble_3_models",
    "visual_png_b64": None,
    "uncertain": False,
    "doubts": [],
    "digits_found": 1,
    "left_out_share": 0.0,
    "latency_ms": 21.5,
}


class ReadAnswer(BaseModel):
    """One digit, and how sure the models are."""

    model_config = with_examples(READ_EXAMPLE)

    digit: int = Field(ge=0, lt=N_CLASSES)
    confidence: float = Field(ge=0, le=1, description="The largest of `probs`.")
    probs: tuple[float, ...] = Field(min_length=N_CLASSES, max_length=N_CLASSES)
    model_id: str
    visual_png_b64: str | None = Field(default=None, description="The network's 28 × 28 picture, if it was asked for.")
    uncertain: bool = Field(description="There are `doubts`, or a confidence below `DIGITS__UNCERTAIN_THRESHOLD`.")
    doubts: tuple[str, ...] = Field(description="Why the ink may not be the digit, or not all of it, as sentences.")
    digits_found: int = Field(ge=1, description="If there are several, one of them is read, and uncertain.")
    left_out_share: float = Field(
        ge=0, lt=1, description="Ink that was found and not taken for a part of the digit, as a share of all ink."
    )
    latency_ms: float = Field(ge=0, description="From the picture's last byte to the answer.")


class TrainRequest(BaseModel):
    """A run to queue."""

    model_config = with_examples({"arch": "compact", "recipe": "baseline", "epochs": 2, "seed": 42}, closed=True)

    arch: str = Field(json_schema_extra={"enum": [*architecture_names()]})
    recipe: str = Field(json_schema_extra={"enum": [*recipe_names()]})
    epochs: int | None = Field(
        default=None, strict=True, ge=1, le=MOST_EPOCHS, description="Left out: the recipe's own number."
    )
    seed: int = Field(default=42, strict=True, ge=0, le=LARGEST_SEED)


class TrainConfig(BaseModel):
    """What is trained."""

    model_config = with_examples(_CONFIG)

    arch: str
    recipe: str
    epochs: int
    seed: int
    model_id: str = Field(description="The name that the model will have.")
    created_at: datetime


class EpochMetrics(BaseModel):
    """What the last epoch brought."""

    model_config = with_examples(
        {
            "epoch": 1,
            "epochs": 2,
            "learning_rate": 0.001,
            "train_loss": 0.21,
            "train_accuracy": 0.981,
            "val_loss": 0.06,
            "val_accuracy": 0.982,
            "images_per_second": 3500.0,
            "seconds": 15.8,
        }
    )

    epoch: int
    epochs: int
    learning_rate: float
    train_loss: float
    train_accuracy: float | None = Field(default=None, description="On the digits as the augmentation changed them.")
    val_loss: float
    val_accuracy: float
    images_per_second: float
    seconds: float


class JobView(BaseModel):
    """How a run stands."""

    model_config = with_examples(
        {
            "job_id": "20260131-120000-1f2e",
            "status": "queued",
            "config": _CONFIG,
            "progress": 0.0,
            "current_epoch": 0,
            "metrics": None,
            "model_id": None,
            "error": None,
            "created_at": "2026-01-31T12:00:00Z",
            "completed_at": None,
        }
    )

    job_id: str
    status: JobStatus
    config: TrainConfig
    progress: float = Field(ge=0, le=1)
    current_epoch: int = Field(description="Epochs completed.")
    metrics: EpochMetrics | None = Field(default=None, description="Of the last epoch completed.")
    model_id: str | None = Field(default=None, description="The registered model, once the run is completed.")
    error: str | None = None
    created_at: datetime
    completed_at: datetime | None = Field(default=None, description="When it ended, in whatever way.")

"""How a model's accuracy falls under damage, kept beside its weights in `damage.json`."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from torch import Tensor

from handwriting_ai.architectures import TypedModule
from handwriting_ai.architectures.running import all_logits
from handwriting_ai.data.mnist import DigitImages, published_digests
from handwriting_ai.data.split import SPLIT_SEED, VALIDATION_COUNT
from handwriting_ai.errors import PredictionsError
from handwriting_ai.evaluation.damage import SEVERITIES, Damage, DamagePoint, damaged
from handwriting_ai.evaluation.metrics import count_errors
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.weights import weights_digest
from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file
from handwriting_ai.support.problems import describe_problems

DAMAGE_NAME: Final = "damage.json"
DAMAGE_COMMAND: Final = "handwriting-ai evaluate --damage"
_CONDITIONS: Final = tuple(
    (damage, severity, amount) for damage in Damage for severity, amount in enumerate((0.0, *SEVERITIES[damage]))
)
"""Damage, severity and amount of every point, in the file's order."""
_PICTURES_AT_ONCE: Final = 256


def _counted(point: DamagePoint) -> DamagePoint:
    if not 0 <= point.errors <= point.n or not point.n:
        raise ValueError(f"{point.errors} errors in {point.n} pictures cannot be")
    return point


class _DamageFile(BaseModel):
    """The content of `damage.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_from: str
    points: tuple[Annotated[DamagePoint, AfterValidator(_counted)], ...]


def measure_damage(
    network: TypedModule,
    digits: DigitImages,
    device: torch.device,
    on_step: Callable[[int, int], None] | None = None,
) -> tuple[DamagePoint, ...]:
    """Count what a network misreads under every damage and severity; what is kept is of MNIST's validation digits.

    The pictures are damaged as they lie in MNIST, and go straight to the network after `normalize`, one view of each:
    without the preprocessing, which expects a whole canvas and would undo some of the damage.

    Args:
        network: on `device`, prepared for inference.
        digits: what it reads.
        device: where it runs.
        on_step: called with the points done and all points.

    Returns:
        For each damage severity 0, which is the undamaged digits, and severities 1 to 5.

    Raises:
        ValueError: there are no digits.
    """
    labels = torch.from_numpy(digits.labels)
    undamaged = _count_misread(network, digits.images, labels, device)
    points: list[DamagePoint] = []
    for done, (damage, severity, amount) in enumerate(_CONDITIONS, start=1):
        errors = undamaged
        if severity:
            errors = _count_misread(network, damaged(digits.images, damage, severity), labels, device)
        points.append(DamagePoint(damage=damage, severity=severity, amount=amount, n=len(digits), errors=errors))
        if on_step is not None:
            on_step(done, len(_CONDITIONS))
    return tuple(points)


def _count_misread(network: TypedModule, images: "NDArray[np.uint8]", labels: Tensor, device: torch.device) -> int:
    """How many of `(n, 28, 28)` have another answer than their label."""
    return count_errors(all_logits(network, images, size=_PICTURES_AT_ONCE, device=device), labels)


def packed_damage(points: tuple[DamagePoint, ...], weights_sha256: str) -> bytes:
    """The content of `damage.json`, tied to the weights and the digits."""
    file = _DamageFile(made_from=_made_from(weights_sha256), points=points)
    return file.model_dump_json(indent=2).encode() + b"\n"


def read_damage(folder: Path, manifest: Manifest) -> tuple[DamagePoint, ...]:
    """What `measure_damage` found for a model, in the same order.

    Raises:
        PredictionsError: there is no such file, it is damaged, or of other weights, digits or damages than today's.
        WeightsError: as `weights_digest`.
    """
    path = folder / DAMAGE_NAME
    make = f"Make it with `{DAMAGE_COMMAND} {manifest.model_id}`."
    advice = make if manifest.not_shipped is None else "It is made with the model's weights, which are not shipped."
    expected = _made_from(weights_digest(folder, manifest))
    try:
        file = _DamageFile.model_validate_json(read_regular_file(path, MOST_JSON_BYTES))
    except FileNotFoundError as error:
        raise PredictionsError(f"Model {manifest.model_id!r} has no {DAMAGE_NAME}. {advice}") from error
    except OSError as error:
        raise PredictionsError(f"{path} cannot be read: {error.strerror}. {advice}") from error
    except ValidationError as error:
        raise PredictionsError(f"{path} is damaged: {describe_problems(error)}. {advice}") from error
    conditions = tuple((point.damage, point.severity, point.amount) for point in file.points)
    if file.made_from != expected or conditions != _CONDITIONS:
        raise PredictionsError(f"{path} was made from other weights, digits or damages. {advice}")
    return file.points


def _made_from(weights_sha256: str) -> str:
    """One digest over the weights and the digits; the damages are in the points."""
    parts = (weights_sha256, published_digests(), VALIDATION_COUNT, SPLIT_SEED)
    return hashlib.sha256(repr(parts).encode()).hexdigest()

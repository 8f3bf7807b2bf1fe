"""Accuracy under damage: what is measured, and what a kept file must be to be believed."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.registry.samples import fresh_state, manifest, saved, write_model
from torch import Tensor

from handwriting_ai.architectures import TypedModule
from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import PredictionsError
from handwriting_ai.evaluation import robustness
from handwriting_ai.evaluation.damage import SEVERITIES, Damage, DamagePoint, damaged
from handwriting_ai.evaluation.robustness import DAMAGE_NAME, measure_damage, packed_damage, read_damage
from handwriting_ai.preprocess import normalize
from handwriting_ai.registry.manifest import Manifest, read_manifest
from handwriting_ai.support.files import write_atomically

CPU = torch.device("cpu")
SHA256 = "a" * 64


class Quadrants(TypedModule):
    """Answers with the quarter of the frame that holds the most ink: 0 to 3, in reading order."""

    def forward(self, x: Tensor) -> Tensor:
        """`(n, 1, 28, 28)` → `(n, 10)`."""
        ink = torch.nn.functional.avg_pool2d(x, 14).flatten(1)
        return torch.nn.functional.pad(ink, (0, 6), value=-1e3)


def _digits(count: int = 40) -> DigitImages:
    """A square of ink in one quarter each; the first is labelled wrongly."""
    rows: NDArray[np.int64] = np.arange(count)
    labels = np.remainder(rows, 4)
    images = np.zeros((count, 28, 28), dtype=np.uint8)
    values: list[int] = labels.tolist()
    for row, label in enumerate(values):
        top, left = 4 + label // 2 * 14, 4 + label % 2 * 14
        images[row, top : top + 6, left : left + 6] = 255
    labels[0] = 9
    return DigitImages(images=images, labels=labels)


def _points() -> tuple[DamagePoint, ...]:
    """A whole file's, with errors that grow."""
    return tuple(
        DamagePoint(damage=damage, severity=severity, amount=amount, n=50, errors=severity)
        for damage in Damage
        for severity, amount in enumerate((0.0, *SEVERITIES[damage]))
    )


def _manifest(model_id: str = "good", weights_sha256: str | None = SHA256) -> Manifest:
    stamp: dict[str, object] = {"weights_sha256": weights_sha256}
    return manifest(model_id).model_copy(update=stamp)


def _kept(folder: Path, content: bytes, weights_sha256: str | None = SHA256) -> tuple[DamagePoint, ...]:
    write_atomically(folder / DAMAGE_NAME, content)
    return read_damage(folder, _manifest(weights_sha256=weights_sha256))


def _content(**changes: object) -> dict[str, object]:
    content: dict[str, object] = json.loads(packed_damage(_points(), SHA256))
    return content | changes


def test_every_damage_is_measured_at_every_severity() -> None:
    """Seven times six points; undamaged digits are severity 0 of each, and only the wrong label is an error there."""
    steps: list[tuple[int, int]] = []
    points = measure_damage(Quadrants(), _digits(), CPU, lambda done, total: steps.append((done, total)))
    assert [(point.damage, point.severity, point.amount) for point in points] == [
        (point.damage, point.severity, point.amount) for point in _points()
    ]
    assert {point.n for point in points} == {40}
    assert [point.errors for point in points if point.severity == 0] == [1] * 7
    assert steps == [(done, 42) for done in range(1, 43)]


def test_errors_are_those_of_the_damaged_pictures() -> None:
    """As counted one picture at a time, straight through `normalize`, on more pictures than fit one batch."""
    digits = _digits(300)
    points = {(point.damage, point.severity): point for point in measure_damage(Quadrants(), digits, CPU)}
    labels: list[int] = digits.labels.tolist()
    for damage, severity in ((Damage.SHIFT, 5), (Damage.NOISE, 3), (Damage.OCCLUSION, 5)):
        expected = 0
        images = damaged(digits.images, damage, severity)
        for row, label in enumerate(labels):
            picture = torch.from_numpy(normalize(images[row : row + 1])).unsqueeze(1)
            expected += int(Quadrants()(picture).argmax()) != label
        assert points[damage, severity].errors == expected
    assert points[Damage.SHIFT, 5].errors > 30
    assert points[Damage.CONTRAST, 5].errors == 1


def test_a_network_as_it_answers_is_measured() -> None:
    """Folded and with channels last."""
    points = measure_damage(for_inference("compact", 10, fresh_state()), _digits(8), CPU)
    assert all(0 <= point.errors <= point.n == 8 for point in points)


def test_no_digits_cannot_be_measured() -> None:
    """There is no accuracy of nothing."""
    with pytest.raises(ValueError, match="n > 0"):
        measure_damage(Quadrants(), _digits().pick(np.zeros(0, dtype=np.int64)), CPU)


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    """The same points in the same order; people can read the file."""
    assert _kept(tmp_path, packed_damage(_points(), SHA256)) == _points()
    assert '"damage": "rotation"' in (tmp_path / DAMAGE_NAME).read_text(encoding="utf-8")


def test_a_manifest_without_digest_stands_for_its_file(tmp_path: Path) -> None:
    """The weights themselves are then looked at."""
    weights = saved(fresh_state())
    folder = write_model(tmp_path, "good", weights)
    digest = read_manifest(folder / "manifest.json").weights_sha256
    assert digest is not None
    assert _kept(folder, packed_damage(_points(), digest), None) == _points()
    with pytest.raises(PredictionsError, match="other weights"):
        _kept(folder, packed_damage(_points(), SHA256), None)


def test_a_missing_file_comes_with_the_command_that_makes_it(tmp_path: Path) -> None:
    """And with the model's name in it."""
    with pytest.raises(PredictionsError) as caught:
        read_damage(tmp_path, _manifest("some"))
    assert str(caught.value) == (
        "Model 'some' has no damage.json. Make it with `handwriting-ai evaluate --damage some`."
    )


POINT: dict[str, object] = {"damage": "blur", "severity": 1, "amount": 0.5, "n": 10, "errors": 1}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"no JSON",
        b"[]",
        json.dumps(_content(points=None)).encode(),
        json.dumps(_content(more=1)).encode(),
        json.dumps(_content(points=[POINT | {"damage": "rain"}])).encode(),
        json.dumps(_content(points=[POINT | {"errors": 11}])).encode(),
        json.dumps(_content(points=[POINT | {"errors": -1}])).encode(),
        json.dumps(_content(points=[POINT | {"n": 0, "errors": 0}])).encode(),
        json.dumps(_content(points=[POINT | {"amount": "much"}])).encode(),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever is wrong with it, the message names the file and the command."""
    with pytest.raises(PredictionsError, match=r"damage\.json is damaged: .*Make it with `handwriting-ai evaluate"):
        _kept(tmp_path, content)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Such as a folder of that name, or a pipe, for whose other end nobody waits."""
    (tmp_path / DAMAGE_NAME).mkdir()
    with pytest.raises(PredictionsError, match="cannot be read: Is a directory"):
        read_damage(tmp_path, _manifest())
    (tmp_path / DAMAGE_NAME).rmdir()
    os.mkfifo(tmp_path / DAMAGE_NAME)
    with pytest.raises(PredictionsError, match="cannot be read: it is a named pipe"):
        read_damage(tmp_path, _manifest())


def test_other_weights_are_told(tmp_path: Path) -> None:
    """A model trained again under the same name."""
    with pytest.raises(PredictionsError, match="other weights, digits or damages"):
        _kept(tmp_path, packed_damage(_points(), "b" * 64))


def test_other_damages_are_told(tmp_path: Path) -> None:
    """A point too few, or one of another amount."""
    fewer = _points()[:-1]
    last = _points()[-1]
    other = DamagePoint(damage=last.damage, severity=last.severity, amount=0.9, n=50, errors=5)
    for points in (fewer, (*fewer, other)):
        with pytest.raises(PredictionsError, match="other weights, digits or damages"):
            _kept(tmp_path, packed_damage(points, SHA256))


def test_other_digits_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A split of another seed."""
    content = packed_damage(_points(), SHA256)
    monkeypatch.setattr(robustness, "SPLIT_SEED", 1)
    with pytest.raises(PredictionsError, match="other weights, digits or damages"):
        _kept(tmp_path, content)

"""Damaged digits: how far, how random, and the same as another library or a sum on paper says."""

import math
import re

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.evaluation.damage import SEVERITIES, Damage, DamagePoint, damaged

DIGITS: "NDArray[np.uint8]" = load_mnist(PROJECT_ROOT / "data" / "mnist", Part.TRAIN).images[:200]
DRAWING_NOTHING = {Damage.BLUR, Damage.CONTRAST}
RANDOM = [damage for damage in Damage if damage not in DRAWING_NOTHING]
KEEPING_PAPER = [damage for damage in Damage if damage is not Damage.NOISE]


def _copies(picture: "NDArray[np.uint8]", count: int = 60) -> "NDArray[np.uint8]":
    return np.repeat(picture[np.newaxis], count, axis=0)


def _rectangle(top: int, bottom: int, left: int, right: int) -> "NDArray[np.uint8]":
    """Full ink from `top` and `left` to just before `bottom` and `right`."""
    picture = np.zeros((28, 28), dtype=np.uint8)
    picture[top:bottom, left:right] = 255
    return picture


def _floats(images: "NDArray[np.uint8]") -> Tensor:
    """Grey levels, in double precision."""
    return torch.tensor(images, dtype=torch.float64)


def _distinct(values: Tensor) -> list[float]:
    each: list[float] = values.flatten().tolist()
    return sorted(set(each))


def _largest_difference(made: "NDArray[np.uint8]", expected: "NDArray[np.uint8]") -> float:
    return float((_floats(made) - _floats(expected)).abs().max())


@pytest.mark.parametrize("damage", Damage)
def test_the_same_seed_damages_alike(damage: Damage) -> None:
    """Bit for bit, whether few pictures follow or many, and the originals stay as they are."""
    before = DIGITS.copy()
    made = damaged(DIGITS, damage, 3, seed=7)
    assert made.shape == DIGITS.shape
    assert made.dtype == np.uint8
    assert np.array_equal(made, damaged(DIGITS, damage, 3, seed=7))
    for count in (1, 5, 70):
        first: NDArray[np.uint8] = made[:count]
        assert np.array_equal(first, damaged(DIGITS[:count], damage, 3, seed=7))
    assert np.array_equal(DIGITS, before)


@pytest.mark.parametrize("damage", Damage)
def test_another_seed_draws_otherwise(damage: Damage) -> None:
    """Unless the damage draws nothing."""
    same = np.array_equal(damaged(DIGITS, damage, 3, seed=1), damaged(DIGITS, damage, 3, seed=2))
    assert same is (damage in DRAWING_NOTHING)


@pytest.mark.parametrize("damage", RANDOM)
def test_each_picture_has_a_draw_of_its_own(damage: Damage) -> None:
    """Copies of one digit come out in two ways where only a sign is drawn, else in many."""
    digit: NDArray[np.uint8] = DIGITS[0]
    made: list[NDArray[np.uint8]] = list(damaged(_copies(digit), damage, 4))
    kinds = len({picture.tobytes() for picture in made})
    assert kinds == 2 if damage in {Damage.ROTATION, Damage.THICKNESS} else kinds > 20


@pytest.mark.parametrize("damage", Damage)
def test_severities_lead_away_from_the_original(damage: Damage) -> None:
    """The mean absolute difference grows with each, and so do the amounts."""
    originals = _floats(DIGITS)
    distances = [float((_floats(damaged(DIGITS, damage, level)) - originals).abs().mean()) for level in range(1, 6)]
    assert distances[0] > 0
    assert distances == sorted(set(distances))
    assert list(SEVERITIES[damage]) == sorted(set(SEVERITIES[damage]))


@pytest.mark.parametrize("damage", KEEPING_PAPER)
def test_ink_at_one_rim_leaves_the_others_white(damage: Damage) -> None:
    """Nothing comes in on the far side, however severe, and paper without ink stays paper."""
    made = damaged(_copies(_rectangle(11, 17, 22, 28)), damage, 5)
    assert not made[:, :, :12].any()
    assert not damaged(np.zeros((4, 28, 28), dtype=np.uint8), damage, 5).any()


@pytest.mark.parametrize("damage", [Damage.BLUR, Damage.ROTATION, Damage.SHIFT, Damage.OCCLUSION])
def test_ink_at_the_rim_is_not_drawn_out(damage: Damage) -> None:
    """What comes in from beyond the frame is paper: no picture has more ink than before."""
    picture = _rectangle(0, 6, 11, 28)
    ink = _floats(damaged(_copies(picture), damage, 5)).sum(dim=(1, 2))
    assert float(ink.max()) < 1.01 * float(_floats(picture).sum())


def test_noise_has_the_spread_asked_for() -> None:
    """On mid-grey, where nothing is cut off; its mean is the grey."""
    made = _floats(damaged(np.full((50, 28, 28), 128, dtype=np.uint8), Damage.NOISE, 2))
    assert float(made.std()) == pytest.approx(255 * SEVERITIES[Damage.NOISE][1], rel=0.02)
    assert float(made.mean()) == pytest.approx(128, abs=1)


@pytest.mark.parametrize("severity", range(1, 6))
def test_a_blur_agrees_with_opencv(severity: int) -> None:
    """With a border of paper, which a digit's margin hardly lets it reach."""
    digit: NDArray[np.uint8] = DIGITS[0]
    padded: NDArray[np.float32] = np.pad(digit, 28).astype(np.float32)
    blurred = cv2.GaussianBlur(padded, (41, 41), SEVERITIES[Damage.BLUR][severity - 1])
    expected: NDArray[np.uint8] = np.rint(blurred[28:56, 28:56]).astype(np.uint8)
    assert _largest_difference(damaged(_copies(digit, 1), Damage.BLUR, severity), expected) <= 1


@pytest.mark.parametrize("severity", range(1, 6))
def test_a_rotation_agrees_with_opencv(severity: int) -> None:
    """By the angle, to the left in some copies and to the right in the others."""
    picture = cv2.GaussianBlur(_rectangle(8, 20, 10, 14), (5, 5), 1.2)
    made = damaged(_copies(picture), Damage.ROTATION, severity)
    angle = SEVERITIES[Damage.ROTATION][severity - 1]
    found = 0
    for sign in (-1, 1):
        turn = cv2.getRotationMatrix2D((13.5, 13.5), sign * angle, 1.0)
        expected = _floats(cv2.warpAffine(picture, turn, (28, 28)))
        agree = (_floats(made) - expected).abs().amax(dim=(1, 2)) < 0.05 * 255
        assert int(agree.sum()) > 10
        found += int(agree.sum())
    assert found == len(made)


@pytest.mark.parametrize("severity", range(1, 6))
def test_a_shift_moves_the_centre_of_mass(severity: int) -> None:
    """By the distance, in all directions, and no ink is lost before it leaves the frame."""
    made = _floats(damaged(_copies(_rectangle(12, 16, 12, 16)), Damage.SHIFT, severity))
    mass = made.sum(dim=(1, 2))
    pixels = torch.arange(28) - 13.5
    x, y = (made.sum(dim=1) * pixels).sum(dim=1) / mass, (made.sum(dim=2) * pixels).sum(dim=1) / mass
    distances: list[float] = torch.hypot(x, y).tolist()
    assert distances == pytest.approx([SEVERITIES[Damage.SHIFT][severity - 1]] * len(made), abs=0.02)
    masses: list[float] = mass.tolist()
    assert masses == pytest.approx([16 * 255] * len(made), rel=0.01)
    assert len(_distinct((torch.atan2(y, x) / (math.pi / 2)).floor())) == 4


@pytest.mark.parametrize("severity", range(1, 6))
def test_strokes_change_by_the_pixels_asked_for(severity: int) -> None:
    """A level and a slanting bar grow wider in some copies, narrower in the others."""
    change = SEVERITIES[Damage.THICKNESS][severity - 1]
    widths = _floats(damaged(_copies(_rectangle(0, 28, 10, 16)), Damage.THICKNESS, severity))[:, 14].sum(dim=1) / 255
    assert _distinct(widths) == pytest.approx([6 - change, 6 + change], abs=0.1)
    across = torch.arange(28) + torch.arange(28).unsqueeze(1)
    slanting: NDArray[np.uint8] = ((4.5 - (across - 27).abs() / math.sqrt(2)).clamp(0, 1) * 255).byte().numpy()
    made = _floats(damaged(_copies(slanting), Damage.THICKNESS, severity))
    assert _distinct(made[:, 14].sum(dim=1) / 255 / math.sqrt(2)) == pytest.approx([8 - change, 8 + change], abs=0.2)


def test_narrow_strokes_stay_as_dark_as_they_were() -> None:
    """Of a thin pen too: most digits keep most of their darkest ink, and none vanishes."""
    made = _floats(damaged(DIGITS, Damage.THICKNESS, 5))
    darkest = made.amax(dim=(1, 2))
    assert float(darkest.min()) > 50
    assert float(darkest.median()) > 240


@pytest.mark.parametrize("severity", range(1, 6))
def test_occlusion_wipes_a_square_of_the_inks_box(severity: int) -> None:
    """All of it inside where it fits, at many places, and nothing else changes."""
    side = SEVERITIES[Damage.OCCLUSION][severity - 1]
    box = _rectangle(6, 22, 8, 20)
    wiped = _floats(box) - _floats(damaged(_copies(box), Damage.OCCLUSION, severity))
    assert _distinct(wiped) == [0, 255]
    for axis in (1, 2):
        assert _distinct(wiped.amax(dim=axis).sum(dim=1) / 255) == [side]
    assert _distinct(wiped.sum(dim=(1, 2)) / 255) == [side**2]
    narrow = damaged(_copies(_rectangle(4, 24, 13, 15)), Damage.OCCLUSION, severity)
    assert _distinct(40 - _floats(narrow).sum(dim=(1, 2)) / 255) == [side * 2]


@pytest.mark.parametrize("severity", range(1, 6))
def test_contrast_scales_every_level(severity: int) -> None:
    """To the nearest level of what is left."""
    left = 1 - SEVERITIES[Damage.CONTRAST][severity - 1]
    expected: NDArray[np.uint8] = np.rint(np.multiply(DIGITS, left, dtype=np.float64)).astype(np.uint8)
    assert _largest_difference(damaged(DIGITS, Damage.CONTRAST, severity), expected) <= 1


@pytest.mark.parametrize("severity", [-1, 0, 6])
def test_an_unknown_severity_is_refused(severity: int) -> None:
    """With the number and the range."""
    with pytest.raises(ValueError, match=rf"no severity {severity}: it is 1 to 5"):
        damaged(DIGITS, Damage.NOISE, severity)


@pytest.mark.parametrize("shape", [(28, 28), (2, 27, 28), (2, 1, 28, 28), (0, 28, 28)])
def test_pictures_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """With the shape they have and the one expected."""
    with pytest.raises(ValueError, match=re.escape(f"uint8 {shape}, not uint8 (n, 28, 28) with n > 0")):
        damaged(np.zeros(shape, dtype=np.uint8), Damage.SHIFT, 1)


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_pictures_of_another_type_are_refused(dtype: str) -> None:
    """With the type they have and the one expected."""
    pictures: NDArray[np.uint8] = np.zeros((2, 28, 28), dtype=dtype)
    with pytest.raises(ValueError, match=re.escape(f"{dtype} (2, 28, 28), not uint8")):
        damaged(pictures, Damage.SHIFT, 1)


def test_accuracy_is_the_share_read_rightly() -> None:
    """Three of four hundred wrong."""
    point = DamagePoint(damage=Damage.BLUR, severity=2, amount=0.9, n=400, errors=3)
    assert point.accuracy == pytest.approx(0.9925)

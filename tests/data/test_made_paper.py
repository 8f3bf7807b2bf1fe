"""Made photographs: what follows from what, and that the mask lies where the ink is."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.made_paper import (
    KINDS,
    SEVERITIES,
    Change,
    MadePicture,
    make_picture,
    random_changes,
    random_picture,
)
from handwriting_ai.data.strokes import Stroke, place, render

SIZE = (200, 260)
UNCHANGED_MASK = sorted(
    set(KINDS) - {"small", "large", "anywhere", "at_rim", "turned", "tilted", "marker"} - {"sheet_edge", "desk"}
)
"""Kinds that leave the ink of a digit in the middle where it is."""

GROWING = sorted(set(KINDS) - {"small", "at_rim", "white_ink", "chalk", "box", "form", "words", "holes", "pen_beside"})
"""Kinds whose severity is a distance from white paper; of the others the digit is smaller, its box nearer and so on."""


def _ink(digit: int = 3, pen_px: float = 16.0) -> "NDArray[np.uint8]":
    strokes: list[Stroke] = [np.array(points, dtype=np.float64) for points in DIGIT_STROKES[digit]]
    return render(place(strokes, extent_px=220, center_px=(140, 140)), pen_px=pen_px)


def _made(*changes: Change, seed: int = 1, share: float = 0.5) -> MadePicture:
    return make_picture(_ink(), changes, np.random.default_rng(seed), size=SIZE, share=share)


def _difference(one: "NDArray[np.uint8]", other: "NDArray[np.uint8]") -> float:
    """Mean distance of two pictures, in grey levels."""
    apart: float = np.abs(np.subtract(one, other, dtype=np.float64)).mean()
    return apart


def _levels(made: MadePicture) -> tuple[float, float]:
    """Mean grey level of the ink and of the sheet, away from the ink's edge."""
    inside: NDArray[np.uint8] = made.picture[np.greater(made.ink, 200)]
    outside: NDArray[np.uint8] = made.picture[np.equal(made.ink, 0)]
    ink: float = inside.mean(dtype=np.float64)
    sheet: float = outside.mean(dtype=np.float64)
    return ink, sheet


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("severity", SEVERITIES)
def test_every_kind_gives_a_picture_and_a_mask_of_the_size_asked_for(kind: str, severity: int) -> None:
    """The same again from the same generator, and something of the digit is left in the mask."""
    made = _made((kind, severity))
    assert made.picture.shape == (*SIZE, 3)
    assert made.ink.shape == SIZE
    assert made.picture.dtype == made.ink.dtype == np.uint8
    assert np.count_nonzero(made.ink) > 0
    again = _made((kind, severity))
    assert np.array_equal(made.picture, again.picture)
    assert np.array_equal(made.ink, again.ink)


@pytest.mark.parametrize("kind", GROWING)
def test_a_higher_severity_changes_more(kind: str) -> None:
    """The mean distance from the unchanged picture, over some draws: 5 is farther than 1, and 3 is no nearer."""
    distances: list[float] = []
    for severity in (1, 3, 5):
        apart = [
            _difference(_made((kind, severity), seed=seed, share=0.6).picture, _made(seed=seed, share=0.6).picture)
            for seed in range(8)
        ]
        distances.append(sum(apart))
    assert distances[2] > distances[0]
    assert all(low <= high * 1.05 for low, high in pairwise(distances))


def test_no_change_is_white_paper_and_dark_ink() -> None:
    """What every kind is compared with."""
    ink, sheet = _levels(_made())
    assert ink < 50
    assert sheet > 225


@pytest.mark.parametrize("kind", UNCHANGED_MASK)
def test_the_mask_stays_where_the_ink_is(kind: str) -> None:
    """A change of light, sheet, pen or camera does not move it; only what lies over it takes a part away."""
    plain = _made()
    changed = _made((kind, 2))
    assert not np.any(changed.ink > plain.ink)


@pytest.mark.parametrize("kind", ["turned", "tilted", "at_rim", "small", "large", "anywhere", "defocus", "pencil"])
def test_the_mask_moves_with_the_ink(kind: str) -> None:
    """What it calls ink is dark and what it calls paper is light."""
    ink, sheet = _levels(_made((kind, 3)))
    assert ink < sheet - 60


@pytest.mark.parametrize(
    ("kind", "reach"), [("box", 0.9), ("form", 0.9), ("words", 0.9), ("small", 0.5), ("pen_beside", 0.7)]
)
def test_the_other_kinds_change_something_too(kind: str, reach: float) -> None:
    """At every severity, in most of some draws."""
    for severity in SEVERITIES:
        apart = [_difference(_made((kind, severity), seed=seed).picture, _made(seed=seed).picture) for seed in range(8)]
        assert sum(distance > 0.01 for distance in apart) >= reach * len(apart)


@pytest.mark.parametrize("kind", ["white_ink", "chalk"])
def test_white_ink_is_lighter_than_its_sheet(kind: str) -> None:
    """Also at the highest severity."""
    ink, sheet = _levels(_made((kind, 5)))
    assert ink > sheet + 40


def test_another_change_leaves_the_first_one_as_it_was() -> None:
    """Each draws from a generator of its own: the same shadow falls on another sheet."""
    both = _made(("turned", 3), ("small", 2))
    other_way = _made(("small", 2), ("turned", 3))
    assert np.array_equal(both.picture, other_way.picture)
    assert np.array_equal(_made(("turned", 3)).ink, _made(("turned", 3), ("photographer", 4)).ink)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_digit_takes_its_share(share: float) -> None:
    """Of the picture's shorter side, within two pixels."""
    made = _made(share=share)
    rows: list[int] = np.flatnonzero((made.ink > 127).any(axis=1)).tolist()
    assert rows[-1] - rows[0] + 1 == pytest.approx(share * min(SIZE), abs=2)


def test_the_place_leads_from_the_ink_to_the_picture() -> None:
    """A dot of ink is found where the matrix says."""
    ink = _ink()
    made = make_picture(ink, [("turned", 4), ("tilted", 4)], np.random.default_rng(3), size=SIZE, share=0.7)
    found: NDArray[np.int64] = np.argwhere(np.equal(ink, 255))
    places: list[list[int]] = found[::50].tolist()
    hits = 0
    for row, column in places:
        seen: list[float] = np.matmul(made.place, [column, row, 1.0]).tolist()
        level: int = made.ink.item(round(seen[1] / seen[2]), round(seen[0] / seen[2]))
        hits += level > 100
    assert hits > 0.97 * len(places)


def test_random_pictures_have_ink_and_their_size() -> None:
    """Drawn from many generators, none the same as another."""
    sums: set[int] = set()
    for seed in range(60):
        made = random_picture(_ink(seed % 10, 5.0 + seed % 12), np.random.default_rng(seed), (160, 120))
        assert made.picture.shape == (160, 120, 3)
        assert np.count_nonzero(made.ink > 127) > 0
        total: int = made.picture.sum(dtype=np.int64)
        sums.add(total)
    assert len(sums) == 60


def test_random_changes_are_known_and_at_most_one_of_a_group() -> None:
    """Every kind that is drawn exists, none twice; a dark sheet gets no dark pen."""
    seen: set[str] = set()
    for seed in range(400):
        changes = random_changes(np.random.default_rng(seed))
        names = [kind for kind, _ in changes]
        assert len(set(names)) == len(names)
        assert all(severity in SEVERITIES for _, severity in changes)
        assert not ({"chalk", "white_ink"} & set(names) and {"pencil", "pale", "dim"} & set(names))
        seen |= set(names)
    assert seen <= set(KINDS)
    assert len(seen) > 35


def test_an_unknown_kind_is_refused_with_the_list() -> None:
    """So is a severity that does not exist."""
    with pytest.raises(ValueError, match=r"No change 'rain'.*gradient"):
        _made(("rain", 1))
    with pytest.raises(ValueError, match="no severity 6 of 'grey'"):
        _made(("grey", 6))

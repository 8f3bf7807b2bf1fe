"""Lines as Fabric.js describes them, after the toolbar's *Edit* has moved, turned or stretched them."""

import pytest

from shared.freehand import PenStroke, read_stroke

_DRAWN: list[list[str | float]] = [["M", 10, 20], ["L", 50, 20], ["L", 50, 100]]
_MIDDLE = {"left": 30.0, "top": 60.0, "originX": "center", "originY": "center"}


def _read(changes: dict[str, object]) -> PenStroke:
    stroke = read_stroke({"type": "Path", "path": _DRAWN, "strokeWidth": 18.0, **_MIDDLE, **changes})
    assert stroke is not None
    return stroke


@pytest.mark.parametrize(
    ("changes", "corners"),
    [
        ({}, [(10, 20), (50, 20), (50, 100)]),
        ({"left": 45.0, "top": 50.0}, [(25, 10), (65, 10), (65, 90)]),
        ({"angle": 90.0}, [(70, 40), (70, 80), (-10, 80)]),
        ({"scaleX": 2.0, "scaleY": 0.5}, [(-10, 40), (70, 40), (70, 80)]),
        ({"flipX": True}, [(50, 20), (10, 20), (10, 100)]),
        ({"flipY": True}, [(10, 100), (50, 100), (50, 20)]),
        ({"skewX": 45.0}, [(-30, 20), (10, 20), (90, 100)]),
        ({"skewY": 45.0}, [(10, 0), (50, 40), (50, 120)]),
        ({"skewX": 45.0, "skewY": 45.0}, [(-50, 0), (30, 40), (110, 120)]),
        ({"scaleX": 2.0, "angle": 90.0}, [(70, 20), (70, 100), (-10, 100)]),
    ],
    ids=str,
)
def test_a_line_lies_where_it_was_put(changes: dict[str, object], corners: list[tuple[float, float]]) -> None:
    """About the middle of its box; stretched before it is turned."""
    assert [pytest.approx(point) for point in _read(changes).points] == corners


def test_a_stretched_line_has_a_wider_pen() -> None:
    """By the root of what its area grew by; a moved or turned one keeps its pen."""
    assert _read({"scaleX": 2.0, "scaleY": 2.0}).pen_px == pytest.approx(36.0)
    assert _read({"scaleX": 4.0}).pen_px == pytest.approx(36.0)
    assert _read({"angle": 33.0, "left": 1.0}).pen_px == pytest.approx(18.0)


def test_a_curve_is_turned_about_the_middle_of_its_box() -> None:
    """The box ends where Fabric's does: a curve reaches three quarters of the way to its control point."""
    curve = {"path": [["M", 0, 0], ["Q", 20, 40, 40, 0]], "strokeWidth": 5, "left": 20, "top": 15, "angle": 180}
    stroke = read_stroke(curve)
    assert stroke is not None
    start, control = stroke.points
    assert start == pytest.approx((40, 30))
    assert control == pytest.approx((20, -10))


@pytest.mark.parametrize(
    "described",
    [
        {"type": "rect", "left": 3},
        {"path": [], "strokeWidth": 5},
        {"path": [["z"]], "strokeWidth": 5},
        {"path": _DRAWN, "strokeWidth": 0},
        {"path": _DRAWN, "strokeWidth": 5, "originX": "left"},
        {"path": [["M", "ten", 3]], "strokeWidth": 5},
    ],
    ids=str,
)
def test_what_is_no_freehand_line_is_none(described: dict[str, object]) -> None:
    """Nor is one whose place is told in a way that is not ours to guess."""
    assert read_stroke(described) is None

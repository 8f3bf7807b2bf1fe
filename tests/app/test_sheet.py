"""The sheet one draws on, as the canvas reports and the buttons change it."""

from shared.freehand import PenStroke
from shared.sheet import Sheet


def _stroke(x: float) -> PenStroke:
    return PenStroke(points=((x, 0.0), (x, 9.0)), pen_px=18.0)


A, B, C = _stroke(1), _stroke(2), _stroke(3)


def test_strokes_come_as_they_are_reported() -> None:
    """What the canvas says is on the sheet."""
    sheet = Sheet()
    assert not sheet.can_undo
    sheet.report((A, B))
    assert list(sheet.strokes) == [A, B]
    assert sheet.can_undo


def test_a_late_report_brings_nothing_back() -> None:
    """The canvas was emptied in the browser; what it said before counts for nothing until it says something else."""
    sheet = Sheet()
    sheet.report((A, B))
    sheet.clear()
    sheet.report((A, B))
    assert list(sheet.strokes) == []
    sheet.report(())
    sheet.report((C,))
    assert list(sheet.strokes) == [C]


def test_a_stroke_after_clear_is_kept() -> None:
    """Even if the empty canvas in between was never reported."""
    sheet = Sheet()
    sheet.report((A, B))
    sheet.clear()
    sheet.report((C,))
    assert list(sheet.strokes) == [C]


def test_the_same_drawing_again_is_not_taken_for_a_late_report() -> None:
    """Once the canvas has said that it is empty."""
    sheet = Sheet()
    sheet.report((A,))
    sheet.clear()
    sheet.report(())
    sheet.report((A,))
    assert list(sheet.strokes) == [A]


def test_undo_takes_the_last_stroke_of_either_layer_then_brings_back_what_was_cleared() -> None:
    """In the order in which it came."""
    sheet = Sheet()
    sheet.report((A, B))
    sheet.clear()
    sheet.report(())
    sheet.report((C,))
    sheet.undo()
    sheet.report(())
    assert list(sheet.strokes) == []
    sheet.undo()
    assert list(sheet.strokes) == [A, B]
    sheet.undo()
    assert list(sheet.strokes) == [A]
    sheet.undo()
    assert not sheet.can_undo


def test_a_new_canvas_begins_with_what_was_drawn() -> None:
    """Behind what is drawn next."""
    sheet = Sheet()
    sheet.report((A,))
    sheet.begin_again()
    sheet.report(())
    assert sheet.version == 1
    assert list(sheet.behind) == list(sheet.strokes) == [A]
    sheet.report((B,))
    assert list(sheet.strokes) == [A, B]

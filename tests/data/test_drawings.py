"""Saved drawings: kept, shown again, exported for training."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from handwriting_ai.data.drawings import DrawingStore, FoundDrawings, SavedDrawing, export_strokes
from handwriting_ai.data.strokes import load_stroke_files
from handwriting_ai.support.files import read_regular_file

STROKES = [[(100.0, 60.0), (100.0, 220.0)], [(60.0, 140.0), (140.0, 140.0)]]


def _save(store: DrawingStore, label: int = 4) -> SavedDrawing:
    return store.save(
        STROKES, canvas_px=280, pens_px=[12] * len(STROKES), label=label, read_as=4, confidence=0.9, model_id="m"
    )


def test_a_saved_drawing_comes_back_as_it_was(tmp_path: Path) -> None:
    """In the order of saving, under distinct ids."""
    store = DrawingStore(tmp_path / "drawings")
    assert store.all().drawings == ()
    saved = (_save(store), _save(store, label=9))
    assert store.all().drawings == saved
    assert saved[0].drawing_id != saved[1].drawing_id


def test_the_picture_shows_the_strokes(tmp_path: Path) -> None:
    """Ink where the pen went, paper elsewhere."""
    picture = _save(DrawingStore(tmp_path)).picture()
    assert picture.shape == (280, 280)
    assert (picture.item((140, 100)), picture.item((10, 10))) == (255, 0)


def test_deleting_twice_is_no_error(tmp_path: Path) -> None:
    """Another tab may have been faster."""
    store = DrawingStore(tmp_path)
    drawing = _save(store)
    store.delete(drawing.drawing_id)
    store.delete(drawing.drawing_id)
    assert store.all().drawings == ()


def test_the_export_is_what_training_reads(tmp_path: Path) -> None:
    """The same strokes, right way up."""
    (tmp_path / "mine.jsonl.gz").write_bytes(export_strokes([_save(DrawingStore(tmp_path / "drawings"))]))
    (file,) = load_stroke_files(tmp_path)
    (digit,) = file.digits
    assert (digit.label, digit.writer) == (4, "saved-drawings")
    points: list[list[float]] = digit.strokes[0].tolist()
    assert points == [list(point) for point in STROKES[0]]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """The sound ones are there all the same."""
    store = DrawingStore(tmp_path)
    saved = _save(store)
    (tmp_path / "broken.json").write_text("{}", encoding="utf-8")
    found = store.all()
    assert found.drawings == (saved,)
    (said,) = found.unreadable
    assert "broken.json is not a saved drawing; move it away." in said


def test_a_file_that_the_system_refuses_is_named(tmp_path: Path) -> None:
    """A folder in its place, say."""
    store = DrawingStore(tmp_path)
    saved = _save(store)
    (tmp_path / "folder.json").mkdir()
    assert store.all() == FoundDrawings(
        drawings=(saved,), unreadable=(f"{tmp_path / 'folder.json'} cannot be read: Is a directory.",)
    )


def test_a_drawing_deleted_meanwhile_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another tab deletes it after the folder was listed."""
    store = DrawingStore(tmp_path)
    gone, kept = _save(store), _save(store)

    def read(path: Path, max_bytes: int) -> bytes:
        (tmp_path / f"{gone.drawing_id}.json").unlink(missing_ok=True)
        return read_regular_file(path, max_bytes)

    monkeypatch.setattr("handwriting_ai.data.drawings.read_regular_file", read)
    assert store.all() == FoundDrawings(drawings=(kept,), unreadable=())


def test_each_stroke_keeps_its_pen(tmp_path: Path) -> None:
    """A thin and a thick line look so when they are shown again; a file that knows one pen only is still read."""
    store = DrawingStore(tmp_path)
    thin, thick = [(40.0, 40.0), (40.0, 240.0)], [(200.0, 40.0), (200.0, 240.0)]
    saved = store.save([thin, thick], canvas_px=280, pens_px=[4, 30], label=7, read_as=7, confidence=0.9, model_id="m")
    assert _widths_px(saved) == pytest.approx((4, 30), abs=2)
    none: dict[str, object] = {"pens_px": None}
    assert _widths_px(saved.model_copy(update=none)) == pytest.approx((30, 30), abs=2)


def _widths_px(drawing: SavedDrawing) -> tuple[int, int]:
    """Of the ink in the left and in the right half, across the middle."""
    row: NDArray[np.uint8] = drawing.picture()[140]
    levels: list[int] = row.tolist()
    return sum(level > 127 for level in levels[:120]), sum(level > 127 for level in levels[120:])


def test_as_many_pens_as_strokes(tmp_path: Path) -> None:
    """Both numbers are in the message."""
    with pytest.raises(ValueError, match="1 strokes need as many pens, got 2"):
        DrawingStore(tmp_path).save(
            [[(1.0, 1.0)]], canvas_px=280, pens_px=[4, 5], label=7, read_as=7, confidence=0.9, model_id="m"
        )


def _photograph(store: DrawingStore, label: int = 4) -> SavedDrawing:
    ink: NDArray[np.uint8] = np.zeros((280, 280), dtype=np.uint8)
    ink[60:220, 130:150] = 255
    read: NDArray[np.uint8] = np.zeros((28, 28), dtype=np.uint8)
    read[4:24, 13:15] = 200
    return store.save_photograph(ink, read, label=label, read_as=1, confidence=0.8, model_id="m", writer="Ada")


def test_a_photograph_is_kept_as_a_picture(tmp_path: Path) -> None:
    """The cut-out ink, without loss; beside drawings."""
    store = DrawingStore(tmp_path)
    saved = (_save(store), _photograph(store))
    assert store.all() == FoundDrawings(drawings=saved, unreadable=())
    assert [each.is_photograph for each in saved] == [False, True]
    picture = saved[1].picture()
    assert picture.shape == (280, 280)
    assert (picture.item((100, 140)), picture.item((10, 10))) == (255, 0)


def test_the_export_as_strokes_leaves_photographs_out(tmp_path: Path) -> None:
    """They have none; the writer's name goes along."""
    store = DrawingStore(tmp_path / "drawings")
    drawn = store.save(
        STROKES, canvas_px=280, pens_px=[9, 9], label=4, read_as=4, confidence=0.9, model_id="m", writer="Grace"
    )
    (tmp_path / "mine.jsonl.gz").write_bytes(export_strokes([drawn, _photograph(store)]))
    (file,) = load_stroke_files(tmp_path)
    (digit,) = file.digits
    assert digit.writer == "Grace"


@pytest.mark.parametrize(
    ("field", "value"),
    [("ink_png", "no base64"), ("ink_png", "aGVsbG8="), ("strokes", [[(1, 2), (3, 4)]]), ("canvas_px", 100)],
)
def test_a_photograph_that_is_not_whole_is_named(tmp_path: Path, field: str, value: object) -> None:
    """No picture, strokes as well, or another size than it says."""
    store = DrawingStore(tmp_path)
    changes: dict[str, object] = {field: value}
    damaged = _photograph(store).model_copy(update=changes)
    (tmp_path / f"{damaged.drawing_id}.json").write_text(damaged.model_dump_json(), encoding="utf-8")
    found = store.all()
    assert found.drawings == ()
    assert "is not a saved drawing" in found.unreadable[0]

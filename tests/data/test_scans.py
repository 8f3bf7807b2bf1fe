"""Scanned digits of further writers."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.scans import (
    ENLARGED_PX,
    MARGIN_PX,
    SCANS_TRAINED,
    enlarged,
    load_scans,
    require_scans,
    scanned,
)
from handwriting_ai.errors import DataCorrupt, DataMissing

SCANS = PROJECT_ROOT / "data" / "scans"


def test_the_shipped_scans_have_their_published_size() -> None:
    """Bitmaps of two sizes, of every digit; the last sixth of each file is held out, of Semeion only 3 to 9."""
    files = load_scans(SCANS)
    assert [(file.name, file.digits.images.shape) for file in files] == [
        ("optdigits_tra", (1_934, 32, 32)),
        ("semeion", (1_593, 16, 16)),
    ]
    for file in files:
        training, held_out = file.rows
        assert np.array_equal(np.concatenate([training, held_out]), np.arange(len(file.digits)))
        assert held_out.size == round(len(file.digits) / 6)
        labels: list[int] = file.digits.labels[training].tolist()
        assert set(labels) == set(range(10))
    assert sum(file.rows[0].size for file in files) == SCANS_TRAINED


def test_missing_and_damaged_scans_are_named(tmp_path: Path) -> None:
    """With the variable that points elsewhere, or the digest that is wrong."""
    for look in (load_scans, require_scans):
        with pytest.raises(DataMissing, match="TRAINING__SCANS_DIR"):
            look(None)
        with pytest.raises(DataMissing, match=r"optdigits_tra\.npz are not in .* `git checkout -- data/scans`"):
            look(tmp_path)
    shutil.copytree(SCANS, tmp_path, dirs_exist_ok=True)
    require_scans(tmp_path)
    path = tmp_path / "semeion.npz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataCorrupt, match=r"semeion\.npz is not the file that the project ships: its SHA-256 is"):
        load_scans(tmp_path)


def test_an_enlarged_bitmap_has_smooth_edges_and_a_margin() -> None:
    """A square of ink keeps its size; narrower, it loses width alone."""
    bitmap = np.zeros((16, 16), dtype=np.uint8)
    bitmap[4:12, 4:12] = 255
    dot = ENLARGED_PX // 16
    for width in (1.0, 0.5):
        large = enlarged(bitmap, width)
        assert large.shape == (ENLARGED_PX + 2 * MARGIN_PX, round(ENLARGED_PX * width) + 2 * MARGIN_PX)
        rows, columns = np.nonzero(large > 127)
        assert np.ptp(rows) + 1 == pytest.approx(8 * dot, abs=2)
        assert np.ptp(columns) + 1 == pytest.approx(8 * dot * width, abs=2)
        assert not large[:MARGIN_PX].any()
    assert np.any((large > 0) & (large < 255))


def test_a_scan_is_drawn_alike_by_the_same_seed() -> None:
    """In MNIST's convention; each seed gives a width of its own, none the bitmap's."""
    semeion = load_scans(SCANS)[1]
    bitmap: NDArray[np.uint8] = semeion.digits.images[0]
    as_it_is = scanned(semeion, bitmap)
    darkest: int = as_it_is.max()
    assert len(as_it_is) == 28
    assert darkest > 200
    first = scanned(semeion, bitmap, seed=1, index=0)
    assert np.array_equal(first, scanned(semeion, bitmap, seed=1, index=0))
    assert not np.array_equal(first, scanned(semeion, bitmap, seed=2, index=0))
    assert not np.array_equal(first, as_it_is)

"""Whether digits lie writer by writer: the measure, and what it finds in MNIST."""

import pytest
import torch
from benchmarks import writer_order
from benchmarks.writer_order import correlation, slants, standardised

from handwriting_ai.preprocess import IMAGE_SIDE


def _stroke(columns_per_row: float) -> torch.Tensor:
    """`uint8 (28, 28)`: one dot in each of 13 rows."""
    picture = torch.zeros(IMAGE_SIDE, IMAGE_SIDE, dtype=torch.uint8)
    for row in range(-6, 7):
        picture[13 + row, 13 + round(columns_per_row * row)] = 255
    return picture


def test_a_slant_is_columns_per_row() -> None:
    """To the left, upright, to the right; where the digit lies does not matter."""
    slopes = [-1.0, 0.0, 2.0]
    strokes, expected = [_stroke(slope) for slope in slopes], torch.tensor(slopes)
    torch.testing.assert_close(slants(torch.stack(strokes)), expected, atol=1e-4, rtol=0)
    moved = torch.stack([stroke.roll((3, 1), (0, 1)) for stroke in strokes])
    torch.testing.assert_close(slants(moved), expected, atol=1e-4, rtol=0)


def test_labels_are_set_equal() -> None:
    """However far apart their digits' slants are."""
    labels = torch.arange(100) % 2
    values = torch.randn(100, generator=torch.Generator().manual_seed(0)) * (1 + labels) + 10 * labels
    found = standardised(values, labels)
    for digit in (0, 1):
        own = found[labels == digit]
        assert (own.mean().item(), own.std().item()) == pytest.approx((0, 1), abs=1e-5)


def test_values_of_one_writer_correlate() -> None:
    """Within a hundred digits of each, and not beyond."""
    generator = torch.Generator().manual_seed(0)
    writers = torch.randn(300, generator=generator).repeat_interleave(100)
    values = writers + torch.randn(len(writers), generator=generator)
    assert correlation(values, 1) == pytest.approx(0.5, abs=0.05)
    assert correlation(values, 50) == pytest.approx(0.25, abs=0.05)
    assert correlation(values, 300) == pytest.approx(0, abs=0.1)
    assert correlation(values[torch.randperm(len(values), generator=generator)], 1) == pytest.approx(0, abs=0.03)


@pytest.mark.usefixtures("clean_environment")
def test_mnists_odd_rows_lie_by_writer_and_its_even_ones_do_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the folds by writer rest on."""
    monkeypatch.setattr(writer_order, "PLACES_APART", (1, 10, 300))
    writer_order.main()
    title, _, *rows = capsys.readouterr().out.splitlines()
    assert title == "| rows | mean | 1 apart | 10 apart | 300 apart |"
    figures = [[float(cell) for cell in row.split("|")[2:-1]] for row in rows]
    odd, even, _ = figures
    assert odd == pytest.approx([-0.4, 0.6, 0.5, 0.0], abs=0.1)
    assert even[0] == pytest.approx(0.4, abs=0.1)
    assert even[1:] == pytest.approx([0, 0, 0], abs=0.02)


@pytest.mark.usefixtures("clean_environment")
def test_missing_digits_are_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback."""
    monkeypatch.setenv("TRAINING__DATA_DIR", "/nowhere")
    with pytest.raises(SystemExit, match="is not in /nowhere"):
        writer_order.main()

"""UCI's original pen strokes, in text."""

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from handwriting_ai.data.pendigits import FILE_NAMES, parse_pendigits
from handwriting_ai.data.split import held_out_writers
from handwriting_ai.data.strokes import count_digits, load_stroke_files
from handwriting_ai.errors import DataCorrupt, DataMissing

FOUR = """.SEGMENT DIGIT 0-1 ? "4"
.COMMENT  4 12 224
.PEN_DOWN
 10  40
 0   20
 25  20
.PEN_UP
.DT 100
.PEN_DOWN
 20  30
 20  0
.PEN_UP
.DT 100
"""
ONE = """.SEGMENT DIGIT 2 ? "1"
.COMMENT 1 3 1
.PEN_DOWN
  5 9
  5 1
.PEN_UP
"""
HEAD = """.INCLUDE dene.doc
.COMMENT of the whole file
.LEXICON "0" "1" "2" "3" "4" "5" "6" "7" "8" "9"
.HIERARCHY DIGIT

"""


def _load(folder: Path, text: str, name: str = FILE_NAMES[0]) -> None:
    (folder / name).write_text(text, encoding="ascii")


def test_digits_are_read_with_y_down(tmp_path: Path) -> None:
    """Label, writer, and one line for each time the pen was down; the file's head and the pauses say nothing."""
    _load(tmp_path, f"{HEAD}{FOUR}\n{ONE}")
    (file,) = load_stroke_files(tmp_path)
    assert file.name == "pendigits-orig.tra"
    assert [(digit.label, digit.writer) for digit in file.digits] == [(4, "tra-12"), (1, "tra-03")]
    assert [len(digit.strokes) for digit in file.digits] == [2, 1]
    assert np.array_equal(file.digits[0].strokes[0], [[10, -40], [0, -20], [25, -20]])
    assert [digit.doubtful for digit in file.digits] == [False, False]


def test_both_files_and_json_lines_lie_side_by_side(tmp_path: Path) -> None:
    """Each is a file of its own, with writers of its own; whatever else UCI's archive holds is none."""
    _load(tmp_path, ONE)
    _load(tmp_path, FOUR, FILE_NAMES[1])
    _load(tmp_path, "notes", "pendigits-orig.names")
    assert [[digit.writer for digit in file.digits] for file in load_stroke_files(tmp_path)] == [["tes-12"], ["tra-03"]]


def test_digits_are_counted_without_being_read(tmp_path: Path) -> None:
    """In both formats; a file that cannot be unpacked is named."""
    _load(tmp_path, f"{HEAD}{FOUR}\n{ONE}")
    (tmp_path / "mine.jsonl.gz").write_bytes(gzip.compress(b"{}\n{}\n{}\n"))
    assert count_digits(tmp_path) == (3, 2)
    (tmp_path / "mine.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(DataCorrupt, match=r"mine\.jsonl\.gz cannot be unpacked"):
        count_digits(tmp_path)


def test_packed_files_alone_are_named(tmp_path: Path) -> None:
    """With the command that unpacks one; who unpacked the training part alone wants no other."""
    (tmp_path / "pendigits-orig.tra.Z").write_bytes(b"\x1f\x9d")
    with pytest.raises(DataMissing, match=r"is packed\. Unpack it: gzip -dk .*pendigits-orig\.tra\.Z"):
        load_stroke_files(tmp_path)
    (tmp_path / "pendigits-orig.tes.Z").write_bytes(b"\x1f\x9d")
    _load(tmp_path, ONE)
    assert len(load_stroke_files(tmp_path)) == 1


def test_the_writers_held_out_are_those_of_the_shipped_models(tmp_path: Path) -> None:
    """They learnt from the same digits in another format; others held out would be writers they know."""
    _load(tmp_path, "".join(ONE.replace("1 3 1", f"1 {writer} 1") for writer in range(1, 31)))
    (file,) = load_stroke_files(tmp_path)
    held_out = held_out_writers([digit.writer for digit in file.digits])
    assert held_out == {"tra-08", "tra-13", "tra-14", "tra-15", "tra-22"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no .SEGMENT"),
        (FOUR.replace('"4"', '"44"'), "line 1: expected .SEGMENT DIGIT"),
        (FOUR.replace("DIGIT", "WORD"), "line 1: expected .SEGMENT DIGIT"),
        (FOUR.replace("4 12 224", "5 12 224"), "line 2: expected .COMMENT with the label 4"),
        (FOUR.replace("4 12 224", "4"), "line 2: expected .COMMENT with the label 4"),
        (FOUR.replace("4 12 224", "4 me 224"), "line 2: expected .COMMENT with the label 4"),
        (FOUR.replace("25  20", "25  nan"), "line 1: a coordinate is no finite number"),
        (FOUR.replace(".COMMENT  4 12 224", ""), "line 1: the digit has no .COMMENT"),
        (FOUR.replace("25  20", "25  x"), "line 6: expected x and y, found '25 x'"),
        (FOUR.replace("25  20", "25"), "line 6: expected x and y, found '25'"),
        (FOUR.replace(".DT 100", "7 7", 1), "line 8: a point while the pen is up: '7 7'"),
        (f"1 1\n{FOUR}", "line 1: a point while the pen is up"),
        (re.sub(r"\n +\d+ +\d+", "", FOUR), "line 1: the digit has no points"),
        ("\N{DEGREE SIGN}", "ascii"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    """With the file, and what was expected there."""
    (tmp_path / FILE_NAMES[0]).write_bytes(text.encode())
    with pytest.raises(DataCorrupt, match=rf"pendigits-orig\.tra.*{re.escape(said)}"):
        load_stroke_files(tmp_path)


def test_digits_keep_the_line_they_begin_at() -> None:
    """For messages about them."""
    assert [segment.line for segment in parse_pendigits(HEAD + FOUR + ONE)] == [6, 19]

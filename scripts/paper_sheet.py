"""Draw what made paper looks like: `python scripts/paper_sheet.py docs/paper.webp`.

Every kind of change at severities 1, 3 and 5, then random combinations. Needs TRAINING__INK_DIR.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.paper_accuracy import Sample, samples
from benchmarks.paper_ways import Picture

from handwriting_ai import load_settings
from handwriting_ai.data.made_paper import KINDS, Change

SHOWN: Final = (1, 3, 5)
"""Severities."""
TILE: Final = (72, 96)
"""Height and width of a picture, in pixels."""
GAP_PX: Final = 2
KINDS_IN_A_ROW: Final = 4
RANDOM_ROWS: Final = 4
_NAME_PX: Final = 13
_QUALITY: Final = 70
_WHITE: Final = 255
_GREY: Final = 90


def tile(sample: Sample, changes: Sequence[Change], name: str = "") -> Picture:
    """A small picture with a strip for its name above it."""
    height, width = TILE
    small = cv2.resize(sample.on_paper(changes), (width, height), interpolation=cv2.INTER_AREA)
    framed: Picture = np.full((height + _NAME_PX + GAP_PX, width + GAP_PX, 3), _WHITE, dtype=np.uint8)
    strip = np.full((_NAME_PX, width), _WHITE, dtype=np.uint8)
    cv2.putText(strip, name, (1, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.35, _GREY, 1, cv2.LINE_AA)
    framed[:_NAME_PX, :width] = strip[:, :, np.newaxis]
    framed[_NAME_PX : _NAME_PX + height, :width] = small
    return framed


def sheet(digits: Sequence[Sample]) -> Picture:
    """All of them, one row below another."""
    rows: list[Picture] = []
    names = list(KINDS)
    names += [""] * (-len(names) % KINDS_IN_A_ROW)
    for start in range(0, len(names), KINDS_IN_A_ROW):
        row: list[Picture] = []
        for number, kind in enumerate(names[start : start + KINDS_IN_A_ROW], start):
            sample = digits[number % len(digits)]
            for severity in SHOWN:
                changes = [(kind, severity)] if kind else sample.random_changes(severity)
                row.append(tile(sample, changes, f"{kind} {severity}" if kind else ""))
        rows.append(np.concatenate(row, axis=1))
    columns = KINDS_IN_A_ROW * len(SHOWN)
    for number in range(RANDOM_ROWS):
        chosen = [digits[(number * columns + column) % len(digits)] for column in range(columns)]
        rows.append(np.concatenate([tile(sample, sample.random_changes(10 + number)) for sample in chosen], axis=1))
    whole: Picture = np.concatenate(rows, axis=0)
    return whole


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    path: Path = parser.parse_args().picture
    Image.fromarray(sheet(samples(load_settings(), 96))).save(path, quality=_QUALITY, method=6)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

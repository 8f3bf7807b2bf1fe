"""How well pages are read: `python benchmarks/page_accuracy.py --pages 12`.

Needs TRAINING__INK_DIR. Pages are drawn from digits that no model was trained on (MNIST's validation part, writers held
out): numbers of 1 to 8 digits, 1 to 12 lines, sloping, of mixed size, touching, with words, boxes and rules. With
`--photographed` they lie on made paper, in the light that `page_changes` draws.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.paper_accuracy import samples

from handwriting_ai import load_settings
from handwriting_ai.data.made_page import MadePage, make_page, page_changes
from handwriting_ai.data.page_lines import LabelledInk, PageStyle
from handwriting_ai.preprocess import ImageLimits
from handwriting_ai.reading.reader import DigitReader

KINDS: Final = {
    "plain": PageStyle(),
    "touching": PageStyle(touching=0.5, overlap_px=(0, 9)),
    "mixed, sloping": PageStyle(size_spread=0.3, slope=0.05),
    "words": PageStyle(words=12),
    "boxes": PageStyle(boxes=True),
    "rules": PageStyle(rules=True),
}
_MOST_LINES: Final = 12
_POOL: Final = 600
"""Digits to write with."""
_SAME_PLACE: Final = 0.5
"""Intersection over union from which a box is the digit's."""


def edit_distance(found: str, truth: str) -> int:
    """Digits to insert, drop or change."""
    row = list(range(len(truth) + 1))
    for i, here in enumerate(found, start=1):
        before, row[0] = row[0], i
        for j, there in enumerate(truth, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (here != there))
    return row[-1]


class Tally:
    """Counts over the pages of one kind."""

    def __init__(self) -> None:
        self.pages = self.whole = self.digits = self.errors = 0
        self.apart = self.apart_right = self.touching = self.touching_right = self.missed = self.invented = 0
        self.seconds = 0.0

    def add(self, made: MadePage, reader: DigitReader) -> None:
        """Read a page and compare."""
        started = time.perf_counter()
        page = reader.read_page(made.picture)
        self.seconds += time.perf_counter() - started
        found = "".join(str(digit.prediction.digit) for digit in page.digits)
        truth = "".join(str(digit.label) for digit in made.digits)
        self.pages += 1
        self.whole += page.text == made.text
        self.digits += len(truth)
        self.errors += edit_distance(found, truth)
        left = list(page.digits)
        for digit in made.digits:
            overlaps = [digit.box.overlap(each.box) for each in left]
            best = max(overlaps, default=0.0)
            hit = left.pop(overlaps.index(best)) if best >= _SAME_PLACE else None
            right = hit is not None and hit.prediction.digit == digit.label
            self.missed += hit is None
            self.touching += digit.touches
            self.touching_right += digit.touches and right
            self.apart += not digit.touches
            self.apart_right += not digit.touches and right
        self.invented += len(left)

    def line(self, name: str) -> str:
        """One row of the table."""
        touching = f"{self.touching_right / self.touching:7.2%}" if self.touching else "      –"
        return (
            f"{name:16} {self.whole:3d}/{self.pages:<3d} {self.errors / self.digits:8.2%} "
            f"{self.apart_right / max(self.apart, 1):8.2%} {touching} {self.missed:6d} "
            f"{self.invented / self.digits:8.2%} {self.seconds / self.pages:7.2f}"
        )


def main() -> None:
    """Print one line for each kind of page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=12, help="of each kind")
    parser.add_argument("--side", type=int, default=1000, help="longer side of a page, in pixels")
    every: list[str] = list(KINDS)
    parser.add_argument("--kinds", nargs="+", choices=every, default=every, metavar="KIND", help=", ".join(every))
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--photographed", action="store_true", help="on made paper")
    arguments = parser.parse_args()
    pages: int = arguments.pages
    side: int = arguments.side
    kinds: list[str] = arguments.kinds
    seed: int = arguments.seed
    photographed: bool = arguments.photographed
    settings = load_settings()
    pool = [LabelledInk(label=sample.label, ink=sample.ink) for sample in samples(settings, _POOL)]
    with DigitReader(settings) as reader:
        reader.limits = ImageLimits(max_side_px=max(side, 1024))
        print(f"{reader.engine.model_id}, {reader.engine.tta_mode}")
        print("kind              whole    errors    apart touching missed invented  s/page")
        for name in kinds:
            rng = np.random.default_rng(seed)
            tally = Tally()
            for _ in range(pages):
                own = replace(KINDS[name], lines=int(rng.integers(1, _MOST_LINES + 1)))
                changes = page_changes(rng) if photographed else ()
                tally.add(make_page(pool, changes, rng, style=own, size=(side, side * 3 // 4)), reader)
            print(tally.line(name), flush=True)


if __name__ == "__main__":
    main()

"""Measure the presets on pen strokes of held-out writers and write the tables of docs/pen-strokes.md.

    python scripts/strokes_page.py

Runs every preset on every digit with each pen, which takes three quarters of an hour. What stands outside the marks is
kept.
"""

import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.marked_tables import rewrite, share, short_digest, table

from handwriting_ai.cli.measure import measure_strokes
from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.evaluation.pen_strokes import PenStrokeScore, ScribbleScore, WriterScore
from handwriting_ai.prediction import EnsembleChoice
from handwriting_ai.registry.presets import DEFAULT_PRESET, Preset, read_presets
from handwriting_ai.registry.store import ModelStore

SCRIPT: Final = "strokes_page.py"
PAGE: Final = PROJECT_ROOT / "docs" / "pen-strokes.md"
Measured = tuple[list[PenStrokeScore], ScribbleScore]


def weights_line(presets: Sequence[Preset], store: ModelStore) -> str:
    """Which weights were measured, so that a page of others is found out."""
    names: dict[str, None] = dict.fromkeys(name for preset in presets for name in preset.members)
    digests = [short_digest(store.read_manifest(name)) for name in names]
    return f"Measured with the weights {', '.join(digests)}."


def preset_rows(name: str, measured: Measured) -> Iterator[dict[str, str]]:
    """A row for each file of strokes: how much of it is read with each pen."""
    scores, scribbles = measured
    for file, group in groupby(scores, key=_file):
        by_pen = list(group)
        pens = {_pen(score): share(score.accuracy) for score in by_pen}
        clean = {f"{_pen(score)}, no doubtful labels": share(score.accuracy_without_doubtful) for score in by_pen}
        yield {
            "preset": f"`{name}`",
            "strokes": file,
            "writers": str(len(by_pen[0].writers)),
            "digits": f"{by_pen[0].n:,}",
            **pens,
            **clean,
            "sure scribbles": f"{scribbles.sure} of {scribbles.n:,}",
        }


def writer_rows(scores: Sequence[PenStrokeScore]) -> Iterator[dict[str, str]]:
    """A row for each writer: digits misread with each pen, and the share read over all pens; the worst first."""
    for file, group in groupby(scores, key=_file):
        by_pen = list(group)
        pens = [_pen(score) for score in by_pen]
        by_writer = {writer.writer: _tallies(by_pen, writer.writer) for writer in by_pen[0].writers}
        ranking = sorted(
            (statistics.fmean(each.accuracy for each in tallies), name) for name, tallies in by_writer.items()
        )
        for read, name in ranking:
            tallies = by_writer[name]
            clean = [each.accuracy_without_doubtful for each in tallies if each.accuracy_without_doubtful is not None]
            yield {
                "strokes": file,
                "writer": name,
                "digits": str(tallies[0].n),
                **{pen: str(tally.errors) for pen, tally in zip(pens, tallies, strict=True)},
                "read, all pens": f"{read:.1%}",
                "no doubtful labels": f"{statistics.fmean(clean):.1%}" if clean else "–",
            }


def _tallies(by_pen: Sequence[PenStrokeScore], name: str) -> list[WriterScore]:
    """How one writer's digits are read, for each pen."""
    return [next(writer for writer in score.writers if writer.writer == name) for score in by_pen]


def tables(results: Mapping[str, Measured], weights: str) -> str:
    """All that is made of the page."""
    rows = [row for name, measured in results.items() for row in preset_rows(name, measured)]
    writers = list(writer_rows(results[DEFAULT_PRESET][0]))
    return "\n".join(
        [
            f"{weights}\n",
            *table(rows),
            f"\nThe digits that `{DEFAULT_PRESET}` misreads, by writer and pen, labels in doubt included:\n",
            *table(writers),
        ]
    )


def _file(score: PenStrokeScore) -> str:
    return score.file


def _pen(score: PenStrokeScore) -> str:
    return "random pens" if score.pen_px is None else f"pen of {score.pen_px:g} px"


def main() -> None:
    """Measure, then rewrite the page; errors are told in a sentence."""
    settings = load_settings()
    store = ModelStore(settings.digits.model_dir)
    presets = read_presets(store.root)
    try:
        results: dict[str, Measured] = {
            name: measure_strokes(settings, EnsembleChoice(members=preset.members, tta=preset.tta))
            for name, preset in presets.items()
        }
    except HandwritingError as error:
        sys.exit(str(error))
    rewrite(PAGE, tables(results, weights_line(list(presets.values()), store)), SCRIPT)


if __name__ == "__main__":
    main()

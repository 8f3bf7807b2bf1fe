"""How models read shapes that strangers write, and what they say of what is no digit.

    python benchmarks/strangers.py fast default mnist_compact_drawn_seed5

Made styles on the strokes of held-out writers, scans held out, and kinds of drawings: those that some recipe trains on,
and those that none does. One line for each, a column for each preset or model, in its own views or with `--tta none`.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from handwriting_ai import load_settings
from handwriting_ai.architectures.running import as_input
from handwriting_ai.data.no_digits import OTHER_KINDS, TRAINED_KINDS, drawn_no_digit
from handwriting_ai.data.rendering import HELD_OUT_SEED, drawn_at, drawn_at_random, through_preprocessing
from handwriting_ai.data.scans import load_scans, scanned
from handwriting_ai.data.scribbles import drawn_scribble
from handwriting_ai.data.split import held_out
from handwriting_ai.data.strokes import DrawnDigit, load_stroke_files, place
from handwriting_ai.data.style_shapes import SHAPES
from handwriting_ai.data.styles import digits_of
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.presets import choose_members

_THICK_SHARE: Final = 0.22
"""Width of a thick pen, as a share of the digit."""
_USUAL_SHARE: Final = 0.07
_SIZE: Final = 0.6


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Pictures of one kind; without labels they show no digit."""

    name: str
    images: "NDArray[np.uint8]"
    """`(n, 28, 28)`."""
    labels: tuple[int, ...] | None = None


def styled(digits: Sequence[DrawnDigit], style: str, limit: int, pen_share: float) -> Rows:
    """Digits of held-out writers in one style, those that it fits."""
    pictures: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    for index, digit in enumerate(each for each in digits if each.label in digits_of(style)):
        generator = np.random.default_rng([HELD_OUT_SEED, index])
        strokes = SHAPES[style](generator, place(digit.strokes, extent_px=1.0, center_px=(0.0, 0.0)))
        if strokes is not None and len(pictures) < limit:
            pictures.append(through_preprocessing(drawn_at(strokes, pen_px=pen_share * _SIZE * 280, share=_SIZE)))
            labels.append(digit.label)
    name = f"{style.replace('_', ' ')}{', thick pen' if pen_share == _THICK_SHARE else ''}"
    return Rows(name=name, images=np.stack(pictures), labels=tuple(labels))


def drawn(name: str, count: int, picture: "Callable[[int], NDArray[np.uint8]]") -> Rows:
    """Pictures that show no digit."""
    pictures = [picture(index) for index in range(count)]
    return Rows(name=name, images=np.stack(pictures))


def _of_kind(kind: str, digits: Sequence[DrawnDigit], index: int) -> "NDArray[np.uint8]":
    return drawn_no_digit(kind, digits, seed=HELD_OUT_SEED, index=index)


def all_rows(limit: int) -> list[Rows]:
    """Everything that is measured."""
    training = load_settings().training
    rows: list[Rows] = []
    digits: list[DrawnDigit] = []
    for file in load_stroke_files(*training.stroke_folders):
        clear = [digit for digit in held_out(file) if not digit.doubtful]
        own = clear[:: max(1, len(clear) // limit)]
        images = [drawn_at_random(digit.strokes, seed=HELD_OUT_SEED, index=index) for index, digit in enumerate(own)]
        rows.append(Rows(name=file.name, images=np.stack(images), labels=tuple(digit.label for digit in own)))
        digits += clear
    for scans in load_scans(training.scans_dir):
        picked = scans.digits.pick(scans.rows[1])
        bitmaps: list[NDArray[np.uint8]] = list(picked.images)
        labels: list[int] = picked.labels.tolist()
        images = [scanned(scans, bitmap) for bitmap in bitmaps]
        rows.append(Rows(name=f"{scans.name}, held out", images=np.stack(images), labels=tuple(labels)))
    rows += [styled(digits, style, limit, _USUAL_SHARE) for style in SHAPES]
    rows += [styled(digits, style, limit, _THICK_SHARE) for style in ("flagged_one", "flagged_and_footed_one")]
    rows.append(drawn("scribbles", limit, lambda index: drawn_scribble(digits, seed=HELD_OUT_SEED, index=index)))
    for kind in (*TRAINED_KINDS, *OTHER_KINDS):
        count = limit if kind in TRAINED_KINDS else limit // 2
        name = f"{'trained' if kind in TRAINED_KINDS else 'never trained'}: {kind}"
        rows.append(drawn(name, count, partial(_of_kind, kind, digits)))
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes: list[str] = [mode.value for mode in TtaMode]
    parser.add_argument("names", nargs="+", help="presets or models")
    parser.add_argument("--limit", type=int, default=500, help="pictures for each line")
    parser.add_argument("--tta", choices=modes, help="views, if not the preset's")
    arguments = parser.parse_args()
    names: list[str] = arguments.names
    limit: int = arguments.limit
    tta: str | None = arguments.tta
    settings = load_settings()
    print(f"{'errors or sure answers, of n':46} {'n':>5} " + " ".join(f"{name[-24:]:>24}" for name in names))
    with InferenceEngine(settings.digits, threads=settings.app.workers, signature=preprocess_signature()) as engine:
        options: list[PredictOptions] = []
        for name in names:
            found = choose_members(name, settings.digits.model_dir)
            engine.make_available(found.members).require_all()
            views = TtaMode(tta) if tta else found.tta or TtaMode.NONE
            options.append(PredictOptions(tta=views, members=found.members))
        sure_of = settings.digits.uncertain_threshold
        for row in all_rows(limit):
            cells: list[str] = []
            for chosen in options:
                confidence, answers = engine.predict_batch(as_input(row.images), chosen).max(dim=1)
                if row.labels is None:
                    cells.append(f"{int((confidence >= sure_of).sum())} sure")
                else:
                    wrong = answers != torch.tensor(row.labels)
                    unsure = int((confidence < sure_of).sum())
                    cells.append(f"{int(wrong.sum())} wrong, {unsure} unsure")
            print(f"{row.name:46} {len(row.images):>5} " + " ".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()

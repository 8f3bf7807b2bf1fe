"""Draw the validation digits that a preset misreads into docs/validation-errors.png, and list them.

    python scripts/validation_errors.py [--preset default] [--out docs/validation-errors.png]

Runs no model: the answers are those kept in each member's `predictions.npz`. The test digits are not scored.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.split import split_rows
from handwriting_ai.evaluation.predictions import EvaluationDigits, load_evaluation_digits, load_predictions
from handwriting_ai.inference.ensemble import member_probabilities
from handwriting_ai.inference.views import views_for
from handwriting_ai.preprocess import IMAGE_SIDE
from handwriting_ai.registry.presets import DEFAULT_PRESET, Preset, read_presets
from handwriting_ai.registry.store import ModelStore

COLUMNS: Final = 5
_SCALE: Final = 6
"""So many pixels a side for one of MNIST's."""
_GAP_PX: Final = 28
_LINE_PX: Final = 20
_LINES: Final = 3
_FONT_PX: Final = 15
_SHADES: Final = 64
"""Grey levels kept: as many as the eye tells apart, in a file a third smaller."""
_INK, _PAPER, _FRAME = 30, 255, 200


@dataclass(frozen=True, kw_only=True)
class MisreadDigit:
    """A validation digit whose answer is not its label."""

    place: int
    """Among the validation digits."""
    row: int
    """In MNIST's training file, from 0."""
    label: int
    answer: int
    confidence: float
    spread: float
    """Standard deviation over the members of the probability that each gives the answer."""
    member_answers: tuple[int, ...]
    loss_share: float
    """Its part of the sum of −log p(label) over all validation digits."""

    @property
    def lines(self) -> tuple[str, str, str]:
        """What stands below its picture."""
        members = " ".join(str(answer) for answer in self.member_answers)
        return (
            f"row {self.row}, label {self.label}",
            f"read as {self.answer}, {self.confidence:.1%}",
            f"members {members}, ± {self.spread:.1%}",
        )


def misread_digits(
    store: ModelStore, preset: Preset, digits: EvaluationDigits, rows: Sequence[int]
) -> list[MisreadDigit]:
    """What a preset misreads on validation, the surest first.

    Args:
        store: holds its members.
        preset: the members, each at its own temperature, and the views.
        digits: of which the validation part is read.
        rows: where each of these stands in MNIST's training file.
    """
    manifests = [store.read_manifest(name) for name in preset.members]
    views = len(views_for(preset.tta))
    logits = [load_predictions(store.folder(each.model_id), each, digits).validation[:views] for each in manifests]
    temperatures = [manifest.temperature for manifest in manifests]
    members = member_probabilities(torch.stack(logits).float(), temperatures).mean(dim=1)  # (members, n, 10)
    merged, labels = members.mean(dim=0), torch.from_numpy(digits.validation.labels)
    confidence, answers = merged.max(dim=1)
    losses = -merged[torch.arange(len(labels)), labels].log()
    misread: list[int] = (answers != labels).nonzero().squeeze(1).tolist()
    found: list[MisreadDigit] = []
    for place in misread:
        answer = int(answers[place])
        own: list[int] = members[:, place].argmax(dim=1).tolist()
        found.append(
            MisreadDigit(
                place=place,
                row=rows[place],
                label=int(labels[place]),
                answer=answer,
                confidence=float(confidence[place]),
                spread=float(members[:, place, answer].std(correction=0)),
                member_answers=tuple(own),
                loss_share=float(losses[place] / losses.sum()),
            )
        )
    return sorted(found, key=_doubt)


def _doubt(digit: MisreadDigit) -> float:
    return -digit.confidence


def draw_sheet(misread: Sequence[MisreadDigit], images: "NDArray[np.uint8]") -> Image.Image:
    """Every picture enlarged, ink dark on light, with its lines below.

    Args:
        misread: the digits to draw.
        images: `(n, 28, 28)`, all validation digits.
    """
    inverted: NDArray[np.uint8] = np.bitwise_not(images)
    side = IMAGE_SIDE * _SCALE
    cell_width, cell_height = side + _GAP_PX, side + _LINES * _LINE_PX + _GAP_PX
    sheet_rows = math.ceil(len(misread) / COLUMNS)
    sheet = Image.new("L", (COLUMNS * cell_width + _GAP_PX, sheet_rows * cell_height + _GAP_PX), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT_PX)
    for number, digit in enumerate(misread):
        left = _GAP_PX + number % COLUMNS * cell_width
        top = _GAP_PX + number // COLUMNS * cell_height
        picture: NDArray[np.uint8] = inverted[digit.place]
        sheet.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC), (left, top))
        pen.rectangle((left - 1, top - 1, left + side, top + side), outline=_FRAME)
        for line, text in enumerate(digit.lines):
            pen.text((left, top + side + 4 + line * _LINE_PX), text, fill=_INK, font=font)
    return sheet.quantize(_SHADES)


def main() -> None:
    """Write the picture; print one line for each digit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default=DEFAULT_PRESET)
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs" / "validation-errors.png")
    arguments = parser.parse_args()
    name: str = arguments.preset
    out: Path = arguments.out
    settings = load_settings()
    store, folder = ModelStore(settings.digits.model_dir), settings.training.data_dir
    rows: list[int] = split_rows(load_mnist(folder, Part.TRAIN).labels)[1].tolist()
    digits = load_evaluation_digits(folder)
    misread = misread_digits(store, read_presets(store.root)[name], digits, rows)
    draw_sheet(misread, digits.validation.images).save(out, optimize=True)
    for digit in misread:
        print(" | ".join((*digit.lines, f"{digit.loss_share:.1%} of the NLL")))
    print(f"{len(misread)} of {len(rows)} validation digits; wrote {out}, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

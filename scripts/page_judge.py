"""Train the network that tells digits from other ink, and write it as `src/handwriting_ai/segmentation/judge.npz`.

    python scripts/page_judge.py

It keeps its pieces in `runs/page_judge.npz` and its place in `runs/page_judge.pt`: started again, it goes on there.

It learns from pieces of ink, as the segmentation cuts them out of made numbers (`scripts/page_strings.py`): whole
digits, digits cut off their neighbours, and what is none: halves, pairs, scribbles, letters of the machine's fonts. The
digits are MNIST's of training and those of the pen strokes' training writers. Train `scripts/page_cuts.py` before it:
where pieces are cut, that network says.
"""

import argparse
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scripts.page_strings import MadeString, PageDigits, load_page_digits, make_string, one_digit
from scripts.small_network import Pace, SmallTraining, write_halves
from torch import Tensor
from torch.nn import functional

from handwriting_ai.architectures.pages import JudgeNetwork
from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.data.scribbles import random_scribble
from handwriting_ai.data.strokes import render
from handwriting_ai.preprocess import FULL_INK, IMAGE_SIDE, Gray
from handwriting_ai.segmentation.components import Blob, find_blobs, ink_mask
from handwriting_ai.segmentation.cuts import cut_apart
from handwriting_ai.segmentation.judge import NO_DIGIT, WEIGHTS_FILE
from handwriting_ai.segmentation.lattice import build_lattice
from handwriting_ai.segmentation.parameters import SegmentConfig
from handwriting_ai.segmentation.pictures import thumbnail
from handwriting_ai.segmentation.strokes import join, join_strokes

KEPT: Final = PROJECT_ROOT / "runs" / "page_judge.pt"
PIECES: Final = KEPT.with_suffix(".npz")
FONTS: Final = Path("/usr/share/fonts")
BATCH: Final = 128
PACE: Final = Pace(highest_rate=6e-3)
SAID_EVERY: Final = 200

WHOLE: Final = 0.87
"""A piece is a digit if it holds this share of the digit's ink, and if this share of its ink is the digit's."""
BROKEN: Final = 0.74
"""A piece is no digit if one of the two shares is below this. Pieces between are not learnt from."""
ALONE: Final = 12
"""Digits with nothing beside them, for each made number."""
WRONG_KEPT: Final = 0.22
"""Share of the pieces that are no digits that are learnt from."""
PAIRS: Final = 0.2
"""Share of the neighbours that are put together as a piece that is none."""
_INK: Final = 110
"""The grey level above which a pixel is a digit's ink."""
_LEAST_SHARE: Final = 0.25
"""Ink of less than this share of the tallest piece's height is left out."""
_CONFIG: Final = SegmentConfig()
_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZacdefhijkmnprstuvwxyzäöüß&@#%?=+*"
"""Printed alone."""
_PAIRS: Final = ("th", "er", "in", "an", "he", "nd", "ll", "ri", "ti", "mm", "nn", "mi", "ur", "ch", "st", "ff", "rt")
"""Printed together: they look like one piece of ink."""
_LOOKALIKES: Final = "symbol dingbat emoji d050 standardsymbols mathjax droidsansfallback"
"""Fonts whose letters are signs: parts of their files' names."""

Sample = tuple[Gray, int]
"""A thumbnail and its class."""


def label_of(piece: Blob, made: MadeString) -> int | None:
    """Which digit a piece is, or none (`NO_DIGIT`); None where one may argue."""
    box = piece.box
    inside = np.greater(piece.mask, 0)
    best, whose = 0.0, NO_DIGIT
    for label, ink in zip(made.labels, made.inks, strict=True):
        everywhere = np.greater(ink, _INK)
        both = everywhere[box.top : box.bottom, box.left : box.right] & inside
        shared = int(np.count_nonzero(both))
        share = min(shared / max(int(np.count_nonzero(everywhere)), 1), shared / max(piece.area, 1))
        if share > best:
            best, whose = share, label
    if best >= WHOLE:
        return whose
    return NO_DIGIT if best < BROKEN else None


def pieces_of_string(digits: PageDigits, rng: np.random.Generator) -> list[Sample]:
    """What the segmentation makes of one made number."""
    made = make_string(digits, rng)
    ink = cv2.GaussianBlur(made.ink, (0, 0), float(rng.uniform(0.3, 1.1)))
    mask = ink_mask(ink, _CONFIG)
    blobs, _ = find_blobs(mask, _CONFIG)
    wholes, _ = join_strokes(blobs, _CONFIG)
    tallest = max((blob.box.height for blob in wholes), default=0)
    wholes = [blob for blob in wholes if blob.box.height > _LEAST_SHARE * tallest]
    pieces = list(wholes)
    for blob in wholes:
        lattice = build_lattice([cut_apart(blob, _CONFIG)], float(blob.box.height), _CONFIG)
        pieces += [piece for span, piece in lattice.pieces.items() if span[1] - span[0] < len(lattice.parts)]
        pieces += [join([blob, other]) for other in wholes if other is not blob and rng.random() < PAIRS]
    samples: list[Sample] = []
    for piece in pieces:
        label = label_of(piece, made)
        if label is not None and (label != NO_DIGIT or rng.random() < WRONG_KEPT):
            samples.append((thumbnail(ink, piece), label))
    return samples


def piece_alone(digits: PageDigits, rng: np.random.Generator) -> Sample:
    """A digit with nothing beside it."""
    height = math.exp(rng.uniform(math.log(20), math.log(130)))
    pen = height * math.exp(rng.uniform(math.log(0.025), math.log(0.19)))
    label, patch = one_digit(digits, rng, scanned=rng.random() < 0.6, height=height, pen=pen)
    return _as_piece(patch, rng), label


def scribble(digits: PageDigits, rng: np.random.Generator) -> Sample:
    """A drawing that is no digit."""
    strokes = random_scribble(rng, digits.drawn)
    return _as_piece(render(strokes, pen_px=float(rng.uniform(4, 26))), rng), NO_DIGIT


def letter(fonts: list[Path], rng: np.random.Generator) -> Sample:
    """A printed letter or two of them, which are none, or a printed digit."""
    draw = rng.random()
    text = str(int(rng.integers(10))) if draw < 0.1 else _one_of(_PAIRS, rng) if draw < 0.25 else _one_of(_LETTERS, rng)
    path = fonts[int(rng.integers(len(fonts)))]
    font = ImageFont.truetype(str(path), int(rng.integers(40, 140)))
    canvas = Image.new("L", (420, 300))
    ImageDraw.Draw(canvas).text((60, 40), text, font=font, fill=FULL_INK)
    slant = float(rng.uniform(-0.3, 0.3)) if rng.random() < 0.5 else 0.0
    rows: list[list[float]] = [[1.0, slant, 0.0], [0.0, 1.0, 0.0]]
    matrix: NDArray[np.float64] = np.array(rows)
    printed: Gray = np.asarray(canvas, dtype=np.uint8)
    return _as_piece(cv2.warpAffine(printed, matrix, canvas.size), rng), int(text) if text.isdigit() else NO_DIGIT


def _one_of(texts: str | tuple[str, ...], rng: np.random.Generator) -> str:
    return texts[int(rng.integers(len(texts)))]


def _as_piece(picture: Gray, rng: np.random.Generator) -> Gray:
    bordered = cv2.copyMakeBorder(picture, 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=0)
    ink = cv2.GaussianBlur(bordered, (0, 0), float(rng.uniform(0.3, 1.1)))
    blobs, _ = find_blobs(ink_mask(ink, _CONFIG), _CONFIG)
    return thumbnail(ink, join(blobs)) if blobs else np.zeros((IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)


def fonts_in(folder: Path) -> list[Path]:
    """Fonts that have letters.

    Raises:
        SystemExit: there are none.
    """
    known = _LOOKALIKES.split()
    found = [path for path in sorted(folder.rglob("*.[ot]tf")) if not any(name in path.name.lower() for name in known)]
    if not found:
        raise SystemExit(
            f"No fonts (*.ttf, *.otf) in {folder}: letters are learnt from them. Give a folder by --fonts."
        )
    return found


def make_pieces(digits: PageDigits, fonts: list[Path], strings: int, seed: int) -> tuple[Gray, "NDArray[np.int64]"]:
    """Thumbnails `(n, 28, 28)` and their classes, from so many made numbers and other ink in proportion."""
    samples: list[Sample] = []
    for number in range(strings):
        rng = np.random.default_rng([seed, number])
        samples += pieces_of_string(digits, rng)
        samples += [piece_alone(digits, rng) for _ in range(ALONE)]
        samples += [letter(fonts, rng), letter(fonts, rng), letter(fonts, rng)]
        if number % 2 == 0:
            samples.append(scribble(digits, rng))
    thumbnails = [picture for picture, _ in samples]
    labels = [label for _, label in samples]
    pictures: Gray = np.stack(thumbnails)
    return pictures, np.array(labels, dtype=np.int64)


def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Turned, slanted, shifted, scaled a little, each in its own way, and with stronger or weaker grey levels."""
    count = len(pictures)

    def spread(width: float) -> Tensor:
        return (torch.rand(count, generator=generator) - 0.5) * width

    angle = spread(0.28)
    rows = (
        torch.stack([torch.cos(angle) * (1 + spread(0.12)), spread(0.3) - torch.sin(angle), spread(0.17)], dim=1),
        torch.stack([torch.sin(angle), torch.cos(angle) * (1 + spread(0.12)), spread(0.17)], dim=1),
    )
    grid = functional.affine_grid(torch.stack(rows, dim=1), [count, 1, IMAGE_SIDE, IMAGE_SIDE], align_corners=False)
    moved = functional.grid_sample(pictures, grid, align_corners=False).clamp(0, 1)
    return moved ** (1.05 + spread(0.9))[:, None, None, None]


def train(pictures: Gray, labels: "NDArray[np.int64]", steps: int, seed: int, kept: Path) -> dict[str, Tensor]:
    """Train, and give back what is stored.

    Raises:
        CheckpointError: what `kept` holds is damaged, or of a training with other steps or another seed.
    """
    training = SmallTraining(JudgeNetwork, "page judge", steps, seed, PACE, kept)
    training.go_on()
    every, classes = torch.from_numpy(pictures), torch.from_numpy(labels)
    while training.done < steps:
        generator = torch.Generator().manual_seed(seed * 1_000_003 + training.done)
        rows = torch.randint(len(every), (BATCH,), generator=generator)
        x = changed(every[rows][:, None].float() / FULL_INK, generator)
        logits = training.network(x.contiguous(memory_format=torch.channels_last))
        loss = training.learn(functional.cross_entropy(logits, classes[rows]))
        if training.done % SAID_EVERY == 0:
            training.keep()
            print(f"step {training.done} of {steps}: loss {loss:.4f}", flush=True)
    network = JudgeNetwork()
    network.load_state_dict(training.averaged())
    return network.stored()


def main() -> None:
    """Make pieces, train and write."""
    parser = argparse.ArgumentParser(description="Train the network that tells digits from other ink.")
    parser.add_argument("--strings", type=int, default=3000, help="Made numbers that pieces are cut out of.")
    parser.add_argument("--steps", type=int, default=3500, help=f"Batches of {BATCH} pieces.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fonts", type=Path, default=FONTS, help="A folder of fonts that letters are drawn with.")
    arguments = parser.parse_args()
    strings: int = arguments.strings
    steps: int = arguments.steps
    seed: int = arguments.seed
    fonts: Path = arguments.fonts
    KEPT.parent.mkdir(exist_ok=True)
    if not PIECES.exists():
        made, of_which = make_pieces(load_page_digits(load_settings().training), fonts_in(fonts), strings, seed)
        np.savez_compressed(PIECES, pictures=made, labels=of_which)
    stored: Mapping[str, NDArray[np.uint8]] = np.load(PIECES, allow_pickle=False)
    pictures, labels = stored["pictures"], stored["labels"].astype(np.int64)
    print(f"{len(labels)} pieces, {int(np.count_nonzero(np.equal(labels, NO_DIGIT)))} of them no digits", flush=True)
    write_halves(train(pictures, labels, steps, seed, KEPT), WEIGHTS_FILE)
    print(f"Wrote {WEIGHTS_FILE}.")


if __name__ == "__main__":
    main()

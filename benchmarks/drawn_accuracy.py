"""Accuracy on pen strokes of held-out writers, by pen, size, polarity and step: `python benchmarks/drawn_accuracy.py`.

Prints also what the way through a 280 × 280 picture costs MNIST's validation digits.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from handwriting_ai import load_settings
from handwriting_ai.config import Settings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.rendering import USUAL_SHARE, drawn_at
from handwriting_ai.data.split import split_rows, writers_left_out
from handwriting_ai.data.strokes import CANVAS_SIDE_PX, DrawnDigit, load_stroke_files
from handwriting_ai.errors import BlankImage
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import Gray, PreprocessConfig, normalize, preprocess, preprocess_signature

PENS_PX: Final = (4, 6, 10, 14, 18, 22, 30)
SHARES: Final = (0.15, 0.3, 0.5, 0.7, 0.9)
_PEN_PX: Final = 14.0
_PEN_PER_SHARE: Final = 40.0
"""Small digits are drawn with a narrower pen: 6 pixels at 15 %."""
_DEFAULT: Final = PreprocessConfig()
_VARIANTS: Final = {
    "as shipped": _DEFAULT,
    "no specks dropped": replace(_DEFAULT, keep_components=False),
    "deskew to 10°": replace(_DEFAULT, deskew_max_deg=10.0),
    "pen width as drawn": replace(_DEFAULT, normalize_width=False),
}


def drawn(digit: DrawnDigit, pen_px: float, share: float = USUAL_SHARE) -> Gray:
    """The digit in the middle of the canvas, ink bright."""
    return drawn_at(digit.strokes, pen_px=pen_px, share=share)


def specked(picture: Gray) -> Gray:
    """Three stray dabs of the pen near the corners."""
    dirty = picture.copy()
    for x, y in ((20, 24), (262, 40), (30, 255)):
        cv2.circle(dirty, (x, y), 4, 255, -1, cv2.LINE_AA)
    return dirty


def accuracy(
    engine: InferenceEngine, pictures: Sequence[Gray], labels: Sequence[int], config: PreprocessConfig = _DEFAULT
) -> float:
    """Share read right with one view; a picture without ink counts as wrong."""
    images: list[NDArray[np.float32]] = []
    for picture in pictures:
        try:
            images.append(preprocess(picture, config=config).image)
        except BlankImage:
            images.append(np.zeros((1, 28, 28), dtype=np.float32))
    stacked: NDArray[np.float32] = np.stack(images)
    return matches(engine, stacked, labels)


def matches(engine: InferenceEngine, images: "NDArray[np.float32]", labels: Sequence[int]) -> float:
    """Share of `(n, 1, 28, 28)` whose answer is the label."""
    answers = engine.predict_batch(torch.from_numpy(images), PredictOptions(tta=TtaMode.NONE)).argmax(dim=1)
    return float((answers == torch.tensor(labels)).float().mean())


def held_out_digits(settings: Settings, limit: int) -> list[DrawnDigit]:
    """Digits of writers that no model was trained on, without doubtful labels, spread evenly.

    Of a file that one person alone has written none is left out of training, so that there is none here.
    """
    digits: list[DrawnDigit] = []
    for file in load_stroke_files(*settings.training.stroke_folders):
        writers = writers_left_out([digit.writer for digit in file.digits])
        digits += [digit for digit in file.digits if digit.writer in writers and not digit.doubtful]
    return digits[:: max(1, len(digits) // limit)]


def mnist_round_trip(engine: InferenceEngine, settings: Settings) -> None:
    """Raw pixels against the same digits enlarged to 280 × 280 and preprocessed."""
    mnist = load_mnist(settings.training.data_dir, Part.TRAIN)
    validation = mnist.pick(split_rows(mnist.labels)[1])
    labels: list[int] = validation.labels.tolist()
    pictures: list[Gray] = list(validation.images)
    side = (CANVAS_SIDE_PX, CANVAS_SIDE_PX)
    raw = matches(engine, np.expand_dims(normalize(validation.images), 1), labels)
    enlarged = [cv2.resize(picture, side, interpolation=cv2.INTER_LINEAR) for picture in pictures]
    through = accuracy(engine, enlarged, labels)
    print(f"MNIST validation: raw {raw:.2%}, enlarged {through:.2%}, lost {100 * (raw - through):.2f} points")


def main() -> None:
    """Print one line for each condition."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=1000, help="digits for each condition")
    arguments = parser.parse_args()
    limit: int = arguments.limit
    settings = load_settings()
    digits = held_out_digits(settings, limit)
    labels = [digit.label for digit in digits]
    with InferenceEngine(settings.digits, threads=settings.app.workers, signature=preprocess_signature()) as engine:
        engine.try_load_active()

        def report(name: str, picture: Callable[[DrawnDigit], Gray], config: PreprocessConfig = _DEFAULT) -> None:
            share = accuracy(engine, [picture(digit) for digit in digits], labels, config)
            print(f"{name:32} {share:.2%}")

        print(f"{len(digits)} digits of held-out writers, one view, {engine.model_id}")
        for pen_px in PENS_PX:
            report(f"pen {pen_px} px", partial(drawn, pen_px=pen_px))
        for share in SHARES:
            report(f"size {share:.0%}", partial(drawn, pen_px=min(_PEN_PX, share * _PEN_PER_SHARE), share=share))
        report("dark on light", lambda digit: cv2.bitwise_not(drawn(digit, _PEN_PX)))
        for name, config in _VARIANTS.items():
            report(name, lambda digit: drawn(digit, _PEN_PX), config)
            report(f"{name}, three stray dabs", lambda digit: specked(drawn(digit, _PEN_PX)), config)
        mnist_round_trip(engine, settings)


if __name__ == "__main__":
    main()

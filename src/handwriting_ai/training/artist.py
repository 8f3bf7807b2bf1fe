"""Pictures of strokes, scribbles, signs and scans through the full preprocessing, kept on disk once they are made."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.no_digits import TRAINED_KINDS, drawn_no_digit
from handwriting_ai.data.rendering import (
    EXTENT_SHARE,
    MAX_PEN_SHARE,
    PEN_PX,
    RENDERING_RULES,
    drawn_at_random,
    drawn_in_style,
)
from handwriting_ai.data.scans import ScanFile, scanned
from handwriting_ai.data.scribbles import NOT_A_DIGIT, drawn_scribble
from handwriting_ai.data.strokes import DrawnDigit, StrokeFile
from handwriting_ai.data.styles import Styles
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.training.renderings import kept

STYLE_RULES: Final = 1
"""Raised whenever styles, signs or scans come to be drawn in another way: pictures on disk are then drawn anew."""


class Artist:
    """Makes pictures side by side, and looks first whether they were made before."""

    def __init__(self, cache: Path | None, workers: int) -> None:
        """Pictures are kept in `cache`, if it is given."""
        self._cache, self._workers = cache, workers

    def digits(
        self, file: StrokeFile, digits: Sequence[DrawnDigit], seed: int, styles: Styles | None = None
    ) -> DigitImages:
        """Each digit once, with a random pen, size and place of its own, and maybe in another style."""

        def picture(index: int) -> "NDArray[np.uint8]":
            if styles is None:
                return drawn_at_random(digits[index].strokes, seed=seed, index=index)
            return drawn_in_style(digits[index], styles, seed=seed, index=index)

        parts: dict[str, object] = {"of": file.sha256, "digits": digest_of(digits), "seed": seed}
        if styles is not None:
            shares: dict[str, float] = asdict(styles)
            parts |= {"styles": shares, "style_rules": STYLE_RULES}
        values = [digit.label for digit in digits]
        labels: NDArray[np.int64] = np.array(values, dtype=np.int64)
        return DigitImages(images=self._made(len(digits), picture, parts), labels=labels)

    def scribbles(
        self, count: int, lenders: Sequence[DrawnDigit], lent: Sequence[str], seed: int
    ) -> "NDArray[np.uint8]":
        """`uint8 (count, 28, 28)`; some are made of the strokes of `lenders`, from files of the digests `lent`."""

        def picture(index: int) -> "NDArray[np.uint8]":
            return drawn_scribble(lenders, seed=seed, index=index)

        parts: dict[str, object] = {"lent": list(lent), "lenders": digest_of(lenders), "seed": seed, "scribbles": count}
        return self._made(count, picture, parts)

    def signs(self, count: int, lenders: Sequence[DrawnDigit], lent: Sequence[str], seed: int) -> "NDArray[np.uint8]":
        """`uint8 (count, 28, 28)`: letters, signs and drawings, of all kinds that are trained on in turn."""

        def picture(index: int) -> "NDArray[np.uint8]":
            return drawn_no_digit(TRAINED_KINDS[index % len(TRAINED_KINDS)], lenders, seed=seed, index=index)

        parts: dict[str, object] = {"lent": list(lent), "lenders": digest_of(lenders), "seed": seed, "signs": count}
        return self._made(count, picture, parts | {"kinds": list(TRAINED_KINDS), "style_rules": STYLE_RULES})

    def scans(self, file: ScanFile, rows: "NDArray[np.int64]", seed: int | None) -> DigitImages:
        """Each digit of these rows once: in a random width of its own, or without a seed as it was scanned."""
        picked = file.digits.pick(rows)

        def picture(index: int) -> "NDArray[np.uint8]":
            bitmap: NDArray[np.uint8] = picked.images[index]
            return scanned(file, bitmap, seed=seed, index=index)

        parts: dict[str, object] = {"of": file.sha256, "scans": picked.digest(), "seed": seed}
        images = self._made(len(picked), picture, parts | {"style_rules": STYLE_RULES})
        return DigitImages(images=images, labels=picked.labels)

    def _made(
        self, count: int, picture: "Callable[[int], NDArray[np.uint8]]", parts: dict[str, object]
    ) -> "NDArray[np.uint8]":
        """`uint8 (count, 28, 28)`: one call of `picture` for each index, side by side."""

        def make() -> "NDArray[np.uint8]":
            with ThreadPoolExecutor(self._workers) as pool:
                pictures = list(pool.map(picture, range(count)))
            images: NDArray[np.uint8] = np.stack(pictures)
            return images

        rules: list[object] = [RENDERING_RULES, preprocess_signature(), PEN_PX, EXTENT_SHARE, MAX_PEN_SHARE]
        return kept(self._cache, parts | {"rules": rules}, make)


def digest_of(digits: Sequence[DrawnDigit]) -> str:
    """SHA-256 over labels and strokes, in order."""
    digest = hashlib.sha256()
    for digit in digits:
        digest.update(f"{digit.label} {len(digit.strokes)}".encode())
        for stroke in digit.strokes:
            digest.update(stroke.tobytes())
    return digest.hexdigest()


def no_digits(count: int) -> "NDArray[np.int64]":
    """Labels of pictures that show none, `(count,)`."""
    labels: NDArray[np.int64] = np.full(count, NOT_A_DIGIT, dtype=np.int64)
    return labels

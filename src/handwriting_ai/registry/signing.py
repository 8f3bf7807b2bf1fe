"""Models of an earlier preprocessing are signed anew where it is proved that clean pictures come out the same.

A model learns from clean pictures alone: MNIST's digits and rendered strokes. A preprocessing that changes other
pictures, as photographs, and not one bit of these, is to the model the one it was trained with.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from handwriting_ai.config import TrainingSettings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.rendering import random_drawing
from handwriting_ai.data.split import split_rows
from handwriting_ai.data.strokes import load_stroke_files
from handwriting_ai.errors import SignatureMismatch
from handwriting_ai.preprocess import Gray, preprocess, preprocess_signature

_SINCE_V2: Final = "7bb28c1cee53cb232c6ed7774adb6d645b2794c9f714b25567c99343d8373fd7"
EARLIER: Final = {
    "v2/grayscale+polarity+threshold+components+straighten+width+center/877d4a870e0c": _SINCE_V2,
    "v3/grayscale+polarity+paper+threshold+components+straighten+width+center/1f3673b48077": _SINCE_V2,
}
"""Earlier signatures, each with the digest of what that preprocessing made of the pictures of the proof."""
_ENLARGED_SIDE: Final = 280
_ENLARGED_EVERY: Final = 10
_DRAWN_EVERY: Final = 10


def proof_digest(settings: TrainingSettings) -> str:
    """SHA-256 of what the preprocessing makes of clean pictures, each dark on light and light on dark.

    They are MNIST's 5,000 validation digits, a tenth of them enlarged, and a tenth of the shipped pen strokes, drawn at
    random places, sizes and widths.

    Raises:
        DataError: MNIST or the pen strokes are missing or damaged.
    """
    digest = hashlib.sha256()
    for picture in _clean_pictures(settings):
        for shown in (picture, cv2.bitwise_not(picture)):
            digest.update(preprocess(shown).steps[-1].picture.tobytes())
    return digest.hexdigest()


def _clean_pictures(settings: TrainingSettings) -> Iterator[Gray]:
    mnist = load_mnist(settings.data_dir, Part.TRAIN)
    digits: list[Gray] = list(mnist.images[split_rows(mnist.labels)[1]])
    yield from digits
    for digit in digits[::_ENLARGED_EVERY]:
        yield cv2.resize(digit, (_ENLARGED_SIDE, _ENLARGED_SIDE), interpolation=cv2.INTER_CUBIC)
    for file in load_stroke_files(settings.strokes_dir):
        for index, drawn in enumerate(file.digits[::_DRAWN_EVERY]):
            yield random_drawing(drawn.strokes, np.random.default_rng(index))


def prove_same(earlier: str, settings: TrainingSettings) -> str:
    """The present signature, once it is proved that models of an earlier one may carry it.

    Raises:
        SignatureMismatch: nothing is known of the earlier one, or a clean picture comes out differently.
        DataError: as `proof_digest`.
    """
    present = preprocess_signature()
    if earlier not in EARLIER:
        raise SignatureMismatch(
            f"Nothing is known of the preprocessing {earlier!r}; only models of these can be signed anew: "
            f"{', '.join(EARLIER)}. Train the model again."
        )
    found = proof_digest(settings)
    if found != EARLIER[earlier]:
        raise SignatureMismatch(
            f"Clean pictures come out of {present!r} differently than of {earlier!r} (SHA-256 {found}, "
            f"then {EARLIER[earlier]}). Train the models again."
        )
    return present

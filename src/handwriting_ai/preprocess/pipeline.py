"""The whole way from pixels to the network's input, with a picture of every step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import steps
from handwriting_ai.preprocess.decode import Gray, Picture, decode
from handwriting_ai.preprocess.paper import Doubt, doubts_about, is_even, lift_ink
from handwriting_ai.preprocess.parameters import FULL_INK, MNIST_MEAN, MNIST_STD, STEP_NAMES, PreprocessConfig
from handwriting_ai.support.boxes import Box
from handwriting_ai.support.image_limits import ImageLimits

NormalizedImage: TypeAlias = "NDArray[np.float32]"
"""`(1, 28, 28)`, ink bright, mean and standard deviation of MNIST applied."""

DEFAULT_CONFIG: Final = PreprocessConfig()
DEFAULT_LIMITS: Final = ImageLimits()
MUCH_LEFT_OUT: Final = 0.1
"""From this share on, ink that was left out is worth a word: of 8,816 drawings by held-out writers, with pens of 6 and
22 px, five reach it, three of them of doubtful label."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step's name and its picture, `uint8 (h, w)`."""

    name: str
    picture: Gray


@dataclass(frozen=True, kw_only=True)
class Preprocessed:
    """What the network reads, and how it came about."""

    image: NormalizedImage
    """`float32 (1, 28, 28)`."""
    steps: tuple[Step, ...]
    """One for each of `STEP_NAMES`; the last is `image` before normalisation, `uint8 (28, 28)`."""
    doubts: tuple[Doubt, ...] = ()
    """Why the ink of a photograph may not be the digit, or not all of it; on even paper nothing is doubted."""


def preprocess(
    source: Picture,
    *,
    config: PreprocessConfig = DEFAULT_CONFIG,
    limits: ImageLimits = DEFAULT_LIMITS,
    invert: bool | None = None,
) -> Preprocessed:
    """Bring a picture of one digit into MNIST's convention.

    Args:
        source: a file of one of `FORMATS`, a Pillow picture, or an array `(h, w)` or `(h, w, 1 | 3 | 4)`.
        config: the pipeline's parameters; a model reads only what was made with those it was trained with.
        limits: what is refused before it is decoded.
        invert: True if ink is darker than paper, False if lighter; None finds out.

    Raises:
        InvalidImage: `source` cannot be read.
        ImageTooLarge: `source` exceeds `limits`.
        BlankImage: there is no ink in it.
    """
    gray = decode(source, limits)
    found = steps.find_ink(gray, config, invert=invert)
    ink, where = _without_paper(gray, found, config, invert=invert)
    mask = steps.threshold_ink(ink)
    digit = steps.keep_digit(mask, config, where)
    work = steps.crop_to_work(ink, digit, config)
    upright = steps.straighten(work, steps.slant_of(work, config))
    even = steps.normalize_width(upright, config)
    centered = steps.center(even, config)
    pictures = (gray, found.ink, ink, mask, digit, upright, even, centered)
    return Preprocessed(
        image=normalize(centered)[np.newaxis],
        doubts=() if where is None else doubts_about(ink, digit, config),
        steps=tuple(Step(name=name, picture=picture) for name, picture in zip(STEP_NAMES, pictures, strict=True)),
    )


def _without_paper(
    gray: Gray, found: steps.FoundInk, config: PreprocessConfig, *, invert: bool | None
) -> tuple[Gray, Box | None]:
    """The ink, and where the digit is if that had to be looked for: on even paper the ink stays as it was found.

    Raises:
        BlankImage: there is no ink.
    """
    natural = found if invert is None else steps.find_ink(gray, config, invert=None)
    # Where the ink is little, the threshold may lie between two shades of paper: then the ink is to be looked for.
    is_settled = found.contrast >= config.min_contrast or _range_of(gray) < config.min_contrast
    if is_settled and is_even(gray, natural.paper, steps.threshold_ink(natural.ink), config):
        steps.require_contrast(found, config)
        return found.ink, None
    lifted = lift_ink(gray, config, invert=invert)
    if lifted is None:
        raise steps.blank("nothing in the picture looks like handwriting")
    return lifted.ink, lifted.digit


def _range_of(gray: Gray) -> int:
    """By how many grey levels the lightest pixel differs from the darkest."""
    lightest: int = gray.max()
    darkest: int = gray.min()
    return int(lightest) - int(darkest)


def left_out_share(shown: Sequence[Step]) -> float:
    """How much ink was found and not taken for a part of the digit, as a share of all ink, in [0, 1).

    Args:
        shown: the steps of `Preprocessed`, where there is ink.
    """
    pictures = {step.name: step.picture for step in shown}
    found, kept = (np.count_nonzero(pictures[name]) for name in ("threshold", "components"))
    return 1 - kept / found


def normalize(pixels: Gray) -> "NDArray[np.float32]":
    """Grey levels `uint8 (…)` → `float32 (…)` with MNIST's mean and standard deviation taken out."""
    scaled = np.divide(pixels, np.float32(FULL_INK), dtype=np.float32)
    return np.divide(np.subtract(scaled, np.float32(MNIST_MEAN)), np.float32(MNIST_STD))


def denormalize(image: "NDArray[np.float32]") -> Gray:
    """The way back from `normalize`, to the nearest grey level."""
    return grey_levels(np.add(np.multiply(image, np.float32(MNIST_STD)), np.float32(MNIST_MEAN)))


def grey_levels(ink: "NDArray[np.float32]") -> Gray:
    """Ink `float32 (…)` in [0, 1], what lies outside cut off → grey levels `uint8 (…)`."""
    inside: NDArray[np.float32] = np.clip(ink, 0, 1)
    levels: NDArray[np.float32] = np.rint(np.multiply(inside, np.float32(FULL_INK)))
    return levels.astype(np.uint8)

"""Files, pictures or arrays → grey levels, `uint8 (h, w)`; what cannot be read gets an error that says why."""

import math
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai.errors import InvalidImage
from handwriting_ai.preprocess.opening import open_picture, turn_of
from handwriting_ai.preprocess.shrink import WORKING_SIDE_PX, factor_for, shrink, to_working_size
from handwriting_ai.preprocess.transparency import flatten, luma
from handwriting_ai.support.image_limits import ImageLimits

Gray: TypeAlias = "NDArray[np.uint8]"
Pixels: TypeAlias = "NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.float64] | NDArray[np.bool_]"
Picture: TypeAlias = "bytes | Image.Image | Pixels"
"""A file's content, an opened picture, or an array."""

_WHITE: Final = 255
_LEVELS_16_TO_8_BIT: Final = 257


def decode(source: Picture, limits: ImageLimits, *, working_side_px: int = WORKING_SIDE_PX) -> Gray:
    """Turn a file's content, a Pillow picture or an array `(h, w)` or `(h, w, 1 | 3 | 4)` into `uint8 (h, w)`.

    Arrays hold `uint8`, `bool`, or finite floats in [0, 1]. Of a file with several pictures the first is taken. What is
    transparent becomes paper.

    Args:
        source: the picture.
        limits: what is refused before it is decoded.
        working_side_px: a picture with a longer side is brought to this, by area averaging.

    Raises:
        InvalidImage: not a picture, broken, or an array that cannot be read.
        ImageTooLarge: more bytes or pixels than `limits` allow.
    """
    if isinstance(source, bytes | Image.Image):
        small = _upright(_opened(source, limits, working_side_px), working_side_px)  # the large one is gone by now
        gray = _gray_of_picture(small)
    else:
        gray = _gray_of_array(source, limits, working_side_px)
    return to_working_size(gray, working_side_px)


def _opened(source: bytes | Image.Image, limits: ImageLimits, working_side_px: int) -> Image.Image:
    if isinstance(source, bytes):
        return open_picture(source, limits, working_side_px)
    limits.check_size(source.width, source.height, kind="an opened picture")
    if not source.width or not source.height:
        raise InvalidImage(f"The picture is {source.width} × {source.height} pixels: there is nothing in it.")
    return source


def _upright(image: Image.Image, working_side_px: int) -> Image.Image:
    """The picture, upright, and of about twice the working size at most."""

    def band(top: int, bottom: int) -> Image.Image:
        rows = image.crop((0, top, image.width, bottom))
        return rows.convert("RGBA").convert("LA") if _is_transparent(rows) else Image.fromarray(_opaque_levels(rows))

    turn = turn_of(image)
    factor = factor_for(image.size, working_side_px)
    small = image if factor == 1 else shrink(image.size, factor, band)
    return small if turn is None else small.transpose(turn)


def _gray_of_picture(image: Image.Image) -> Gray:
    if not _is_transparent(image):
        return _opaque_levels(image)
    rgba: Gray = np.asarray(image.convert("RGBA"), dtype=np.uint8)
    return flatten(rgba)


def _is_transparent(image: Image.Image) -> bool:
    return image.has_transparency_data and not image.mode.startswith("I")


def _opaque_levels(image: Image.Image) -> Gray:
    if image.mode.startswith("I"):
        deep: NDArray[np.int64] = np.asarray(image, dtype=np.int64)
        levels: NDArray[np.int64] = np.clip(np.floor_divide(deep, _LEVELS_16_TO_8_BIT), 0, _WHITE)
        return levels.astype(np.uint8)
    if image.mode == "F":
        floats: NDArray[np.float32] = np.asarray(image, dtype=np.float32)
        _check_levels(floats)
        return _to_uint8(floats)
    plain = image.getchannel("L") if image.mode == "LAB" else image
    return np.array(plain.convert("L"), dtype=np.uint8)


def _gray_of_array(array: Pixels, limits: ImageLimits, working_side_px: int) -> Gray:
    shape: tuple[int, ...] = array.shape
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,), (4,)) or array.size == 0:
        raise InvalidImage(f"An array of shape {shape} is not a picture: (h, w) or (h, w, 1 | 3 | 4) is.")
    limits.check_size(shape[1], shape[0], kind="an array")
    _check_levels(array)

    def band(top: int, bottom: int) -> Image.Image:
        levels = _to_uint8(array[top:bottom])
        if shape[2:] == (4,):
            return Image.merge("LA", (Image.fromarray(luma(levels)), Image.fromarray(levels[:, :, 3])))
        return Image.fromarray(_gray_of_levels(levels))

    factor = factor_for((shape[1], shape[0]), working_side_px)
    if factor == 1:
        return _gray_of_levels(_to_uint8(array))
    return _gray_of_picture(shrink((shape[1], shape[0]), factor, band))


def _gray_of_levels(levels: Gray) -> Gray:
    """`uint8 (h, w)` or `(h, w, 1 | 3 | 4)` → `uint8 (h, w)`."""
    channels: tuple[int, ...] = levels.shape[2:]
    if not channels:
        return levels
    if channels == (1,):
        return np.ascontiguousarray(levels[:, :, 0])
    return flatten(levels) if channels == (4,) else luma(levels)


def _check_levels(array: Pixels) -> None:
    """Let an array pass whose numbers are grey levels."""
    if array.dtype in (np.dtype(np.uint8), np.dtype(np.bool_)):
        return
    if array.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise InvalidImage(f"An array of {array.dtype} is not a picture: uint8, bool, or float in [0, 1] is.")
    low: float = array.min()
    high: float = array.max()
    if not (math.isfinite(low) and math.isfinite(high)):  # NaN spreads to both
        raise InvalidImage("The array holds NaN or infinite values.")
    if low < 0.0 or high > 1.0:
        raise InvalidImage(f"The array's floats run from {low:g} to {high:g}; they must lie in [0, 1].")


def _to_uint8(array: Pixels) -> Gray:
    """Grey levels of what `_check_levels` let pass."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array, dtype=np.uint8)
    if array.dtype == np.bool_:
        return np.multiply(array, _WHITE, dtype=np.uint8)
    floats: NDArray[np.float64] = np.asarray(array, dtype=np.float64)
    scaled: NDArray[np.float64] = np.rint(np.multiply(floats, float(_WHITE)))
    return scaled.astype(np.uint8)

"""Bytes or arrays → grey levels, `uint8 (h, w)`; everything that cannot be read gets an error that says why."""

import io
import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from handwriting_ai.errors import ImageTooLarge, InvalidImage
from handwriting_ai.support.units import BYTES_PER_MB

Gray: TypeAlias = "NDArray[np.uint8]"
Pixels: TypeAlias = "NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.float64] | NDArray[np.bool_]"

FORMATS: Final = ("PNG", "JPEG", "WEBP")
_WHITE: Final = 255
_MIDDLE_GREY: Final = 127.5
_LEVELS_16_TO_8_BIT: Final = 257
_LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601), as Pillow's own conversion uses them."""
_READ_ERRORS: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What Pillow raises on broken files."""


@dataclass(frozen=True, kw_only=True)
class ImageLimits:
    """What is refused before it is decoded."""

    max_megabytes: float = 2.0
    max_side_px: int = 1024


def decode(source: "bytes | Pixels", limits: ImageLimits) -> Gray:
    """Turn an encoded file, or an array `(h, w)` or `(h, w, 1 | 3 | 4)`, into grey levels `uint8 (h, w)`.

    Arrays hold `uint8`, `bool`, or finite floats in [0, 1]. Transparent pixels become paper that
    contrasts with the ink.

    Raises:
        InvalidImage: not a picture, broken, animated, or an array that cannot be read.
        ImageTooLarge: more bytes or a longer side than `limits` allow.
    """
    if isinstance(source, bytes):
        return _decode_file(source, limits)
    return _decode_array(source, limits)


def _decode_file(data: bytes, limits: ImageLimits) -> Gray:
    if not data:
        raise InvalidImage("The file is empty (0 bytes). Send a PNG, JPEG or WebP picture.")
    if len(data) > limits.max_megabytes * BYTES_PER_MB:
        raise ImageTooLarge(
            f"The file has {len(data) / BYTES_PER_MB:.1f} MB; at most {limits.max_megabytes:g} MB are read."
        )
    try:
        with Image.open(io.BytesIO(data)) as image:
            _check_header(image, limits)
            image.load()
            return _to_gray(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"The picture is too large: {error}") from error
    except UnidentifiedImageError as error:
        raise InvalidImage("The file is not a picture that can be read. Send a PNG, JPEG or WebP picture.") from error
    except _READ_ERRORS as error:
        raise InvalidImage(f"The picture is damaged: {error}") from error


def _check_header(image: Image.Image, limits: ImageLimits) -> None:
    """Refuse by the header alone, before any pixel is decoded."""
    if image.format not in FORMATS:
        raise InvalidImage(f"{image.format} pictures are not read. Send a PNG, JPEG or WebP picture.")
    _check_side(image.width, image.height, limits)
    frames: int = getattr(image, "n_frames", 1)
    if frames > 1:
        raise InvalidImage(f"The picture is animated ({frames} frames). Send a single picture.")


def _check_side(width: int, height: int, limits: ImageLimits) -> None:
    if max(width, height) > limits.max_side_px:
        raise ImageTooLarge(
            f"The picture is {width} × {height} pixels; a side may have {limits.max_side_px} at most: shrink it."
        )


def _to_gray(image: Image.Image) -> Gray:
    if image.mode.startswith("I"):
        deep: NDArray[np.int64] = np.asarray(image, dtype=np.int64)
        levels: NDArray[np.int64] = np.clip(np.floor_divide(deep, _LEVELS_16_TO_8_BIT), 0, _WHITE)
        return levels.astype(np.uint8)
    if image.has_transparency_data:
        rgba: Gray = np.asarray(image.convert("RGBA"), dtype=np.uint8)
        return _flatten_alpha(rgba)
    return np.array(image.convert("L"), dtype=np.uint8)


def _decode_array(array: Pixels, limits: ImageLimits) -> Gray:
    shape: tuple[int, ...] = array.shape
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,), (4,)) or array.size == 0:
        raise InvalidImage(f"An array of shape {shape} is not a picture: (h, w) or (h, w, 1 | 3 | 4) is.")
    _check_side(shape[1], shape[0], limits)
    levels = _to_uint8(array)
    if len(shape) == 2:
        return levels
    if shape[2] == 1:
        return np.ascontiguousarray(levels[:, :, 0])
    return _flatten_alpha(levels) if shape[2] == 4 else _luma(levels)


def _to_uint8(array: Pixels) -> Gray:
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array, dtype=np.uint8)
    if array.dtype == np.bool_:
        return np.multiply(array, _WHITE, dtype=np.uint8)
    if array.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise InvalidImage(f"An array of {array.dtype} is not a picture: uint8, bool, or float in [0, 1] is.")
    floats: NDArray[np.float64] = np.asarray(array, dtype=np.float64)
    if not bool(np.isfinite(floats).all()):
        raise InvalidImage("The array holds NaN or infinite values.")
    low: float = floats.min()
    high: float = floats.max()
    if low < 0.0 or high > 1.0:
        raise InvalidImage(f"The array's floats run from {low:g} to {high:g}; they must lie in [0, 1].")
    scaled: NDArray[np.float64] = np.rint(np.multiply(floats, float(_WHITE)))
    return scaled.astype(np.uint8)


def _luma(rgb: Gray) -> Gray:
    """`(h, w, 3 or more)` → grey levels `(h, w)`; further channels are ignored."""
    weights: NDArray[np.float32] = np.array(_LUMA, dtype=np.float32)
    colors: NDArray[np.float32] = rgb[:, :, :3].astype(np.float32)
    weighted: NDArray[np.float32] = np.dot(colors, weights)
    rounded: NDArray[np.float32] = np.rint(weighted)
    return rounded.astype(np.uint8)


def _flatten_alpha(rgba: Gray) -> Gray:
    """Lay `(h, w, 4)` on black paper if what is opaque is light, else on white."""
    luma = _luma(rgba)
    alpha = rgba[:, :, 3]
    lowest: int = alpha.min()
    if lowest == _WHITE:
        return luma
    share: NDArray[np.float32] = np.divide(alpha, float(_WHITE), dtype=np.float32)
    weight: float = share.sum()
    ink: NDArray[np.float32] = np.multiply(luma, share, dtype=np.float32)
    light: float = ink.sum()
    ink_is_light = weight > 0 and light / weight > _MIDDLE_GREY
    paper = 0.0 if ink_is_light else float(_WHITE)
    clear: NDArray[np.float32] = np.subtract(1.0, share, dtype=np.float32)
    blended: NDArray[np.float32] = np.rint(np.add(ink, np.multiply(clear, np.float32(paper))))
    return blended.astype(np.uint8)

"""Where the camera stands and what it loses: place, turn, tilt; blur, noise, JPEG. Severities from 1 to 5."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.paper.scene import SUBPIXEL_BITS, Scene, to_int
from handwriting_ai.data.paper.texture import texture
from handwriting_ai.preprocess import FULL_INK

_DARKEST: Final = 0.17
"""The mean level below which a camera exposes for longer."""
_LONGEST: Final = 4.0


def small(scene: Scene, severity: int) -> None:
    """A small digit: from 30 % down to 3 % of the picture."""
    scene.share = (0.3, 0.2, 0.12, 0.06, 0.03)[severity - 1]


def large(scene: Scene, severity: int) -> None:
    """A large digit: up to 90 % of the picture."""
    scene.share = (0.65, 0.72, 0.8, 0.85, 0.9)[severity - 1]


def anywhere(scene: Scene, severity: int) -> None:
    """Not in the middle, ever farther from it."""
    reach = (0.06, 0.13, 0.2, 0.3, 0.45)[severity - 1]
    angle = scene.rng.uniform(0, 2 * math.pi)
    scene.middle = (0.5 + reach * math.cos(angle), 0.5 + reach * math.sin(angle))


def at_rim(scene: Scene, severity: int) -> None:
    """Close to a side of the picture, ever closer; at 5 it reaches it."""
    anywhere(scene, 5)
    scene.gap = (0.2, 0.1, 0.05, 0.02, 0.0)[severity - 1]


def turned(scene: Scene, severity: int) -> None:
    """Turned by up to 15°, either way."""
    scene.angle_deg += (3, 6, 9, 12, 15)[severity - 1] * (1 if scene.rng.random() < 0.5 else -1)


def tilted(scene: Scene, severity: int) -> None:
    """Seen at an angle: one side is farther away."""
    strength = (0.1, 0.2, 0.32, 0.46, 0.6)[severity - 1]
    angle = scene.rng.uniform(0, 2 * math.pi)
    scene.tilt = (strength * math.cos(angle), strength * math.sin(angle))


def defocus(scene: Scene, severity: int) -> None:
    """Out of focus."""
    sigma = (0.006, 0.012, 0.02, 0.03, 0.042)[severity - 1] * scene.unit_px
    scene.picture = cv2.GaussianBlur(scene.picture, (0, 0), sigmaX=max(sigma, 0.2))


def motion(scene: Scene, severity: int) -> None:
    """The camera moved."""
    length = max((0.025, 0.05, 0.08, 0.11, 0.15)[severity - 1] * scene.unit_px, 1.0)
    angle = scene.rng.uniform(0, math.pi)
    side = 2 * math.ceil(length / 2) + 3
    kernel = np.zeros((side, side), dtype=np.uint8)
    dx, dy = length / 2 * math.cos(angle), length / 2 * math.sin(angle)
    half = side // 2
    ends = to_int([(half - dx, half - dy), (half + dx, half + dy)])
    cv2.polylines(kernel, [ends], False, FULL_INK, 1, cv2.LINE_AA, SUBPIXEL_BITS)
    total: float = kernel.sum(dtype=np.float64)
    weights: NDArray[np.float32] = np.divide(kernel, total, dtype=np.float32)
    scene.picture = cv2.filter2D(scene.picture, -1, weights)


def noise(scene: Scene, severity: int) -> None:
    """A sensor in too little light."""
    scene.noise = (0.015, 0.03, 0.05, 0.075, 0.1)[severity - 1]


def jpeg(scene: Scene, severity: int) -> None:
    """Stored as JPEG, down to quality 30."""
    scene.jpeg = (80, 65, 50, 40, 30)[severity - 1]


def coarse(scene: Scene, severity: int) -> None:
    """Few pixels: a thumbnail or a picture of a picture, enlarged again."""
    target = (70.0, 48.0, 34.0, 26.0, 20.0)[severity - 1]
    scale = min(1.0, target / scene.unit_px)
    height, width = scene.size
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    few = cv2.resize(scene.picture, small_size, interpolation=cv2.INTER_AREA)
    scene.picture = cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR)


def sharpened(scene: Scene, severity: int) -> None:
    """A phone's sharpening: bright rims round dark strokes."""
    strength = (0.4, 0.8, 1.2, 1.7, 2.2)[severity - 1]
    soft = cv2.GaussianBlur(scene.picture, (0, 0), sigmaX=max(0.8, 0.01 * scene.unit_px))
    scene.picture += np.multiply(np.subtract(scene.picture, soft), np.float32(strength))


def exposed(scene: Scene) -> None:
    """A camera makes a dark sheet lighter: as long as needed, up to four times."""
    few: NDArray[np.float32] = scene.picture[::8, ::8]
    level: float = few.mean(dtype=np.float64)
    if level < _DARKEST:
        scene.picture *= np.float32(min(_DARKEST / max(level, 1e-3), _LONGEST))


def developed(scene: Scene) -> "NDArray[np.uint8]":
    """The picture as it is stored: with the sensor's noise, in 256 levels, through JPEG where asked for."""
    grey = texture(scene.rng, "noise", scene.size)
    tint = texture(scene.rng, "noise2", scene.size)
    levels: NDArray[np.float32] = np.multiply(scene.picture, np.float32(FULL_INK))
    levels += np.multiply(grey, np.float32(0.85 * scene.noise * FULL_INK))[:, :, np.newaxis]
    coloured = np.multiply(tint, np.float32(0.5 * scene.noise * FULL_INK), dtype=np.float32)
    levels[:, :, 0] += coloured
    levels[:, :, 2] -= coloured
    np.clip(levels, 0, FULL_INK, out=levels)
    picture: NDArray[np.uint8] = np.add(levels, np.float32(0.5), out=levels).astype(np.uint8)
    if scene.jpeg is None:
        return picture
    swapped: NDArray[np.uint8] = np.ascontiguousarray(picture[:, :, ::-1])
    stored, encoded = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])
    if not stored:
        raise RuntimeError(f"OpenCV could not store a picture of {scene.size} pixels as JPEG of quality {scene.jpeg}.")
    opened = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(opened[:, :, ::-1])

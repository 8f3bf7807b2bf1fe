"""Light on the sheet: gradients, shadows, vignettes, lamps. Each function takes a scene and a severity from 1 to 5."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.paper.scene import SUBPIXEL_BITS, Colour, Field, Scene, normals, to_int, uniforms
from handwriting_ai.data.paper.texture import smooth_field
from handwriting_ai.preprocess import FULL_INK, Gray

_COARSE = 4
"""Soft shadows are drawn at a quarter of the size."""


def _axes(scene: Scene) -> tuple[Field, Field]:
    """X as a row and y as a column, from the picture's middle, in its shorter sides."""
    height, width = scene.size
    unit = min(scene.size)
    x: Field = np.divide(np.subtract(np.arange(width), width / 2), unit, dtype=np.float32)
    y: Field = np.divide(np.subtract(np.arange(height), height / 2), unit, dtype=np.float32)
    return x[np.newaxis, :], y[:, np.newaxis]


def _tinted(level: float, tint: float) -> Colour:
    """A shadow's colour: bluish where `tint` is above 0, since the sky lights it, reddish below."""
    return (max(level - tint, 0.02), level, min(level + tint, 1.0))


def gradient(scene: Scene, severity: int) -> None:
    """Light from one side: the other is darker."""
    lost = (0.12, 0.25, 0.4, 0.55, 0.7)[severity - 1]
    x, y = _axes(scene)
    angle = scene.rng.uniform(0, 2 * math.pi)
    ramp: Field = np.add(np.multiply(x, np.float32(math.cos(angle))), np.multiply(y, np.float32(math.sin(angle))))
    low: float = ramp.min()
    high: float = ramp.max()
    ramp = np.divide(np.subtract(ramp, np.float32(low)), np.float32(high - low), dtype=np.float32)
    level = 1 - lost
    scene.dye(ramp, _tinted(level, scene.rng.uniform(-0.04, 0.06) * lost))


def uneven(scene: Scene, severity: int) -> None:
    """Light that comes and goes over the sheet, as under leaves or several lamps."""
    lost = (0.1, 0.2, 0.3, 0.42, 0.55)[severity - 1]
    hills = smooth_field(scene.rng, scene.size, int(scene.rng.integers(2, 5)))
    shade: Field = np.clip(np.add(np.multiply(hills, np.float32(0.24)), np.float32(0.5)), 0, 1)
    scene.dye(shade, _tinted(1 - lost, scene.rng.uniform(-0.02, 0.05) * lost))


def hard_shadow(scene: Scene, severity: int) -> None:
    """The edge of a shadow runs through the picture near the digit."""
    level = (0.86, 0.74, 0.62, 0.5, 0.4)[severity - 1]
    x, y = _axes(scene)
    angle = scene.rng.uniform(0, 2 * math.pi)
    bend = scene.rng.normal(0, 0.15)
    height, width = scene.size
    at_x, at_y = scene.middle_px[0] - width / 2, scene.middle_px[1] - height / 2
    away = scene.rng.normal(0, 0.25) * (scene.extent_px + 0.3 * min(scene.size)) / min(scene.size)
    cos, sin = math.cos(angle), math.sin(angle)
    offset = (at_x * cos + at_y * sin) / min(scene.size) + away
    across: Field = np.add(np.multiply(x, np.float32(cos)), np.multiply(y, np.float32(sin)))
    along: Field = np.subtract(np.multiply(y, np.float32(cos)), np.multiply(x, np.float32(sin)))
    distance: Field = np.subtract(np.add(across, np.multiply(np.square(along), np.float32(bend))), np.float32(offset))
    softness = math.exp(scene.rng.uniform(math.log(0.004), math.log(0.06)))
    shade: Field = np.clip(np.add(np.divide(distance, np.float32(softness)), np.float32(0.5)), 0, 1)
    scene.dye(shade, _tinted(level, scene.rng.uniform(-0.01, 0.1) * (1 - level)))


def photographer(scene: Scene, severity: int) -> None:
    """The shadow of the phone and the hand that holds it, seen twice where there are two lamps."""
    level = (0.9, 0.8, 0.7, 0.58, 0.46)[severity - 1]
    rng = scene.rng
    height, width = scene.size
    small = (max(height // _COARSE, 8), max(width // _COARSE, 8))
    unit = min(small)
    reach = 0.5 * scene.extent_px / min(scene.size)
    at_x = scene.middle_px[0] / _COARSE + rng.uniform(-0.6, 1.2) * reach * unit
    at_y = scene.middle_px[1] / _COARSE - rng.uniform(0.2, 1.4) * reach * unit - 0.05 * unit
    turn = rng.normal(0, 0.12)
    mirrored = rng.random() < 0.3
    tint = rng.uniform(0.0, 0.16)
    count = int(rng.integers(1, 4))
    for number in range(count):
        layer = np.zeros(small, dtype=np.uint8)
        shift = number * rng.uniform(0.08, 0.3) * unit
        right, top = at_x - shift, at_y + number * rng.uniform(-0.02, 0.06) * unit
        _draw_phone(layer, (right, top), unit, turn, rng)
        if mirrored:
            layer = np.ascontiguousarray(layer[:, ::-1])
        sigma = max(0.25, unit * math.exp(rng.uniform(math.log(0.003), math.log(0.03))) * (1 + number))
        soft = cv2.GaussianBlur(layer, (0, 0), sigmaX=sigma)
        full = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
        own = math.pow(level, 1 / count)
        scene.dye(full, _tinted(own, tint * (1 - own)))


def _draw_phone(layer: Gray, corner: tuple[float, float], unit: int, turn: float, rng: np.random.Generator) -> None:
    """A round-cornered phone whose upper right corner lies there, and an arm that holds it from below."""
    right, top = corner
    width, height = rng.uniform(0.3, 1.4) * unit, rng.uniform(0.5, 1.1) * unit
    radius = rng.uniform(0.06, 0.16) * unit
    cos, sin = math.cos(turn), math.sin(turn)

    def spot(x: float, y: float) -> tuple[float, float]:
        return right + x * cos - y * sin, top + x * sin + y * cos

    angles = [math.radians(-90 + 15 * step) for step in range(7)]
    rounded = [(radius * (math.cos(angle) - 1), radius * (math.sin(angle) + 1)) for angle in angles]
    mirrored = [(-width - x, y) for x, y in reversed(rounded)]
    body = [*rounded, (0.0, height), (-width, height), *mirrored]
    lean = rng.uniform(-0.2, 0.7) * unit
    knuckle = height - rng.uniform(0.0, 0.3) * unit
    arm = [(-0.1 * unit, knuckle), (0.12 * unit, knuckle + 0.1 * unit), (lean + 0.3 * unit, 3.0 * unit)]
    arm += [(lean - 1.2 * unit, 3.0 * unit), (-width, knuckle)]
    for outline in (body, arm):
        points = to_int([spot(x, y) for x, y in outline])
        cv2.fillPoly(layer, [points], FULL_INK, cv2.LINE_AA, SUBPIXEL_BITS)


def vignette(scene: Scene, severity: int) -> None:
    """The corners are darker than the middle."""
    lost = (0.2, 0.4, 0.6, 0.8, 1.0)[severity - 1]
    x, y = _axes(scene)
    shift_x, shift_y = normals(scene.rng, 2, 0.12)
    squared: Field = np.add(
        np.square(np.subtract(x, np.float32(shift_x))), np.square(np.subtract(y, np.float32(shift_y)))
    )
    shade: Field = np.divide(squared, np.add(squared, np.float32(0.55)), dtype=np.float32)
    scene.dye(shade, (1 - lost, 1 - lost, 1 - lost))


def flash(scene: Scene, severity: int) -> None:
    """A bright spot, in which ink and sheet shine."""
    gain = (0.1, 0.2, 0.3, 0.42, 0.55)[severity - 1]
    x, y = _axes(scene)
    rng = scene.rng
    away_x, away_y = uniforms(rng, 2, -0.4, 0.4)
    squared: Field = np.add(
        np.square(np.subtract(x, np.float32(away_x))), np.square(np.subtract(y, np.float32(away_y)))
    )
    spread = rng.uniform(0.12, 0.3)
    glow: Field = np.exp(np.multiply(squared, np.float32(-0.5 / spread**2)))
    scene.dye(np.subtract(np.float32(1), glow), (1 - 0.8 * gain, 1 - 0.8 * gain, 1 - 0.75 * gain))
    scene.picture += np.multiply(glow, np.float32(0.6 * gain))[:, :, np.newaxis]


def dim(scene: Scene, severity: int) -> None:
    """Too little light, or too short an exposure."""
    level = (0.85, 0.7, 0.55, 0.42, 0.3)[severity - 1]
    scene.picture *= np.float32(level)
    scene.noise *= 1 + 0.3 * severity


def cast(scene: Scene, severity: int) -> None:
    """Warm or cold light that the camera did not balance."""
    strength = (0.05, 0.1, 0.16, 0.24, 0.34)[severity - 1]
    warm, cold = (1.0, 1 - 0.45 * strength, 1 - strength), (1 - strength, 1 - 0.4 * strength, 1.0)
    factors: NDArray[np.float32] = np.array(warm if scene.rng.random() < 0.6 else cold, dtype=np.float32)
    scene.picture *= factors

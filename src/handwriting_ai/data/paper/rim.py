"""What the picture shows round the sheet: its edge, the desk, a finger, a scanner's black. Severities from 1 to 5."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.paper.scene import (
    SUBPIXEL_BITS,
    Colour,
    Field,
    Scene,
    normals,
    shuffled,
    to_int,
    uniforms,
)
from handwriting_ai.data.paper.texture import texture
from handwriting_ai.preprocess import FULL_INK, Gray

DESKS: Final[tuple[Colour, ...]] = (
    (0.3, 0.19, 0.12),
    (0.5, 0.34, 0.2),
    (0.12, 0.12, 0.13),
    (0.25, 0.25, 0.27),
    (0.62, 0.48, 0.33),
    (0.4, 0.42, 0.46),
    (0.16, 0.22, 0.32),
)
PENS: Final[tuple[Colour, ...]] = (
    (0.08, 0.08, 0.1),
    (0.1, 0.2, 0.6),
    (0.75, 0.15, 0.12),
    (0.85, 0.65, 0.15),
    (0.6, 0.6, 0.62),
)
SKINS: Final[tuple[Colour, ...]] = ((0.86, 0.64, 0.52), (0.74, 0.5, 0.38), (0.52, 0.34, 0.25), (0.34, 0.22, 0.16))


def _desk(scene: Scene) -> "NDArray[np.float32]":
    """A desk of wood, or a plain one, `(h, w, 3)`."""
    base: NDArray[np.float32] = np.array(DESKS[int(scene.rng.integers(len(DESKS)))], dtype=np.float32)
    grain = texture(scene.rng, "wood", scene.size)
    boards = texture(scene.rng, "boards", scene.size)
    wooden = scene.rng.random() < 0.6
    strength = scene.rng.uniform(0.05, 0.18) if wooden else 0.015
    both: Field = np.add(np.multiply(grain, np.float32(strength)), np.multiply(boards, np.float32(1.3 * strength)))
    factor: Field = np.clip(np.add(both, np.float32(1)), 0.3, 1.7)
    return np.multiply(factor[:, :, np.newaxis], base, dtype=np.float32)


def _lay_desk(scene: Scene, sheet: Gray) -> None:
    """The desk where the sheet, `uint8 (h, w)`, is not; the sheet casts a narrow shadow on it."""
    beyond = cv2.bitwise_not(sheet)
    desk = _desk(scene)
    sigma = max(1.0, 0.012 * min(scene.size))
    shade = cv2.GaussianBlur(sheet, (0, 0), sigmaX=sigma)
    dark: Field = np.multiply(shade, np.float32(0.8 / FULL_INK), dtype=np.float32)
    desk *= np.subtract(np.float32(1), dark)[:, :, np.newaxis]
    scene.cover(beyond, desk)
    scene.hide(beyond)


def _corners(scene: Scene, left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    """A sheet that nobody cut quite straight."""
    shake = normals(scene.rng, 8, 0.02)
    plain = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return [(x + shake[2 * row], y + shake[2 * row + 1]) for row, (x, y) in enumerate(plain)]


def sheet_edge(scene: Scene, severity: int) -> None:
    """The sheet ends at one or two sides of the picture."""
    left, top, right, bottom = scene.span()
    share = (0.2, 0.4, 0.6, 0.8, 0.95)[severity - 1]
    sides = shuffled(scene.rng, 4)[: 1 + int(scene.rng.random() < 0.3)]
    far = 2 * max(right - left, bottom - top)
    ends = {0: left - far, 1: top - far, 2: right + far, 3: bottom + far}
    own = (-scene.half[0] - 0.06, -scene.half[1] - 0.06, scene.half[0] + 0.06, scene.half[1] + 0.06)
    rims = (left, top, right, bottom)
    for side in sides:
        room = own[side] - rims[side]  # from the picture's side to the digit
        limit = 0.3 * (right - left if side % 2 == 0 else bottom - top)
        ends[side] = rims[side] + math.copysign(min(abs(room), limit), room) * share
    angle = scene.rng.normal(0, 0.03)
    corners = _corners(scene, ends[0], ends[1], ends[2], ends[3])
    cos, sin = math.cos(angle), math.sin(angle)
    _lay_desk(scene, scene.filled([(x * cos - y * sin, x * sin + y * cos) for x, y in corners]))


def desk(scene: Scene, severity: int) -> None:
    """The sheet lies as an island on the desk, ever smaller."""
    left, top, right, bottom = scene.span()
    share = (0.15, 0.3, 0.5, 0.7, 0.88)[severity - 1]
    own = (-scene.half[0] - 0.12, -scene.half[1] - 0.12, scene.half[0] + 0.12, scene.half[1] + 0.12)
    ends = [rim + (near - rim) * share for rim, near in zip((left, top, right, bottom), own, strict=True)]
    _lay_desk(scene, scene.filled(_corners(scene, ends[0], ends[1], ends[2], ends[3])))


def finger(scene: Scene, severity: int) -> None:
    """A finger or thumb reaches in from a side."""
    rng = scene.rng
    height, width = scene.size
    unit = min(scene.size)
    reach = (0.05, 0.1, 0.15, 0.2, 0.26)[severity - 1] * unit
    thick = rng.uniform(0.05, 0.11) * unit * (1 + 0.1 * severity)
    places = _rim_places(rng, width, height)
    # Of some places at the rim the one farthest from the digit: a finger holds the sheet, it does not cover the digit.
    distances = [math.hypot(x - scene.middle_px[0], y - scene.middle_px[1]) for x, y, _ in places]
    x, y, inwards = places[distances.index(max(distances))]
    reach = max(min(reach, max(distances) - 0.6 * scene.extent_px - thick), 0.01 * unit)
    turn = inwards + rng.normal(0, 0.35)
    tip = (x + reach * math.cos(turn), y + reach * math.sin(turn))
    root = (x - unit * math.cos(turn), y - unit * math.sin(turn))
    layer = np.zeros(scene.size, dtype=np.uint8)
    ends = [to_int([tip, root])]
    cv2.polylines(layer, ends, False, FULL_INK, max(3, round(2 * thick)), cv2.LINE_AA, SUBPIXEL_BITS)
    soft = cv2.GaussianBlur(layer, (0, 0), sigmaX=max(0.6, 0.006 * unit))
    shadow = _soft(layer, 0.04 * unit)
    scene.dye(shadow, (0.55, 0.55, 0.58))
    skin = SKINS[int(rng.integers(len(SKINS)))]
    round_light: Field = np.multiply(_soft(layer, 0.5 * thick), np.float32(0.6 / FULL_INK))
    tone: NDArray[np.float32] = np.array(skin, dtype=np.float32)
    lit: Field = np.add(round_light, np.float32(0.5))
    scene.cover(soft, np.multiply(lit[:, :, np.newaxis], tone, dtype=np.float32))
    scene.hide(soft)


def pen_beside(scene: Scene, severity: int) -> None:
    """The pen that wrote the digit lies on the sheet, ever nearer to it."""
    rng = scene.rng
    unit = min(scene.size)
    thick = rng.uniform(0.025, 0.06) * unit
    away = 0.66 * scene.extent_px + (0.24, 0.17, 0.11, 0.06, 0.02)[severity - 1] * unit + thick
    towards, lean = rng.uniform(0, 2 * math.pi), rng.normal(0, 0.25)
    x, y = scene.middle_px
    near = (x + away * math.cos(towards), y + away * math.sin(towards))
    along = (-math.sin(towards + lean), math.cos(towards + lean))
    front, back = rng.uniform(0.1, 0.7) * unit, rng.uniform(0.6, 1.6) * unit
    tip = (near[0] + along[0] * front, near[1] + along[1] * front)
    end = (near[0] - along[0] * back, near[1] - along[1] * back)
    neck = (tip[0] - along[0] * 2 * thick, tip[1] - along[1] * 2 * thick)
    layer = np.zeros(scene.size, dtype=np.uint8)
    for start, width in ((neck, thick), (tip, 0.3 * thick)):
        line = [to_int([start, end])]
        cv2.polylines(layer, line, False, FULL_INK, max(2, round(width)), cv2.LINE_AA, SUBPIXEL_BITS)
    scene.dye(_soft(layer, 0.5 * thick), (0.7, 0.7, 0.72))
    scene.cover(layer, PENS[int(rng.integers(len(PENS)))])
    scene.hide(layer)


def _soft(layer: Gray, sigma_px: float) -> Gray:
    """Blurred by much, at a quarter of the size: nothing fine is left of it anyway."""
    height: int = layer.shape[0]
    width: int = layer.shape[1]
    few = cv2.resize(layer, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(few, (0, 0), sigmaX=max(0.3, sigma_px / 4)), (width, height))


def _rim_places(rng: np.random.Generator, width: int, height: int) -> list[tuple[float, float, float]]:
    """Three places at the sides and the direction inwards from each, in radians."""
    places: list[tuple[float, float, float]] = []
    for _ in range(3):
        along = rng.uniform(0.05, 0.95)
        side = int(rng.integers(4))
        spots = (
            (along * width, 0.0, math.pi / 2),
            (along * width, float(height), -math.pi / 2),
            (0.0, along * height, 0.0),
            (float(width), along * height, math.pi),
        )
        places.append(spots[side])
    return places


def scan_border(scene: Scene, severity: int) -> None:
    """The black beside the sheet that a scanner or copier leaves at one to four sides."""
    rng = scene.rng
    height, width = float(scene.size[0]), float(scene.size[1])
    thick = (0.015, 0.03, 0.045, 0.065, 0.09)[severity - 1] * min(scene.size)
    layer = np.zeros(scene.size, dtype=np.uint8)
    for side in shuffled(rng, 4)[: int(rng.integers(1, 5))]:
        near, far = uniforms(rng, 2, 0.4 * thick, 1.2 * thick)
        quads = (
            [(0.0, 0.0), (width, 0.0), (width, far), (0.0, near)],
            [(0.0, height), (width, height), (width, height - far), (0.0, height - near)],
            [(0.0, 0.0), (0.0, height), (far, height), (near, 0.0)],
            [(width, 0.0), (width, height), (width - far, height), (width - near, 0.0)],
        )
        cv2.fillPoly(layer, [to_int(quads[side])], FULL_INK, cv2.LINE_AA, SUBPIXEL_BITS)
    level = rng.uniform(0.02, 0.15)
    scene.cover(layer, (level, level, level))
    scene.hide(layer)


def holes(scene: Scene, severity: int) -> None:
    """Punched holes or the rings of a pad along one side."""
    rng = scene.rng
    left, top, right, bottom = scene.span()
    at = left + (right - left) * 0.045 if rng.random() < 0.5 else right - (right - left) * 0.045
    if abs(at) < scene.half[0] + 0.1:
        return
    step = (bottom - top) / (2, 3, 5, 9, 14)[severity - 1]
    start = top + step * rng.uniform(0.2, 0.8)
    ends: list[list[tuple[float, float]]] = []
    while start < bottom:
        ends.append([(at, start), (at + 0.001, start)])
        start += step
    layer = scene.lines(ends, max(3.0, 0.03 * min(scene.size)))
    level = rng.uniform(0.05, 0.4)
    scene.cover(layer, (level, level * 0.95, level * 0.9))
    scene.hide(layer)

"""What is printed or lies on the sheet beside the digit. Each function takes a scene and a severity from 1 to 5."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.paper.scene import (
    SUBPIXEL_BITS,
    Colour,
    Scene,
    inverse,
    matrix_of,
    normals,
    product,
    to_int,
    uniforms,
)
from handwriting_ai.preprocess import FULL_INK, Gray

RULES: Final[tuple[Colour, ...]] = (
    (0.45, 0.6, 0.85),
    (0.55, 0.55, 0.6),
    (0.35, 0.42, 0.6),
    (0.5, 0.7, 0.62),
    (0.8, 0.5, 0.5),
)
_MARGIN: Final[Colour] = (0.85, 0.4, 0.42)
_MOST_LINES: Final = 160
Segment = list[tuple[float, float]]


def _levels(low: float, high: float, start: float, step: float) -> list[float]:
    """Where lines lie between two places: `start` and whole steps from it."""
    first = math.ceil((low - start) / step)
    last = min(math.floor((high - start) / step), first + _MOST_LINES)
    return [start + number * step for number in range(first, last + 1)]


def _rule(scene: Scene) -> Colour:
    return RULES[int(scene.rng.integers(len(RULES)))]


def _print(scene: Scene, layer: Gray, colour: Colour, strength: float) -> None:
    """Printing ink dyes a light sheet; on a dark one it is light."""
    if scene.pen_covers:
        scene.cover(layer, (0.55, 0.6, 0.6), 0.6 * strength)
    else:
        scene.dye(layer, colour, strength)


def _thickness(scene: Scene, severity: int) -> float:
    """In pixels: from a hair to as broad as a thin pen."""
    share = (0.004, 0.007, 0.011, 0.016, 0.022)[severity - 1] * scene.rng.uniform(0.7, 1.3)
    return max(1.0, share * max(scene.unit_px, 0.25 * min(scene.size)))


_STRENGTH: Final = (0.35, 0.5, 0.65, 0.8, 1.0)


def ruled(scene: Scene, severity: int) -> None:
    """Lines to write on, often with a red margin."""
    left, top, right, bottom = scene.span()
    step = scene.rng.uniform(0.55, 1.8)
    start = scene.half[1] - scene.rng.uniform(-0.15, 0.4) * (1 if step > 1 else step)
    rows = _levels(top, bottom, start, step)
    lines: list[Segment] = [[(left, level), (right, level)] for level in rows]
    _print(scene, scene.lines(lines, _thickness(scene, severity)), _rule(scene), _STRENGTH[severity - 1])
    if scene.rng.random() < 0.4:
        away = scene.rng.uniform(scene.half[0] + 0.1, max(right, scene.half[0] + 0.2))
        at = away if scene.rng.random() < 0.5 else -away
        margin = scene.lines([[(at, top), (at, bottom)]], _thickness(scene, severity))
        _print(scene, margin, _MARGIN, _STRENGTH[severity - 1])


def squared(scene: Scene, severity: int) -> None:
    """The squares of an arithmetic book."""
    left, top, right, bottom = scene.span()
    step = scene.rng.uniform(0.22, 0.9)
    step = max(step, (right - left) / _MOST_LINES * 1.5)
    start_x, start_y = uniforms(scene.rng, 2, 0, step)
    lines: list[Segment] = [[(left, level), (right, level)] for level in _levels(top, bottom, start_y, step)]
    lines += [[(level, top), (level, bottom)] for level in _levels(left, right, start_x, step)]
    _print(scene, scene.lines(lines, _thickness(scene, severity) * 0.8), _rule(scene), _STRENGTH[severity - 1] * 0.9)


def dotted(scene: Scene, severity: int) -> None:
    """A grid of dots."""
    left, top, right, bottom = scene.span()
    step = max(scene.rng.uniform(0.2, 0.7), (right - left) / 60)
    start_x, start_y = uniforms(scene.rng, 2, 0, step)
    rows = _levels(top, bottom, start_y, step)
    columns = _levels(left, right, start_x, step)
    tiny = 0.001
    dots: list[Segment] = [[(x, y), (x + tiny, y)] for y in rows for x in columns]
    layer = scene.lines(dots, max(2.0, 2.2 * _thickness(scene, severity)))
    _print(scene, layer, _rule(scene), _STRENGTH[severity - 1])


def _box_lines(center_x: float, half: tuple[float, float], rng: np.random.Generator) -> Segment:
    left, right = center_x - half[0], center_x + half[0]
    jitter = normals(rng, 2, 0.004)
    return [
        (left, -half[1]),
        (right, -half[1] + jitter[0]),
        (right, half[1]),
        (left, half[1] + jitter[1]),
        (left, -half[1]),
    ]


def _room(scene: Scene, severity: int) -> tuple[float, float]:
    """Half the sides of a box round the digit; at severity 4 the digit touches it, at 5 it crosses it."""
    away = (0.35, 0.22, 0.12, 0.03, -0.05)[severity - 1]
    wide = scene.half[0] + away + scene.rng.uniform(0, 0.15)
    tall = scene.half[1] + away + scene.rng.uniform(0, 0.04)
    if scene.rng.random() < 0.5:
        wide = tall = max(wide, tall)
    return max(wide, 0.25), tall


def _pen_of_boxes(scene: Scene) -> Colour:
    boxes: tuple[Colour, ...] = (
        (0.15, 0.15, 0.15),
        (0.3, 0.3, 0.3),
        (0.75, 0.2, 0.2),
        (0.2, 0.35, 0.7),
        (0.85, 0.5, 0.3),
    )
    return boxes[int(scene.rng.integers(len(boxes)))]


def add_printed(scene: Scene) -> None:
    """What the caller printed on the sheet: boxes or rules, in a colour of its own."""
    if scene.printed is not None:
        layer = scene.seen(scene.printed, scene.from_drawn)
        _print(scene, layer, _pen_of_boxes(scene), scene.rng.uniform(0.5, 1.0))


def box(scene: Scene, severity: int) -> None:
    """A printed box round the digit: ever narrower, touched at 4, crossed at 5."""
    lines = [_box_lines(scene.rng.normal(0, 0.03), _room(scene, severity), scene.rng)]
    width = max(1.0, scene.rng.uniform(0.008, 0.03) * scene.unit_px)
    _print(scene, scene.lines(lines, width), _pen_of_boxes(scene), scene.rng.uniform(0.7, 1.0))


def form(scene: Scene, severity: int) -> None:
    """A row of boxes, the digit in one of them, the others empty."""
    half = _room(scene, severity)
    gap = (0.0, 0.08, 0.25)[int(scene.rng.integers(3))]
    step = 2 * half[0] + gap
    before = int(scene.rng.integers(0, 5))
    after = int(scene.rng.integers(1, 5))
    lines = [_box_lines(number * step, half, scene.rng) for number in range(-before, after + 1)]
    width = max(1.0, scene.rng.uniform(0.008, 0.025) * scene.unit_px)
    _print(scene, scene.lines(lines, width), _pen_of_boxes(scene), scene.rng.uniform(0.7, 1.0))
    if scene.rng.random() < 0.6:
        _print_words(scene, (-before * step - half[0], -half[1] - 0.12), scene.rng.uniform(0.1, 0.2))


_WORDS: Final = (
    "Datum",
    "No.",
    "Ort",
    "Name",
    "Date",
    "Nr.",
    "Sum",
    "Total",
    "Code",
    "Class",
    "Page",
    "Zip code",
    "ID",
)


def _print_words(scene: Scene, at: tuple[float, float], height: float) -> None:
    """A printed word whose first letter stands there, in units."""
    word = _WORDS[int(scene.rng.integers(len(_WORDS)))]
    fonts = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
    font = fonts[int(scene.rng.integers(len(fonts)))]
    size_px = height * scene.unit_px
    if size_px < 4:
        return
    spot: list[int] = to_int(scene.px([at]), bits=0).ravel().tolist()
    corner = (spot[0], spot[1])
    layer = np.zeros(scene.size, dtype=np.uint8)
    cv2.putText(layer, word, corner, font, size_px / 22, FULL_INK, max(1, round(size_px / 14)), cv2.LINE_AA)
    level = scene.rng.uniform(0.15, 0.45)
    _print(scene, layer, (level, level, level), 1.0)


def words(scene: Scene, severity: int) -> None:
    """Printed words above, below or beside the digit, ever larger and nearer."""
    height = (0.08, 0.12, 0.17, 0.22, 0.3)[severity - 1]
    left, top, right, bottom = scene.span()
    for _ in range(int(scene.rng.integers(1, 4))):
        above = scene.rng.random() < 0.5
        room = -scene.half[1] - top - height if above else bottom - scene.half[1] - height
        away = scene.rng.uniform(0.1, max(0.12, min(room, 0.9)))
        y = -scene.half[1] - away if above else scene.half[1] + away + height
        x = scene.rng.uniform(max(left, -2.5), max(min(right - 1.0, 1.5), -2.4))
        if top < y - height and y < bottom:
            _print_words(scene, (x, y), height)


def specks(scene: Scene, severity: int) -> None:
    """Dust, crumbs and hairs."""
    rng = scene.rng
    count = (4, 10, 20, 35, 60)[severity - 1]
    side = min(scene.size)
    largest = (0.004, 0.006, 0.008, 0.011, 0.014)[severity - 1] * side
    layer = np.zeros(scene.size, dtype=np.uint8)
    places: list[list[float]] = rng.uniform(0, 1, (count, 4)).tolist()
    for across, down, size, tone in places:
        radius = max(8, round(16 * largest * size**3))
        center = (round(16 * across * scene.size[1]), round(16 * down * scene.size[0]))
        cv2.circle(layer, center, radius, round(90 + 165 * tone), -1, cv2.LINE_AA, SUBPIXEL_BITS)
    for _ in range(severity // 2):
        x, y = rng.random() * scene.size[1], rng.random() * scene.size[0]
        hair: NDArray[np.float64] = np.cumsum(rng.normal(0, 0.012 * side, (8, 2)), axis=0)
        hair += (x, y)
        cv2.polylines(layer, [to_int(hair)], False, 180, 1, cv2.LINE_AA, SUBPIXEL_BITS)
    level = rng.uniform(0.1, 0.5)
    scene.dye(layer, (level, level, level * 0.95))


def show_through(scene: Scene, severity: int) -> None:
    """Writing on the back of the sheet, mirrored and pale."""
    strength = (0.06, 0.1, 0.15, 0.21, 0.28)[severity - 1]
    rng = scene.rng
    layer = np.zeros(scene.size, dtype=np.uint8)
    to_units = product(inverse(scene.to_picture), scene.from_drawn)
    mirrored: Gray = np.ascontiguousarray(scene.drawn[:, ::-1])
    for _ in range(int(rng.integers(1, 5))):
        shift_x, shift_y = normals(rng, 2, 0.6)
        turn = rng.normal(0, 0.2)
        cos, sin = math.cos(turn) * rng.uniform(0.7, 1.3), math.sin(turn)
        moved = matrix_of([[cos, -sin, shift_x], [sin, cos, shift_y], [0.0, 0.0, 1.0]])
        matrix = product(product(scene.to_picture, moved), to_units)
        np.maximum(layer, scene.seen(mirrored, matrix), out=layer)
    soft = cv2.GaussianBlur(layer, (0, 0), sigmaX=max(0.5, 0.012 * scene.unit_px))
    scene.dye(soft, (1 - strength, 1 - strength, 1 - 0.9 * strength))

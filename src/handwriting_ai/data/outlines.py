"""Drawings of things that are no digits, as strokes in a box of about 1 × 1, y pointing down.

Letters that people write as some digit are not among them: O, D, Q, C, I, l, S, Z, B, G, g, q and their like.
"""

import math
from typing import Final, TypeAlias

import numpy as np

from handwriting_ai.data.curves import curve, points
from handwriting_ai.data.strokes import Stroke

Outline: TypeAlias = "tuple[Stroke, ...]"

_RING_POINTS: Final = 24
_HEART_POINTS: Final = 40


def ring(x: float, y: float, radius: float, first_deg: float = 0.0, last_deg: float = 360.0) -> Stroke:
    """A circle, or the part of it between two angles; 0° is to the right, 90° below."""
    angles = np.radians(np.linspace(first_deg, last_deg, _RING_POINTS))
    return curve(np.add(x, np.multiply(radius, np.cos(angles))), np.add(y, np.multiply(radius, np.sin(angles))))


def _heart() -> Outline:
    t = np.linspace(0.0, 2 * math.pi, _HEART_POINTS)
    across = np.power(np.sin(t), 3)
    terms = (np.multiply(13.0, np.cos(t)), np.multiply(5.0, np.cos(2 * t)), np.multiply(2.0, np.cos(3 * t)))
    down = np.subtract(np.add(np.add(terms[1], terms[2]), np.cos(4 * t)), terms[0])
    return (curve(np.add(0.5, np.multiply(0.5, across)), np.add(0.45, np.multiply(0.5 / 16, down))),)


def _star() -> Outline:
    corners = [ring(0.5, 0.5, 0.5, angle, angle)[:1] for angle in (-90, 54, 198, -18, 126, 270)]
    line: Stroke = np.concatenate(corners)
    return (line,)


def _rays(count: int, inner: float, outer: float) -> Outline:
    turns = [360.0 * index / count for index in range(count)]
    ends = [[ring(0.5, 0.5, radius, turn, turn)[:1] for radius in (inner, outer)] for turn in turns]
    return tuple(np.concatenate(pair) for pair in ends)


def _petals(count: int) -> Outline:
    centers = [(math.cos(2 * math.pi * index / count), math.sin(2 * math.pi * index / count)) for index in range(count)]
    return tuple(ring(0.5 + 0.32 * x, 0.5 + 0.32 * y, 0.18) for x, y in centers)


LETTERS: Final[dict[str, Outline]] = {
    "A": (points((0, 1), (0.5, 0), (1, 1)), points((0.2, 0.62), (0.8, 0.62))),
    "E": (points((0.8, 0), (0.1, 0), (0.1, 1), (0.8, 1)), points((0.1, 0.5), (0.7, 0.5))),
    "F": (points((0.8, 0), (0.1, 0), (0.1, 1)), points((0.1, 0.45), (0.65, 0.45))),
    "K": (points((0.1, 0), (0.1, 1)), points((0.8, 0), (0.1, 0.55), (0.85, 1))),
    "M": (points((0, 1), (0.1, 0), (0.5, 0.7), (0.9, 0), (1, 1)),),
    "N": (points((0.05, 1), (0.05, 0), (0.85, 1), (0.85, 0)),),
    "P": (points((0.1, 1), (0.1, 0), (0.6, 0.02), (0.75, 0.25), (0.6, 0.5), (0.1, 0.52)),),
    "k": (points((0.1, 0), (0.1, 1)), points((0.6, 0.4), (0.12, 0.7), (0.65, 1))),
    "m": (
        points((0, 0.2), (0, 1), (0.05, 0.4), (0.25, 0.2), (0.45, 0.4), (0.45, 1), (0.5, 0.4), (0.7, 0.2), (0.95, 0.4)),
        points((0.95, 0.4), (0.95, 1)),
    ),
    "n": (points((0.05, 0.1), (0.05, 1), (0.1, 0.4), (0.4, 0.1), (0.75, 0.35), (0.75, 1)),),
    "w": (points((0, 0.2), (0.2, 1), (0.45, 0.35), (0.7, 1), (0.95, 0.2)),),
    "x": (points((0.05, 0), (0.9, 1)), points((0.9, 0), (0.05, 1))),
    "d": (ring(0.4, 0.7, 0.3), points((0.7, 0), (0.7, 1))),
}
"""What is trained on."""
OTHER_LETTERS: Final[dict[str, Outline]] = {
    "H": (points((0.1, 0), (0.1, 1)), points((0.9, 0), (0.9, 1)), points((0.1, 0.5), (0.9, 0.5))),
    "R": (points((0.1, 1), (0.1, 0), (0.6, 0.02), (0.75, 0.25), (0.6, 0.5), (0.1, 0.52), (0.8, 1)),),
    "W": (points((0, 0), (0.25, 1), (0.5, 0.2), (0.75, 1), (1, 0)),),
    "e": (points((0.1, 0.55), (0.8, 0.5), (0.7, 0.15), (0.4, 0), (0.1, 0.2), (0.05, 0.6), (0.3, 1), (0.8, 0.85)),),
}
"""What is measured on."""
DRAWINGS: Final[dict[str, Outline]] = {
    "tick": (points((0, 0.5), (0.35, 1), (1, 0.05)),),
    "heart": _heart(),
    "smiley": (
        ring(0.5, 0.5, 0.5),
        ring(0.5, 0.52, 0.26, 20, 160),
        points((0.33, 0.28), (0.33, 0.42)),
        points((0.67, 0.28), (0.67, 0.42)),
    ),
    "arrow": (points((0, 0.5), (1, 0.5)), points((0.7, 0.25), (1, 0.5), (0.7, 0.75))),
}
OTHER_DRAWINGS: Final[dict[str, Outline]] = {
    "star": _star(),
    "house": (
        points((0.1, 1), (0.1, 0.45), (0.5, 0), (0.9, 0.45), (0.9, 1), (0.1, 1)),
        points((0.4, 1), (0.4, 0.65), (0.6, 0.65), (0.6, 1)),
    ),
    "sun": (ring(0.5, 0.5, 0.25), *_rays(8, 0.32, 0.5)),
    "person": (
        ring(0.5, 0.15, 0.15),
        points((0.5, 0.3), (0.5, 0.65)),
        points((0.2, 0.45), (0.8, 0.45)),
        points((0.25, 1), (0.5, 0.65), (0.75, 1)),
    ),
    "flower": (ring(0.5, 0.5, 0.12), *_petals(5)),
    "fish": (
        points(
            (1, 0.2), (0.7, 0.5), (0.45, 0.68), (0.15, 0.6), (0, 0.5), (0.15, 0.38), (0.45, 0.3), (0.7, 0.5), (1, 0.8)
        ),
        points((1, 0.2), (1, 0.8)),
    ),
}

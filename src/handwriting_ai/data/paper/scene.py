"""The sheet before the camera: where the ink lies on it, and the two ways of changing its colour.

Colours are red, green, blue in [0, 1]. "Units" are a digit's heights, counted from the middle of the ink on the sheet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import FULL_INK, Gray

Field: TypeAlias = "NDArray[np.float32]"
"""`(h, w)`, one number for each pixel."""
Colour: TypeAlias = tuple[float, float, float]
Matrix: TypeAlias = "NDArray[np.float64]"
"""`(3, 3)`, from one plane to another."""

SUBPIXEL_BITS: Final = 4
_NEAREST: Final = 0.2
"""What lies nearer to a tilted camera, as a share of the middle's distance, is drawn as if it lay there."""
_FARTHEST_PX: Final = 16_000.0
"""OpenCV draws lines that begin and end no farther away."""


@dataclass(kw_only=True)
class Scene:
    """What is to be photographed; the kinds of changes work on it one after another."""

    size: tuple[int, int]
    """Height and width of the picture, in pixels."""
    drawn: Gray
    """The ink as it was given, `uint8 (n, m)`."""
    printed: "Gray | None" = None
    """What is printed on the sheet, in the same pixels as `drawn`."""
    share: float
    """Longer side of the ink's box, as a share of the picture's shorter side."""
    unit_share: float
    """A digit's height, as a share of the ink's longer side."""
    middle: tuple[float, float]
    """Where the middle of the ink lies, x and y as shares of the picture."""
    angle_deg: float = 0.0
    tilt: tuple[float, float] = (0.0, 0.0)
    """How much larger the sheet's right and lower side look than its middle."""
    gap: float | None = None
    """Distance of the ink's box from the nearest side of the picture, in units; None: wherever `middle` says."""
    rng: np.random.Generator
    """Of the change that is being made."""

    pen: Colour = (0.13, 0.13, 0.16)
    """What the ink lets through of the light, or its own colour if it covers the sheet."""
    pen_covers: bool = False
    """Whether the ink lies on the sheet as chalk does, rather than dyeing it."""
    grain: float = 0.0
    """How much of the sheet's tooth a pencil misses, in [0, 1]."""
    rough: float = 0.012
    """How strong the texture of the sheet is."""
    noise: float = 0.006
    """Standard deviation of the sensor's noise."""
    jpeg: int | None = None
    """JPEG quality; None: not stored as JPEG."""

    picture: "NDArray[np.float32]" = field(init=False)
    """`(h, w, 3)`."""
    ink: Field = field(init=False)
    """How much of each pixel the ink covers, in [0, 1]."""
    to_picture: Matrix = field(init=False)
    """From units to pixels of the picture."""
    from_drawn: Matrix = field(init=False)
    """From pixels of `drawn` to pixels of the picture."""

    @property
    def extent_px(self) -> float:
        """Longer side of the ink's box in the picture."""
        return self.share * min(self.size)

    @property
    def unit_px(self) -> float:
        """A digit's height in the picture."""
        return self.extent_px * self.unit_share

    def lay_out(self) -> None:
        """Put white paper and the ink where they belong; from now on the place is fixed."""
        height, width = self.size
        self.picture = np.full((height, width, 3), 0.93, dtype=np.float32)
        left, top, box_width, box_height = cv2.boundingRect(self.drawn)
        longest = max(box_width, box_height, 1)
        self.half = (box_width / longest / self.unit_share / 2, box_height / longest / self.unit_share / 2)
        x, y = self._middle_px()
        angle = math.radians(self.angle_deg)
        cos, sin = math.cos(angle) * self.unit_px, math.sin(angle) * self.unit_px
        tilts = [tilt / max(self.size) * self.unit_px for tilt in self.tilt]
        turned = matrix_of([[cos, -sin, 0.0], [sin, cos, 0.0], [tilts[0], tilts[1], 1.0]])
        self.to_picture = product(matrix_of([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]]), turned)
        scale = 1 / (longest * self.unit_share)
        shift_x, shift_y = -(left + box_width / 2) * scale, -(top + box_height / 2) * scale
        to_units = matrix_of([[scale, 0.0, shift_x], [0.0, scale, shift_y], [0.0, 0.0, 1.0]])
        self.from_drawn = product(self.to_picture, to_units)
        self.ink = np.multiply(self.seen(self.drawn, self.from_drawn), np.float32(1 / FULL_INK), dtype=np.float32)

    half: tuple[float, float] = field(init=False)
    """Half the ink's box, across and down, in units."""

    def _middle_px(self) -> tuple[float, float]:
        """Inside the picture as far as the ink fits; at its nearest side where a gap is asked for."""
        height, width = self.size
        gap = 0.02 * min(self.size) if self.gap is None else self.gap * self.unit_px
        room_x = min(self.half[0] * self.unit_px + gap, width / 2)
        room_y = min(self.half[1] * self.unit_px + gap, height / 2)
        x = min(max(self.middle[0] * width, room_x), width - room_x)
        y = min(max(self.middle[1] * height, room_y), height - room_y)
        if self.gap is not None:
            side = int(self.rng.integers(4))
            x = (room_x, width - room_x, x, x)[side]
            y = (y, y, room_y, height - room_y)[side]
        return x, y

    def seen(self, drawn: Gray, matrix: Matrix) -> Gray:
        """A drawing on the sheet as the picture shows it, `uint8 (h, w)`."""
        shrink = math.floor(1 / max(math.sqrt(abs(_determinant(matrix))), 1e-6))
        if shrink > 1:
            drawn, grown = _shrunk(drawn, shrink)
            matrix = product(matrix, grown)
        return cv2.warpPerspective(drawn, matrix, (self.size[1], self.size[0]), flags=cv2.INTER_LINEAR)

    def px(self, points: Sequence[tuple[float, float]]) -> "NDArray[np.float64]":
        """Points in units → pixels of the picture, `(n, 2)`."""
        return _moved(matrix_of([[x, y, 1.0] for x, y in points]), self.to_picture)

    @property
    def middle_px(self) -> tuple[float, float]:
        """Where the picture shows the middle of the ink, x and y."""
        x: float = self.to_picture.item(2)
        y: float = self.to_picture.item(5)
        return x, y

    def span(self) -> tuple[float, float, float, float]:
        """What the picture shows of the sheet, in units: left, top, right, bottom."""
        height, width = self.size
        corners = matrix_of([[0.0, 0.0, 1.0], [width, 0.0, 1.0], [0.0, height, 1.0], [width, height, 1.0]])
        points = _moved(corners, inverse(self.to_picture))
        xs: list[float] = points[:, 0].tolist()
        ys: list[float] = points[:, 1].tolist()
        return min(xs), min(ys), max(xs), max(ys)

    def lines(self, lines: Sequence[Sequence[tuple[float, float]]], width_px: float) -> Gray:
        """Lines through points in units, drawn into a picture of their own."""
        layer = np.zeros(self.size, dtype=np.uint8)
        if not lines:
            return layer
        pieces = [to_int(self.px(line)) for line in lines]
        thickness = max(1, round(width_px))
        cv2.polylines(layer, pieces, False, FULL_INK, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
        return layer

    def filled(self, corners: Sequence[tuple[float, float]]) -> Gray:
        """An area between corners in units, `uint8 (h, w)`."""
        layer = np.zeros(self.size, dtype=np.uint8)
        cv2.fillPoly(layer, [to_int(self.px(corners))], FULL_INK, cv2.LINE_AA, SUBPIXEL_BITS)
        return layer

    def cover(self, layer: "Gray | Field", colour: "Colour | NDArray[np.float32]", strength: float = 1.0) -> None:
        """Lay a colour over the sheet where the layer is: as paint does."""
        alpha = _alpha(layer, strength)
        tone: NDArray[np.float32] = np.asarray(colour, dtype=np.float32)
        self.picture += np.multiply(np.subtract(tone, self.picture), alpha[:, :, np.newaxis])

    def dye(self, layer: "Gray | Field", colour: Colour, strength: float = 1.0) -> None:
        """Let only this colour of the light through where the layer is: as ink and shadows do."""
        alpha = _alpha(layer, strength)
        if colour[0] == colour[1] == colour[2]:
            grey: Field = np.subtract(np.float32(1), np.multiply(alpha, np.float32(1 - colour[0])))
            self.picture *= grey[:, :, np.newaxis]
            return
        lost: NDArray[np.float32] = np.subtract(1, colour, dtype=np.float32)
        self.picture *= np.subtract(np.float32(1), np.multiply(alpha[:, :, np.newaxis], lost))

    def hide(self, layer: "Gray | Field") -> None:
        """Something lies over the ink here."""
        self.ink *= np.subtract(np.float32(1), _alpha(layer, 1.0))


def _alpha(layer: "Gray | Field", strength: float) -> Field:
    factor = strength / FULL_INK if layer.dtype == np.uint8 else strength
    return np.multiply(layer, np.float32(factor), dtype=np.float32)


def matrix_of(rows: Sequence[Sequence[float]]) -> Matrix:
    """Rows of numbers as a matrix."""
    matrix: Matrix = np.array(rows, dtype=np.float64)
    return matrix


def product(left: Matrix, right: Matrix) -> Matrix:
    """What leads first where `right` leads, then from there where `left` does."""
    product: Matrix = np.matmul(left, right)
    return product


def inverse(matrix: Matrix) -> Matrix:
    """The way back."""
    return cv2.invert(matrix)[1]


def _moved(points: "NDArray[np.float64]", matrix: Matrix) -> "NDArray[np.float64]":
    """Homogeneous points `(n, 3)` → where the matrix leads, `(n, 2)`; what lies behind the camera stays before it."""
    seen: NDArray[np.float64] = np.matmul(points, matrix.T)
    moved: NDArray[np.float64] = np.divide(seen[:, :2], np.maximum(seen[:, 2:], _NEAREST))
    return moved


def _shrunk(drawn: Gray, factor: int) -> tuple[Gray, Matrix]:
    """A drawing averaged over blocks of pixels, and the way back to its old pixels."""
    rows: int = drawn.shape[0]
    columns: int = drawn.shape[1]
    height, width = -(-rows // factor), -(-columns // factor)
    below, right = height * factor - rows, width * factor - columns
    padded = cv2.copyMakeBorder(drawn, 0, below, 0, right, cv2.BORDER_CONSTANT, value=0)
    offset = (factor - 1) / 2
    grown = matrix_of([[factor, 0.0, offset], [0.0, factor, offset], [0.0, 0.0, 1.0]])
    return cv2.resize(padded, (width, height), interpolation=cv2.INTER_AREA), grown


def _determinant(matrix: Matrix) -> float:
    determinant: float = np.linalg.det(matrix[:2, :2])
    return determinant


def normals(rng: np.random.Generator, count: int, spread: float) -> list[float]:
    """Random numbers around 0."""
    numbers: list[float] = rng.normal(0, spread, count).tolist()
    return numbers


def uniforms(rng: np.random.Generator, count: int, low: float, high: float) -> list[float]:
    """Random numbers between two others."""
    numbers: list[float] = rng.uniform(low, high, count).tolist()
    return numbers


def shuffled(rng: np.random.Generator, count: int) -> list[int]:
    """The numbers below `count` in a random order."""
    numbers: list[int] = rng.permutation(count).tolist()
    return numbers


def to_int(
    points: "Sequence[tuple[float, float]] | NDArray[np.float64]", *, bits: int = SUBPIXEL_BITS
) -> "NDArray[np.int32]":
    """Points in pixels as OpenCV draws them: whole steps of which a pixel has 2 to the power of `bits`."""
    inside: NDArray[np.float64] = np.clip(points, -_FARTHEST_PX, _FARTHEST_PX)
    scaled: NDArray[np.float64] = np.rint(np.multiply(inside, 1 << bits))
    return scaled.astype(np.int32)

"""Rectangles in pixels, and how far they lie apart."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Box:
    """A rectangle of whole pixels; the right and lower edges are the first pixels beyond it."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beyond it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row beyond it."""
        return self.top + self.height

    @property
    def extent(self) -> int:
        """The longer side."""
        return max(self.width, self.height)

    @property
    def middle(self) -> tuple[float, float]:
        """Across and down."""
        return self.left + self.width / 2, self.top + self.height / 2

    def gap_across(self, other: "Box") -> int:
        """Columns between the two; negative where they share some."""
        return max(self.left, other.left) - min(self.right, other.right)

    def gap_down(self, other: "Box") -> int:
        """Rows between the two; negative where they share some."""
        return max(self.top, other.top) - min(self.bottom, other.bottom)

    def gap(self, other: "Box") -> int:
        """Pixels between the two along the axis where they lie farther apart; at most 0 where they overlap."""
        return max(self.gap_across(other), self.gap_down(other))

    def overlap(self, other: "Box") -> float:
        """Intersection over union: 1 if the two are the same, 0 if they share no pixel."""
        shared = max(-self.gap_across(other), 0) * max(-self.gap_down(other), 0)
        return shared / (self.width * self.height + other.width * other.height - shared)

    def moved(self, right: int, down: int) -> "Box":
        """The same rectangle elsewhere."""
        return Box(self.left + right, self.top + down, self.width, self.height)

    def widened(self, factor: float, *, width: int, height: int) -> "Box":
        """A square with the same middle, `factor` times as large as the longer side, cut at the picture's rim."""
        half = self.extent * factor / 2
        x, y = self.middle
        left, top = max(0, int(x - half)), max(0, int(y - half))
        return Box(left, top, min(width, int(x + half) + 1) - left, min(height, int(y + half) + 1) - top)

    def scaled(self, factor: float) -> "Box":
        """The same place in a picture `factor` times as large."""
        left, top, right, bottom = (round(side * factor) for side in (self.left, self.top, self.right, self.bottom))
        return Box(left, top, right - left, bottom - top)


def around(boxes: Iterable[Box]) -> Box:
    """The smallest rectangle around all of them; there is at least one."""
    every = list(boxes)
    left, top = min(box.left for box in every), min(box.top for box in every)
    right, bottom = max(box.right for box in every), max(box.bottom for box in every)
    return Box(left, top, right - left, bottom - top)

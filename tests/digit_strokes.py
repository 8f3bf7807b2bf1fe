"""The ten digits as a hand draws them, for tests: points in a box of 100 × 150, y down."""

import math

Point = tuple[float, float]
Line = list[Point]


def _arc(center: Point, radii: Point, start_deg: float, end_deg: float, points: int = 24) -> Line:
    """Part of an ellipse; 0° is to the right, angles run clockwise on screen."""
    angles = [math.radians(start_deg + (end_deg - start_deg) * step / (points - 1)) for step in range(points)]
    return [(center[0] + radii[0] * math.cos(angle), center[1] + radii[1] * math.sin(angle)) for angle in angles]


DIGIT_STROKES: dict[int, list[Line]] = {
    0: [_arc((50, 75), (42, 70), -90, 275)],
    1: [[(25, 40), (55, 8), (55, 145)]],
    2: [[*_arc((50, 45), (40, 40), -170, 45), (10, 142), (95, 142)]],
    3: [[*_arc((45, 40), (38, 35), -150, 90), *_arc((45, 110), (42, 36), -90, 150)]],
    4: [[(60, 8), (8, 95), (95, 95)], [(68, 55), (68, 148)]],
    5: [[(25, 10), (20, 65), *_arc((48, 100), (42, 42), -130, 140)], [(25, 10), (88, 10)]],
    6: [[(70, 8), (30, 60), *_arc((50, 105), (38, 40), -170, 190)]],
    7: [[(10, 12), (92, 12), (38, 146)], [(30, 78), (82, 78)]],
    8: [
        [*_arc((50, 42), (32, 34), -20, -270), *_arc((50, 110), (40, 36), -90, 270), *_arc((50, 42), (32, 34), 90, -10)]
    ],
    9: [[*_arc((48, 45), (36, 36), -10, -350), (84, 40), (74, 146)]],
}
"""The open 4, the 5 and the crossed 7 take two strokes; the 1 has a flag."""

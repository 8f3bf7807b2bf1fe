"""Sheets and pens: their colours and textures. Each function takes a scene and a severity from 1 to 5."""

from typing import Final

import cv2
import numpy as np

from handwriting_ai.data.paper.scene import Colour, Field, Scene, normals
from handwriting_ai.data.paper.texture import texture

WHITE: Final[Colour] = (0.93, 0.93, 0.92)


def _mixed(colour: Colour, share: float) -> Colour:
    """White paper with so much of a colour in it."""
    red, green, blue = (white + (part - white) * share for part, white in zip(colour, WHITE, strict=True))
    return red, green, blue


def _shaken(scene: Scene, colour: Colour, spread: float = 0.03) -> Colour:
    """A colour near this one."""
    shifts = normals(scene.rng, 3, spread)
    red, green, blue = (min(max(part + shift, 0.02), 1.0) for part, shift in zip(colour, shifts, strict=True))
    return red, green, blue


def _paint(scene: Scene, colour: Colour, severity: int) -> None:
    scene.picture[:] = _mixed(_shaken(scene, colour), (0.2, 0.4, 0.6, 0.8, 1.0)[severity - 1])


def grey(scene: Scene, severity: int) -> None:
    """Recycled paper, down to a middle grey."""
    level = 0.42 + scene.rng.uniform(0, 0.06)
    _paint(scene, (level, level, level * 0.98), severity)


def cream(scene: Scene, severity: int) -> None:
    """The paper of a notebook or an old book."""
    _paint(scene, (0.78, 0.70, 0.54), severity)


def blue(scene: Scene, severity: int) -> None:
    """Blue paper, or white paper under a blue lamp."""
    _paint(scene, (0.42, 0.56, 0.86), severity)


def yellow(scene: Scene, severity: int) -> None:
    """A yellow note."""
    _paint(scene, (0.95, 0.84, 0.30), severity)


def pastel(scene: Scene, severity: int) -> None:
    """Pink, green or orange paper."""
    colours: tuple[Colour, ...] = ((0.92, 0.58, 0.66), (0.55, 0.82, 0.58), (0.95, 0.66, 0.38), (0.72, 0.6, 0.86))
    _paint(scene, colours[int(scene.rng.integers(len(colours)))], severity)


def kraft(scene: Scene, severity: int) -> None:
    """Brown packing paper with its fibres."""
    _paint(scene, (0.68, 0.52, 0.36), max(severity, 3))
    scene.rough = 0.012 + 0.007 * severity
    _speckle(scene, "fibres", 0.012 * severity)


def rough(scene: Scene, severity: int) -> None:
    """Coarse paper: fibres and clouds in it."""
    scene.rough = (0.015, 0.022, 0.03, 0.042, 0.055)[severity - 1]
    _speckle(scene, "clouds", 0.006 * severity)
    _speckle(scene, "fibres", 0.006 * severity)


def crumpled(scene: Scene, severity: int) -> None:
    """Paper that was crumpled and smoothed out again."""
    scene.picture *= np.float32(0.97 - 0.02 * severity)
    _speckle(scene, "creases", (0.02, 0.035, 0.055, 0.075, 0.1)[severity - 1])


def folded(scene: Scene, severity: int) -> None:
    """One or two folds: what lies beyond them is turned away from the light."""
    step = (0.04, 0.08, 0.13, 0.19, 0.26)[severity - 1]
    left, top, right, bottom = scene.span()
    for number in range(int(scene.rng.integers(1, 3))):
        upright = scene.rng.random() < 0.5
        low, high = (left, right) if upright else (top, bottom)
        at = low + (high - low) * scene.rng.uniform(0.15, 0.85)
        lean = scene.rng.normal(0, 0.05) * (high - low)
        ends = [(at - lean, top), (at + lean, bottom)] if upright else [(left, at - lean), (right, at + lean)]
        beyond = [(right, bottom), (right, top)] if upright else [(right, bottom), (left, bottom)]
        side = scene.filled([*ends, *beyond])
        shade = 1 - step * (1.0 if number == 0 else 0.6)
        scene.dye(side, (shade, shade, shade))
        crease = scene.lines([ends], max(1.0, 0.004 * min(scene.size)))
        if scene.rng.random() < 0.5:
            scene.dye(crease, (1 - step, 1 - step, 1 - step))
        else:
            scene.cover(crease, (1.0, 1.0, 1.0), step)


def _speckle(scene: Scene, name: str, strength: float) -> None:
    """Make the sheet lighter and darker by a texture."""
    piece = texture(scene.rng, name, scene.size)
    factor: Field = np.add(np.multiply(piece, np.float32(strength)), np.float32(1), dtype=np.float32)
    scene.picture *= factor[:, :, np.newaxis]


def add_tooth(scene: Scene) -> None:
    """The fine texture that every paper has."""
    _speckle(scene, "grain" if min(scene.size) > 500 else "fine", scene.rough)


BALLPOINTS: Final[tuple[Colour, ...]] = ((0.12, 0.14, 0.16), (0.12, 0.18, 0.5), (0.1, 0.12, 0.38))
COLOURED: Final[tuple[Colour, ...]] = (
    (0.08, 0.16, 0.62),
    (0.72, 0.1, 0.12),
    (0.1, 0.45, 0.2),
    (0.4, 0.14, 0.5),
    (0.1, 0.42, 0.62),
    (0.86, 0.38, 0.12),
)


def ballpoint(scene: Scene, severity: int) -> None:
    """Ink that skips where the ball slips."""
    pens = BALLPOINTS
    scene.pen = _shaken(scene, pens[int(scene.rng.integers(len(pens)))], 0.02)
    scene.grain = (0.05, 0.1, 0.16, 0.23, 0.3)[severity - 1]


def pencil(scene: Scene, severity: int) -> None:
    """Graphite: pale, and only on the tooth of the paper."""
    level = (0.3, 0.38, 0.46, 0.54, 0.62)[severity - 1] + scene.rng.normal(0, 0.02)
    scene.pen = (level, level, level * 1.01)
    scene.grain = (0.3, 0.4, 0.5, 0.58, 0.65)[severity - 1]


def pale(scene: Scene, severity: int) -> None:
    """A pen that runs dry, or a copy of a copy."""
    level = (0.35, 0.5, 0.62, 0.72, 0.8)[severity - 1]
    scene.pen = _shaken(scene, (level, level, level), 0.02)


def marker(scene: Scene, severity: int) -> None:
    """A felt-tip pen whose ink runs: its strokes have darker ends and rough sides."""
    scene.pen = _shaken(scene, (0.1, 0.1, 0.13), 0.03)
    spread = (0.006, 0.01, 0.015, 0.02, 0.026)[severity - 1] * scene.unit_px
    wobble = texture(scene.rng, "grain", scene.size)
    soft = cv2.GaussianBlur(scene.ink, (0, 0), sigmaX=max(spread, 0.3))
    shaken: Field = np.add(soft, np.multiply(wobble, np.multiply(soft, np.float32(0.12))), dtype=np.float32)
    scene.ink = np.clip(
        np.add(np.multiply(np.subtract(shaken, np.float32(0.42)), np.float32(3)), np.float32(0.5)), 0, 1
    )


def coloured(scene: Scene, severity: int) -> None:
    """Blue, red, green, violet or orange ink, ever lighter."""
    pen = _shaken(scene, COLOURED[int(scene.rng.integers(len(COLOURED)))], 0.03)
    light = (0.0, 0.1, 0.2, 0.3, 0.4)[severity - 1]
    red, green, blue_part = (part + (1 - part) * light for part in pen)
    scene.pen = (red, green, blue_part)


def white_ink(scene: Scene, severity: int) -> None:
    """A white pen on black or dark paper, ever less of a contrast."""
    paper = (0.05, 0.1, 0.16, 0.22, 0.28)[severity - 1]
    ink = (0.95, 0.88, 0.8, 0.72, 0.64)[severity - 1]
    scene.picture[:] = _shaken(scene, (paper, paper, paper), 0.02)
    scene.pen = _shaken(scene, (ink, ink, ink), 0.02)
    scene.pen_covers = True


def chalk(scene: Scene, severity: int) -> None:
    """Chalk on a black or green board that was wiped."""
    boards: tuple[Colour, ...] = ((0.09, 0.1, 0.1), (0.12, 0.25, 0.19), (0.1, 0.17, 0.26))
    scene.picture[:] = _shaken(scene, boards[int(scene.rng.integers(len(boards)))], 0.015)
    smear = texture(scene.rng, "clouds", scene.size)
    wiped: Field = np.clip(np.add(np.multiply(smear, np.float32(0.25)), np.float32(0.5)), 0, 1)
    scene.cover(wiped, (0.8, 0.8, 0.8), 0.04 * severity)
    level = (0.95, 0.88, 0.8, 0.72, 0.65)[severity - 1]
    scene.pen = _shaken(scene, (level, level, level), 0.03)
    scene.pen_covers = True
    scene.grain = (0.25, 0.32, 0.4, 0.47, 0.54)[severity - 1]


def write(scene: Scene) -> None:
    """Put the ink on the sheet."""
    coverage = scene.ink
    if scene.grain:
        tooth = texture(scene.rng, "fine" if scene.unit_px < 200 else "grain", scene.size)
        held: Field = np.add(np.multiply(tooth, np.float32(0.4)), np.float32(1.2 - 1.1 * scene.grain), dtype=np.float32)
        share: Field = np.clip(held, 0, 1)
        coverage = np.multiply(coverage, share, dtype=np.float32)
    if scene.pen_covers:
        scene.cover(coverage, scene.pen)
    else:
        scene.dye(coverage, scene.pen)

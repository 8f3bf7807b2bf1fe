"""Made photographs: ink laid on paper as a phone would show it, with known changes in five severities.

A picture follows from its ink, its changes and the generator alone. Each change draws from a generator of its own, so
that two severities of one change differ by its amount and nothing else, and a change more leaves the others as they
were.
"""

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.paper import camera, light, printing, rim, sheet
from handwriting_ai.data.paper.scene import Scene, normals, uniforms
from handwriting_ai.preprocess import FULL_INK, Gray

SEVERITIES: Final = (1, 2, 3, 4, 5)
"""From hardly visible to hard, but readable to a person for most digits."""
Change: TypeAlias = tuple[str, int]
"""A kind and its severity."""
Make: TypeAlias = Callable[[Scene, int], None]


class Stage(IntEnum):
    """When a change is made; within a stage they follow one another as `KINDS` names them."""

    PLACE = auto()
    """Where the ink lies in the picture."""
    SHEET = auto()
    """What the sheet is made of."""
    PRINT = auto()
    """What was on the sheet before the ink."""
    PEN = auto()
    """What the ink is like."""
    RIM = auto()
    """What lies over the sheet or beyond it."""
    LIGHT = auto()
    """What the light does to all of it."""
    CAMERA = auto()
    """What the camera loses."""


@dataclass(frozen=True, kw_only=True)
class MadePicture:
    """A made photograph, and what is true of it."""

    picture: "NDArray[np.uint8]"
    """`(h, w, 3)`, red, green, blue."""
    ink: Gray
    """How much of each pixel the handwriting covers, `uint8 (h, w)`: 255 is full ink. Blur does not change it."""
    place: "NDArray[np.float64]"
    """`(3, 3)`: leads from a pixel of the ink as it was given to the picture's."""


_STAGES: Final[dict[Stage, tuple[Make, ...]]] = {
    Stage.PLACE: (camera.small, camera.large, camera.anywhere, camera.at_rim, camera.turned, camera.tilted),
    Stage.SHEET: (
        sheet.grey,
        sheet.cream,
        sheet.blue,
        sheet.yellow,
        sheet.pastel,
        sheet.kraft,
        sheet.rough,
        sheet.crumpled,
        sheet.folded,
        sheet.white_ink,
        sheet.chalk,
    ),
    Stage.PRINT: (
        printing.show_through,
        printing.ruled,
        printing.squared,
        printing.dotted,
        printing.box,
        printing.form,
        printing.words,
        printing.specks,
    ),
    Stage.PEN: (sheet.ballpoint, sheet.pencil, sheet.pale, sheet.marker, sheet.coloured),
    Stage.RIM: (rim.holes, rim.sheet_edge, rim.desk, rim.pen_beside, rim.finger),
    Stage.LIGHT: (
        light.gradient,
        light.uneven,
        light.hard_shadow,
        light.photographer,
        light.vignette,
        light.flash,
        light.cast,
        light.dim,
    ),
    Stage.CAMERA: (
        rim.scan_border,
        camera.defocus,
        camera.motion,
        camera.coarse,
        camera.sharpened,
        camera.noise,
        camera.jpeg,
    ),
}
_STAGE_OF: Final = {make.__name__: stage for stage, makes in _STAGES.items() for make in makes}
KINDS: Final[dict[str, Make]] = {make.__name__: make for makes in _STAGES.values() for make in makes}
"""Every change by its name."""
_ORDER: Final = {name: number for number, name in enumerate(KINDS)}


def make_picture(
    ink: Gray,
    changes: Sequence[Change],
    rng: np.random.Generator,
    *,
    size: tuple[int, int] = (320, 320),
    share: float = 0.5,
    middle: tuple[float, float] = (0.5, 0.5),
    unit_share: float = 1.0,
    printed: "Gray | None" = None,
) -> MadePicture:
    """Lay ink on paper and photograph it.

    Args:
        ink: `uint8 (n, m)`, ink 255 on 0: a digit, or a page of them.
        changes: kinds of `KINDS` with their severities; without any the paper is white and evenly lit.
        rng: its next draw decides everything that is random.
        size: height and width of the picture, in pixels.
        share: the longer side of the ink's box, as a share of the picture's shorter side.
        middle: where the middle of that box lies, x and y as shares of the picture; it stays inside as far as it fits.
        unit_share: a digit's height, as a share of the longer side of the ink's box: lines and boxes go by it.
        printed: what is printed on the sheet below the ink, in the ink's pixels, 255 on 0.

    Raises:
        ValueError: a kind is unknown or a severity is not 1 to 5.
    """
    for kind, severity in changes:
        if kind not in KINDS:
            raise ValueError(f"No change {kind!r}. Available: {', '.join(KINDS)}.")
        if severity not in SEVERITIES:
            raise ValueError(f"There is no severity {severity} of {kind!r}: it is 1 to {SEVERITIES[-1]}.")
    seed = int(rng.integers(_SEEDS))
    scene = Scene(
        size=size,
        drawn=ink,
        printed=printed,
        share=share,
        middle=middle,
        unit_share=unit_share,
        rng=_generator(seed, "place"),
    )
    ordered = sorted(changes, key=_order)

    def go(stage: Stage) -> None:
        for kind, severity in ordered:
            if _STAGE_OF[kind] == stage:
                scene.rng = _generator(seed, kind)
                KINDS[kind](scene, severity)

    go(Stage.PLACE)
    scene.lay_out()
    go(Stage.SHEET)
    scene.rng = _generator(seed, "tooth")
    sheet.add_tooth(scene)
    scene.rng = _generator(seed, "printed")
    printing.add_printed(scene)
    go(Stage.PRINT)
    go(Stage.PEN)
    scene.rng = _generator(seed, "write")
    sheet.write(scene)
    go(Stage.RIM)
    go(Stage.LIGHT)
    camera.exposed(scene)
    go(Stage.CAMERA)
    scene.rng = _generator(seed, "sensor")
    covered: NDArray[np.float32] = np.rint(np.multiply(scene.ink, np.float32(FULL_INK)))
    return MadePicture(picture=camera.developed(scene), ink=covered.astype(np.uint8), place=scene.from_drawn)


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _order(change: Change) -> int:
    return _ORDER[change[0]]


_USUAL: Final[tuple[tuple[float, tuple[str, ...]], ...]] = (
    (0.25, ("turned",)),
    (0.2, ("tilted",)),
    (0.55, ("grey", "cream", "blue", "yellow", "pastel", "kraft", "white_ink", "chalk", "grey", "cream")),
    (0.25, ("rough", "crumpled", "folded")),
    (0.3, ("ruled", "squared", "dotted", "box", "form")),
    (0.25, ("show_through", "words", "specks", "specks")),
    (0.5, ("ballpoint", "pencil", "pale", "marker", "coloured")),
    (0.25, ("sheet_edge", "sheet_edge", "desk", "finger", "holes", "scan_border", "pen_beside")),
    (0.7, ("gradient", "uneven", "hard_shadow", "photographer", "photographer", "vignette", "flash")),
    (0.3, ("cast", "dim")),
    (0.35, ("defocus", "motion", "coarse", "sharpened")),
    (0.3, ("noise",)),
    (0.5, ("jpeg",)),
)
"""How often one change of each group is made; a kind named twice is twice as likely."""
_SEVERITY_ODDS: Final = (0.26, 0.26, 0.22, 0.16, 0.1)
LIGHT_INK: Final = frozenset({"white_ink", "chalk"})
"""Ink that is lighter than its sheet."""
_NOT_ON_DARK: Final = frozenset({"ballpoint", "pencil", "pale", "marker", "coloured", "dim", "show_through", "specks"})
"""A dark pen cannot be seen there, nor anything with too little light."""
_NOT_BOTH: Final = frozenset({"dim", "pale"})
_PLAIN: Final = 0.05
"""Share of pictures without any change."""
_SEEDS: Final = 2**62
_SHARES: Final = (0.06, 0.85)
_SMALLEST_PX: Final = 14.0
"""A smaller digit has too few pixels to be read."""


def random_changes(rng: np.random.Generator) -> tuple[Change, ...]:
    """A plausible combination of changes, at most one of each group: most have a paper, a pen, light and a camera."""
    if rng.random() < _PLAIN:
        return ()
    draws = uniforms(rng, len(_USUAL), 0, 1)
    severities: list[int] = rng.choice(5, size=len(_USUAL), p=_SEVERITY_ODDS).tolist()
    changes: list[Change] = []
    for (odds, kinds), draw, severity in zip(_USUAL, draws, severities, strict=True):
        if draw < odds:
            changes.append((kinds[int(draw / odds * len(kinds))], severity + 1))
    names = {kind for kind, _ in changes}
    left_out = _NOT_ON_DARK if names & LIGHT_INK else _NOT_BOTH if names >= _NOT_BOTH else frozenset()
    return tuple((kind, severity) for kind, severity in changes if kind not in left_out)


def random_picture(
    ink: Gray, rng: np.random.Generator, size: tuple[int, int], changes: "Sequence[Change] | None" = None
) -> MadePicture:
    """A photograph with these or random changes, the digit at a random size and place; see `make_picture`."""
    smallest = min(max(_SHARES[0], _SMALLEST_PX / min(size)), _SHARES[1])
    share = math.exp(rng.uniform(math.log(smallest), math.log(_SHARES[1])))
    x, y = normals(rng, 2, 0.18)
    changes = random_changes(rng) if changes is None else changes
    return make_picture(ink, changes, rng, size=size, share=share, middle=(0.5 + x, 0.5 + y))

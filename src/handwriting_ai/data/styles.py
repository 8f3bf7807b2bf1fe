"""Made styles: how often strokes are changed into shapes that others write, and which digits that concerns."""

import zlib
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from handwriting_ai.data import style_shapes
from handwriting_ai.data.curves import column, curve, part, travelled
from handwriting_ai.data.strokes import DrawnDigit, Stroke, place
from handwriting_ai.data.style_shapes import Strokes


@dataclass(frozen=True, kw_only=True)
class Styles:
    """The share of the digits, of those that a style fits, that are drawn in it; the shares of a 1 add up."""

    flagged_one: float = 0.0
    """A plain 1 gets a flag: a stroke from the lower left up to its top."""
    footed_one: float = 0.0
    """A plain 1 gets a level line under it."""
    flagged_and_footed_one: float = 0.0
    """Both."""
    crossed_seven: float = 0.0
    """A bar through the stem."""
    crossed_and_footed_seven: float = 0.0
    """The bar, and a short line under the stem."""
    hooked_seven: float = 0.0
    """A serif that hangs from the left end of the top."""
    hooked_nine: float = 0.0
    """The stem ends in a hook to the left."""
    curled_four: float = 0.0
    """The stem ends in a small curl."""
    open_four: float = 0.0
    """The top of a 4 in two strokes is moved apart."""
    closed_four: float = 0.0
    """It is brought together."""
    slashed_zero: float = 0.0
    """A line through it from the upper right to the lower left."""
    curled_start: float = 0.0
    """A 2 or a 3 begins with a curl."""
    gap: float = 0.0
    """A 0, 6 or 8 does not quite close."""
    lift: float = 0.0
    """The pen was lifted for a moment, somewhere on any digit."""
    hand: float = 0.0
    """Another slant and another width, the same for all digits of a writer in one rendering, but for the 1."""
    thick: float = 0.0
    """A pen wider than usual, for digits without loops: 1, 2, 3, 5 and 7."""


# Least and most, as a share of the digit's longer side.
_THICK_ONE: Final = (0.14, 0.26)
_THICK: Final = (0.14, 0.20)
_LIFT_GAP: Final = (0.015, 0.05)
_LIFT_PLACE: Final = (0.2, 0.8)
_LIFTED_LENGTH: Final = 0.6
_SLANT: Final = (-0.2, 0.3)
_WIDTH: Final = (0.75, 1.3)
_GROUPS: Final[dict[int, tuple[tuple[str, ...], ...]]] = {
    0: (("slashed_zero", "gap"),),
    1: (("flagged_one", "footed_one", "flagged_and_footed_one"),),
    2: (("curled_start",),),
    3: (("curled_start",),),
    4: (("open_four", "closed_four"), ("curled_four",)),
    6: (("gap",),),
    7: (("crossed_seven", "crossed_and_footed_seven"), ("hooked_seven",)),
    8: (("gap",),),
    9: (("hooked_nine",),),
}
"""For each digit the styles it may have, one of a group at most."""
_KEEPS_ITS_HAND: Final = frozenset({1})
"""Its flag, slanted or widened, would be the top of a 7."""
_WITHOUT_LOOPS: Final = frozenset({1, 2, 3, 5, 7})


def restyled(digit: DrawnDigit, styles: Styles, generator: np.random.Generator, hand: int) -> Strokes:
    """The digit's strokes, some of them in another style; the longer side of what is returned is about 1.

    Args:
        digit: whoever drew it.
        styles: how often each is applied.
        generator: of the random draws.
        hand: with the writer's name it decides on slant and width.
    """
    writer = np.random.default_rng([hand, zlib.crc32(digit.writer.encode())])
    is_changed = writer.uniform() < styles.hand and digit.label not in _KEEPS_ITS_HAND
    written = in_hand(writer, digit.strokes) if is_changed else digit.strokes
    strokes = place(written, extent_px=1.0, center_px=(0.0, 0.0))
    shares: dict[str, float] = asdict(styles)
    for group in _GROUPS.get(digit.label, ()):
        draw = generator.uniform()
        for name in group:
            share = shares[name]
            if 0 <= draw < share:
                strokes = style_shapes.SHAPES[name](generator, strokes) or strokes
            draw -= share
    if generator.uniform() < styles.lift:
        strokes = lifted(generator, strokes)
    return strokes


def wide_pen(label: int, styles: Styles, generator: np.random.Generator) -> float | None:
    """Width of the pen as a share of the digit's longer side, if it is a wide one; None leaves it to chance."""
    if label not in _WITHOUT_LOOPS or generator.uniform() >= styles.thick:
        return None
    return float(generator.uniform(*(_THICK_ONE if label == 1 else _THICK)))


def lifted(generator: np.random.Generator, strokes: Strokes) -> Strokes:
    """The longest stroke in two pieces, with a small gap; short ones stay."""
    lengths = [_length(stroke) for stroke in strokes]
    longest = lengths.index(max(lengths))
    if lengths[longest] < _LIFTED_LENGTH:
        return strokes
    start = float(generator.uniform(*_LIFT_PLACE))
    end = start + float(generator.uniform(*_LIFT_GAP)) / lengths[longest]
    pieces = (part(strokes[longest], 0.0, start), part(strokes[longest], end, 1.0))
    return (*strokes[:longest], *pieces, *strokes[longest + 1 :])


def in_hand(generator: np.random.Generator, strokes: Strokes) -> Strokes:
    """With another slant and another width."""
    slant = float(generator.uniform(*_SLANT))
    width = float(generator.uniform(*_WIDTH))
    return tuple(
        curve(
            np.subtract(np.multiply(column(stroke, 0), width), np.multiply(column(stroke, 1), slant)), column(stroke, 1)
        )
        for stroke in strokes
    )


def _length(stroke: Stroke) -> float:
    total: float = travelled(stroke)[-1]
    return total


def digits_of(style: str) -> tuple[int, ...]:
    """The digits that a style belongs to."""
    return tuple(label for label, groups in _GROUPS.items() if any(style in group for group in groups))

"""Every number of the way from ink to digits, numbers and lines."""

from dataclasses import dataclass
from typing import Final

MOST_DIGITS: Final = 2_000
"""Of one page; what is beyond is left out, and the answer says so."""


@dataclass(frozen=True, kw_only=True)
class SegmentConfig:
    """The choices of the segmentation; `benchmarks/page_accuracy.py` measures what they come to."""

    min_ink: int = 64
    """Grey levels (of 255) from which a pixel is surely ink; Otsu's threshold where that is higher."""
    hanging_share: float = 0.6
    """What hangs on to sure ink is ink from this share of that threshold on."""

    speck_px: int = 5
    """A component that is shorter than this is a speck, or as a share of the page's longer side:"""
    speck_share: float = 0.004
    most_components: int = 6_000
    """The largest ones are looked at, the others are specks."""
    rule_elongation: float = 14.0
    """A component so many times longer than wide is a printed line, if it is also long:"""
    rule_share: float = 0.25
    """… at least this share of the page's shorter side."""
    frame_fill: float = 0.12
    """A component whose ink takes less than this share of its box, and that holds others, is a frame or a drawing."""
    frame_band: float = 0.08
    """A component with ink so near to each side of its box, as a share of it,"""
    frame_side: float = 0.85
    """… along this share of the side, is a printed box,"""
    frame_most_fill: float = 0.5
    """… if its ink takes no more than this share of the box."""
    whole_side_share: float = 0.85
    """A component that touches the rim is cut off, unless it takes this share of the page's height."""

    small_share: float = 0.42
    """A component up to this share of a neighbour's height may be a stroke of it."""
    longest_stroke: float = 1.1
    """… if it is at most so many times as long as the neighbour,"""
    stroke_gap_share: float = 0.28
    """… if the gap between the two is at most this share of the neighbour's height,"""
    stroke_overlap_share: float = 0.2
    """… and this share of its width lies above or below the neighbour."""
    dot_share: float = 0.28
    """A compact one shorter than this share of its neighbour is a dot: no stroke of a digit."""
    dot_fill: float = 0.5

    candidate_share: float = 0.3
    """A piece of ink smaller than this share of the largest one is no second digit of a picture of one."""
    sure_log: float = -0.11
    """From this log-probability on a component is one digit, and is not cut, if it is not wide."""
    wide_aspect: float = 1.1
    """Width over height from which a component may be several digits, however sure it looks."""
    family_gap_share: float = 0.14
    """Doubtful components so near (in heights of the taller) are tried together."""
    meeting_share: float = 0.97
    """How much of the ink's cost a cut is spared where two digits surely meet."""
    paper_cost: float = 0.01
    """What a pixel of paper costs a cut, in pixels of ink,"""
    seam_step: float = 0.03
    """… and what a step aside costs besides."""
    seam_heights: tuple[float, ...] = (0.15, 0.3, 0.5, 0.7, 0.85)
    """Cuts are looked for through each of these heights, as shares of the component's."""
    cuts_a_height: float = 6.0
    """The cheapest cuts are tried, so many for each stretch as wide as the component is high, and two more."""
    cuts_apart_share: float = 0.5
    """Between two cuts lies at least so much ink, in pixels for each row."""
    most_ink_cut: float = 0.62
    """Most ink that a cut goes through, in heights."""
    most_cuts: int = 400
    """Of one family."""
    widest_piece: float = 1.7
    """Of the pieces between cuts, in heights of the family."""
    most_atoms: int = 8
    """Parts that one digit may be put together of."""
    least_piece: float = 0.3
    """Of the pieces between cuts, their longer side, in heights of the family."""
    usual_share: float = 0.7
    """A piece that is lower than this share of the digits around it costs, in nats for each height that it lacks:"""
    small_cost: float = 6.0
    cut_cost: float = 0.6
    """What a cut through a component must make up for, in nats,"""
    ink_cost: float = 0.0
    """… besides so much for a height of ink that it goes through where no digits seem to meet,"""
    join_cost: float = 0.7
    """… and what putting two components together."""
    drop_cost: float = 3.0
    """What leaving a part out costs, in nats, and more for a larger one."""

    line_overlap_share: float = 0.35
    """Two neighbours stand in one line if they share this share of the lower one's height."""
    line_reach: float = 6.0
    """How far apart, in heights, neighbours of a line may stand."""
    line_drop: float = 0.6
    """How much higher or lower, in heights of the taller one, neighbours of a line may stand."""
    number_gap_sure: float = 1.0
    """A gap wider than this, in heights of the line, begins another number."""
    number_gap: float = 0.6
    """So does a gap wider than this, if it is also wide for the gaps of its line:"""
    number_gap_times: float = 2.5
    none_bias: float = 0.8
    """Ink on a page of numbers is so much more often a digit, in nats, than in what the judge was trained with."""
    garbage: float = 0.6
    """A piece that is with this probability no digit is left out, unless it is the only one of the page,"""
    word_garbage: float = 0.4
    """… and so is a group of pieces whose mean probability is this."""
    word_length: int = 3
    """What is a word is not cut: a group of so many pieces"""
    word_share: float = 0.5
    """… of which this share is no digit"""
    word_log: float = -0.1
    """… by this log-probability."""

"""The parts between possible cuts → digits: of all ways to put the parts together the likeliest (LeCun et al. 1998).

Section VII there. A piece is a run of neighbouring parts; a path covers all parts with pieces, or drops some.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from handwriting_ai.segmentation.components import Blob
from handwriting_ai.segmentation.cuts import CutUp
from handwriting_ai.segmentation.parameters import SegmentConfig
from handwriting_ai.segmentation.strokes import join
from handwriting_ai.support.boxes import around

Span = tuple[int, int]
"""The first part of a piece, and the first one after it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lattice:
    """Parts in order, and the pieces that may be digits."""

    parts: tuple[Blob, ...]
    origins: tuple[int, ...]
    """Of each part, the component that it was cut out of."""
    prices: tuple[float, ...]
    """Of the cut between each part and the next; 0 where another component begins."""
    pieces: Mapping[Span, Blob]
    height: float
    """Of the digits hereabouts."""


def build_lattice(components: Sequence[CutUp], height: float, config: SegmentConfig) -> Lattice:
    """All runs of parts that are neither too wide nor too small for one digit.

    Args:
        components: the parts of each, from left to right.
        height: of the digits hereabouts, in pixels.
        config: the sizes.
    """
    parts = [part for component in components for part in component.parts]
    origins = [index for index, component in enumerate(components) for _ in component.parts]
    prices = [price for component in components for price in (*component.prices, 0.0)]
    pieces: dict[Span, Blob] = {}
    for first in range(len(parts)):
        for end in range(first + 1, min(first + config.most_atoms, len(parts)) + 1):
            box = around(part.box for part in parts[first:end])
            if box.width > config.widest_piece * height and end > first + 1:
                break
            if box.extent >= config.least_piece * height:
                pieces[first, end] = join(parts[first:end])
    for span in _wholes(components):
        pieces.setdefault(span, join(parts[span[0] : span[1]]))
    return Lattice(parts=tuple(parts), origins=tuple(origins), prices=tuple(prices), pieces=pieces, height=height)


def _wholes(components: Sequence[CutUp]) -> list[Span]:
    """Each component uncut, and each two neighbours as the strokes of one digit."""
    ends = [0, *accumulate(len(component.parts) for component in components)]
    return [*pairwise(ends), *zip(ends, ends[2:], strict=False)]


def best_path(lattice: Lattice, log_digit: Mapping[Span, float], config: SegmentConfig) -> tuple[float, list[Span]]:
    """The likeliest pieces from left to right, and their score.

    Args:
        lattice: parts and pieces.
        log_digit: of each piece, the log-probability that it is the digit that it most looks like.
        config: what a piece must bring, and what dropping a part costs.
    """
    count = len(lattice.parts)
    best: list[tuple[float, int, bool]] = [(0.0, 0, False)] + [(-np.inf, 0, False)] * count
    starts: dict[int, list[int]] = {}
    for first, end in lattice.pieces:
        starts.setdefault(end, []).append(first)
    for end in range(1, count + 1):
        ways = [
            (best[first][0] + log_digit[first, end] - _cost(lattice, (first, end), config), first, True)
            for first in starts.get(end, [])
        ]
        ways.append((best[end - 1][0] - _drop_cost(lattice, end - 1, config), end - 1, False))
        best[end] = max(ways)
    spans: list[Span] = []
    end = count
    while end > 0:
        _, first, kept = best[end]
        if kept:
            spans.append((first, end))
        end = first
    return best[count][0], spans[::-1]


def _cost(lattice: Lattice, span: Span, config: SegmentConfig) -> float:
    """What cutting it off and putting it together costs, and that it is much smaller than the digits around it."""
    first, end = span
    origins = lattice.origins
    is_cut = end < len(origins) and origins[end - 1] == origins[end]
    joined = len(set(origins[first:end])) - 1
    share = lattice.pieces[span].box.height / lattice.height
    price = config.ink_cost * lattice.prices[end - 1]
    return (
        config.cut_cost * is_cut
        + price
        + config.join_cost * joined
        + config.small_cost * max(0.0, config.usual_share - share)
    )


def _drop_cost(lattice: Lattice, part: int, config: SegmentConfig) -> float:
    """The more ink a part has the less likely it is dirt."""
    share = lattice.parts[part].box.extent / lattice.height
    return config.drop_cost * (0.5 + 3.0 * share)

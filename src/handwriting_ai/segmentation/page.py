"""A page's ink → its digits, numbers and lines."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.preprocess import Gray
from handwriting_ai.segmentation.components import Blob, LeftOut, find_blobs, ink_mask
from handwriting_ai.segmentation.cuts import CutUp, cut_apart
from handwriting_ai.segmentation.judge import NO_DIGIT, SHIPPED_JUDGE
from handwriting_ai.segmentation.lattice import Lattice, Span, best_path, build_lattice
from handwriting_ai.segmentation.lines import into_lines, into_numbers
from handwriting_ai.segmentation.parameters import MOST_DIGITS, SegmentConfig
from handwriting_ai.segmentation.pictures import cut_out, thumbnail
from handwriting_ai.segmentation.strokes import join_strokes
from handwriting_ai.support.boxes import Box
from handwriting_ai.support.boxes import around as around_boxes

Judgement: TypeAlias = Callable[[Gray], "NDArray[np.float64]"]
"""Thumbnails `uint8 (n, 28, 28)` → log-probabilities `(n, 11)`: ten digits, then none."""

DEFAULT_CONFIG: Final = SegmentConfig()


@dataclass(frozen=True, kw_only=True, eq=False)
class FoundDigit:
    """One digit of a page, not yet read."""

    box: Box
    picture: Gray = field(repr=False)
    """Its ink alone on paper (0) with a margin, as large as on the page: what `preprocess` takes."""
    log_digit: float
    """Log-probability that it is a digit, and which one seems likeliest, by a quick look."""


@dataclass(frozen=True, kw_only=True)
class FoundPage:
    """The digits of a page in reading order."""

    lines: tuple[tuple[tuple[FoundDigit, ...], ...], ...]
    """Lines from the top down, the numbers of each from left to right, their digits."""
    left_out: LeftOut

    @property
    def digits(self) -> tuple[FoundDigit, ...]:
        """All of them, in reading order."""
        return tuple(digit for line in self.lines for number in line for digit in number)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Judged:
    """A piece of ink, and what it looks like."""

    blob: Blob
    log_digit: float
    """Of the likeliest digit."""
    log_none: float

    @property
    def none(self) -> float:
        """The probability that it is no digit."""
        return math.exp(self.log_none)


def find_page(
    ink: Gray, *, config: SegmentConfig = DEFAULT_CONFIG, judge: Judgement | None = None, most: int = MOST_DIGITS
) -> FoundPage:
    """Find every digit of a page.

    Args:
        ink: `uint8 (h, w)`, paper 0, full ink 255, as `lift_ink` gives it.
        config: the choices.
        judge: what tells digits from other ink; None takes the network that comes with the package.
        most: digits after so many are left out and counted.
    """
    look = judge or SHIPPED_JUDGE.log_probs
    mask = ink_mask(ink, config)
    blobs, left_out = find_blobs(mask, config)
    wholes, dots = join_strokes(blobs, config)
    judged = _judge(ink, wholes, look, config)
    kept, others = _without_words(_settle(ink, judged, config, look), config)
    if not kept and _is_one(judged, config):
        kept, others = _largest(judged), []  # as `read` would read it, whatever it is
    small = _count_small(others, kept, config)
    among = _count_among(others, kept, config)
    boxes = [each.blob.box for each in kept]
    order = [index for line in into_lines(boxes, config) for index in line]
    beyond = max(0, len(kept) - most)
    if beyond:
        kept = [kept[index] for index in order[:most]]
        boxes = [each.blob.box for each in kept]

    def found(index: int) -> FoundDigit:
        blob = kept[index].blob
        return FoundDigit(box=blob.box, picture=cut_out(ink, mask, blob), log_digit=kept[index].log_digit)

    lines = tuple(
        tuple(tuple(found(index) for index in number) for number in into_numbers(line, boxes, config))
        for line in into_lines(boxes, config)
    )
    return FoundPage(
        lines=lines,
        left_out=left_out
        + dots
        + LeftOut(specks=small, other=len(others) - small, among_digits=among, beyond_limit=beyond),
    )


def _judge(ink: Gray, blobs: Sequence[Blob], look: Judgement, config: SegmentConfig) -> list[_Judged]:
    """All of them in one batch."""
    if not blobs:
        return []
    thumbnails = [thumbnail(ink, blob) for blob in blobs]
    stacked: Gray = np.stack(thumbnails)
    logs = _biased(look(stacked), config.none_bias)
    of_digits: NDArray[np.float64] = logs[:, :NO_DIGIT]
    likeliest: NDArray[np.float64] = np.max(of_digits, axis=1)
    digits: list[float] = likeliest.tolist()
    nones: list[float] = logs[:, NO_DIGIT].tolist()
    return [
        _Judged(blob=blob, log_digit=digit, log_none=none)
        for blob, digit, none in zip(blobs, digits, nones, strict=True)
    ]


def _biased(logs: "NDArray[np.float64]", bias: float) -> "NDArray[np.float64]":
    """Log-probabilities `(n, 11)` with less weight on the last class."""
    shifted: NDArray[np.float64] = logs.copy()
    shifted[:, NO_DIGIT] -= bias
    totals: NDArray[np.float64] = np.logaddexp.reduce(shifted, axis=1, keepdims=True)
    return np.subtract(shifted, totals)


def _settle(ink: Gray, judged: Sequence[_Judged], config: SegmentConfig, look: Judgement) -> list[_Judged]:
    """Cut what is several digits, and join what is one in pieces."""
    words = _words(judged, config)
    families = _families(judged, words, config)
    if len(judged) == 1 and not _is_wide(judged[0], config):
        families = []  # a digit alone is not cut
    in_families = {index for family in families for index in family}
    settled = [each for index, each in enumerate(judged) if index not in in_families]
    lattices = [_lattice_of([judged[index] for index in family], judged, config) for family in families]
    spans: list[tuple[int, Span]] = [(which, span) for which, each in enumerate(lattices) for span in each.pieces]
    pieces = _judge(ink, [lattices[which].pieces[span] for which, span in spans], look, config)
    by_lattice: list[dict[Span, _Judged]] = [{} for _ in lattices]
    for (which, span), piece in zip(spans, pieces, strict=True):
        by_lattice[which][span] = piece
    for lattice, found in zip(lattices, by_lattice, strict=True):
        _, path = best_path(lattice, {span: piece.log_digit for span, piece in found.items()}, config)
        settled += [found[span] for span in path]
    return settled


def _is_doubtful(each: _Judged, config: SegmentConfig) -> bool:
    return each.log_digit < config.sure_log or _is_wide(each, config)


def _is_wide(each: _Judged, config: SegmentConfig) -> bool:
    return each.blob.box.width > config.wide_aspect * each.blob.box.height


def _families(judged: Sequence[_Judged], words: set[int], config: SegmentConfig) -> list[list[int]]:
    """Doubtful pieces with what lies close beside them, from left to right; each is tried as a whole."""
    boxes = [each.blob.box for each in judged]
    order = [index for _, index in sorted((box.left, index) for index, box in enumerate(boxes) if index not in words)]
    family_of: dict[int, list[int]] = {}
    for place, index in enumerate(order):
        mine = family_of.setdefault(index, [index])
        box = boxes[index]
        for other in order[place + 1 :]:
            near = boxes[other]
            reach = config.family_gap_share * max(box.height, near.height)
            if near.left > box.right + config.family_gap_share * 4 * box.height:
                break
            is_open = _is_doubtful(judged[index], config) or _is_doubtful(judged[other], config)
            if is_open and near.gap_across(box) <= reach and -near.gap_down(box) >= 0.4 * min(near.height, box.height):
                theirs = family_of.setdefault(other, [other])
                if theirs is not mine:
                    mine.extend(theirs)
                    for each in theirs:
                        family_of[each] = mine
    unique = {id(family): family for family in family_of.values()}
    return [
        [index for _, index in sorted((boxes[index].middle[0], index) for index in family)]
        for family in unique.values()
        if any(_is_doubtful(judged[index], config) for index in family)
    ]


def _lattice_of(family: Sequence[_Judged], judged: Sequence[_Judged], config: SegmentConfig) -> Lattice:
    """Sure pieces stay in one part, doubtful ones are cut."""
    parts = [cut_apart(each.blob, config) if _is_doubtful(each, config) else CutUp((each.blob,)) for each in family]
    tallest = max(each.blob.box.height for each in family)
    box = around_boxes(each.blob.box for each in family)
    around = [
        each.blob.box.height
        for each in judged
        if not _is_doubtful(each, config) and each.blob.box.gap(box) < 4 * tallest
    ]
    height = float(tallest)
    if around:
        height = min(max(height * 0.7, float(median(around))), height)
    return build_lattice(parts, height, config)


def _words(judged: Sequence[_Judged], config: SegmentConfig) -> set[int]:
    """Pieces that stand in a row of pieces of which most are no digits: they are not cut."""
    boxes = [each.blob.box for each in judged]
    words: set[int] = set()
    for line in into_lines(boxes, config):
        for word in into_numbers(line, boxes, config):
            narrow = [index for index in word if boxes[index].width <= boxes[index].height]
            none = [index for index in narrow if judged[index].log_none > config.word_log]
            if len(word) >= config.word_length and len(none) >= config.word_share * len(word):
                words.update(word)
    return words


def _without_words(judged: Sequence[_Judged], config: SegmentConfig) -> tuple[list[_Judged], list[_Judged]]:
    """What is taken for digits, and what is not: each is judged alone, and by the company it keeps."""
    boxes = [each.blob.box for each in judged]
    kept: list[_Judged] = []
    others: list[_Judged] = []
    for line in into_lines(boxes, config):
        for word in into_numbers(line, boxes, config):
            none = sum(judged[index].none for index in word) / len(word)
            is_word = none > config.word_garbage and len(word) > 1
            for index in word:
                (others if is_word or judged[index].none > config.garbage else kept).append(judged[index])
    return kept, others


def _count_among(others: Sequence[_Judged], kept: Sequence[_Judged], config: SegmentConfig) -> int:
    """How many are as large as the digits, and stand in a number with some of them."""
    if not kept:
        return 0
    least = config.small_share * median(each.blob.box.height for each in kept)
    large = [each for each in others if each.blob.box.height >= least]
    boxes = [each.blob.box for each in [*kept, *large]]
    count = 0
    for line in into_lines(boxes, config):
        for number in into_numbers(line, boxes, config):
            strangers = sum(index >= len(kept) for index in number)
            count += strangers if strangers < len(number) else 0
    return count


def _is_one(judged: Sequence[_Judged], config: SegmentConfig) -> bool:
    """Whether one piece of ink is all there is, but for specks."""
    largest = max((each.blob.box.extent for each in judged), default=0)
    return sum(each.blob.box.extent >= config.candidate_share * largest for each in judged) == 1


def _largest(judged: Sequence[_Judged]) -> list[_Judged]:
    sizes = [each.blob.box.extent for each in judged]
    return [judged[sizes.index(max(sizes))]]


def _count_small(others: Sequence[_Judged], kept: Sequence[_Judged], config: SegmentConfig) -> int:
    """How many are specks for the size of the digits on this page."""
    if not kept:
        return 0
    usual = median(each.blob.box.height for each in kept)
    return sum(each.blob.box.extent < config.dot_share * usual for each in others)

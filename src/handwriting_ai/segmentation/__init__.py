"""Ink → digits → numbers → lines, with numpy and OpenCV alone."""

from handwriting_ai.segmentation.components import LeftOut
from handwriting_ai.segmentation.counting import count_digits
from handwriting_ai.segmentation.lifting import lift_ink
from handwriting_ai.segmentation.page import FoundDigit, FoundPage, find_page
from handwriting_ai.segmentation.parameters import MOST_DIGITS, SegmentConfig
from handwriting_ai.support.boxes import Box, around

__all__ = [
    "MOST_DIGITS",
    "Box",
    "FoundDigit",
    "FoundPage",
    "LeftOut",
    "SegmentConfig",
    "around",
    "count_digits",
    "find_page",
    "lift_ink",
]

"""Scores → Altair charts, for the pages and for a report. Needs the `app` extra.

Each chart carries a description for those who do not see it.
"""

from handwriting_ai.plots.accuracy import (
    ModelAccuracy,
    ModelCost,
    accuracy_against,
    accuracy_intervals,
    per_digit_accuracy,
)
from handwriting_ai.plots.calibration import coverage_chart, reliability_diagram
from handwriting_ai.plots.common import MOST_NAMED, model_key
from handwriting_ai.plots.confusion import CELL, confusion_heat_map
from handwriting_ai.plots.curves import DamageResult, damage_curve, damage_curves, learning_curves

__all__ = [
    "CELL",
    "MOST_NAMED",
    "DamageResult",
    "ModelAccuracy",
    "ModelCost",
    "accuracy_against",
    "accuracy_intervals",
    "confusion_heat_map",
    "coverage_chart",
    "damage_curve",
    "damage_curves",
    "learning_curves",
    "model_key",
    "per_digit_accuracy",
    "reliability_diagram",
]

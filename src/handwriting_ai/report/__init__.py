"""One self-contained HTML page of scores: tables and charts in the file itself, so that it can be mailed."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

import altair as alt
import numpy as np
import vl_convert
from jinja2 import Environment, PackageLoader
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai import plots
from handwriting_ai.evaluation.damage import DamagePoint
from handwriting_ai.evaluation.metrics import Figures
from handwriting_ai.evaluation.pen_strokes import PenStrokeScore, ScribbleScore
from handwriting_ai.evaluation.scoreboard import EvaluationPart, Misread, Scoreboard
from handwriting_ai.inference.ensemble import ensemble_name
from handwriting_ai.prediction import EnsembleChoice
from handwriting_ai.support.files import write_atomically

MOST_MISREAD: Final = 60
"""Misread validation digits that are shown, the most confident first."""
_CHART_PX: Final = 420
_PICTURE_PX: Final = 84
_Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One line of the first table."""

    name: str
    part: EvaluationPart
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class _Picture:
    """One misread digit."""

    url: str
    misread: Misread


def write_report(
    path: Path,
    board: Scoreboard,
    choices: Sequence[EnsembleChoice],
    damages: Mapping[str, Sequence[DamagePoint]],
    strokes: Sequence[PenStrokeScore],
    scribbles: ScribbleScore | None = None,
) -> None:
    """Write the page, as a whole or not at all.

    Args:
        path: of the HTML file.
        board: scores the choices.
        choices: the first is what the report is about; the others, such as its members, stand beside it.
        damages: of each model that was measured on damaged digits.
        strokes: how the first choice reads pen strokes; empty if that was not measured.
        scribbles: how often it takes a scribble for a digit; None likewise.

    Raises:
        ModelError: a member is missing, refused, or without predictions.
        OSError: the file cannot be written.
    """
    environment = Environment(loader=PackageLoader("handwriting_ai", "report"), autoescape=True, trim_blocks=True)
    content: dict[str, object] = {
        "choice": choices[0],
        "name": ensemble_name(choices[0].members),
        "made_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "version": version("handwriting-ai"),
        "rows": _rows(board, choices),
        "charts": _charts(board, choices, damages),
        "misread": _misread(board, choices[0]),
        "strokes": strokes,
        "scribbles": scribbles,
    }
    page = environment.get_template("page.html").render(content)
    write_atomically(path, page.encode())


def _rows(board: Scoreboard, choices: Sequence[EnsembleChoice]) -> list[_Row]:
    return [
        _Row(name=ensemble_name(choice.members), part=part, figures=board.score(choice, part).figures)
        for choice in choices
        for part in EvaluationPart
    ]


def _charts(
    board: Scoreboard, choices: Sequence[EnsembleChoice], damages: Mapping[str, Sequence[DamagePoint]]
) -> dict[str, str]:
    """Title → drawing; all on validation."""
    part = EvaluationPart.VALIDATION
    scores = {ensemble_name(choice.members): board.score(choice, part) for choice in choices}
    first = board.score(choices[0], part)
    charts: dict[str, _Chart] = {
        "Reliability": _sized(plots.reliability_diagram(first.reliability)),
        "Accuracy of the answers when the least sure are withheld": _sized(
            plots.coverage_chart({ensemble_name(choice.members): board.coverage(choice, part) for choice in choices})
        ),
        "Accuracy by digit": _sized(plots.per_digit_accuracy({name: each.per_digit for name, each in scores.items()})),
        "Confusion": _sized(plots.confusion_heat_map(first.confusion)),
    }
    if damages:
        charts["Damaged digits"] = plots.damage_curves(
            [
                plots.DamageResult(model=name, damage=point.damage, severity=point.severity, accuracy=point.accuracy)
                for name, points in damages.items()
                for point in points
            ],
            models=list(scores),
        )
    return {title: _drawn(chart) for title, chart in charts.items()}


def _sized(chart: alt.Chart | alt.LayerChart) -> _Chart:
    sized: alt.Chart | alt.LayerChart = chart.properties(width=_CHART_PX)
    return sized


def _drawn(chart: _Chart) -> str:
    """The chart as SVG, which needs no script to be shown."""
    specification: dict[str, object] = chart.to_dict()
    svg: str = vl_convert.vegalite_to_svg(specification)
    return svg


def _misread(board: Scoreboard, choice: EnsembleChoice) -> list[_Picture]:
    images = board.pictures(EvaluationPart.VALIDATION).images
    shown = board.misread(choice, EvaluationPart.VALIDATION)[:MOST_MISREAD]
    return [_Picture(url=_url(images, each.row), misread=each) for each in shown]


def _url(images: "NDArray[np.uint8]", row: int) -> str:
    """One of the pictures `(n, 28, 28)`, enlarged, in the page itself."""
    pixels: NDArray[np.uint8] = images[row]
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((_PICTURE_PX, _PICTURE_PX), Image.Resampling.NEAREST).save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"

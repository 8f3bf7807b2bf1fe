"""Results → Altair charts."""

import base64
import io
from collections.abc import Sequence
from typing import Final

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai.prediction import Prediction, ViewPrediction

_DIGITS: Final = [str(digit) for digit in range(10)]
_INPUT_COLUMN: Final = "input"
_BAR_HEIGHT_PX: Final = 22
_ROW_HEIGHT_PX: Final = 30
_PICTURE_PX: Final = 26
_STRONG: Final = "#2F6FDE"
_WEAK: Final = "#9DB4D6"


def probability_bars(prediction: Prediction) -> alt.Chart:
    """Ten bars, the answer's in a stronger colour."""
    frame = pd.DataFrame({"digit": _DIGITS, "probability": list(prediction.probs)})
    frame["answer"] = [digit == str(prediction.digit) for digit in _DIGITS]
    color = alt.Color("answer:N", scale=alt.Scale(domain=[True, False], range=[_STRONG, _WEAK]), legend=None)
    bars: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X("probability:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"), title=None),
            y=alt.Y("digit:N", sort=_DIGITS, title=None, axis=alt.Axis(labelFontSize=14)),
            color=color,
            tooltip=[alt.Tooltip("digit:N"), alt.Tooltip("probability:Q", format=".2%")],
        )
        .properties(height=_BAR_HEIGHT_PX * len(_DIGITS))
    )
    return bars


def view_heat_map(views: Sequence[ViewPrediction], pictures: "Sequence[NDArray[np.uint8]]") -> alt.LayerChart:
    """View × digit, each row led by the view's picture."""
    names = [view.name for view in views]
    cells = pd.DataFrame(
        [
            {"view": view.name, "digit": str(digit), "probability": share}
            for view in views
            for digit, share in enumerate(view.probs)
        ]
    )
    rows = pd.DataFrame(
        {"view": names, "digit": _INPUT_COLUMN, "picture": [data_url(picture) for picture in pictures]}
    )
    x = alt.X("digit:N", sort=[_INPUT_COLUMN, *_DIGITS], title=None, axis=alt.Axis(orient="top", labelAngle=0))
    y = alt.Y("view:N", sort=names, title=None, axis=alt.Axis(labelLimit=200))
    heat: alt.Chart = (
        alt.Chart(cells)
        .mark_rect(cornerRadius=2)
        .encode(
            x=x,
            y=y,
            color=alt.Color("probability:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), legend=None),
            tooltip=["view:N", "digit:N", alt.Tooltip("probability:Q", format=".2%")],
        )
    )
    images: alt.Chart = (
        alt.Chart(rows).mark_image(width=_PICTURE_PX, height=_PICTURE_PX).encode(x=x, y=y, url="picture:N")
    )
    layered: alt.LayerChart = alt.layer(heat, images).properties(height=_ROW_HEIGHT_PX * len(names) + 20)
    return layered


def data_url(picture: "NDArray[np.uint8]") -> str:
    """A grey picture as a PNG that a page can show without another request."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"

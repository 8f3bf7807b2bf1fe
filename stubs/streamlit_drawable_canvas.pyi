"""The part of streamlit-drawable-canvas that this project calls; the package has no `py.typed`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

class CanvasResult:
    json_data: dict[str, object] | None
    @property
    def image_data(self) -> NDArray[np.uint8] | None: ...

def st_canvas(
    fill_color: str | None = None,
    stroke_width: int = 20,
    stroke_color: str = "black",
    background_color: str = "",
    background_image: str | Path | bytes | Image | None = None,
    update_streamlit: bool = True,
    height: int = 400,
    width: int = 600,
    drawing_mode: str = "freedraw",
    initial_drawing: dict[str, object] | None = None,
    point_display_radius: int = 3,
    return_image_data: bool = False,
    key: str | None = None,
    on_change: Callable[[], None] | None = None,
    disabled: bool = False,
    background_image_fit: str = "stretch",
    max_display_height: int | None = None,
    font_size: int = 20,
    label: str = "",
) -> CanvasResult: ...

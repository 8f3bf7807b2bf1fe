"""Draw `docs/photograph.webp`: a made photograph of a digit, and what each step of the preprocessing makes of it."""

import sys
from typing import Final

import cv2
import numpy as np
from PIL import Image

from handwriting_ai import load_settings
from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.made_paper import make_picture
from handwriting_ai.data.strokes import load_stroke_files, place, render
from handwriting_ai.preprocess import Gray, preprocess

PICTURE: Final = PROJECT_ROOT / "docs" / "photograph.webp"
SHOWN: Final = ("grayscale", "paper", "components", "center")
CHANGES: Final = (("squared", 3), ("photographer", 4), ("sheet_edge", 2), ("turned", 2), ("jpeg", 2))
DIGIT: Final = 5
SEED: Final = 11
HEIGHT_PX: Final = 260


def main() -> None:
    """Write the picture."""
    files = load_stroke_files(*load_settings().training.stroke_folders)
    drawn = next(digit for digit in files[0].digits if digit.label == DIGIT)
    ink = render(place(drawn.strokes, extent_px=220, center_px=(140, 140)), pen_px=9)
    made = make_picture(ink, CHANGES, np.random.default_rng(SEED), size=(480, 480), share=0.4)
    pictures = {step.name: step.picture for step in preprocess(made.picture).steps}
    tiles: list[Gray] = [cv2.resize(pictures[name], (HEIGHT_PX, HEIGHT_PX), interpolation=_way(name)) for name in SHOWN]
    row: Gray = np.hstack(tiles)
    Image.fromarray(row).save(PICTURE, quality=80)
    sys.stdout.write(f"Wrote {PICTURE}.\n")


def _way(name: str) -> int:
    """The last one is enlarged: its pixels are to be seen."""
    return cv2.INTER_NEAREST if name == SHOWN[-1] else cv2.INTER_AREA


if __name__ == "__main__":
    main()

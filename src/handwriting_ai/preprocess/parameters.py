"""Every number of the preprocessing, and the signature that is derived from them."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

IMAGE_SIDE: Final = 28
"""Side of MNIST's pictures, in pixels."""
FULL_INK: Final = 255
"""The largest grey level: that of full ink, where paper is 0."""
INK_NETWORK: Final = "8227d4d3a528"
"""The first digits of the SHA-256 of `ink.onnx`."""
MNIST_MEAN: Final = 0.1307
MNIST_STD: Final = 0.3081
PIPELINE_VERSION: Final = "v3"
STEP_NAMES: Final = ("grayscale", "polarity", "paper", "threshold", "components", "straighten", "width", "center")


@dataclass(frozen=True, kw_only=True)
class PreprocessConfig:
    """The choices of the pipeline; `benchmarks/paper_accuracy.py` measures what they come to."""

    border_share: float = 0.02
    """Width of the ring that is taken for paper, as a share of the shorter side."""
    min_contrast: int = 40
    """Grey levels (of 255) that ink must differ from paper; less is a blank picture."""
    peak_quantile: float = 0.98
    """The ink's full level: this quantile of the levels above Otsu's threshold."""

    even_share: float = 0.90
    """Paper is even, as a program draws it, from this share of pixels beside the ink that have its level."""
    even_levels: float = 2.0
    """Grey levels that they may be off."""
    even_fringe_share: float = 0.02
    """How far from the ink a pixel is beside it, as a share of the shorter side."""
    even_fringe_px: int = 2
    """Likewise, in pixels, at least."""
    even_rim_share: float = 0.35
    """Unbroken ink along more than this share of a side is a stroke only on paper of one level nearly everywhere: …"""
    flawless_share: float = 0.995
    """… from this share of pixels on."""
    most_rim_share: float = 0.80
    """Along more than this share it is a desk or a shadow."""
    even_most_ink: float = 0.50
    """Ink over more than this share of the picture is no ink: the rim was not the paper."""
    ink_network: str = INK_NETWORK
    """The network that finds the ink on uneven paper, by its digest."""
    first_look_px: int = 512
    """Longer side of the whole picture, as the network sees it."""
    least_seen_px: int = 20
    """A digit that is smaller in the first look, or not seen at all, is looked for in a finer one: …"""
    finer_look_px: int = 1024
    """… with so many pixels on the longer side, as far as the picture has them."""
    coarse_look_px: int = 256
    """Where nothing is found at all, the picture is looked at anew with so many: a digit may fill it."""
    second_look_px: int = 256
    """Longer side of what lies round the digit, as it then sees it."""
    second_look_margin: float = 1.8
    """How much lies round the digit: the side of the square, as a multiple of the digit's longer side."""
    most_enlarged: float = 6.0
    """A picture or a digit is enlarged this much for the network at most."""
    ink_share: float = 0.5
    """A pixel is ink from this share of handwriting on."""
    least_ink_px: float = 12.0
    """Less ink in one piece, in pixels of what the network sees, is none."""
    rim_weight: float = 0.15
    """Ink that the picture's rim cuts counts for this much when the digit is looked for."""

    blot_fill: float = 0.50
    """Ink that fills this share of its extent squared is a blot."""
    faint_share: float = 0.80
    """Ink of which the network is less sure than this, in the mean, is faint."""

    keep_components: bool = True
    """Whether specks are dropped; False keeps every pixel of ink."""
    min_area_share: float = 0.02
    """A component smaller than this share of the largest one's area is a speck."""
    min_extent_share: float = 0.12
    """Likewise for the longer side of its box."""
    sure_extent_share: float = 0.40
    """From this share on, a component belongs to the digit whatever its shape."""
    max_fill: float = 0.60
    """A smaller one must be a stroke: its area at most this share of its extent squared (a disc has 0.79)."""
    max_gap_share: float = 0.50
    """Largest gap between a component's box and the largest one's box, as a share of the latter's extent."""
    fringe_share: float = 0.03
    """Grey levels are kept this far round the kept components, as a share of the digit's extent."""

    deskew_max_deg: float = 0.0
    """Largest slant that is corrected by a shear; 0 leaves the slant."""
    deskew_min_elongation: float = 1.5
    """Height over width of the ink's spread from which the estimate of the slant is trusted."""

    normalize_width: bool = True
    """Whether a pen that is far thinner or thicker than MNIST's is brought into its range."""
    min_stroke_px: float = 1.9
    """Thinnest stroke, in pixels of the 28 × 28 picture; 90 % of MNIST lies between 1.9 and 4.3."""
    max_stroke_px: float = 4.3
    """Thickest stroke, likewise."""

    digit_side_px: float = 20.0
    """Longest side of the digit's box in the 28 × 28 picture (LeCun et al. 1998, section III.A)."""
    center_px: float = 14.0
    """Where the centre of mass comes to lie, as a pixel index: MNIST's own mean is 14.0 ± 0.3 both ways."""
    oversampling: int = 8
    """The picture is worked on at this multiple of 28 × 28, then averaged down."""


def preprocess_signature(config: PreprocessConfig | None = None) -> str:
    """Version, step names and a short hash of every parameter: `v2/grayscale+…+center/1f2e3d4c5b6a`.

    Two pipelines have the same signature exactly if they make the same picture. A manifest carries the signature its
    model was trained with; the engine refuses a model with another one.
    """
    parameters: dict[str, object] = asdict(config or PreprocessConfig())
    parameters |= {"side": IMAGE_SIDE, "mean": MNIST_MEAN, "std": MNIST_STD}
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
    return f"{PIPELINE_VERSION}/{'+'.join(STEP_NAMES)}/{digest[:12]}"

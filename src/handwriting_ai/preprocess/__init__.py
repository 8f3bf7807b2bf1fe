"""Pixels → `float32 (1, 28, 28)`, as section "Preprocessing" of `docs/architecture.md` describes it."""

from handwriting_ai.preprocess.decode import Gray, Picture, Pixels
from handwriting_ai.preprocess.formats import FORMAT_NAMES, FORMATS, MEDIA_TYPES, SUFFIXES
from handwriting_ai.preprocess.paper import Doubt
from handwriting_ai.preprocess.parameters import (
    FULL_INK,
    IMAGE_SIDE,
    MNIST_MEAN,
    MNIST_STD,
    STEP_NAMES,
    PreprocessConfig,
    preprocess_signature,
)
from handwriting_ai.preprocess.pipeline import (
    MUCH_LEFT_OUT,
    NormalizedImage,
    Preprocessed,
    Step,
    denormalize,
    grey_levels,
    left_out_share,
    normalize,
    preprocess,
)
from handwriting_ai.support.image_limits import ImageLimits

__all__ = [
    "FORMATS",
    "FORMAT_NAMES",
    "FULL_INK",
    "IMAGE_SIDE",
    "MEDIA_TYPES",
    "MNIST_MEAN",
    "MNIST_STD",
    "MUCH_LEFT_OUT",
    "STEP_NAMES",
    "SUFFIXES",
    "Doubt",
    "Gray",
    "ImageLimits",
    "NormalizedImage",
    "Picture",
    "Pixels",
    "PreprocessConfig",
    "Preprocessed",
    "Step",
    "denormalize",
    "grey_levels",
    "left_out_share",
    "normalize",
    "preprocess",
    "preprocess_signature",
]

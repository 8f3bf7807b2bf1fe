"""Stages: what a run learns from, how, and how its pictures are changed at random."""

from dataclasses import dataclass
from enum import StrEnum


class DataSet(StrEnum):
    """What a stage can learn from."""

    MNIST = "mnist"
    EMNIST = "emnist"
    """EMNIST's digits without near-duplicates of MNIST's validation and test pictures."""
    STROKES = "strokes"
    """Digits drawn with a pen: those that the project ships, and those of `TRAINING__INK_DIR`."""
    SCRIBBLES = "scribbles"
    """Drawings that are no digit."""
    SIGNS = "signs"
    """Letters, signs and drawings of things, which are no digit either."""
    SCANS = "scans"
    """Scanned digits of writers whom MNIST does not know."""


class Optimizer(StrEnum):
    """How weights are updated."""

    ADAM = "adam"
    """Kingma & Ba 2015; weight decay is added to the gradient."""
    ADAMW = "adamw"
    """Loshchilov & Hutter 2019; weight decay is decoupled."""


class Schedule(StrEnum):
    """How the learning rate moves over a stage; all of them scale with its number of epochs."""

    CONSTANT = "constant"
    STEP = "step"
    """A tenth from half of the stage on."""
    COSINE = "cosine"
    """Down to 1e-6 along a cosine (Loshchilov & Hutter 2017)."""
    ONE_CYCLE = "one_cycle"
    """Up over a fifth of the stage, then down to nearly nothing (Smith & Topin 2018)."""


@dataclass(frozen=True, kw_only=True)
class Residue:
    """What paper leaves on a picture: how many pictures are changed, and how far each change may go.

    Of those pictures each change strikes half, with a strength from none to the most.
    """

    share: float = 0.0
    """Of the pictures, those that are changed at all."""
    noise: float = 0.0
    """Largest standard deviation of noise on ink and paper."""
    blur: float = 0.0
    """Largest share of a blur of 1.2 pixels."""
    fade: float = 0.0
    """Largest share of the ink's darkness that is lost everywhere."""
    breaks: float = 0.0
    """Largest share of it that is lost in patches."""
    specks: float = 0.0
    """Largest number of specks, on the mean."""
    lines: float = 0.0
    """Largest darkness of pieces of a ruled line."""
    hole_px: int = 0
    """Largest side of a square without ink."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Ranges of the random changes; each picture gets a draw of its own, all geometry in one warp."""

    rotation_deg: float = 0.0
    """Largest rotation, either way."""
    scale: float = 0.0
    """Largest change of size, as a share: 0.15 means 0.85 to 1.15."""
    anisotropy: float = 0.0
    """Largest further change of width against height, as a share."""
    shear: float = 0.0
    """Largest horizontal shear, either way, as the tangent of the slant."""
    shift_px: float = 0.0
    """Largest shift in x and in y, either way."""
    elastic_alpha_px: float = 0.0
    """Strength of the elastic distortion: noise in ±α pixels is smoothed and added to the grid (Simard et al. 2003)."""
    elastic_sigma_px: float = 4.0
    """Standard deviation of the Gaussian that smooths it."""
    pen_px: float = 0.0
    """Largest change of the stroke's width, either way."""
    cutout_px: int = 0
    """Side of a square that is wiped out, its centre anywhere in the picture (DeVries & Taylor 2017)."""
    mixup_alpha: float = 0.0
    """Pictures and targets are blended in shares from Beta(α, α) (Zhang et al. 2018)."""
    residue: Residue | None = None
    """What paper leaves, after all geometry; None leaves nothing."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One optimizer and schedule over one choice of data."""

    data: tuple[DataSet, ...]
    epochs: int
    batch_size: int
    optimizer: Optimizer
    learning_rate: float
    """The largest of the schedule."""
    schedule: Schedule
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    """Share of the target that is spread over all digits (Szegedy et al. 2016)."""
    dropout: float = 0.0
    """Share of the last layer's inputs that are dropped (Srivastava et al. 2014)."""
    hard_repeats: int = 1
    """How often an epoch shows a hard digit, which the network knew but was not sure of; 1 means like any other."""
    augmentation: Augmentation = Augmentation()

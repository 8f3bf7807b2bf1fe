"""The recipe `taught`, in the terms of all recipes: it is followed by `run_teaching`, and needs a lesson."""

import re
from dataclasses import dataclass
from typing import Final

from handwriting_ai.training.recipes import Recipe
from handwriting_ai.training.stages import Augmentation, DataSet, Optimizer, Schedule, Stage

_CHANGES: Final = Augmentation(
    rotation_deg=10.0,
    scale=0.1,
    anisotropy=0.05,
    shear=0.1,
    shift_px=1.5,
    elastic_alpha_px=8.0,
    elastic_sigma_px=4.0,
    pen_px=0.8,
)


@dataclass(frozen=True, kw_only=True)
class Teaching:
    """How a network is taught; chosen by `benchmarks/teach.py`."""

    steps: int = 100
    own_batch: int = 32
    """Pictures of the drawings in each step."""
    others_batch: int = 64
    """Pictures of others in each step."""
    learning_rate: float = 3e-3
    """At first; it falls to nothing along a cosine."""
    weight_decay: float = 0.01
    own_weight: float = 0.5
    """Of the drawings in the loss; the rest is that of others."""
    label_smoothing: float = 0.1
    copies: int = 48
    """Changed pictures of each drawing."""
    augmentation: Augmentation = _CHANGES


_TEACHING: Final = Teaching()
_OTHERS: Final = 3_000
"""Digits of each set of others, to train on and to measure."""
_LONGEST_NAME: Final = 24
_DIGEST_SHOWN: Final = 8

TAUGHT: Final = Recipe(
    name="taught",
    summary="A model goes on learning from saved drawings of one hand, without forgetting the others.",
    stages=(
        Stage(
            data=(DataSet.MNIST, DataSet.STROKES),
            epochs=1,
            batch_size=_TEACHING.own_batch + _TEACHING.others_batch,
            optimizer=Optimizer.ADAMW,
            learning_rate=_TEACHING.learning_rate,
            schedule=Schedule.COSINE,
            weight_decay=_TEACHING.weight_decay,
            label_smoothing=_TEACHING.label_smoothing,
            augmentation=_TEACHING.augmentation,
        ),
    ),
    trial_digits=_OTHERS,
)


def taught_name(arch: str, whose: str, sha256: str, parent: str, seed: int) -> str:
    """The name a taught model is registered under: whose hand, which drawings, which parent.

    Args:
        arch: the architecture.
        whose: a person's name, in any letters.
        sha256: digest of the lesson.
        parent: the parent's model id.
        seed: of the run.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", whose.casefold()).strip("-")[:_LONGEST_NAME] or "hand"
    origin = parent.removeprefix(f"mnist_{arch}_")
    return f"mnist_{arch}_taught_{plain}_{sha256[:_DIGEST_SHOWN]}_seed{seed}_from_{origin}"

"""The recipe `taught`, in the terms of all recipes: it is followed by `run_teaching`, and needs a lesson."""

import re
from typing import Final

from handwriting_ai.training.fine_tuning import Teaching
from handwriting_ai.training.recipes import Recipe
from handwriting_ai.training.stages import DataSet, Optimizer, Schedule, Stage

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

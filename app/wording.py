"""Answers and runs in words."""

import math
from typing import Final

from handwriting_ai.jobs.types import Job, JobStatus
from handwriting_ai.prediction import Prediction

_SCRIBBLE_SHARE: Final = 0.7
"""From this share of the largest possible entropy on, no digit stands out at all."""
_DISAGREEMENT_SHARE: Final = 0.5
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600


def describe(prediction: Prediction) -> str:
    """One sentence on how sure the answer is, and what makes it unsure."""
    if not prediction.uncertain:
        return f"The models are sure: this is a **{prediction.digit}**."
    if prediction.total_entropy > _SCRIBBLE_SHARE * math.log(len(prediction.probs)):
        return "**This does not look like a digit.** Nothing stands out among the ten."
    first, second = runners_up(prediction)
    if prediction.disagreement > _DISAGREEMENT_SHARE * prediction.total_entropy:
        return f"**Uncertain:** the models disagree. It may be a **{first}** or a **{second}**."
    return f"**Uncertain:** each model hesitates between a **{first}** and a **{second}**."


def runners_up(prediction: Prediction) -> tuple[int, int]:
    """The two digits with the largest probabilities, the larger first."""
    order = sorted(range(len(prediction.probs)), key=prediction.probs.__getitem__, reverse=True)
    return order[0], order[1]


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE_S:.0f} min" if seconds < 2 * _HOUR_S else f"{seconds / _HOUR_S:.1f} h"


def standing(job: Job) -> str:
    """How a run stands, and how long it still takes."""
    state = job.state
    if state.status is not JobStatus.RUNNING:
        return f"{state.status.capitalize()} after {state.current_epoch} of {job.config.epochs} epochs"
    left = f" · {duration(state.seconds_left)} left" if state.seconds_left is not None else ""
    return f"{(state.activity or 'running').capitalize()}{left}"

"""An answer in words."""

import math
from typing import Final

from handwriting_ai.prediction import Prediction

_SCRIBBLE_SHARE: Final = 0.7
"""From this share of the largest possible entropy on, no digit stands out at all."""
_DISAGREEMENT_SHARE: Final = 0.5


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

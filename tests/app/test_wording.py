"""Answers in words never contradict the figures beside them."""

import math

import pytest

from handwriting_ai.prediction import N_CLASSES, Prediction
from shared import wording


def _prediction(probs: list[float], *, disagreement: float = 0.0) -> Prediction:
    entropy = -sum(share * math.log(share) for share in probs if share > 0)
    confidence = max(probs)
    return Prediction(
        digit=probs.index(confidence),
        confidence=confidence,
        probs=tuple(probs),
        model_id="m",
        uncertain=confidence < 0.7,
        views=(),
        members=(),
        total_entropy=entropy,
        member_entropy=entropy - disagreement,
        disagreement=disagreement,
        latency_ms=1.0,
    )


def _shares(**shares: float) -> list[float]:
    """`d8=0.6` and the like; the rest evenly."""
    given = {int(name[1:]): share for name, share in shares.items()}
    rest = (1 - sum(given.values())) / (N_CLASSES - len(given))
    return [given.get(digit, rest) for digit in range(N_CLASSES)]


@pytest.mark.parametrize(
    ("probs", "sentence"),
    [
        (_shares(d8=0.99), "This is an **8**."),
        (_shares(d7=0.99), "This is a **7**."),
        (_shares(d8=0.8, d5=0.15), "Probably an **8**, perhaps a **5**."),
        (_shares(d8=0.5, d5=0.45), "**Not sure:** perhaps an **8**, perhaps a **5**."),
        (_shares(), "**This does not look like a digit.** None of the ten stands out."),
    ],
)
def test_an_answer_is_one_sentence(probs: list[float], sentence: str) -> None:
    """Sure, likely, undecided, nothing; with the runner-up where it matters."""
    assert wording.describe(_prediction(probs)) == sentence


def test_models_that_disagree_are_said_to() -> None:
    """Where that is most of what makes the answer unsure."""
    assert "The models disagree" in wording.describe(_prediction(_shares(d8=0.5, d5=0.45), disagreement=0.8))


def test_what_is_more_likely_than_not_is_never_said_to_be_no_digit() -> None:
    """However undecided the rest is: a bar of 53.6 % would stand beside it."""
    answer = _prediction(_shares(d8=0.536))
    assert answer.total_entropy > 0.6 * math.log(N_CLASSES)
    assert not wording.is_nothing(answer)
    assert wording.describe(answer).startswith("**Not sure:** perhaps an **8**")

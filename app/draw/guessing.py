"""The source *Test digit*: a digit of MNIST that one guesses before the answer is told."""

import random
from collections.abc import Callable
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from handwriting_ai.evaluation.scoreboard import EvaluationPart
from handwriting_ai.prediction import N_CLASSES, EnsembleChoice
from handwriting_ai.reading.reader import Reading
from shared import resources, troubles, wording
from shared.explanations import MNIST
from shared.guessing import Guessing, Shown
from shared.ui_state import ui_state

INVITATION: Final = "What digit is this? Guess first: then you see the label and the answer."
_HARD: Final = 200
"""How many of the validation digits are hard ones."""
_ENLARGEMENT: Final = 15


def show_board(read: "Callable[[NDArray[np.uint8]], Reading | None]", choice: EnsembleChoice) -> Reading | None:
    """The digit, and what else can be asked for; what was read in it, once it was guessed.

    Args:
        read: reads a picture.
        choice: the models that read, whose hard digits are asked for.
    """
    guessing = ui_state().guessing
    if guessing.shown is None:
        _draw_any(guessing)
    shown = guessing.shown
    if shown is None:
        return None
    picture, label = _digit(shown)
    enlarged: NDArray[np.uint8] = picture.repeat(_ENLARGEMENT, axis=0).repeat(_ENLARGEMENT, axis=1)
    st.image(enlarged)
    reading = read(enlarged)
    if reading is not None and guessing.guess is None:
        _ask(guessing, label, reading.prediction.digit)
    with st.container(horizontal=True):
        st.button("Another digit", icon=":material/shuffle:", on_click=_draw_any, args=(guessing,))
        st.button(
            "A hard one",
            icon=":material/psychology:",
            on_click=_draw_hard,
            args=(guessing, choice),
            help=f"One of the {_HARD} validation digits that these models are least sure of.",
        )
    if guessing.guess is None:
        return None
    _tell(guessing, label)
    return reading


def _ask(guessing: Guessing, label: int, answer: int) -> None:
    st.pills(
        "What digit is this?",
        list(range(N_CLASSES)),
        key="guess",
        on_change=_settle,
        args=(guessing, label, answer),
    )


def _settle(guessing: Guessing, label: int, answer: int) -> None:
    guess: object = st.session_state.get("guess")
    if isinstance(guess, int):
        guessing.settle(guess, label=label, answer=answer)


def _tell(guessing: Guessing, label: int) -> None:
    score = guessing.score
    right = "**You were right.**" if guessing.guess == label else f"You said {wording.an(guessing.guess or 0)}."
    st.markdown(
        f"{right} It is labelled {wording.an(label)}. Right so far: you {score.yours} of {score.asked}, "
        f"the models {score.models}."
    )
    if guessing.shown is not None:
        st.caption(f"Digit {guessing.shown.row} of MNIST's {guessing.shown.part} digits.", help=MNIST)


def _draw_any(guessing: Guessing) -> None:
    row = random.SystemRandom().randrange(len(resources.test_digits()))
    guessing.begin(Shown(part=EvaluationPart.TEST, row=row))


def _draw_hard(guessing: Guessing, choice: EnsembleChoice) -> None:
    with troubles.toasted():
        rows = resources.scoreboard().least_sure(choice, EvaluationPart.VALIDATION, _HARD)
        guessing.begin(Shown(part=EvaluationPart.VALIDATION, row=random.SystemRandom().choice(rows)))


def _digit(shown: Shown) -> "tuple[NDArray[np.uint8], int]":
    is_test = shown.part is EvaluationPart.TEST
    digits = resources.test_digits() if is_test else resources.scoreboard().pictures(shown.part)
    picture: NDArray[np.uint8] = digits.images[shown.row]
    label: int = digits.labels.item(shown.row)
    return picture, label

"""The answer: one very large figure, its verdict, and the ten probabilities."""

import streamlit as st

from handwriting_ai.prediction import Prediction
from handwriting_ai.preprocess import MUCH_LEFT_OUT, left_out_share
from handwriting_ai.reading.reader import Reading
from shared import charts, wording

NO_DIGIT = (
    "The models know the ten digits and nothing else. A letter, a heart or a smiley gets the digit that it is most "
    "like, sometimes with confidence."
)


def show_figure(prediction: Prediction) -> None:
    """The digit, and what to make of it, in one glance."""
    figure = "?" if wording.is_nothing(prediction) else str(prediction.digit)
    unsure = " unsure" if prediction.uncertain else ""
    verdict = wording.describe(prediction).replace("**", "")
    st.markdown(
        f'<div class="reading" role="status"><div class="figure{unsure}">{figure}</div>'
        f'<div class="verdict">{verdict}</div></div>',
        unsafe_allow_html=True,
    )


def show_invitation(invitation: str) -> None:
    """In the answer's place, what to do to get one."""
    st.markdown(
        f'<div class="reading" role="status"><div class="verdict">{invitation}</div></div>', unsafe_allow_html=True
    )


def show_bars(reading: Reading) -> None:
    """How probable each digit is, and what ink was left out."""
    for doubt in reading.doubts:
        st.warning(doubt)
    left_out = left_out_share(reading.steps)
    if left_out >= MUCH_LEFT_OUT:
        st.warning(wording.left_out(left_out))
    st.altair_chart(charts.probability_bars(reading.prediction), width="stretch")

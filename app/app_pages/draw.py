"""Draw, upload or pick a digit; see the answer and its reasons."""

import streamlit as st

import draw_view

st.title("Draw a digit", anchor=False)
st.fragment(draw_view.show)()

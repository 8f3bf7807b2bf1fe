"""Draw, upload or pick a digit; see the answer and its reasons."""

import streamlit as st

from draw import view

st.title("Draw a digit", anchor=False)
st.fragment(view.show)()

"""The Compare page."""

import streamlit as st

from compare import view

st.title("Compare", anchor=False)
view.show()

"""The Compare page."""

import streamlit as st

import compare_view

st.title("Compare", anchor=False)
compare_view.show()

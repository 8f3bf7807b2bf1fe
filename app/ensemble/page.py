"""The Ensemble page."""

import streamlit as st

from ensemble import view

st.title("Ensemble", anchor=False)
view.show()

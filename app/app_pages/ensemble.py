"""The Ensemble page."""

import streamlit as st

import ensemble_view

st.title("Ensemble", anchor=False)
ensemble_view.show()

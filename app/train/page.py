"""The Train page."""

import streamlit as st

from train import view

st.title("Train", anchor=False)
view.show()

"""The Train page."""

import streamlit as st

import train_view

st.title("Train", anchor=False)
train_view.show()

"""The frame of the dashboard: page configuration and navigation. Logic lives in `src/`, pages in `app_pages/`."""

import streamlit as st

import resources
import troubles
from ui_state import ui_state

st.set_page_config(page_title="handwriting-ai", page_icon="✍️", layout="wide", initial_sidebar_state="auto")
page = st.navigation(
    [
        st.Page("app_pages/draw.py", title="Draw", icon=":material/draw:", default=True),
        st.Page("app_pages/ensemble.py", title="Ensemble", icon=":material/groups:"),
        st.Page("app_pages/train.py", title="Train", icon=":material/model_training:"),
        st.Page("app_pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page("app_pages/drawings.py", title="Saved drawings", icon=":material/collections_bookmark:"),
    ]
)
resources.tend_queue()
if ui_state().enter(page.title):
    ui_state().show_drawing_again()
with troubles.said():
    page.run()

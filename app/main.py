"""The frame of the dashboard: page configuration and navigation. Logic lives in `src/`, each page in its folder."""

import streamlit as st

from shared import menu, place, resources, styles, troubles
from shared.ui_state import ui_state

st.set_page_config(page_icon="✍️", layout="wide")  # before the pages: their icons would be fetched from the web
page = st.navigation(
    [
        st.Page("draw/page.py", title="Draw", icon=":material/draw:", default=True),
        st.Page("ensemble/page.py", title="Ensemble", icon=":material/groups:", url_path="ensemble"),
        st.Page("train/page.py", title="Train", icon=":material/model_training:", url_path="train"),
        st.Page("compare/page.py", title="Compare", icon=":material/compare_arrows:", url_path="compare"),
        st.Page(
            "drawings/page.py", title="Saved drawings", icon=":material/collections_bookmark:", url_path="drawings"
        ),
        # Help texts lead to the glossary; the menu has no room for it.
        st.Page("glossary/page.py", title="Glossary", url_path="glossary", visibility="hidden"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · handwriting-ai")
styles.apply()
menu.close_after_choice(page.title)
resources.tend_queue()
place.keep_choice(ui_state(), is_new=not ui_state().page)
if ui_state().enter(page.title):
    ui_state().sheet.begin_again()
    ui_state().number_sheet.begin_again()
with troubles.said():
    page.run()

"""The Glossary page."""

import streamlit as st

from glossary import view

st.title("Glossary", anchor=False)
view.show()

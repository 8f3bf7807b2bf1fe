"""The Glossary page: the word that was asked for, then all of them."""

import streamlit as st

from shared import glossary, place


def show() -> None:
    """What the address asks for stands on top."""
    st.caption("What the words of the pages mean. The small question marks beside them lead here.")
    for word in place.recall(glossary.ASKED)[:1]:
        if word in glossary.MEANINGS:
            st.info(f"**{word}**: {glossary.MEANINGS[word]}.", icon=":material/menu_book:")
    st.markdown(glossary.TABLE)

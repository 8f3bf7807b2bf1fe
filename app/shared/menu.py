"""On a phone the menu lies over the page: it closes once a page was chosen."""

from typing import Final

import streamlit as st

_SCRIPT: Final = """
const NARROW_PX = 768
let shown = null

export default function ({ data }) {
  if (shown !== null && shown !== data.page && window.innerWidth < NARROW_PX) {
    const menu = document.querySelector('[data-testid="stSidebar"][data-collapsed="false"]')
    menu?.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click()
  }
  shown = data.page
}
"""
_MENU: Final = st.components.v2.component("handwriting_ai_menu", js=_SCRIPT)


def close_after_choice(page: str) -> None:
    """Close the menu if another page is on show than before."""
    data: dict[str, str] = {"page": page}
    _MENU(key="menu", data=data)

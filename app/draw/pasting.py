"""Pictures from the clipboard: Streamlit's file uploader does not take them by itself."""

from typing import Final

import streamlit as st

_SCRIPT: Final = """
function hand_to_uploader(event) {
  const input = document.querySelector('[data-testid="stFileUploader"] input[type="file"]')
  const files = [...(event.clipboardData?.files ?? [])]
  if (!input || !files.length) return
  const pasted = new DataTransfer()
  files.forEach(file => pasted.items.add(file))
  input.files = pasted.files
  input.dispatchEvent(new Event("change", { bubbles: true }))
  event.preventDefault()
}

export default function () {
  document.addEventListener("paste", hand_to_uploader)
  return () => document.removeEventListener("paste", hand_to_uploader)
}
"""
_PASTE: Final = st.components.v2.component("handwriting_ai_paste", js=_SCRIPT)


def into_uploader() -> None:
    """Whatever is pasted while the page shows an uploader goes into it, as if it were dropped there."""
    _PASTE(key="paste")

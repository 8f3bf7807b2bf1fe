"""What the canvas component lacks, done in the browser: it is as large as the page says, and our buttons act on it.

streamlit-drawable-canvas has a size in pixels that nothing changes, a toolbar that only `disabled` hides, and it is
emptied from the server alone, so that a stroke begun meanwhile is lost. It draws in an open shadow root, which styles
of the page do not reach but a script does.
"""

from typing import Final

import streamlit as st

_SCRIPT: Final = """
const STYLE = `
  .dc-root, .dc-scroll, .dc-container, .canvas-container, canvas {
    width: var(--canvas-width, var(--canvas-side)) !important; height: var(--canvas-side) !important; }
  .dc-scroll { overflow: hidden !important; max-height: none !important; }
  .dc-toolbar { display: none !important; }
  .dc-canvas { outline-color: color-mix(in srgb, var(--st-text-color, #31333f) 45%, transparent); }
`
const roots = () => {
  const hosts = [...document.querySelectorAll('[class*="st-key-canvas_"] *')].filter(each => each.shadowRoot)
  return hosts.map(each => each.shadowRoot).filter(each => each.querySelector(".dc-root"))
}

const dress = canvas => {
  if (canvas.querySelector("style.ours")) return
  const style = document.createElement("style")
  style.className = "ours"
  style.textContent = STYLE
  canvas.append(style)
}

const act = event => {
  const button = event.target.closest?.(".st-key-clear button, .st-key-undo button")
  if (!button || button.disabled) return
  const label = button.closest(".st-key-clear") ? "Reset" : "Undo"
  roots().at(-1)?.querySelector(`.dc-toolbar button[aria-label^="${label}"]`)?.click()
}

export default function () {
  let next
  const watch = () => {  // a canvas may take another's place at any time
    roots().forEach(dress)
    next = requestAnimationFrame(watch)
  }
  watch()
  document.addEventListener("click", act, true)  // the same function is added once, however often this runs
  return () => {
    cancelAnimationFrame(next)
    document.removeEventListener("click", act, true)
  }
}
"""
_FRAME: Final = st.components.v2.component("handwriting_ai_canvas_frame", js=_SCRIPT)


def show_frame() -> None:
    """Dress the canvas that is on the page; nothing of it is to be seen."""
    _FRAME(key="frame")

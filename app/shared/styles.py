"""The styles that Streamlit's theme has no words for: room at the rim, and the page Draw's stage."""

from typing import Final

import streamlit as st

_PAGE: Final = """
[data-testid="stMainBlockContainer"] {
  container-type: inline-size; padding: 3.75rem clamp(1rem, 3cqw, 4rem) 3rem; }
[data-testid="stMainBlockContainer"] h1 { padding: 0.25rem 0 0.5rem; font-size: clamp(1.5rem, 4cqw, 2.25rem); }
"""
_BUTTONS: Final = """
.st-key-menu, .st-key-paste { position: absolute; }
[data-testid="stBaseButton-primary"]:not(:disabled) { color: light-dark(#FFFFFF, #12161D); }
.st-key-start { position: sticky; bottom: 0.75rem; z-index: 5; }
:is([class*="st-key-delete"], [class*="st-key-start_afresh"]) button:not(:disabled) {
  color: light-dark(#B3261E, #FFB4AB); border-color: currentColor; background: transparent; }
"""
_STAGE: Final = """
.st-key-stage {
  --canvas-side: min(420px, 55vh, 100cqw - 11rem);
  display: grid; gap: 0.5rem 1.5rem; align-items: start;
  grid-template: "board answer bars" / var(--canvas-side) minmax(9rem, 22rem) minmax(14rem, 36rem); }
.st-key-stage > * { min-width: 0; }
.st-key-stage > :has(> .st-key-board), .st-key-board { grid-area: board; }
.st-key-stage > :has(> .st-key-answer), .st-key-answer { grid-area: answer; }
.st-key-stage > :has(> .st-key-bars), .st-key-bars { grid-area: bars; }
@container (max-width: 62rem) {
  .st-key-stage { grid-template: "board answer" "bars bars" / var(--canvas-side) minmax(9rem, 1fr); } }
@container (max-width: 36rem) {
  .st-key-stage {
    --canvas-side: min(420px, 55vh, 100cqw);
    grid-template: "answer" "board" "bars" / minmax(0, 1fr); } }
.st-key-board > :has([class*="st-key-canvas_"]), .st-key-board > [class*="st-key-canvas_"],
.st-key-board [data-testid="stImage"] img {
  width: var(--canvas-side) !important; height: var(--canvas-side) !important; object-fit: contain; }
.st-key-board > :has(> .st-key-frame), .st-key-board > .st-key-frame { position: absolute; }
.st-key-answer [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
.reading { display: flex; flex-direction: column; gap: 0.25rem; }
.reading .figure {
  font-size: min(18rem, calc(var(--canvas-side) * 0.8)); line-height: 1; font-weight: 700;
  font-variant-numeric: tabular-nums; color: light-dark(#2358BE, #7AA7FF); }
.reading .figure.unsure { opacity: 0.55; }
.reading .verdict { font-size: 1.25rem; line-height: 1.35; }
@container (max-width: 36rem) {
  .reading { flex-direction: row; align-items: center; gap: 1rem; min-height: 6rem; }
  .reading .figure { font-size: 6rem; min-width: 4rem; text-align: center; } }
"""


_SEVERAL: Final = """
.st-key-stage_number, .st-key-stage_page { display: grid; gap: 0.5rem 1.5rem; align-items: start; }
.st-key-stage_number > *, .st-key-stage_page > * { min-width: 0; }
.st-key-stage_number {
  --canvas-side: min(55vh, 360px, 31cqw); --canvas-width: calc(var(--canvas-side) * 2);
  grid-template-columns: var(--canvas-width) minmax(0, 1fr); }
.st-key-stage_page { grid-template-columns: minmax(0, 3fr) minmax(14rem, 2fr); }
@container (max-width: 62rem) {
  .st-key-stage_number { --canvas-side: min(55vh, 50cqw); grid-template-columns: minmax(0, 1fr); }
  .st-key-stage_number > :has(> .st-key-answer), .st-key-stage_number > .st-key-answer {
    grid-row: 1; min-height: 7.5rem; } }
@container (max-width: 48rem) {
  .st-key-stage_page { grid-template-columns: minmax(0, 1fr); }
  .st-key-stage_page > :has(> .st-key-answer), .st-key-stage_page > .st-key-answer { grid-row: 1; } }
.st-key-stage_number .st-key-board { position: relative; }
.st-key-board > :has([class*="st-key-canvas_number"]), .st-key-board > [class*="st-key-canvas_number"] {
  width: var(--canvas-width) !important; height: var(--canvas-side) !important; }
.st-key-stage_number .st-key-board > :has(> .st-key-boxes), .st-key-stage_number .st-key-board > .st-key-boxes {
  position: absolute; top: 0; left: 0; z-index: 2; pointer-events: none;
  width: var(--canvas-width) !important; height: var(--canvas-side) !important; }
.st-key-stage_number .st-key-boxes * { pointer-events: none; }
.st-key-page_text code { font-size: clamp(1.5rem, 4cqw, 2.75rem) !important; font-weight: 700; line-height: 1.3; }
.st-key-page_text pre { max-height: 50vh; overflow: auto; }
.page_verdict { font-size: 1.05rem; line-height: 1.35; }
"""


def apply() -> None:
    """Put the styles on the page."""
    st.html(f"<style>{_PAGE}{_BUTTONS}{_STAGE}{_SEVERAL}</style>")

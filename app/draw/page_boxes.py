"""Boxes round the digits of a page: over its picture, to be clicked, or over the canvas, to be seen."""

import base64
import io
from collections.abc import Callable
from typing import Final

import streamlit as st
from PIL import Image
from pydantic import BaseModel, ConfigDict

from handwriting_ai.preprocess import Gray
from handwriting_ai.reading.page import PageDigit, PageReading
from shared.page_work import PageWork, mark_of

KEY: Final = "boxes"
_QUALITY: Final = 82
_STYLE: Final = """
.page { position: relative; margin: 0 auto; max-width: 100%; }
.page.picture { width: min(100%, calc(max(20rem, 100vh - 17rem) * var(--aspect))); }
.page.over { position: absolute; inset: 0; pointer-events: none; }
.page img { display: block; width: 100%; }
.boxes { position: absolute; inset: 0; container-type: size; }
.box { position: absolute; box-sizing: border-box; margin: 0; padding: 0; background: transparent; cursor: pointer;
  border: 2px solid #2358BE; border-radius: 3px; font: 600 1rem/1 sans-serif; color: #FFFFFF; --tag: #2358BE; }
.box.doubtful { border: 2px dashed #B34700; --tag: #B34700; }
.box.corrected { border-color: #1E7A3C; border-style: solid; --tag: #1E7A3C; }
.box[aria-pressed="true"], .box:hover { background: color-mix(in srgb, var(--tag) 20%, transparent); }
.box:focus-visible { outline: 3px solid var(--tag); outline-offset: 2px; }
.box span { position: absolute; left: -2px; bottom: 100%; padding: 0.08em 0.25em; border-radius: 3px 3px 0 0;
  background: var(--tag); font-size: clamp(8px, var(--tall) * 0.45, 20px); }
.over .box span { opacity: 0.9; }
"""
_SCRIPT: Final = """
const build = (page, data) => {
  page.className = data.picture ? "page picture" : "page over"
  page.style.setProperty("--aspect", data.aspect)
  const parts = []
  if (data.picture) {
    const image = document.createElement("img")
    image.src = data.picture
    image.alt = data.said
    parts.push(image)
  }
  const boxes = document.createElement("div")
  boxes.className = "boxes"
  boxes.setAttribute("role", "group")
  boxes.setAttribute("aria-label", data.said)
  if (!data.picture) boxes.setAttribute("aria-hidden", "true")  // the buttons under the canvas say the same
  for (const digit of data.digits) {
    const box = document.createElement(data.picture ? "button" : "div")
    box.style.cssText = `left:${digit.left}%;top:${digit.top}%;width:${digit.width}%;height:${digit.height}%;` +
      `--tall:${digit.height}cqh`
    const tag = document.createElement("span")
    tag.setAttribute("aria-hidden", "true")
    box.append(tag)
    boxes.append(box)
  }
  page.replaceChildren(...parts, boxes)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const page = parentElement.querySelector(".page")
  const places = JSON.stringify([data.picture, data.digits.map(each => each.mark)])
  if (page.dataset.places !== places) {  // else its boxes stay, and with them the one that has the focus
    build(page, data)
    page.dataset.places = places
  }
  const boxes = [...page.querySelectorAll(".box, .boxes > *")]
  const pressed = Math.max(0, data.digits.findIndex(each => each.opened))
  boxes.forEach((box, index) => {
    const digit = data.digits[index]
    box.className = `box ${digit.kind}`
    box.firstChild.textContent = digit.shown
    if (!data.picture) return
    box.setAttribute("aria-label", digit.said)
    box.setAttribute("aria-pressed", String(digit.opened))
    box.title = digit.said
    box.tabIndex = index === pressed ? 0 : -1  // Tab enters the page, arrows walk through its digits
    box.onclick = () => setTriggerValue("opened", digit.mark)
    box.onkeydown = event => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
      const next = boxes[index + (step ?? 0)]
      if (step === undefined || !next) return
      event.preventDefault()
      box.tabIndex = -1
      next.tabIndex = 0
      next.focus()
    }
  })
}
"""


class _Clicked(BaseModel):
    """What the component reports."""

    model_config = ConfigDict(extra="ignore")

    opened: str | None = None


_BOXES: Final = st.components.v2.component(
    "handwriting_ai_page_boxes", html='<div class="page"></div>\n', css=_STYLE, js=_SCRIPT
)


def show(page: PageReading, work: PageWork, *, picture: str, on_opened: Callable[[], None]) -> None:
    """The boxes of all digits.

    Args:
        page: what was read.
        work: what was done with it.
        picture: what the boxes lie on, as a data URL; empty where they lie over the canvas.
        on_opened: is called when a box is clicked; `opened_box` says which.
    """
    digits: list[dict[str, object]] = [_described(digit, index, page, work) for index, digit in enumerate(page.digits)]
    data: dict[str, object] = {
        "picture": picture,
        "aspect": page.width / page.height,
        "said": f"The picture, with a box round each of its {len(digits)} digits",
        "digits": digits,
    }
    _BOXES(key=KEY, data=data, on_opened_change=on_opened)


def opened_box() -> str | None:
    """The mark of the digit whose box was clicked just now."""
    state: object = st.session_state.get(KEY)
    return None if state is None else _Clicked.model_validate(state).opened


def picture_url(picture: Gray) -> str:
    """A photograph as a JPEG that a page can show without another request."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def sign_of(digit: PageDigit, work: PageWork) -> str:
    """The digit with the sign that says how it stands: `7`, `7?` if it is doubtful, `7✓` if a person said so."""
    if mark_of(digit) in work.corrections:
        return f"{work.label_of(digit)}✓"
    return f"{digit.prediction.digit}?" if digit.prediction.uncertain else str(digit.prediction.digit)


def in_words(digit: PageDigit, work: PageWork) -> str:
    """How a digit stands, for those who do not see the colours."""
    read = f"{digit.prediction.digit}, {digit.prediction.confidence:.0%} sure"
    if mark_of(digit) in work.corrections:
        return f"{work.label_of(digit)}, as you say; read as {read}"
    return f"doubtful: perhaps {read}" if digit.prediction.uncertain else read


def _described(digit: PageDigit, index: int, page: PageReading, work: PageWork) -> dict[str, object]:
    box, mark = digit.box, mark_of(digit)
    kind = "corrected" if mark in work.corrections else "doubtful" if digit.prediction.uncertain else ""
    return {
        "mark": mark,
        "left": 100 * box.left / page.width,
        "top": 100 * box.top / page.height,
        "width": 100 * box.width / page.width,
        "height": 100 * box.height / page.height,
        "kind": kind,
        "shown": sign_of(digit, work),
        "said": f"Digit {index + 1} of {len(page.digits)}: {in_words(digit, work)}",
        "opened": work.opened == mark,
    }

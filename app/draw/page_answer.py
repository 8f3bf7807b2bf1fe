"""What was read of several digits: the text, a digit's reasons and its correction, saving all, and the table."""

import zlib
from typing import Final

import pandas as pd
import streamlit as st

from draw import page_boxes, reasons
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess.cutting import cut_out
from handwriting_ai.reading.page import PageDigit, PageReading
from handwriting_ai.reading.reader import reading_of
from shared import resources, troubles, wording
from shared.page_work import PageWork, SavedDigit, mark_of
from shared.ui_state import ui_state

_MOST_PILLS: Final = 24
_CLASSES: Final = tuple(range(N_CLASSES))


def show_text(page: PageReading, work: PageWork) -> None:
    """The text, large and to be copied, and how sure it is."""
    with st.container(key="page_text"):
        st.code(work.text(page), language=None, wrap_lines=True)
    st.markdown(
        f'<div class="page_verdict" role="status">{verdict(page, work)}</div>',
        unsafe_allow_html=True,
    )


def verdict(page: PageReading, work: PageWork) -> str:
    """How many digits, how many of them doubtful, and what was left out."""
    doubtful = sum(digit.prediction.uncertain and mark_of(digit) not in work.corrections for digit in page.digits)
    said = f"{wording.counted(len(page.digits), 'digit')}."
    if doubtful:
        said += f" {doubtful} doubtful: a dashed box and a question mark."
    among = page.left_out.among_digits
    if among:
        said += f" {wording.counted(among, 'mark')} beside them could not be read."
    if page.left_out.beyond_limit:
        said += f" {page.left_out.beyond_limit} more were left out: a page has {len(page.digits):,} at most."
    return said


def choose_digit(page: PageReading, work: PageWork) -> None:
    """A button for each digit of a number, reached by keyboard, too."""
    digits = page.digits[:_MOST_PILLS]
    if not digits:
        return
    marks = [mark_of(digit) for digit in digits]
    signs = dict(zip(marks, [page_boxes.sign_of(digit, work) for digit in digits], strict=True))
    key = f"digits_{zlib.crc32(' '.join(marks).encode())}"
    chosen: object = st.session_state.get(key)
    if chosen != work.opened:
        st.session_state[key] = work.opened
    st.pills(
        "Choose a digit to see why, or to correct it",
        marks,
        format_func=signs.__getitem__,
        key=key,
        on_change=_open,
        args=(work, key),
    )


def _open(work: PageWork, key: str) -> None:
    chosen: object = st.session_state.get(key)
    work.opened = chosen if isinstance(chosen, str) else None


def show_opened(page: PageReading, work: PageWork) -> None:
    """The digit that is open: what else it may be, and why it was read so; its correction."""
    digit = next((digit for digit in page.digits if mark_of(digit) == work.opened), None)
    if digit is None:
        return
    place = page.digits.index(digit) + 1
    st.subheader(f"Digit {place} of {len(page.digits)}", anchor=False)
    st.markdown(page_boxes.in_words(digit, work).capitalize() + ".")
    key = f"is_{mark_of(digit)}"
    st.pills(
        "It is a …",
        _CLASSES,
        key=key,
        default=work.label_of(digit),
        on_change=_correct,
        args=(work, mark_of(digit), key),
        help="Corrects the text above, and the label under which the digit is saved.",
    )
    reasons.show(reading_of(digit))


def _correct(work: PageWork, mark: str, key: str) -> None:
    label: object = st.session_state.get(key)
    if isinstance(label, int):
        work.corrections[mark] = label
    else:
        work.corrections.pop(mark, None)


def offer_saving(page: PageReading, work: PageWork) -> None:
    """Keep all digits, each with its label."""
    unsaved = work.unsaved(page)
    if not unsaved:
        st.success(
            f"Saved {wording.counted(len(page.digits), 'digit')}. You find them under *Saved drawings*.",
            icon=":material/check:",
        )
        st.button("Do not keep them", icon=":material/undo:", on_click=_forget, args=(work,), key="forget_page")
        return
    st.button(
        f"Save {wording.counted(len(unsaved), 'digit')}",
        icon=":material/save:",
        on_click=_save,
        args=(unsaved, work),
        key="save_page",
        help="Correct wrong digits first. Each is saved alone with its label, as its ink, to score models with.",
    )


def _save(digits: list[PageDigit], work: PageWork) -> None:
    with troubles.toasted():
        for digit in digits:
            before = work.saved.get(mark_of(digit))
            label, prediction = work.label_of(digit), digit.prediction
            drawing = resources.drawings().save_photograph(
                cut_out(digit.steps),
                digit.steps[-1].picture,
                label=label,
                read_as=prediction.digit,
                confidence=prediction.confidence,
                model_id=prediction.model_id,
                writer=ui_state().writer or None,
            )
            work.saved[mark_of(digit)] = SavedDigit(drawing_id=drawing.drawing_id, label=label)
            if before is not None:
                resources.drawings().delete(before.drawing_id)


def _forget(work: PageWork) -> None:
    with troubles.toasted():
        for mark, saved in list(work.saved.items()):
            resources.drawings().delete(saved.drawing_id)
            del work.saved[mark]


def show_table(page: PageReading, work: PageWork, name: str) -> None:
    """Every number of a page, and the same as a file."""
    table = number_table(page, work)
    st.dataframe(
        table[["line", "number", "text", "confidence"]],
        hide_index=True,
        width="stretch",
        column_config={
            "confidence": st.column_config.ProgressColumn("confidence", format="percent", min_value=0, max_value=1)
        },
    )
    st.download_button(
        "Download as CSV",
        table.to_csv(index=False),
        file_name=f"{name.rpartition('.')[0] or name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def number_table(page: PageReading, work: PageWork) -> pd.DataFrame:
    """A row for each number: line and number from 1, text, confidence, box in pixels of the upright picture."""
    numbers = [
        (row, place, number)
        for row, line in enumerate(page.lines, start=1)
        for place, number in enumerate(line.numbers, start=1)
    ]
    return pd.DataFrame(
        {
            "line": [row for row, _, _ in numbers],
            "number": [place for _, place, _ in numbers],
            "text": [work.number_text(number.digits) for _, _, number in numbers],
            "confidence": [round(number.confidence, 4) for _, _, number in numbers],
            "left": [number.box.left for _, _, number in numbers],
            "top": [number.box.top for _, _, number in numbers],
            "width": [number.box.width for _, _, number in numbers],
            "height": [number.box.height for _, _, number in numbers],
        }
    )

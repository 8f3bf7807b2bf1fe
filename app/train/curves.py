"""Several runs beside each other on the Train page: their curves in one chart, and what they differ in."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st
from pydantic import TypeAdapter

from handwriting_ai import plots
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.jobs.types import Job
from handwriting_ai.registry.notes import Note
from shared import place, wording

_CURVES: Final = "curves"
"""In the address."""
_KEY: Final = "curves_of"
_NAMES: Final = TypeAdapter(list[str])


def title_of(job: Job, note: Note) -> str:
    """What a run is called in lists: by its own name, or its model's; its number tells runs of one name apart."""
    return f"{note.name or job.config.model_id} · {job.job_id.removeprefix('20')}"


def show(jobs: JobQueue, found: Sequence[Job], notes: Mapping[str, Note]) -> None:
    """The chosen runs' validation, also of those that are at work."""
    by_id = {job.job_id: job for job in found}
    if _KEY not in st.session_state:
        st.session_state[_KEY] = place.recall(_CURVES)
    state: object = st.session_state[_KEY]
    asked = _NAMES.validate_python(state)
    kept = [name for name in asked if name in by_id]
    if kept != asked:
        st.session_state[_KEY] = kept  # a run that was deleted or is filtered out is no longer chosen
    with st.expander("Compare runs", icon=":material/stacked_line_chart:", expanded=bool(kept)):
        chosen = st.multiselect(
            "Runs in one chart",
            list(by_id),
            format_func={name: title_of(job, notes[name]) for name, job in by_id.items()}.__getitem__,
            key=_KEY,
            placeholder="Choose two or more",
            persist_state="session",
        )
        place.remember(_CURVES, chosen)
        if chosen:
            _show([by_id[name] for name in chosen], jobs, notes)


def _show(chosen: Sequence[Job], jobs: JobQueue, notes: Mapping[str, Note]) -> None:
    titles = [title_of(job, notes[job.job_id]) for job in chosen]
    histories = [jobs.store.metrics(job.job_id) for job in chosen]
    if any(histories):
        both = list(zip(titles, histories, strict=True))
        losses = {title: [(each.epoch, each.val_loss) for each in history] for title, history in both}
        accuracies = {title: [(each.epoch, each.val_accuracy) for each in history] for title, history in both}
        left, right = st.columns(2)
        left.altair_chart(plots.learning_curves(losses, title="Validation loss"), width="stretch")
        right.altair_chart(plots.learning_curves(accuracies, title="Validation accuracy", share=True), width="stretch")
    without = [title for title, history in zip(titles, histories, strict=True) if not history]
    if without:
        st.caption(f"No epoch yet: {', '.join(without)}.")
    frame = pd.DataFrame(
        {
            "run": titles,
            "status": [str(job.state.status) for job in chosen],
            "architecture": [job.config.arch for job in chosen],
            "recipe": [job.config.recipe for job in chosen],
            "parent": [job.config.parent.model_id if job.config.parent else None for job in chosen],
            "seed": [job.config.seed for job in chosen],
            "epoch": [f"{job.state.current_epoch} / {job.config.epochs}" for job in chosen],
            "digits": ["all" if job.config.trial_digits is None else f"{job.config.trial_digits:,}" for job in chosen],
            "best validation accuracy": [
                max((each.val_accuracy for each in history), default=None) for history in histories
            ],
            "time": [wording.duration(sum(each.seconds for each in history)) for history in histories],
            "note": [notes[job.job_id].text for job in chosen],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={"best validation accuracy": st.column_config.NumberColumn(format="percent")},
    )

"""The Train page: a form that queues runs, what the network will see, and the runs live."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from handwriting_ai.errors import QueueUnavailable
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.jobs.types import DamagedJob, Job, JobStatus
from handwriting_ai.prediction import SURE
from handwriting_ai.registry.notes import Note
from handwriting_ai.training.progress import TrainingMetrics
from shared import charts, controls, explanations, noting, place, resources, troubles, wording
from shared.ui_state import ui_state
from train import curves, form, outcome

_RUN: Final = "run"
"""In the address."""
_REFRESH_S: Final = 1.0
_IDLE_REFRESH_S: Final = 10.0
"""While nothing runs: another session, or a command, may queue a run."""


def show() -> None:
    """The form on top, the runs below, which alone are drawn anew: often while one is under way, else now and then."""
    st.caption("Train a network on handwritten digits: choose what it learns from, press *Start*, and watch it learn.")
    jobs = resources.jobs()
    found = _found(jobs)
    with st.expander("New run", icon=":material/add:", expanded=not found):
        form.show(jobs, found or ())
    active = found is None or _is_active(found)
    st.fragment(_show_runs, run_every=_REFRESH_S if active else _IDLE_REFRESH_S)(active)


def _found(jobs: JobQueue) -> Sequence[Job] | None:
    """All runs; None while the queue, which may lie on another machine, does not answer. The list of runs says why."""
    try:
        return jobs.store.all().jobs
    except QueueUnavailable:
        return None


def _is_active(jobs: Sequence[Job]) -> bool:
    return any(not job.state.status.ended for job in jobs)


def _show_runs(was_active: bool) -> None:
    """The table of runs, and the chosen one in full."""
    with troubles.said():  # another session may delete it meanwhile
        _show_found(resources.jobs(), was_active)


def _show_found(jobs: JobQueue, was_active: bool) -> None:
    found = jobs.store.all()
    if was_active != _is_active(found.jobs):
        st.rerun()  # the timer is set with the page
    with troubles.said():  # what has ended is shown all the same
        standstill = jobs.standstill(found.jobs)
        if standstill is not None:
            st.warning(standstill, icon=":material/person_off:")
    for damaged in found.damaged:
        _show_damaged(jobs, damaged)
    if not found.jobs:
        st.info("No runs yet. Start one above; it goes on when you leave the page.", icon=":material/model_training:")
        return
    notes = {job.job_id: jobs.store.note(job.job_id) for job in found.jobs[::-1]}
    noting.say_problems(notes)
    by_id = {job.job_id: job for job in found.jobs}
    own_names = {name: f"{name} {job.config.model_id}" for name, job in by_id.items()}
    shown = [by_id[name] for name in noting.choose_shown("runs", notes, own_names)]
    if not shown:
        st.info("No run has all of these words in its name or note.", icon=":material/search_off:")
        return
    chosen = _choose(shown, notes)
    curves.show(jobs, shown, notes)
    _show_run(jobs, chosen, notes[chosen.job_id])


def _show_damaged(jobs: JobQueue, damaged: DamagedJob) -> None:
    st.warning(damaged.problem, icon=":material/warning:")
    label = f"Delete {damaged.job_id}"
    if st.button(label, icon=":material/delete:", key=f"delete_damaged_{damaged.job_id}"):
        _do(jobs.delete, damaged.job_id)


def _choose(jobs: Sequence[Job], notes: Mapping[str, Note]) -> Job:
    """Show all runs; return the one that this session selected or started last.

    It is remembered by its name: rows shift when runs come and go, whoever starts or deletes them.
    """
    names = [job.job_id for job in jobs]
    running = [job.job_id for job in jobs if job.state.status is JobStatus.RUNNING]
    remembered = ui_state().job_id or next(iter(place.recall(_RUN)), None)
    shown = remembered if remembered in names else (running or names)[0]
    row = _select(jobs, notes, names.index(shown), key=controls.rows_key("runs", names))
    ui_state().job_id = names[row]
    place.remember(_RUN, [names[row]])
    return jobs[row]


def _select(jobs: Sequence[Job], notes: Mapping[str, Note], row: int, *, key: str) -> int:
    """The table of runs, with this row selected at first; returns the row that is selected now."""
    frame = pd.DataFrame(
        {
            "status": [str(job.state.status) for job in jobs],
            "model": [job.config.model_id for job in jobs],
            "name": [notes[job.job_id].name for job in jobs],
            "progress": [job.state.progress for job in jobs],
            "epoch": [f"{job.state.current_epoch} / {job.config.epochs}" for job in jobs],
            "queued": [job.state.queued_at for job in jobs],
            "note": [notes[job.job_id].text for job in jobs],
        }
    )
    selected = st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        column_config={
            "progress": st.column_config.ProgressColumn("progress", min_value=0, max_value=1, format="percent"),
            "queued": st.column_config.DatetimeColumn("queued", format="distance"),
        },
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [row], "columns": [], "cells": []}},
        key=key,
    )
    rows: list[int] = selected.selection.rows
    return rows[0] if rows and rows[0] < len(jobs) else row


def _show_run(jobs: JobQueue, job: Job, note: Note) -> None:
    state, history = job.state, jobs.store.metrics(job.job_id)
    st.subheader(note.name or job.config.model_id, anchor=False)
    if note.text:
        st.markdown(note.text)
    st.progress(state.progress, text=wording.standing(job))
    silent_s = state.silent_for(datetime.now(UTC))
    if silent_s is not None:
        st.warning(f"No sign of life for {wording.duration(silent_s)}.", icon=":material/heart_broken:")
    if state.error:
        st.error(state.error, icon=":material/error:")
    if state.status is JobStatus.COMPLETED:
        _show_outcome(jobs, job)
    _show_buttons(jobs, job)
    noting.offer("run", {job.job_id: jobs.store.folder(job.job_id)}, {job.job_id: note})
    if history:
        _show_learning(history)
    log = jobs.store.log_tail(job.job_id)
    if log:
        with st.expander("Log", icon=":material/article:"):
            st.code(log, language=None, height=240)


def _show_outcome(jobs: JobQueue, job: Job) -> None:
    """The model that a run made, and what to do with it."""
    name = job.config.model_id
    if not jobs.store.has_registered(job):
        st.info(f"Its model `{name}` has been deleted or replaced since.", icon=":material/delete:")
        return
    st.success(f"Saved as `{name}`{_scored_by(job)}.", icon=":material/check:")
    outcome.show(jobs, job)


def _show_learning(history: Sequence[TrainingMetrics]) -> None:
    """The last epoch's figures, and the curves of all."""
    last = history[-1]
    numbers = st.columns(4)
    numbers[0].metric(
        "Validation accuracy",
        f"{last.val_accuracy:.2%}",
        border=True,
        help="On digits kept aside to compare models with.",
    )
    numbers[1].metric(
        "Validation loss", f"{last.val_loss:.4f}", border=True, help="How wrong it is there; lower is better."
    )
    numbers[2].metric("Learning rate", f"{last.learning_rate:.2g}", border=True, help="How large its corrections are.")
    numbers[3].metric("Images a second", f"{last.images_per_second:,.0f}", border=True, help="How fast it learns here.")
    loss, accuracy = st.columns(2)
    loss.altair_chart(charts.loss_curves(history), width="stretch")
    accuracy.altair_chart(charts.accuracy_curves(history), width="stretch")
    st.caption(explanations.LOSSES)
    if last.scribble_confidence is not None:
        st.caption(
            f"Of scribbles that are no digit it takes {last.scribble_confidence:.0%} for one, with a confidence of "
            f"{SURE:.0%} or more: the fewer, the better it knows what it cannot read."
        )


def _show_buttons(jobs: JobQueue, job: Job) -> None:
    status, job_id = job.state.status, job.job_id
    with st.container(horizontal=True):
        if st.button("Cancel", icon=":material/stop:", disabled=status.ended, key=f"cancel_{job_id}"):
            _do(jobs.cancel, job_id)
        if st.button("Resume", icon=":material/resume:", disabled=not status.can_be_resumed, key=f"resume_{job_id}"):
            _do(jobs.resume, job_id)
        with st.popover(
            "Start afresh",
            icon=":material/restart_alt:",
            disabled=not status.can_be_resumed,
            key=f"afresh_{job_id}",
        ):
            st.caption("From the first epoch: what it has learnt so far, and its curves, cannot be brought back.")
            if st.button("Forget it and start again", type="primary", key=f"start_afresh_{job_id}"):
                _do(partial(jobs.resume, afresh=True), job_id)
        # Its own for each run: one that stayed open would delete the next.
        with st.popover(
            "Delete", icon=":material/delete:", disabled=status is JobStatus.RUNNING, key=f"deletion_{job_id}"
        ):
            st.caption("Its checkpoint, curves and log cannot be brought back; a model that it saved stays.")
            if st.button("Delete this run", type="primary", key=f"delete_{job_id}"):
                _do(jobs.delete, job_id)


def _scored_by(job: Job) -> str:
    """That the figures of a trial, or of a taught model, rest on few digits."""
    if job.config.lesson is not None:
        digits = job.config.resolved_recipe().trial_digits
        return f", scored by {digits:,} digits of each set"
    digits = job.config.trial_digits
    return "" if digits is None else f", scored by the trial's own {digits:,} digits of each set"


def _do(action: Callable[[str], None], job_id: str) -> None:
    """Carry out what a button asks for; somebody else may have been faster."""
    with troubles.toasted():
        action(job_id)
        st.rerun()

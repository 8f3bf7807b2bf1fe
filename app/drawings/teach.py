"""Teach a model a hand: from the saved drawings of somebody, with what was read before and after."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from handwriting_ai.data.drawings import SavedDrawing
from handwriting_ai.data.lessons import writer_of
from handwriting_ai.errors import HandwritingError
from handwriting_ai.jobs.teaching import Teacher, possible_pupils, usual_parent
from handwriting_ai.jobs.types import Job, JobStatus
from handwriting_ai.registry.presets import Preset, save_preset
from handwriting_ai.training.teaching_report import Errors, TaughtDigit, TeachingReport
from shared import controls, pictures, resources, troubles, wording

_REFRESH_S: Final = 1.0
_PICTURE_PX: Final = 84
_MOST_PICTURES: Final = 40


def offer(drawings: Sequence[SavedDrawing]) -> None:
    """Choose whose drawings and which model; watch it; see what it is worth."""
    found = _lessons()
    with st.expander("Teach a model this hand", icon=":material/school:", expanded=bool(found)):
        _choose(drawings)
        if found:
            is_active = not found[-1].state.status.ended
            st.fragment(_show_last, run_every=_REFRESH_S if is_active else None)(is_active)


def _lessons() -> list[Job]:
    """The teaching runs, the newest last; none while the queue does not answer."""
    try:
        return [job for job in resources.jobs().store.all().jobs if job.config.lesson is not None]
    except HandwritingError:  # the page Train says why
        return []


def _choose(drawings: Sequence[SavedDrawing]) -> None:
    st.caption(
        "The model goes on learning from the drawings, and is tried on some that are kept back. "
        "Three of each digit are a good start; it takes a minute or two."
    )
    writers = sorted({writer_of(drawing) for drawing in drawings})
    chosen = st.multiselect("Whose drawings", writers, default=writers[:1], key="teach_writers")
    models = resources.jobs().models
    pupils = possible_pupils(models)
    usual = usual_parent(models) if pupils else ""
    parent = st.selectbox(
        "Model to teach",
        pupils,
        index=pupils.index(usual) if usual in pupils else 0,
        help="It stays as it is: what is taught becomes a model of its own.",
        key="teach_parent",
    )
    meant = [drawing for drawing in drawings if writer_of(drawing) in chosen]
    st.button(
        f"Teach from {wording.counted(len(meant), 'drawing')}",
        icon=":material/school:",
        disabled=not meant or parent is None,
        key="teach",
        on_click=_start,
        args=(" and ".join(chosen), meant, parent),
    )


def _start(name: str, drawings: Sequence[SavedDrawing], parent: str) -> None:
    with troubles.toasted():
        jobs = resources.jobs()
        oldest_first = sorted(drawings, key=_saved_at)
        jobs.submit(Teacher(jobs).plan(name, oldest_first, parent=parent))


def _saved_at(drawing: SavedDrawing) -> str:
    return drawing.drawing_id


def _show_last(was_active: bool) -> None:
    with troubles.said():
        found = _lessons()
        if not found:
            return
        job = found[-1]
        if was_active and job.state.status.ended:
            st.rerun()
        _show(job)


def _show(job: Job) -> None:
    status, jobs = job.state.status, resources.jobs()
    if not status.ended:
        whose = "" if job.config.lesson is None else job.config.lesson.name
        st.progress(job.state.progress, f"{whose}: {job.state.activity or status}")
        st.button("Cancel", icon=":material/stop:", key="teach_cancel", on_click=_act, args=("cancel", job.job_id))
    elif status is JobStatus.COMPLETED:
        _show_report(Teacher(jobs).report(job.config))
    else:
        st.warning(f"The last lesson is {status}. {job.state.error or ''}", icon=":material/warning:")
        st.button("Go on", icon=":material/play_arrow:", key="teach_on", on_click=_act, args=("resume", job.job_id))


def _act(what: str, job_id: str) -> None:
    with troubles.toasted():
        jobs = resources.jobs()
        (jobs.cancel if what == "cancel" else jobs.resume)(job_id)


def _show_report(report: TeachingReport) -> None:
    """What it is worth, in figures and pictures, and what to do with it."""
    if report.recommended:
        st.success(f"`{report.model_id}` has learnt the hand of {report.name}.", icon=":material/check:")
    else:
        st.warning("Not recommended. " + " ".join(report.hindrances), icon=":material/warning:")
    with st.container(horizontal=True):
        if report.own.n:
            _metric("Drawings kept back", report.own)
        _metric("MNIST's validation", report.validation)
        for each in report.strangers:
            _metric(f"Other people, {each.name}", each)
    if report.more:
        wanted = ", ".join(f"{count} more of {digit}" for digit, count in report.more.items())
        st.caption(f"More drawings would help: {wanted}.")
    _show_pictures("Do these labels fit?", report.suspects)
    changed = [each for each in report.kept_back if _was_or_is_misread(each)]
    _show_pictures("Misread before or after", changed)
    _offer_use(report)


def _metric(label: str, errors: Errors) -> None:
    st.metric(
        label,
        f"{errors.after} misread",
        delta=errors.after - errors.before,
        delta_color="inverse",
        help=f"Of {errors.n:,}; {errors.before} before.",
    )


def _was_or_is_misread(each: TaughtDigit) -> bool:
    label = each.drawing.label
    return each.before.digit != label or (each.after is not None and each.after.digit != label)


def _show_pictures(title: str, digits: Sequence[TaughtDigit]) -> None:
    if not digits:
        return
    st.caption(title)
    with st.container(horizontal=True):
        for each in digits[:_MOST_PICTURES]:
            after = "" if each.after is None else f" → {each.after.digit}"
            caption = f"{wording.an(each.drawing.label)}: {each.before.digit}{after}"
            st.image(pictures.on_paper(each.drawing.pixels), width=_PICTURE_PX, caption=caption)


def _offer_use(report: TeachingReport) -> None:
    with st.container(horizontal=True):
        if st.button("Draw with it", icon=":material/draw:", type="primary", key="teach_use"):
            controls.draw_with(report.model_id)
        with st.popover("Save as preset", icon=":material/save:"):
            name = st.text_input("Name of the preset", value=report.name.casefold().replace(" ", "-"), key="teach_name")
            st.button("Save", key="teach_save", on_click=_save, args=(name, report.model_id))


def _save(name: str, model_id: str) -> None:
    with troubles.toasted():
        preset = Preset(name=name.strip(), members=(model_id,), tta=controls.opening_views())
        save_preset(resources.settings().digits.model_dir, preset)
        st.toast(f"Saved as preset {name.strip()!r}: Ensemble offers it.", icon=":material/check:")

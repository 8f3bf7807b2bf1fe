"""What a completed run leads to on the Train page: its model on the pages Draw and Compare, or its scores first."""

import streamlit as st

from handwriting_ai.errors import HandwritingError, PredictionsError
from handwriting_ai.evaluation.predictions import check_predictions
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.jobs.types import Job
from handwriting_ai.registry.presets import choose_members
from shared import controls, place, resources, troubles


def show(jobs: JobQueue, job: Job) -> None:
    """Buttons that lead on; where the model has no scores yet, one that makes them."""
    name = job.config.model_id
    with st.container(horizontal=True):
        if st.button("Draw with this model", icon=":material/draw:", type="primary", key=f"draw_with_{job.job_id}"):
            controls.draw_with(name)
        if st.button("Compare", icon=":material/compare_arrows:", key=f"compare_{job.job_id}"):
            _compare(jobs, name)
        reason = _why_unscored(jobs, name)
        if reason and st.button(
            "Score it",
            icon=":material/fact_check:",
            key=f"score_{job.job_id}",
            help="It reads the digits that models are scored on; until then Ensemble leaves it out.",
        ):
            with troubles.toasted():
                jobs.score(job.job_id)
                st.rerun()
    if reason:
        st.caption(f"It has no scores yet. {reason}")


def _compare(jobs: JobQueue, name: str) -> None:
    """Beside the model it started from, and the first of those that the dashboard reads with."""
    beside: list[str | None] = []
    with troubles.toasted():
        beside.append(jobs.models.read_manifest(name).parent_model_id)
        digits = resources.settings().digits
        beside += choose_members(digits.active_model, digits.model_dir).members[:1]
    place.send_to(place.TICKED, [name, *(other for other in beside if other and other != name)])
    st.switch_page("compare/page.py")


def _why_unscored(jobs: JobQueue, name: str) -> str:
    """What is wrong with its predictions; nothing if they are there."""
    try:
        check_predictions(jobs.models.folder(name), jobs.models.read_manifest(name))
    except PredictionsError as error:
        return str(error).split(". ")[0] + "."
    except HandwritingError:  # deleted meanwhile: the page says so
        return ""
    return ""

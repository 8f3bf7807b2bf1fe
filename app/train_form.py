"""The form of the Train page, which queues runs."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

import charts
import resources
import troubles
import wording
from handwriting_ai.architectures import architecture_names
from handwriting_ai.config import Backend
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.jobs.parents import USUAL_ARCHITECTURE, possible_parents, start_from
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.jobs.types import Job, Parent, TrainingConfig, plan
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.estimate import estimate_seconds
from handwriting_ai.training.preview import augmented
from handwriting_ai.training.recipes import Recipe, get_recipe, recipe_names
from handwriting_ai.training.sources import DataFolders
from ui_state import ui_state

_MOST_EPOCHS: Final = 500
_MOST_SEEDS: Final = 10
_TRIAL_DIGITS: Final = 2_000
_SHOWN_DIGITS: Final = 10
_DRAWS: Final = 5


def show(jobs: JobQueue, found: Sequence[Job]) -> None:
    """What is to be trained on the left; on the right, what the network will see."""
    choices, preview = st.columns([2, 3], gap="large")
    with choices:
        arch = st.selectbox(
            "Architecture",
            architecture_names(),
            index=architecture_names().index(USUAL_ARCHITECTURE),
            help="`compact` is made for CPUs.",
        )
        parent, is_sound = _choose_parent(arch, jobs.models)
        name = st.selectbox("Recipe", recipe_names(), key="recipe", help="Every number of the training.")
        recipe = get_recipe(name)
        st.caption(recipe.summary)
        epochs = st.number_input(
            "Epochs",
            min_value=len(recipe.stages),
            max_value=_MOST_EPOCHS,
            value=recipe.epochs,
            key=f"epochs_{name}",
            help="The learning rate's schedule scales with them.",
        )
        first, count = st.columns(2)
        seed = first.number_input("First seed", min_value=0, value=0, help="Of fresh weights, order and augmentation.")
        seeds = count.number_input("Seeds", min_value=1, max_value=_MOST_SEEDS, value=1, help="One run for each.")
        trial = st.toggle(
            f"Quick trial on {_TRIAL_DIGITS:,} digits of each set", help="To see it work; the model will be poor."
        )
        digits = _TRIAL_DIGITS if trial else None
        force = st.toggle(troubles.REPLACE)
        plans = [
            plan(arch, name, seed=each, epochs=epochs, trial_digits=digits, force=force, parent=parent)
            for each in range(seed, seed + seeds)
        ]
        with troubles.said():
            st.caption(_estimate(jobs, found, plans))
        if st.button("Start", icon=":material/play_arrow:", type="primary", disabled=not is_sound):
            with troubles.said():
                _submit(jobs, plans)
    with preview, troubles.said():
        _show_preview(recipe)


def _choose_parent(arch: str, models: ModelStore) -> tuple[Parent | None, bool]:
    """The model to start from, None for fresh weights; and whether the choice can be followed."""
    names: tuple[str, ...] = ()
    with troubles.said():
        names = possible_parents(arch, models)
    chosen = st.selectbox(
        "Begin with",
        names,
        index=None,
        placeholder="fresh weights",
        key=f"parent_{arch}",
        help="The weights of a model of this architecture, to train it further or on drawings of your own.",
    )
    with troubles.said():  # it may be deleted meanwhile
        return start_from(chosen, arch, models)[1], True
    return None, False


def _estimate(jobs: JobQueue, found: Sequence[Job], plans: Sequence[TrainingConfig]) -> str:
    """How long it will take, by what epochs of the same kind took here, or else by their arithmetic."""
    for job in reversed(found):
        history = jobs.store.metrics(job.job_id)
        config = job.config
        if history and (config.arch, config.recipe, config.trial_digits) == (
            plans[0].arch,
            plans[0].recipe,
            plans[0].trial_digits,
        ):
            seconds = sum(metrics.seconds for metrics in history) / len(history)
            total = seconds * sum(each.epochs for each in plans)
            return (
                f"About {wording.duration(total)}, by the {wording.counted(len(history), 'epoch')} of run {job.job_id}."
            )
    if resources.settings().training.backend is Backend.RQ:  # a worker's machine is not this one
        return "How long it takes is known after the first epoch: no run of this kind has been made yet."
    drawn, pace = resources.stroke_counts(), resources.training_pace()
    total = sum(estimate_seconds(each.arch, each.resolved_recipe(), drawn, pace) for each in plans)
    return (
        f"Roughly {wording.duration(total)}, by a short measurement of this machine: no run of this kind has been made "
        "here yet."
    )


def _submit(jobs: JobQueue, plans: Sequence[TrainingConfig]) -> None:
    """Queue all of them, unless one of them cannot be trained."""
    for config in plans:
        DataFolders.of(resources.settings()).require(config.resolved_recipe())
        jobs.refuse(config)
    queued = [jobs.submit(config) for config in plans]
    ui_state().job_id = queued[0].job_id
    st.rerun()


def _show_preview(recipe: Recipe) -> None:
    """Training digits as they are, and in random draws of the augmentation."""
    st.markdown("**What the network sees** – the digit, then random draws of this recipe's augmentation")
    digits: DigitImages = resources.training_digits()
    labels: list[int] = digits.labels.tolist()
    firsts = [labels.index(digit) for digit in range(_SHOWN_DIGITS)]
    rows: NDArray[np.int64] = np.array(firsts)
    pictures = augmented(digits.pick(rows).images, recipe, draws=_DRAWS)
    sheet = charts.contact_sheet(pictures)
    st.image(sheet, width="stretch", caption="MNIST training digits; below each, its draws")

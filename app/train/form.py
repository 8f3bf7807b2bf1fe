"""The form of the Train page, which queues runs."""

import itertools
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from handwriting_ai.architectures import architecture_names
from handwriting_ai.config import Backend
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.strokes import count_digits
from handwriting_ai.errors import DataMissing, HandwritingError
from handwriting_ai.jobs.parents import USUAL_ARCHITECTURE, possible_parents, start_from
from handwriting_ai.jobs.queue import JobQueue
from handwriting_ai.jobs.types import LARGEST_SEED, MOST_EPOCHS, Job, Parent, TrainingConfig, plan
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.estimate import estimate_seconds, pace_of
from handwriting_ai.training.preview import augmented
from handwriting_ai.training.recipes import Recipe, as_trial, get_recipe, model_name, recipe_names
from handwriting_ai.training.stages import DataSet
from shared import explanations, glossary, resources, troubles, wording
from shared.pictures import contact_sheet
from shared.ui_state import ui_state

_MOST_SEEDS: Final = 10
_TRIAL_DIGITS: Final = 2_000
_SHOWN_DIGITS: Final = 10
_DRAWS: Final = 5
_RUNS_LOOKED_AT: Final = 5
_MEASURING: Final = "How long it will take is being measured …"
_MEASURED_EVERY_S: Final = 1.0


def show(jobs: JobQueue, found: Sequence[Job]) -> None:
    """What is to be trained on the left; on the right, what the network will see."""
    choices, preview = st.columns([2, 3], gap="large")
    with choices:
        arch = st.selectbox(
            "Architecture",
            architecture_names(),
            index=architecture_names().index(USUAL_ARCHITECTURE),
            help="The network's plan. `compact` is made for CPUs.",
            key="architecture",
            persist_state="session",
        )
        parent, is_sound = _choose_parent(arch, jobs.models)
        recipe, is_at_hand = _choose_recipe(jobs)
        epochs, digits = _choose_length(recipe)
        origin = None if parent is None else parent.model_id
        free = _free_seed(jobs.models, found, arch, as_trial(recipe, digits), origin)
        seeds = _choose_seeds(free, key=f"seed_{arch}_{recipe.name}_{digits}_{origin}_{free}")
        force = st.toggle(
            troubles.REPLACE, help="The old model is lost for good. Presets that name it then read with the new one."
        )
        plans = [
            plan(arch, recipe.name, seed=seed, epochs=epochs, trial_digits=digits, force=force, parent=parent)
            for seed in seeds
        ]
        if is_at_hand:
            with troubles.said():
                _show_estimate(jobs, found, plans)
        can_start = is_sound and is_at_hand
        if st.button("Start", icon=":material/play_arrow:", type="primary", disabled=not can_start, key="start"):
            with troubles.said():
                _submit(jobs, plans)
    with preview, troubles.said():
        _show_preview(recipe)


def _choose_length(recipe: Recipe) -> tuple[int, int | None]:
    """How many epochs, and on how many digits; None for all."""
    epochs = st.number_input(
        "Epochs",
        min_value=len(recipe.stages),
        max_value=MOST_EPOCHS,
        value=recipe.epochs,
        key=f"epochs_{recipe.name}",
        help=glossary.linked(
            "epoch",
            "How often it sees every digit. The learning rate, how large its corrections are, is scheduled over all "
            "of them.",
        ),
        persist_state="session",
    )
    is_trial = st.toggle(
        f"Quick trial on {_TRIAL_DIGITS:,} digits of each set",
        help="To see it work; the model will be poor. Three epochs are enough.",
        key="trial",
        persist_state="session",
    )
    return epochs, _TRIAL_DIGITS if is_trial else None


def _choose_seeds(free: int, *, key: str) -> range:
    """One run for each; at first the one that is free. Under another `key`, or the field keeps an old suggestion."""
    first, count = st.columns(2)
    seed = first.number_input(
        "First seed",
        min_value=0,
        max_value=LARGEST_SEED - (_MOST_SEEDS - 1),  # others may follow it
        value=free,
        key=key,
        help="Another number, another random start. It begins with the first that no model has, and no run under way.",
        persist_state="session",
    )
    seeds = count.number_input(
        "Seeds",
        min_value=1,
        max_value=_MOST_SEEDS,
        value=1,
        help="One run for each.",
        key="seeds",
        persist_state="session",
    )
    return range(seed, seed + seeds)


def _choose_recipe(jobs: JobQueue) -> tuple[Recipe, bool]:
    """A recipe, at first one whose sets are at hand; and whether they are."""
    names = recipe_names()
    lacking: dict[str, str] = {}
    for name in names:
        try:
            jobs.data.require(get_recipe(name))
        except (DataMissing, OSError) as error:
            lacking[name] = troubles.in_words(error)
    usual = next((index for index, name in enumerate(names) if name not in lacking), 0)
    name = st.selectbox(
        "Recipe",
        names,
        index=usual,
        format_func=partial(_with_lack, lacking),
        key="recipe",
        help=glossary.meaning("recipe"),
        persist_state="session",
    )
    recipe = get_recipe(name)
    st.caption(recipe.summary, help=explanations.INGREDIENTS)
    if name in lacking:
        st.info(lacking[name], icon=":material/info:")
    return recipe, name not in lacking


def _with_lack(lacking: Collection[str], name: str) -> str:
    """A recipe's name, and that its data is missing."""
    return f"{name} – its data is missing" if name in lacking else name


def _free_seed(models: ModelStore, found: Sequence[Job], arch: str, recipe: Recipe, parent: str | None) -> int:
    """The first seed for which there is no model yet, and no run under way that makes it."""
    taken = {job.config.model_id for job in found if not job.state.status.ended}
    with suppress(HandwritingError, OSError):  # what hinders is said where the run is queued
        taken |= set(models.model_ids())
    return next(seed for seed in itertools.count() if model_name(arch, recipe, seed, parent) not in taken)


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
        persist_state="session",
    )
    with troubles.said():  # it may be deleted meanwhile
        return start_from(chosen, arch, models)[1], True
    return None, False


def _show_estimate(jobs: JobQueue, found: Sequence[Job], plans: Sequence[TrainingConfig]) -> None:
    """Said at once, or as soon as the pace of this machine is known."""
    is_coming = _estimate(jobs, found, plans) == _MEASURING

    def show_it() -> None:
        said = _estimate(jobs, found, plans)
        st.caption(said)
        if is_coming and said != _MEASURING:
            st.rerun()  # without the timer

    st.fragment(show_it, run_every=_MEASURED_EVERY_S if is_coming else None)()


def _estimate(jobs: JobQueue, found: Sequence[Job], plans: Sequence[TrainingConfig]) -> str:
    """How long it will take, by the pace of runs of this network here, or of a short measurement."""
    arch, recipe = plans[0].arch, plans[0].resolved_recipe()
    settings = resources.settings().training
    with_epochs = (
        (pace_of(arch, history), job.job_id)
        for job in reversed(found)
        if job.config.arch == arch and (history := jobs.store.metrics(job.job_id))
    )
    paces = list(itertools.islice(with_epochs, _RUNS_LOOKED_AT))
    if paces:
        pace, fastest = max(paces)
        by = f"by the pace of run {fastest}"
    else:
        # A worker's machine is not this one.
        measured = None if settings.backend is Backend.RQ else resources.training_pace()
        if measured is None and settings.backend is not Backend.RQ and resources.pace_is_coming():
            return _MEASURING
        if measured is None:
            return "How long it takes is known after the first epoch: no run of this network has been made yet."
        pace, by = measured, "by a short measurement: no run of this network has been made here yet"
    drawn = count_digits(*settings.stroke_folders) if recipe.needs(DataSet.STROKES) else ()
    total = sum(estimate_seconds(each.arch, each.resolved_recipe(), drawn, pace) for each in plans)
    return f"About {wording.duration(total)}, {by}. Preparing the data comes on top."


def _submit(jobs: JobQueue, plans: Sequence[TrainingConfig]) -> None:
    """Queue all of them, unless one of them cannot be trained."""
    for config in plans:
        jobs.refuse(config)
    with troubles.toasted():  # once one is queued the page is drawn anew, and a message in its place would be gone
        ui_state().job_id = jobs.submit(plans[0]).job_id
        for config in plans[1:]:
            jobs.submit(config)
        st.rerun()


def _show_preview(recipe: Recipe) -> None:
    """Training digits as they are, and in random draws of the augmentation."""
    st.markdown(
        "**What the network sees** – the digit, then random draws of this recipe's augmentation",
        help=explanations.MNIST,
    )
    digits: DigitImages = resources.training_digits()
    labels: list[int] = digits.labels.tolist()
    firsts = [labels.index(digit) for digit in range(_SHOWN_DIGITS)]
    rows: NDArray[np.int64] = np.array(firsts)
    sheet = contact_sheet(augmented(digits.pick(rows).images, recipe, draws=_DRAWS))
    st.image(sheet, width="stretch", caption="MNIST training digits; below each, its draws")

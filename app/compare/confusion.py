"""Tabs of the Compare page that show misread digits: the confusions of one model, and two models side by side."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from compare.compared import Compared
from compare.rows import alone
from compare.tabs import NO_SCORES
from handwriting_ai import plots
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.errors import ManifestError
from handwriting_ai.evaluation.metrics import Figures
from handwriting_ai.evaluation.scoreboard import EvaluationPart, Misread
from handwriting_ai.evaluation.statistics import McNemar
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.registry.presets import choose_members, read_presets
from shared import controls, explanations, resources, wording
from shared.pictures import on_paper
from shared.ui_state import ui_state

ALL_CELLS: Final = "All misread digits"
_PICTURE_PX: Final = 88
_ENLARGEMENT: Final = 3
_MOST_PICTURES: Final = 60
_CLEAR: Final = 0.05
"""Below this p-value a difference is called more than chance."""


class _Cell(BaseModel):
    label: int
    answer: int


class _ChartState(BaseModel):
    """What the heat map keeps in the session."""

    selection: dict[str, list[_Cell] | dict[str, object]] = Field(default_factory=dict)
    """The clicked cell, by the selection's name; after a click beside them the browser reports an empty object."""


def show_confusion(compared: Compared) -> None:
    """The heat map of one model; a click on a cell, or the list beside it, shows that cell's digits."""
    if not compared.scored:
        st.info(NO_SCORES)
        return
    chart, pictures = st.columns(2, gap="large")
    with chart:
        name = st.selectbox(
            "Confusions of",
            list(compared.scored),
            format_func=compared.label,
            key="confusions_of",
            persist_state="session",
        )
        row, score = compared.scored[name]
        cell_key, chart_key = f"cell_{name}_{compared.tta}", f"confusion_{name}_{compared.tta}"
        st.altair_chart(
            plots.confusion_heat_map(score.confusion, selectable=True),
            width="stretch",
            key=chart_key,
            on_select=partial(_take_cell, chart_key, cell_key),
        )
    with pictures:
        misread = compared.board.misread(row.choice, EvaluationPart.VALIDATION)
        counts = cell_counts(misread)
        chosen = st.selectbox(
            "Which digits",
            list(counts),
            format_func={cell: f"{cell} ({count})" for cell, count in counts.items()}.__getitem__,
            key=cell_key,
            persist_state="session",
            help="A click on a cell chooses it too.",
        )
        show_pictures(of_cell(misread, chosen), compared.board.pictures(EvaluationPart.VALIDATION))


def _take_cell(chart_key: str, cell_key: str) -> None:
    """Choose the clicked cell in the list; a click beside the cells chooses all."""
    state: object = st.session_state.get(chart_key)
    st.session_state[cell_key] = clicked_cell(state)


def clicked_cell(state: object) -> str:
    """The cell in what the heat map reports, by its name in the list."""
    clicked = _ChartState.model_validate(state).selection.get(plots.CELL)
    if isinstance(clicked, list) and clicked:
        return _cell_name(clicked[0].label, clicked[0].answer)
    return ALL_CELLS


def _cell_name(label: int, answer: int) -> str:
    return f"{label} read as {answer}"


def cell_counts(misread: Sequence[Misread]) -> dict[str, int]:
    """How many digits each cell holds, all together first, then the fullest cell first."""
    counts = Counter(_cell_name(each.label, each.answer) for each in misread)
    return {ALL_CELLS: len(misread)} | dict(counts.most_common())


def of_cell(misread: Sequence[Misread], cell: str) -> list[Misread]:
    """The digits of one cell of the list, in their order."""
    return [each for each in misread if cell in (ALL_CELLS, _cell_name(each.label, each.answer))]


def show_pictures(misread: Sequence[Misread], digits: DigitImages) -> None:
    """Pictures of validation digits with label, answer, confidence and row; of very many only the first."""
    if not misread:
        st.caption("None.")
        return
    shown, rows = misread[:_MOST_PICTURES], resources.validation_rows()
    fewer = "" if len(shown) == len(misread) else f"The {len(shown)} most confident of {len(misread)}. "
    st.caption(
        f"{fewer}Below each its label, the answer, the confidence, and its row in MNIST's training file, from 0."
    )
    with st.container(horizontal=True, gap="small"):
        for each in shown:
            st.image(
                picture(digits, each.row),
                caption=f"{each.label} as {each.answer}, {each.confidence:.0%}  \nno. {rows.item(each.row)}",
                width=_PICTURE_PX,
                alt=f"A {each.label} that is read as {each.answer}",
            )


def picture(digits: DigitImages, row: int) -> "NDArray[np.uint8]":
    """One digit, dark ink on light paper, enlarged without blurring."""
    ink: NDArray[np.uint8] = digits.images[row]
    enlarged: NDArray[np.uint8] = on_paper(ink).repeat(_ENLARGEMENT, axis=0).repeat(_ENLARGEMENT, axis=1)
    return enlarged


def show_two(compared: Compared) -> None:
    """Two choices side by side, McNemar's test, and the digits that only one of them reads."""
    choices = _choices(compared)
    if not choices:
        st.info(NO_SCORES)
        return
    if len(choices) == 1:
        st.info(
            "There is only one model to choose. Compare it with itself in other views, or train a second one on the "
            "page *Train*.",
            icon=":material/looks_one:",
        )
    ticked = [name for name in compared.scored if name in choices]
    names = [*ticked, *(name for name in choices if name not in ticked)]
    left, right = st.columns(2, gap="large")
    with left:
        first = _choose("First", choices, names[0], compared.tta)
    with right:
        second = _choose("Second", choices, names[min(1, len(names) - 1)], compared.tta)
    if first == second:
        st.info("Both are the same. Choose another model or other views for one of them.", icon=":material/equal:")
        return
    _show_difference(compared, first, second)


def _choices(compared: Compared) -> dict[str, EnsembleChoice]:
    """What can be compared: each model that has predictions, and the ensembles of which all members have."""
    choices = {name: alone(name, compared.tta) for name in compared.scorable}
    try:
        ensembles = list(_ensembles(compared.tta))
    except ManifestError:  # said above the table
        return choices
    known = set(choices.values())
    for title, ensemble in ensembles:
        if ensemble in known:
            continue
        known.add(ensemble)
        missing = [f"`{name}`" for name in ensemble.members if name not in compared.scorable]
        if missing:
            st.caption(f"{title} cannot be chosen: no predictions of {', '.join(missing)}.")
        else:
            choices[f"{title} ({wording.counted(len(ensemble.members), 'model')})"] = ensemble
    return choices


def _ensembles(tta: TtaMode) -> Iterator[tuple[str, EnsembleChoice]]:
    """The default ensemble, the presets and this session's choice, all of them in so many views, with their titles.

    Raises:
        ManifestError: `presets.json` is broken.
    """
    digits = resources.settings().digits
    members = choose_members(digits.active_model, digits.model_dir).members
    if members:
        yield "Default ensemble", EnsembleChoice(members=members, tta=tta, temperature=digits.temperature_override)
    for preset in read_presets(digits.model_dir).values():
        yield f"Preset {preset.name}", EnsembleChoice(members=preset.members, tta=tta)
    choice = ui_state().choice
    if choice is not None:
        yield "This session's choice", replace(choice, tta=tta)


def _choose(title: str, choices: dict[str, EnsembleChoice], first: str, tta: TtaMode) -> EnsembleChoice:
    """A model or the ensemble, and its views."""
    names = list(choices)
    name = st.selectbox(title, names, index=names.index(first), key=f"two_{title}", persist_state="session")
    return replace(choices[name], tta=controls.choose_views(f"two_views_{title}", tta))


def _show_difference(compared: Compared, first: EnsembleChoice, second: EnsembleChoice) -> None:
    board, part = compared.board, EvaluationPart.VALIDATION
    read = board.read_by_both(first, second, part)
    scores = board.score(first, part, first=read), board.score(second, part, first=read)
    st.table(figures_frame(*(score.figures for score in scores)), border="horizontal")
    st.markdown(difference(board.against(first, second, part), scores[0].figures.n))
    explanations.show(_figures(scores[0].figures))
    misread = board.misread(first, part, first=read), board.misread(second, part, first=read)
    pictures = board.pictures(part)
    only_first, only_second = st.columns(2, gap="large")
    with only_first:
        st.markdown("**Read by the first only** – what the second says")
        show_pictures(only_in(misread[1], misread[0]), pictures)
    with only_second:
        st.markdown("**Read by the second only** – what the first says")
        show_pictures(only_in(misread[0], misread[1]), pictures)


def only_in(these: Sequence[Misread], those: Sequence[Misread]) -> list[Misread]:
    """The digits misread here and not there."""
    rows = {each.row for each in those}
    return [each for each in these if each.row not in rows]


def figures_frame(first: Figures, second: Figures) -> pd.DataFrame:
    """The figures of two choices beside each other."""
    return pd.DataFrame({"First": _figures(first), "Second": _figures(second)})


def _figures(figures: Figures) -> dict[str, str]:
    low, high = figures.wilson95
    auroc = figures.misread_auroc
    return {
        "Validation accuracy": f"{figures.accuracy:.2%}",
        "95 % interval": f"{low:.2%} to {high:.2%}",
        f"Errors of {figures.n:,}": f"{figures.errors}",
        "NLL": f"{figures.nll:.4f}",
        "Brier": f"{figures.brier:.4f}",
        "ECE": f"{figures.ece:.2%}",
        "ECE, equal counts": f"{figures.ece_equal_mass:.2%}",
        "AUROC of misreads": "–" if auroc is None else f"{auroc:.4f}",
    }


def difference(test: McNemar, n: int) -> str:
    """McNemar's test in words."""
    only_first, only_second = test.only_first_right, test.only_second_right
    counts = (
        f"Of {n:,} validation digits **{only_first}** are read by the first only, **{only_second}** by the second only."
    )
    if only_first == only_second:
        return f"{counts} Nothing tells them apart."
    better = "first" if only_first > only_second else "second"
    verdict = (
        f"more than chance: the {better} reads better"
        if test.p_value < _CLEAR
        else "not enough to say that one reads better"
    )
    return (
        f"{counts} If both read equally well, chance alone would split them at least this unevenly "
        f"{_chance(test.p_value)} (exact McNemar test, p = {test.p_value:.2g}): {verdict}."
    )


def _chance(p_value: float) -> str:
    """`in 12 of 100 cases`, `in fewer than 1 of 1,000 cases`."""
    if p_value < 1 / 1_000:
        return "in fewer than 1 of 1,000 cases"
    return f"in {p_value * 100:.0f} of 100 cases" if p_value >= 1 / 100 else f"in {p_value * 1_000:.0f} of 1,000 cases"

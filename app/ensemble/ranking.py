"""The table of the Ensemble page: every ensemble of some models, by how good it is and what it costs."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st
from pydantic import BaseModel, Field

from ensemble.chooser import MEMBERS_KEY
from handwriting_ai.evaluation.scoreboard import Scoreboard
from handwriting_ai.evaluation.search import MOST_MEMBERS, RankedSubset
from handwriting_ai.prediction import TtaMode
from shared import charts, controls, explanations, wording
from shared.ui_state import ui_state

_MILLION: Final = 1_000_000
_SHOWN: Final = 300
"""Points of the chart."""


class _Selection(BaseModel):
    rows: list[int] = Field(default_factory=list)


class _TableState(BaseModel):
    """What a table with a selection keeps in the session."""

    selection: _Selection = _Selection()


def combined(names: Sequence[str], chosen: Collection[str]) -> list[str]:
    """The models whose ensembles are ranked: all, or, of too many, the chosen ones and then the first; in order."""
    others = [name for name in names if name not in chosen]
    picked = [*(name for name in names if name in chosen), *others][:MOST_MEMBERS]
    return [name for name in names if name in picked]


def table_key(names: Sequence[str], tta: TtaMode) -> str:
    """Another one for other views, for other models, and once the models were chosen elsewhere: it forgets the row."""
    return controls.rows_key(f"ranking_{tta}_{ui_state().ranking_version}", names)


def show_ranking(board: Scoreboard, names: Sequence[str], count: int, tta: TtaMode, chosen: Collection[str]) -> None:
    """Every subset of these, out of `count` models, by validation NLL; a selected row chooses its members."""
    ranked, key = board.ranked(names, tta), table_key(names, tta)
    st.subheader("Every ensemble of these models", anchor=False)
    st.caption(wording.ranking(len(names), count))
    shown = [
        subset
        for place, subset in enumerate(ranked)
        if place < _SHOWN or subset.is_best_for_its_cost or set(subset.members) == set(chosen)
    ]
    st.altair_chart(charts.loss_against_cost(shown, controls.view_count(tta), chosen), width="stretch")
    st.caption(
        f"Loss against cost: the {_SHOWN} best and, of the others, the best for their cost. The lower and the further "
        "left, the better; the large point is the present choice.",
        help=explanations.NLL,
    )
    st.dataframe(
        _ranking_table(ranked, controls.view_count(tta), wording.shortened(names)),
        hide_index=True,
        width="stretch",
        on_select=partial(_choose_ranked, ranked, key),
        selection_mode="single-row",
        key=key,
        column_config={"NLL": st.column_config.NumberColumn(format="%.4f")},
    )


def _choose_ranked(ranked: Sequence[RankedSubset], key: str) -> None:
    """Take over the members of the selected row."""
    state: object = st.session_state.get(key)
    for row in _TableState.model_validate(state).selection.rows:
        members: list[str] = list(ranked[row].members)
        st.session_state[MEMBERS_KEY] = members


def _ranking_table(ranked: Sequence[RankedSubset], views: int, labels: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "✓": ["✓" if subset.is_best_for_its_cost else "" for subset in ranked],
            "members": [", ".join(labels[name] for name in subset.members) for subset in ranked],
            "models": [len(subset.members) for subset in ranked],
            "NLL": [subset.nll for subset in ranked],
            "errors": [subset.errors for subset in ranked],
            "M multiply-adds": [round(subset.multiply_adds * views / _MILLION) for subset in ranked],
        }
    )

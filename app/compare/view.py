"""The Compare page: who is refused, all models in a table, and charts of those that are ticked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from compare import confusion, deletion, notes, tabs
from compare.compared import Compared, alone, score_all
from compare.table import by_accuracy, choose_models, seeds_frame, test_frame
from handwriting_ai import plots
from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.evaluation.metrics import Figures
from handwriting_ai.evaluation.scoreboard import Entry, EvaluationPart, Scoreboard, Survey
from handwriting_ai.prediction import TtaMode
from shared import controls, explanations, place, resources, troubles
from shared.controls import rows_key, say_reasons

_FIRST_TICKED: Final = 3
_TAB_KEY: Final = "compare_tab"
_TAB: Final = "tab"
"""In the address."""
_TABS: Final[dict[str, Callable[[Compared], None]]] = {
    "Accuracy": tabs.show_accuracy,
    "Cost": tabs.show_cost,
    "Calibration": tabs.show_calibration,
    "Per digit": tabs.show_digits,
    "Learning curves": tabs.show_learning,
    "Damage": tabs.show_damage,
    "Confusion": confusion.show_confusion,
    "Two models": confusion.show_two,
}


def show() -> None:
    """The whole page; what goes wrong is said in a sentence."""
    with troubles.said():
        board = resources.scoreboard()
        survey = board.survey()
        refused = [f"`{each.model_id}` cannot be used. {each.reason}" for each in survey.refused]
        say_reasons("Not usable:", refused, warn=True)
        if survey.entries:
            _compare(board, survey)
        else:
            st.info(
                f"There are no models to compare in `{resources.settings().digits.model_dir}`. Train one on the page "
                "*Train*, or with `handwriting-ai train`.",
                icon=":material/compare_arrows:",
            )
        found = [*(entry.model_id for entry in survey.entries), *(each.model_id for each in survey.refused)]
        if found:
            deletion.offer(sorted(found))


def _compare(board: Scoreboard, survey: Survey) -> None:
    """Tables of all models, charts of the ticked ones; only the predictions of these are read."""
    shown = notes.choose_shown(entry.model_id for entry in by_accuracy(survey.entries))
    survey = replace(survey, entries=tuple(entry for entry in survey.entries if entry.model_id in shown))
    if not shown:
        return
    entries, found = by_accuracy(survey.entries), board.scorable(survey)
    tta = controls.choose_views("compare_tta", controls.opening_views())
    chosen = _choose(entries, frozenset(entry.model_id for entry in found.entries))
    if not chosen:
        st.info("Tick models in the table to see their charts.", icon=":material/check_box:")
        return
    ticked = [entry.model_id for entry in chosen]
    sound = board.undamaged(found, ticked)
    unscored = {each.model_id: each.reason for each in sound.refused}
    scorable = tuple(entry.model_id for entry in entries if entry.model_id not in unscored)
    missing = [unscored[name] for name in ticked if name in unscored]
    say_reasons("Only the manifest's accuracy of one view is known of", missing)
    scores = score_all(board, [name for name in ticked if name in scorable], tta)
    _show_tabs(Compared(board=board, tta=tta, chosen=tuple(chosen), scores=scores, scorable=scorable))
    _report_on_test(board, list(scores), tta)


def _choose(entries: Sequence[Entry], scorable: frozenset[str]) -> list[Entry]:
    """The tables; returns what is ticked."""
    st.caption(
        f"Measured on {VALIDATION_COUNT:,} digits kept back from training, one view. Tick the models that the charts "
        "below show.",
        help=explanations.MNIST,
    )
    key = rows_key("compared", (entry.model_id for entry in entries))
    chosen = choose_models(entries, scorable, key=key, first=_FIRST_TICKED)
    if any(each.manifest.not_shipped for each in entries):
        st.caption(
            "Models with a reason in the column *not included* are scored by the predictions kept of them and never "
            "loaded."
        )
    means = seeds_frame(entries)
    if len(means):
        st.caption("Mean ± standard deviation over runs that differ by their seed, or the model they start from.")
        st.dataframe(means, hide_index=True, width="content")
    return chosen


def _show_tabs(compared: Compared) -> None:
    """Only the open one is computed."""
    if len(compared.chosen) > plots.MOST_NAMED:
        st.caption(f"More than {plots.MOST_NAMED} models are ticked, so colours repeat: point at a mark for its name.")
    for name, count in compared.trials.items():
        st.caption(f"`{name}` is a quick trial, scored by {count:,} validation digits alone.")
    first, recalled = next(iter(_TABS)), place.recall(_TAB)
    if _TAB_KEY not in st.session_state and recalled and recalled[0] in _TABS:
        st.session_state[_TAB_KEY] = recalled[0]
    tabs = st.tabs(list(_TABS), on_change="rerun", key=_TAB_KEY)
    for tab, (name, show_tab) in zip(tabs, _TABS.items(), strict=True):
        if tab.open:
            place.remember(_TAB, [] if name == first else [name])
            with tab, troubles.said():
                show_tab(compared)


def _report_on_test(board: Scoreboard, names: Sequence[str], tta: TtaMode) -> None:
    """Test figures, only where asked for, in the order of the table, which goes by validation."""
    with st.expander("Test set", icon=":material/lock:"):
        asked = st.toggle(
            "Report on the test set",
            help="Choosing by test figures would spoil them: they would no longer say how a model does on new digits.",
            key="compare_test",
        )
        st.caption(
            f"Reported in {controls.views_in_words(tta)}, never used to choose: everything else on this page is of "
            "validation digits."
        )
        if asked:
            figures: dict[str, Figures] = {}
            for name in names:
                with troubles.said():
                    figures[name] = board.score(alone(name, tta), EvaluationPart.TEST).figures
            st.dataframe(test_frame(figures), hide_index=True, width="content")

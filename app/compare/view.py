"""The Compare page: what cannot be used, models and presets in a table, and charts of those that are ticked."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

import streamlit as st

from compare import confusion, deletion, notes, own_digits, rows, tabs
from compare.compared import Compared
from compare.rows import Row
from compare.table import choose_rows, seeds_frame, test_frame
from handwriting_ai import plots
from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.errors import ManifestError
from handwriting_ai.evaluation.metrics import Figures
from handwriting_ai.evaluation.scoreboard import Entry, EvaluationPart, Scoreboard, Survey
from handwriting_ai.registry.presets import read_presets
from shared import controls, explanations, place, resources, troubles
from shared.controls import rows_key, say_reasons

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
    """Tables of all models and presets, charts of the ticked ones, all in the same views."""
    names = notes.choose_shown(
        entry.model_id for entry in sorted(survey.entries, key=_validation_accuracy, reverse=True)
    )
    if not names:
        return
    tta = controls.choose_views("compare_tta", controls.opening_views())
    found = board.scorable(survey)
    reasons, damaged = {each.model_id: each.reason for each in found.refused}, dict[str, str]()
    ready = {entry.model_id for entry in found.entries}
    named = [entry for entry in survey.entries if entry.model_id in names]
    models = rows.of_models(named, tta)
    if len(models) <= rows.MOST_MEASURED:
        with st.spinner("Scoring the models …"):
            models, damaged = rows.scored_where_possible(board, models, ready)
    shown = rows.in_order([*models, *_presets(board, found.entries)])
    ticked = _choose(shown, ready - damaged.keys())
    if not ticked:
        st.info("Tick models in the table to see their charts.", icon=":material/check_box:")
        return
    chosen, damaged_too = rows.scored_where_possible(board, ticked, ready - damaged.keys())
    damaged |= damaged_too
    missing = [reasons[row.name] for row in ticked if row.name in reasons]
    say_reasons("Only the manifest's accuracy of one view is known of", [*missing, *damaged.values()])
    scorable = tuple(row.name for row in shown if row.name in ready - damaged.keys())
    _show_tabs(Compared(board=board, tta=tta, chosen=tuple(chosen), scorable=scorable))
    _report_on_test(board, [row for row in chosen if row.score is not None])
    own_digits.show(named, tta)


def _validation_accuracy(entry: Entry) -> float:
    return entry.manifest.val_acc


def _presets(board: Scoreboard, entries: Sequence[Entry]) -> list[Row]:
    """A row for each preset, in its own views; those that cannot be scored are said."""
    try:
        presets = read_presets(resources.settings().digits.model_dir)
    except ManifestError as error:
        st.warning(str(error), icon=":material/warning:")
        return []
    known = {entry.model_id for entry in entries}
    for name, preset in presets.items():
        missing = [f"`{member}`" for member in preset.members if member not in known]
        if missing:
            st.caption(f"The preset `{name}` is not shown: no predictions of {', '.join(missing)}.")
    return rows.scored_where_possible(board, rows.of_presets(presets, entries), known)[0]


def _choose(shown: Sequence[Row], ready: Collection[str]) -> list[Row]:
    """The tables; returns what is ticked."""
    are_scored = any(row.score is not None for row in shown if not row.is_preset)
    figures = "in the views chosen above" if are_scored else "in one view, as their manifests say"
    st.caption(
        f"Measured on {VALIDATION_COUNT:,} digits kept back from training, {figures}; a preset has its own views. Tick "
        "what you want to see in the charts.",
        help=explanations.MNIST,
    )
    ticked = choose_rows(shown, ready, key=rows_key("compared", (row.name for row in shown)))
    if not all(row.has_weights for row in shown):
        st.caption(
            "Models with a reason in the column *not included* are scored by the predictions kept of them and never "
            "loaded."
        )
    means = seeds_frame(shown)
    if len(means):
        st.caption("Mean ± standard deviation over runs that differ by their seed, or the model they start from.")
        st.dataframe(means, hide_index=True, width="content")
    return ticked


def _show_tabs(compared: Compared) -> None:
    """Only the open one is computed."""
    if len(compared.chosen) > plots.MOST_NAMED:
        st.caption(f"More than {plots.MOST_NAMED} models are ticked, so colours repeat: point at a mark for its name.")
    for name, kind in compared.trials.items():
        st.caption(f"`{name}` is {kind}.")
    first, recalled = next(iter(_TABS)), place.recall(_TAB)
    if _TAB_KEY not in st.session_state and recalled and recalled[0] in _TABS:
        st.session_state[_TAB_KEY] = recalled[0]
    tabs = st.tabs(list(_TABS), on_change="rerun", key=_TAB_KEY)
    for tab, (name, show_tab) in zip(tabs, _TABS.items(), strict=True):
        if tab.open:
            place.remember(_TAB, [] if name == first else [name])
            with tab, troubles.said():
                show_tab(compared)


def _report_on_test(board: Scoreboard, ticked: Sequence[Row]) -> None:
    """Test figures, only where asked for, in the order of the table, which goes by validation."""
    with st.expander("Test set", icon=":material/lock:"):
        asked = st.toggle(
            "Report on the test set",
            help="Choosing by test figures would spoil them: they would no longer say how a model does on new digits.",
            key="compare_test",
        )
        st.caption(
            "Reported in the views of the table, never used to choose: everything else on this page is of validation "
            "digits."
        )
        if asked:
            figures: dict[str, Figures] = {}
            for row in ticked:
                with troubles.said():
                    figures[row.label] = board.score(row.choice, EvaluationPart.TEST).figures
            st.dataframe(test_frame(figures), hide_index=True, width="content")

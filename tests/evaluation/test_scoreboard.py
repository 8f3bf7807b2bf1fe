"""Scores of made-up answers whose figures are known."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.evaluation.samples import evaluation_digits, fake_predictions, keep_v1_fields_only, register_with_predictions
from torch import Tensor

from handwriting_ai.errors import ClassesMismatch, PredictionsError, SignatureMismatch, UnknownModel
from handwriting_ai.evaluation import member_scores, scoreboard
from handwriting_ai.evaluation.calibration import fit_temperature
from handwriting_ai.evaluation.predictions import PREDICTIONS_NAME, Predictions
from handwriting_ai.evaluation.scoreboard import EvaluationPart, Scoreboard
from handwriting_ai.evaluation.search import RankedSubset, rank_subsets
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.store import ModelStore

ONE = EnsembleChoice(members=("a",), tta=TtaMode.NONE)


@pytest.fixture()
def board(tmp_path: Path) -> Scoreboard:
    """Two models, `a` with 20 errors on validation and 40 on test, `b` with 30 others."""
    register_with_predictions(tmp_path, "a")
    register_with_predictions(tmp_path, "b", errors=30, seed=5)
    return _opened(tmp_path)


def _opened(root: Path) -> Scoreboard:
    return Scoreboard(ModelStore(root), evaluation_digits(), preprocess_signature())


def _write_predictions(root: Path, model_id: str, predictions: Predictions) -> None:
    digest = ModelStore(root).read_manifest(model_id).weights_sha256
    assert digest is not None
    (root / model_id / PREDICTIONS_NAME).write_bytes(predictions.packed(digest))


def test_a_model_is_scored_on_both_parts(board: Scoreboard) -> None:
    """Errors as made up; those on disputed digits are left out of one figure, on test only."""
    validation = board.score(ONE, EvaluationPart.VALIDATION)
    assert (validation.figures.n, validation.figures.errors) == (5_000, 20)
    assert validation.figures.errors_without_disputed is None
    assert sum(sum(row) for row in validation.confusion) == 5_000
    assert sum(row[label] for label, row in enumerate(validation.confusion)) == 4_980
    test = board.score(ONE, EvaluationPart.TEST)
    assert (test.figures.n, test.figures.errors) == (10_000, 40)
    assert test.figures.errors_without_disputed is not None
    assert sum(share or 0 for share in test.per_digit) / 10 == pytest.approx(0.996, abs=0.001)
    assert board.coverage(ONE, EvaluationPart.VALIDATION)[0].coverage == 1.0


def test_views_correct_and_break(board: Scoreboard) -> None:
    """The further views read every second of the misread digits."""
    changes = board.view_changes(replace(ONE, tta=TtaMode.ADVANCED))
    assert (changes.corrected, changes.broken) == (10, 0)
    assert board.score(replace(ONE, tta=TtaMode.BASIC), EvaluationPart.VALIDATION).figures.errors == 10


def test_members_are_averaged_as_the_engine_does(board: Scoreboard) -> None:
    """At their own temperatures, or at one for all."""
    logits = torch.stack([fake_predictions().validation[0], fake_predictions(errors=30, seed=5).validation[0]]).float()
    labels = torch.from_numpy(evaluation_digits().validation.labels)
    both = EnsembleChoice(members=("a", "b"), tta=TtaMode.NONE)
    for temperature in (None, 0.5):
        probs = (logits / (temperature or 1.25)).softmax(dim=2).mean(dim=0)
        expected = -float(probs[torch.arange(len(labels)), labels].log().mean())
        score = board.score(replace(both, temperature=temperature), EvaluationPart.VALIDATION)
        assert score.figures.nll == pytest.approx(expected, rel=1e-5)


def test_the_fitted_temperature_has_the_smallest_nll(board: Scoreboard) -> None:
    """No neighbour is better."""
    both = EnsembleChoice(members=("a", "b"), tta=TtaMode.BASIC)
    fitted = board.fitted_temperature(both)

    def nll(temperature: float) -> float:
        return board.score(replace(both, temperature=temperature), EvaluationPart.VALIDATION).figures.nll

    assert nll(fitted) < min(nll(fitted * 0.98), nll(fitted * 1.02))


def test_every_subset_is_ranked(board: Scoreboard) -> None:
    """Three of two models; both together misread none of what only one does not know well."""
    ranked = board.ranked(("a", "b"), TtaMode.NONE)
    assert {each.members for each in ranked} == {("a",), ("b",), ("a", "b")}
    assert {each.multiply_adds for each in ranked} == {29_128_448, 58_256_896}
    assert [each.nll for each in ranked] == sorted(each.nll for each in ranked)


def test_two_choices_are_compared(board: Scoreboard) -> None:
    """Who alone is right, and whether that is chance."""
    other = replace(ONE, members=("b",))
    result = board.against(ONE, other, EvaluationPart.VALIDATION)
    assert result.only_first_right - result.only_second_right == 10
    assert 0 < result.p_value < 1
    same = board.against(ONE, ONE, EvaluationPart.VALIDATION)
    assert (same.only_first_right, same.only_second_right, same.p_value) == (0, 0, 1.0)


def test_misread_digits_are_named(board: Scoreboard) -> None:
    """The most confident first, each answer the next digit up."""
    misread = board.misread(ONE, EvaluationPart.VALIDATION)
    assert len(misread) == 20
    assert all(each.answer == (each.label + 1) % 10 for each in misread)
    assert [each.confidence for each in misread] == sorted((each.confidence for each in misread), reverse=True)
    labels: list[int] = board.pictures(EvaluationPart.VALIDATION).labels.tolist()
    assert all(labels[each.row] == each.label for each in misread)
    assert len(board.pictures(EvaluationPart.TEST)) == 10_000


def test_what_cannot_be_scored_is_refused_with_a_reason(tmp_path: Path) -> None:
    """Another pipeline's, another number of classes, no predictions; v1 manifests are welcome."""
    register_with_predictions(tmp_path, "foreign", changes={"preprocess_hash": "v1/other"})
    register_with_predictions(tmp_path, "letters", changes={"n_classes": 26})
    (register_with_predictions(tmp_path, "bare") / PREDICTIONS_NAME).unlink()
    keep_v1_fields_only(register_with_predictions(tmp_path, "old"))
    (register_with_predictions(tmp_path, "broken") / "manifest.json").write_text("{")
    board = _opened(tmp_path)
    assert [entry.model_id for entry in board.survey().entries] == ["bare", "old"]
    scorable = board.scorable(board.survey())
    assert [entry.model_id for entry in scorable.entries] == ["old"]
    reasons = {refusal.model_id: refusal.reason for refusal in scorable.refused}
    assert set(reasons) == {"foreign", "letters", "bare", "broken"}
    assert "was trained for the preprocessing" in reasons["foreign"]
    assert "26 classes" in reasons["letters"]
    assert "evaluate --refresh bare" in reasons["bare"]
    for model_id, error in (
        ("foreign", SignatureMismatch),
        ("letters", ClassesMismatch),
        ("bare", PredictionsError),
        ("nobody", UnknownModel),
    ):
        with pytest.raises(error, match=model_id):
            board.score(replace(ONE, members=(model_id,)), EvaluationPart.VALIDATION)


def test_new_predictions_are_noticed(tmp_path: Path) -> None:
    """A model that was trained again is scored anew, without a restart."""
    register_with_predictions(tmp_path, "a")
    board = _opened(tmp_path)
    assert board.score(ONE, EvaluationPart.VALIDATION).figures.errors == 20
    _write_predictions(tmp_path, "a", fake_predictions(errors=3))
    assert board.score(ONE, EvaluationPart.VALIDATION).figures.errors == 3


def test_a_fit_and_a_ranking_are_made_once(board: Scoreboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For these members and views, until their predictions change."""
    made: list[str] = []

    def fit(logits: Tensor, labels: Tensor, *, start: float) -> float:
        made.append("fit")
        assert start == 1.25
        return fit_temperature(logits, labels, start=start)

    def rank(
        probs: Tensor, labels: Tensor, names: Sequence[str], multiply_adds: Sequence[int]
    ) -> tuple[RankedSubset, ...]:
        made.append("rank")
        return rank_subsets(probs, labels, names, multiply_adds)

    monkeypatch.setattr(scoreboard, "fit_temperature", fit)
    monkeypatch.setattr(scoreboard, "rank_subsets", rank)
    both = EnsembleChoice(members=("a", "b"), tta=TtaMode.BASIC)
    for _ in range(2):
        board.fitted_temperature(both)
        board.ranked(("a", "b"), TtaMode.BASIC)
    assert made == ["fit", "rank"]
    board.fitted_temperature(replace(both, tta=TtaMode.NONE))
    board.ranked(("a", "b"), TtaMode.NONE)
    assert made == ["fit", "rank"] * 2
    _write_predictions(tmp_path, "b", fake_predictions(errors=3))
    board.fitted_temperature(both)
    assert board.ranked(("a", "b"), TtaMode.BASIC)[0].members == ("b",)
    assert made == ["fit", "rank"] * 3


def test_damage_that_the_stamp_does_not_show_refuses_one_model(board: Scoreboard, tmp_path: Path) -> None:
    """Only where it is asked for; a model that was made whole again is back."""
    sound = fake_predictions(errors=30, seed=5)
    _write_predictions(tmp_path, "b", Predictions(validation=sound.validation[:3], test=sound.test))
    survey = board.scorable(board.survey())
    assert [entry.model_id for entry in survey.entries] == ["a", "b"]
    assert board.undamaged(survey, ["a"]) == survey
    sifted = board.undamaged(survey, ["a", "b"])
    assert [entry.model_id for entry in sifted.entries] == ["a"]
    assert "validation holds float16 (3, 5000, 10)" in sifted.refused[0].reason
    _write_predictions(tmp_path, "b", sound)
    assert board.undamaged(survey, ["a", "b"]) == survey


def test_files_are_opened_once(board: Scoreboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A survey of models that did not change opens no predictions, and a score reads each once."""
    opened: list[str] = []

    def check(_: Path, manifest: Manifest) -> None:
        opened.append(manifest.model_id)

    monkeypatch.setattr(member_scores, "check_predictions", check)
    for _ in range(2):
        survey = board.undamaged(board.scorable(board.survey()), ["a"])
    assert len(survey.entries) == 2
    assert opened == ["a", "b"]


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_choices_that_cannot_be_computed_are_refused(temperature: float) -> None:
    """A temperature that is not positive and finite; no members."""
    with pytest.raises(ValueError, match="positive number"):
        EnsembleChoice(members=("a",), tta=TtaMode.NONE, temperature=temperature)
    with pytest.raises(ValueError, match="at least one member"):
        EnsembleChoice(members=(), tta=TtaMode.NONE)


def test_a_model_that_is_not_shipped_is_scored_by_its_predictions(board: Scoreboard, tmp_path: Path) -> None:
    """As before, alone and beside another; of other weights they are refused, since nothing can make them anew."""
    before = board.score(ONE, EvaluationPart.TEST)
    ModelStore(tmp_path).withhold("a", "22 MB")
    opened = _opened(tmp_path)
    survey = opened.scorable(opened.survey())
    assert [entry.manifest.not_shipped for entry in survey.entries] == ["22 MB", None]
    assert opened.score(ONE, EvaluationPart.TEST) == before
    assert opened.against(ONE, replace(ONE, members=("b",)), EvaluationPart.VALIDATION).only_first_right == 30
    (tmp_path / "a" / PREDICTIONS_NAME).write_bytes(fake_predictions().packed("0" * 64))
    (refusal,) = opened.scorable(opened.survey()).refused
    assert "made from other weights" in refusal.reason
    assert "--refresh" not in refusal.reason


def test_a_trial_is_scored_by_its_own_few_digits(board: Scoreboard, tmp_path: Path) -> None:
    """With others by the digits that all of them have read, so that figures, tests and rankings speak of the same."""
    made = fake_predictions()
    few = Predictions(validation=made.validation[:, :400], test=made.test[:, :300], of_first_only=True)
    _write_predictions(tmp_path, "b", few)
    trial, both = replace(ONE, members=("b",)), replace(ONE, members=("a", "b"))
    assert (board.is_whole("a"), board.is_whole("b")) == (True, False)
    assert board.score(trial, EvaluationPart.VALIDATION).figures.n == 400
    assert board.score(both, EvaluationPart.TEST).figures.n == 300
    assert board.score(ONE, EvaluationPart.VALIDATION, first=400).figures.n == 400
    assert board.read_by_both(ONE, trial, EvaluationPart.VALIDATION) == 400
    assert board.against(ONE, trial, EvaluationPart.VALIDATION).p_value == 1.0  # the same answers
    assert all(each.row < 400 for each in board.misread(ONE, EvaluationPart.VALIDATION, first=400))
    assert board.fitted_temperature(both) > 0
    assert len(board.ranked(["a", "b"], TtaMode.NONE)) == 3
    assert board.coverage(trial, EvaluationPart.VALIDATION)[0].coverage == 1.0

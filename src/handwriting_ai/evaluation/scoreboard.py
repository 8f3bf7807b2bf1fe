"""Scores of models and ensembles out of the predictions kept with them: what the pages and `evaluate` show."""

import statistics
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import torch
from torch import Tensor

from handwriting_ai.architectures import count_multiply_adds
from handwriting_ai.data.mnist import DISPUTED_TEST_ROWS, DigitImages
from handwriting_ai.errors import HandwritingError
from handwriting_ai.evaluation.calibration import fit_temperature
from handwriting_ai.evaluation.member_scores import MemberScores, stacked
from handwriting_ai.evaluation.metrics import (
    CoveragePoint,
    Figures,
    ReliabilityBin,
    confusion_matrix,
    coverage_curve,
    figures,
    misread_rows,
    per_digit_accuracy,
    reliability_bins,
)
from handwriting_ai.evaluation.predictions import EvaluationDigits
from handwriting_ai.evaluation.recent import Recent
from handwriting_ai.evaluation.search import RankedSubset, rank_subsets
from handwriting_ai.evaluation.statistics import McNemar, mcnemar
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.report import Refusal
from handwriting_ai.registry.store import ModelStore

_SCORES_KEPT: Final = 256
"""Scores, which are small."""
_RESULTS_KEPT: Final = 64
"""Fitted temperatures, and rankings."""


class EvaluationPart(StrEnum):
    """What a choice is scored on."""

    VALIDATION = "validation"
    """Chooses things."""
    TEST = "test"
    """Is reported."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model whose manifest is sound."""

    manifest: Manifest
    multiply_adds: int
    """Of one picture."""

    @property
    def model_id(self) -> str:
        """The name of its folder."""
        return self.manifest.model_id


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What is in the models folder; every model is in one of the two."""

    entries: tuple[Entry, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, kw_only=True)
class Score:
    """How a choice does on one part."""

    figures: Figures
    reliability: tuple[ReliabilityBin, ...]
    per_digit: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]
    """A row for each label, a column for each answer."""


@dataclass(frozen=True, kw_only=True)
class ViewChanges:
    """What test-time augmentation changes on validation, against the original view alone."""

    corrected: int
    broken: int


@dataclass(frozen=True, kw_only=True)
class Misread:
    """One digit that a choice misreads."""

    row: int
    """In its part."""
    label: int
    answer: int
    confidence: float


class Scoreboard:
    """Reads manifests and predictions anew when they change, and scores any choice of members in milliseconds."""

    def __init__(self, store: ModelStore, digits: EvaluationDigits, signature: str) -> None:
        """Score the models of `store` that were trained for the preprocessing of this signature."""
        self.digits = digits
        self._store, self._signature = store, signature
        self._labels = {part: torch.from_numpy(self.pictures(part).labels) for part in EvaluationPart}
        self._members = MemberScores(store, digits)
        self._scores: Recent[tuple[object, ...], Score] = Recent(_SCORES_KEPT)
        self._fitted: Recent[tuple[object, ...], float] = Recent(_RESULTS_KEPT)
        self._ranked: Recent[tuple[object, ...], tuple[RankedSubset, ...]] = Recent(_RESULTS_KEPT)

    def survey(self) -> Survey:
        """Every model by its manifest: this pipeline's, of ten digits, and of a known architecture, or refused."""
        entries: list[Entry] = []
        refused: list[Refusal] = []
        for model_id in self._store.model_ids():
            try:
                entries.append(self._entry(model_id))
            except HandwritingError as error:
                refused.append(Refusal(model_id=model_id, reason=str(error)))
        return Survey(entries=tuple(entries), refused=tuple(refused))

    def scorable(self, survey: Survey) -> Survey:
        """Those of the models that have predictions as well; the others are refused with what to do."""
        return _sifted(survey, survey.entries, self._members.check_stamp)

    def undamaged(self, survey: Survey, names: Collection[str]) -> Survey:
        """The models without those of these names whose predictions turn out damaged when they are read as a whole."""
        named = [entry for entry in survey.entries if entry.model_id in names]
        return _sifted(survey, named, self._members.check_arrays)

    def is_whole(self, model_id: str) -> bool:
        """Whether a model has predictions of all digits, and not, as a trial has, of the first; raises as `score`."""
        return self._members.is_whole(self._manifest(model_id))

    def score(self, choice: EnsembleChoice, part: EvaluationPart, *, first: int | None = None) -> Score:
        """All figures of a choice on one part, as far as all of its members have read it: a trial has not far.

        Args:
            choice: members, views, temperature.
            part: of MNIST.
            first: of the first so many digits alone, to be compared with a choice that has read no more.

        Raises:
            ModelError: a member is missing, refused, or without predictions.
            ValueError: there are no members.
        """
        own = [(self._members.state(each), each.temperature) for each in map(self._manifest, choice.members)]

        def measured() -> Score:
            probs, labels = self._judged(choice, part, first)
            of_test = [row for row in sorted(DISPUTED_TEST_ROWS) if row < len(labels)]
            disputed = of_test if part is EvaluationPart.TEST else None
            rows: list[list[int]] = confusion_matrix(probs, labels).tolist()
            return Score(
                figures=figures(probs, labels, disputed),
                reliability=reliability_bins(probs, labels),
                per_digit=per_digit_accuracy(probs, labels),
                confusion=tuple(tuple(row) for row in rows),
            )

        return self._scores.get((*own, choice.tta, choice.temperature, part, first), measured)

    def coverage(self, choice: EnsembleChoice, part: EvaluationPart) -> tuple[CoveragePoint, ...]:
        """Accuracy of what is answered as ever more of the least sure is withheld; raises as `score`."""
        return coverage_curve(*self._judged(choice, part))

    def fitted_temperature(self, choice: EnsembleChoice) -> float:
        """The one temperature of all members for which this choice's validation NLL is smallest; raises as `score`."""
        manifests = [self._manifest(name) for name in choice.members]

        def fit() -> float:
            views, labels = len(views_for(choice.tta)), self._labels[EvaluationPart.VALIDATION]
            logits = stacked([self._members.load(manifest).validation[:views].float() for manifest in manifests])
            start = statistics.fmean(manifest.temperature for manifest in manifests)
            return fit_temperature(logits, labels[: logits.shape[-2]], start=start)

        return self._fitted.get((*map(self._members.state, manifests), choice.tta), fit)

    def ranked(self, names: Sequence[str], tta: TtaMode) -> tuple[RankedSubset, ...]:
        """Every subset of these models at their own temperatures; raises as `score`, and as `rank_subsets`."""
        entries = [self._entry(name) for name in names]

        def rank() -> tuple[RankedSubset, ...]:
            part = EvaluationPart.VALIDATION
            probs = stacked([self._member(entry.manifest, part, tta, None) for entry in entries])
            return rank_subsets(
                probs,
                self._labels[part][: probs.shape[-2]],
                [entry.model_id for entry in entries],
                [entry.multiply_adds for entry in entries],
            )

        key = [
            (self._members.state(entry.manifest), entry.manifest.temperature, entry.multiply_adds) for entry in entries
        ]
        return self._ranked.get((*key, tta), rank)

    def view_changes(self, choice: EnsembleChoice) -> ViewChanges:
        """How many validation digits the views correct, and how many they break; raises as `score`."""
        part = EvaluationPart.VALIDATION
        with_views = self._right(choice, part)
        without = self._right(replace(choice, tta=TtaMode.NONE), part)
        return ViewChanges(corrected=int((with_views & ~without).sum()), broken=int((without & ~with_views).sum()))

    def against(self, first: EnsembleChoice, second: EnsembleChoice, part: EvaluationPart) -> McNemar:
        """McNemar's exact test between two choices, on the digits that both have read; raises as `score`."""
        count = self.read_by_both(first, second, part)
        return mcnemar(self._right(first, part)[:count], self._right(second, part)[:count])

    def read_by_both(self, first: EnsembleChoice, second: EnsembleChoice, part: EvaluationPart) -> int:
        """How many digits of a part two choices can be compared on; raises as `score`."""
        return min(len(self._probabilities(choice, part)) for choice in (first, second))

    def misread(self, choice: EnsembleChoice, part: EvaluationPart, *, first: int | None = None) -> tuple[Misread, ...]:
        """The digits a choice misreads, the most confident first; of the `first` so many alone. Raises as `score`."""
        probs, labels = self._judged(choice, part, first)
        confidence, answers = probs.max(dim=1)
        return tuple(
            Misread(row=row, label=int(labels[row]), answer=int(answers[row]), confidence=float(confidence[row]))
            for row in misread_rows(probs, labels)
        )

    def least_sure(self, choice: EnsembleChoice, part: EvaluationPart, count: int) -> tuple[int, ...]:
        """The rows of the digits that a choice is least sure of, the hardest first; raises as `score`."""
        confidence = self._probabilities(choice, part).amax(dim=1)
        rows: list[int] = confidence.argsort()[:count].tolist()
        return tuple(rows)

    def pictures(self, part: EvaluationPart) -> DigitImages:
        """The digits of one part."""
        return self.digits.validation if part is EvaluationPart.VALIDATION else self.digits.test

    def _entry(self, model_id: str) -> Entry:
        manifest = self._manifest(model_id)
        return Entry(manifest=manifest, multiply_adds=count_multiply_adds(manifest.arch))

    def _manifest(self, model_id: str) -> Manifest:
        return self._store.fitting_manifest(model_id, signature=self._signature)

    def _member(self, manifest: Manifest, part: EvaluationPart, tta: TtaMode, temperature: float | None) -> Tensor:
        """One member's probabilities `(n, 10)`, merged over its views."""
        is_test = part is EvaluationPart.TEST
        return self._members.probabilities(manifest, test=is_test, tta=tta, temperature=temperature)

    def _probabilities(self, choice: EnsembleChoice, part: EvaluationPart) -> Tensor:
        """`(n, 10)`, as the engine merges them, of the digits that all members have read."""
        manifests = [self._manifest(name) for name in choice.members]
        each = [self._member(manifest, part, choice.tta, choice.temperature) for manifest in manifests]
        if not each:
            raise ValueError("There are no members to score.")
        return stacked(each).mean(dim=0)

    def _judged(self, choice: EnsembleChoice, part: EvaluationPart, first: int | None = None) -> tuple[Tensor, Tensor]:
        """The probabilities of the first digits, or of all that are read, and their labels."""
        probs = self._probabilities(choice, part)[:first]
        return probs, self._labels[part][: len(probs)]

    def _right(self, choice: EnsembleChoice, part: EvaluationPart) -> Tensor:
        probs, labels = self._judged(choice, part)
        return probs.argmax(dim=1) == labels


def _sifted(survey: Survey, entries: Iterable[Entry], check: Callable[[Manifest], None]) -> Survey:
    """A survey in which those of the entries that do not pass a check are refused."""
    reasons: dict[str, str] = {}
    for entry in entries:
        try:
            check(entry.manifest)
        except HandwritingError as error:
            reasons[entry.model_id] = str(error)
    return Survey(
        entries=tuple(entry for entry in survey.entries if entry.model_id not in reasons),
        refused=(*survey.refused, *(Refusal(model_id=name, reason=reason) for name, reason in reasons.items())),
    )

"""What the Compare page compares: models and presets, each with what it reads of validation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.errors import HandwritingError
from handwriting_ai.evaluation.scoreboard import Entry, EvaluationPart, Score, Scoreboard
from handwriting_ai.evaluation.statistics import wilson_interval
from handwriting_ai.plots import ModelAccuracy
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.presets import Preset
from shared import controls, wording

MOST_MEASURED: Final = 60
"""Of more models the table says what their manifests do: to read all predictions would take seconds."""
_BY_MANIFEST: Final = "1 view, by its manifest"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A model, or a preset, with the views it reads."""

    name: str
    """The model's id; a preset's name has a blank in it, which no id has."""
    label: str
    """The name without what the ids of all models begin with."""
    choice: EnsembleChoice
    members: tuple[Entry, ...]
    """At least one."""
    is_preset: bool = False
    score: Score | None = None
    """On validation; None where there are no predictions, or where they were not read."""

    @property
    def manifest(self) -> Manifest | None:
        """A model's; None of a preset."""
        return None if self.is_preset else self.members[0].manifest

    @property
    def views(self) -> int:
        """How many views the figures rest on."""
        return 1 if self.score is None else controls.view_count(self.choice.tta)

    @property
    def multiply_adds(self) -> int:
        """Of one picture, with all members and views."""
        return self.views * sum(entry.multiply_adds for entry in self.members)

    @property
    def parameters(self) -> int | None:
        """Of all members; None where a manifest does not say."""
        known = [entry.manifest.n_parameters for entry in self.members]
        return None if None in known else sum(count for count in known if count is not None)

    @property
    def has_weights(self) -> bool:
        """Whether it can be run here."""
        return all(entry.manifest.not_shipped is None for entry in self.members)

    @property
    def accuracy(self) -> ModelAccuracy:
        """On validation, in its views; without a score in one, by the manifest."""
        if self.score is not None:
            figures, basis = self.score.figures, controls.views_in_words(self.choice.tta)
            if figures.n < VALIDATION_COUNT:
                basis = f"{basis}, {figures.n:,} digits"
            accuracy, errors, (low, high) = figures.accuracy, figures.errors, figures.wilson95
        else:
            basis, accuracy = _BY_MANIFEST, self.members[0].manifest.val_acc
            errors = round((1 - accuracy) * VALIDATION_COUNT)
            low, high = wilson_interval(VALIDATION_COUNT - errors, VALIDATION_COUNT)
        return ModelAccuracy(model=self.label, accuracy=accuracy, low=low, high=high, errors=errors, basis=basis)

    @property
    def nll(self) -> float | None:
        """On validation; an old manifest does not say."""
        return self.members[0].manifest.val_nll if self.score is None else self.score.figures.nll

    @property
    def ece(self) -> float | None:
        """On validation; an old manifest does not say."""
        return self.members[0].manifest.val_ece if self.score is None else self.score.figures.ece


def of_models(entries: Sequence[Entry], tta: TtaMode) -> list[Row]:
    """A row for each model, not scored yet."""
    labels = wording.shortened([entry.model_id for entry in entries])
    return [
        Row(name=entry.model_id, label=labels[entry.model_id], choice=alone(entry.model_id, tta), members=(entry,))
        for entry in entries
    ]


def of_presets(presets: Mapping[str, Preset], entries: Sequence[Entry]) -> list[Row]:
    """A row for each preset of which all members are there, in its own views, not scored yet."""
    known = {entry.model_id: entry for entry in entries}
    return [
        Row(
            name=f"{name} (preset)",
            label=f"{name} (preset)",
            choice=EnsembleChoice(members=preset.members, tta=preset.tta),
            members=tuple(known[member] for member in preset.members),
            is_preset=True,
        )
        for name, preset in presets.items()
        if set(preset.members) <= known.keys()
    ]


def alone(model_id: str, tta: TtaMode) -> EnsembleChoice:
    """One model, at its own temperature."""
    return EnsembleChoice(members=(model_id,), tta=tta)


def scored(board: Scoreboard, row: Row) -> Row:
    """The same row with its score.

    Raises:
        HandwritingError: predictions are missing or damaged.
    """
    return replace(row, score=board.score(row.choice, EvaluationPart.VALIDATION))


def scored_where_possible(
    board: Scoreboard, rows: Sequence[Row], with_predictions: Collection[str]
) -> tuple[list[Row], dict[str, str]]:
    """All rows, scored if their members have predictions that are sound; and why others have none, by name.

    A preset that cannot be scored is left out: no manifest speaks for it.
    """
    done: list[Row] = []
    reasons: dict[str, str] = {}
    for row in rows:
        lacking = [member for member in row.choice.members if member not in with_predictions]
        try:
            done.append(row if lacking else scored(board, row))
        except HandwritingError as error:
            reasons[row.name] = str(error)
            done.append(row)
    return [row for row in done if row.score is not None or not row.is_preset], reasons


def in_order(rows: Sequence[Row]) -> list[Row]:
    """The most accurate first."""
    return sorted(rows, key=_accuracy, reverse=True)


def _accuracy(row: Row) -> float:
    return row.accuracy.accuracy

"""The tables of the Compare page: every model by its manifest, and means over seeds."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st

from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.evaluation.metrics import Figures
from handwriting_ai.evaluation.scoreboard import Entry
from handwriting_ai.evaluation.statistics import mean_and_spread
from handwriting_ai.registry.manifest import Manifest
from shared import explanations, place

ERRORS: Final = f"errors of {VALIDATION_COUNT:,}"
PREDICTIONS: Final = "predictions"
NOT_SHIPPED: Final = "not included"
_MINUTE_S: Final = 60
PERCENT: Final = 100
IN_PERCENT: Final = "%.2f%%"
"""How a table writes a number that is per cent already."""
_FEWEST_SEEDS: Final = 2


def by_accuracy(entries: Sequence[Entry]) -> list[Entry]:
    """The most accurate on validation first."""
    return sorted(entries, key=_validation_accuracy, reverse=True)


def _validation_accuracy(entry: Entry) -> float:
    return entry.manifest.val_acc


def validation_errors(manifest: Manifest) -> int:
    """How many validation digits the model misreads, by its manifest."""
    return round((1 - manifest.val_acc) * VALIDATION_COUNT)


def models_frame(entries: Sequence[Entry], with_predictions: frozenset[str]) -> pd.DataFrame:
    """A row for each model, in their order; what a manifest lacks is empty."""
    manifests = [entry.manifest for entry in entries]
    return pd.DataFrame(
        {
            "model": [each.model_id for each in manifests],
            "validation accuracy": [each.val_acc * PERCENT for each in manifests],
            ERRORS: [validation_errors(each) for each in manifests],
            "NLL": [each.val_nll for each in manifests],
            "ECE": [_scaled(each.val_ece, PERCENT) for each in manifests],
            "temperature": [each.temperature for each in manifests],
            "architecture": [each.arch for each in manifests],
            "recipe": [each.training_recipe for each in manifests],
            "parent": [each.parent_model_id for each in manifests],
            "seed": [each.training_seed for each in manifests],
            "epochs": [each.training_epochs for each in manifests],
            "parameters": [each.n_parameters for each in manifests],
            "multiply-adds": [entry.multiply_adds for entry in entries],
            "training time": [_scaled(each.train_seconds, 1 / _MINUTE_S) for each in manifests],
            "device": [each.device for each in manifests],
            "trained (UTC)": [each.created_at for each in manifests],
            "test overlap": [each.test_overlap for each in manifests],
            PREDICTIONS: [each.model_id in with_predictions for each in manifests],
            NOT_SHIPPED: [each.not_shipped for each in manifests],
        }
    )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def choose_models(entries: Sequence[Entry], with_predictions: frozenset[str], *, key: str, first: int) -> list[Entry]:
    """Show all models; return those whose rows are ticked, at the beginning the `first` that have predictions."""
    ready = [row for row, entry in enumerate(entries) if entry.model_id in with_predictions]
    remembered = [row for row, entry in enumerate(entries) if entry.model_id in place.recall(place.TICKED)]
    rows: list[int] = remembered or _different(entries, ready or list(range(len(entries))))[:first]
    column = st.column_config
    selected = st.dataframe(
        models_frame(entries, with_predictions),
        hide_index=True,
        width="stretch",
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        placeholder="–",
        alt="All models with the fields of their manifests",
        column_config={
            "validation accuracy": column.NumberColumn(format=IN_PERCENT, help="One view, from the manifest."),
            "NLL": column.NumberColumn(format="%.4f", help=explanations.NLL),
            "ECE": column.NumberColumn(format=IN_PERCENT, help=explanations.ECE),
            "temperature": column.NumberColumn(format="%.3f", help=explanations.TEMPERATURE),
            "parent": column.TextColumn(help="The model whose weights it started from; else they were fresh."),
            "recipe": column.TextColumn(help=explanations.RECIPE),
            "seed": column.NumberColumn(help=explanations.SEED),
            "parameters": column.NumberColumn(format="compact", help=explanations.PARAMETERS),
            "multiply-adds": column.NumberColumn(format="compact", help=explanations.MULTIPLY_ADDS),
            "device": column.TextColumn(help=explanations.DEVICE),
            "training time": column.NumberColumn(format="%.1f min"),
            "trained (UTC)": column.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
            "test overlap": column.TextColumn(help="Whether training data may repeat pictures of MNIST's test set."),
            PREDICTIONS: column.CheckboxColumn(help="Whether the charts can score it; the page says what makes them."),
            NOT_SHIPPED: column.TextColumn(help="Why its weights are not here: it is scored, and never loaded."),
        },
    )
    ticked: list[int] = selected.selection.rows
    chosen = [row for row in sorted(ticked) if row < len(entries)]
    place.remember(place.TICKED, [entries[row].model_id for row in chosen])
    return [entries[row] for row in chosen]


def _different(entries: Sequence[Entry], rows: Sequence[int]) -> list[int]:
    """Those rows, the best of each architecture and recipe first: seeds of one kind have little to tell apart."""
    kinds: dict[tuple[str, str | None], int] = {}
    for row in rows:
        kinds.setdefault((entries[row].manifest.arch, entries[row].manifest.training_recipe), row)
    networks: dict[str, int] = {}
    for (arch, _), row in kinds.items():
        networks.setdefault(arch, row)
    order: dict[int, None] = dict.fromkeys([*networks.values(), *kinds.values(), *rows])
    return list(order)


def seeds_frame(entries: Sequence[Entry]) -> pd.DataFrame:
    """Mean ± standard deviation of runs that differ by their seed, or their parent, alone; by mean, best first."""
    groups: dict[tuple[object, ...], list[Manifest]] = {}
    for entry in by_accuracy(entries):
        each = entry.manifest
        if each.training_recipe is not None and each.training_seed is not None:
            is_fresh = each.parent_model_id is None
            alike = (each.arch, each.training_recipe, each.recipe_hash, each.training_epochs, each.train_data, is_fresh)
            groups.setdefault(alike, []).append(each)
    repeated = [group for group in groups.values() if len({_seed_and_parent(each) for each in group}) >= _FEWEST_SEEDS]
    repeated.sort(key=_mean_accuracy, reverse=True)
    return pd.DataFrame(
        {
            "architecture": [group[0].arch for group in repeated],
            "recipe": [group[0].training_recipe for group in repeated],
            "start": ["fresh weights" if group[0].parent_model_id is None else "a model" for group in repeated],
            "epochs": [group[0].training_epochs for group in repeated],
            "runs": [len(group) for group in repeated],
            "validation accuracy": [_spread([each.val_acc for each in group], ".2%") for group in repeated],
            ERRORS: [_spread([validation_errors(each) for each in group], ".1f") for group in repeated],
            "NLL": [_spread([each.val_nll for each in group], ".4f") for group in repeated],
            "ECE": [_spread([each.val_ece for each in group], ".2%") for group in repeated],
        }
    )


def test_frame(figures: Mapping[str, Figures]) -> pd.DataFrame:
    """A row for each model: what it does on the test set."""
    return pd.DataFrame(
        {
            "model": list(figures),
            "test accuracy": [f"{each.accuracy:.2%}" for each in figures.values()],
            "95 % interval": [f"{each.wilson95[0]:.2%} to {each.wilson95[1]:.2%}" for each in figures.values()],
            "errors": [each.errors for each in figures.values()],
            "without the 15 disputed labels": [each.errors_without_disputed for each in figures.values()],
            "NLL": [f"{each.nll:.4f}" for each in figures.values()],
            "ECE": [f"{each.ece:.2%}" for each in figures.values()],
        }
    )


def _mean_accuracy(group: Sequence[Manifest]) -> float:
    """On validation, over these runs."""
    return statistics.fmean(each.val_acc for each in group)


def _seed_and_parent(manifest: Manifest) -> tuple[int | None, str | None]:
    """What makes a run another one of the same kind."""
    return manifest.training_seed, manifest.parent_model_id


def _spread(values: Sequence[float | None], style: str) -> str:
    """`99.50% ± 0.03%`, or a dash where a manifest lacks the figure."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "–"
    return mean_and_spread(known, style)

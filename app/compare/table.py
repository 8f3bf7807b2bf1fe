"""The tables of the Compare page: every model and preset, and means over seeds."""

import statistics
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st

from compare.rows import Row
from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.evaluation.metrics import Figures
from handwriting_ai.evaluation.statistics import mean_and_spread
from handwriting_ai.registry.manifest import Manifest
from shared import explanations, place

ERRORS: Final = f"errors of {VALIDATION_COUNT:,}"
VIEWS: Final = "views"
FULL_NAME: Final = "full name"
PREDICTIONS: Final = "predictions"
NOT_SHIPPED: Final = "not included"
_MINUTE_S: Final = 60
PERCENT: Final = 100
IN_PERCENT: Final = "%.2f%%"
"""How a table writes a number that is per cent already."""
_FIRST_TICKED: Final = 3
_FEWEST_SEEDS: Final = 2


def rows_frame(rows: Sequence[Row], with_predictions: Collection[str]) -> pd.DataFrame:
    """A line for each row, in their order; what a manifest lacks, and what a preset has none of, is empty."""
    manifests = [row.manifest for row in rows]
    return pd.DataFrame(
        {
            "model": [row.label for row in rows],
            "validation accuracy": [row.accuracy.accuracy * PERCENT for row in rows],
            ERRORS: [row.accuracy.errors for row in rows],
            VIEWS: [row.views for row in rows],
            "NLL": [row.nll for row in rows],
            "ECE": [_scaled(row.ece, PERCENT) for row in rows],
            "multiply-adds": [row.multiply_adds for row in rows],
            "parameters": [row.parameters for row in rows],
            "temperature": [each and each.temperature for each in manifests],
            "architecture": [each and each.arch for each in manifests],
            "recipe": [each and each.training_recipe for each in manifests],
            "parent": [each and each.parent_model_id for each in manifests],
            "seed": [each and each.training_seed for each in manifests],
            "epochs": [each and each.training_epochs for each in manifests],
            "training time": [each and _scaled(each.train_seconds, 1 / _MINUTE_S) for each in manifests],
            "device": [each and each.device for each in manifests],
            "trained (UTC)": [each and each.created_at for each in manifests],
            "test overlap": [each and each.test_overlap for each in manifests],
            PREDICTIONS: [set(row.choice.members) <= set(with_predictions) for row in rows],
            NOT_SHIPPED: [each and each.not_shipped for each in manifests],
            FULL_NAME: [row.name for row in rows],
        }
    )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def choose_rows(rows: Sequence[Row], with_predictions: Collection[str], *, key: str) -> list[Row]:
    """Show all rows; return those that are ticked."""
    first, column = _ticked_at_first(rows, with_predictions), st.column_config
    selected = st.dataframe(
        rows_frame(rows, with_predictions),
        hide_index=True,
        width="stretch",
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": first, "columns": [], "cells": []}},
        placeholder="–",
        alt="All models and presets with their figures on validation and the fields of their manifests",
        column_config={
            "model": column.TextColumn(
                help="Without what all names begin with; the last column has them in full. A preset is a named choice "
                "of models and views."
            ),
            "validation accuracy": column.NumberColumn(
                format=IN_PERCENT, help=f"Of {VALIDATION_COUNT:,} digits kept back from training."
            ),
            VIEWS: column.NumberColumn(help=explanations.VIEWS),
            "NLL": column.NumberColumn(format="%.4f", help=explanations.NLL),
            "ECE": column.NumberColumn(format=IN_PERCENT, help=explanations.ECE),
            "temperature": column.NumberColumn(format="%.3f", help=explanations.TEMPERATURE),
            "parent": column.TextColumn(help="The model whose weights it started from; else they were fresh."),
            "recipe": column.TextColumn(help=explanations.RECIPE),
            "seed": column.NumberColumn(help=explanations.SEED),
            "parameters": column.NumberColumn(format="compact", help=explanations.PARAMETERS),
            "multiply-adds": column.NumberColumn(
                format="compact", help="The arithmetic that a picture takes in these views; time goes roughly with it."
            ),
            "device": column.TextColumn(help=explanations.DEVICE),
            "training time": column.NumberColumn(format="%.1f min"),
            "trained (UTC)": column.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
            "test overlap": column.TextColumn(help="Whether training data may repeat pictures of MNIST's test set."),
            PREDICTIONS: column.CheckboxColumn(help="Whether the charts can score it; the page says what makes them."),
            NOT_SHIPPED: column.TextColumn(help="Why its weights are not here: it is scored, and never loaded."),
        },
    )
    ticked: list[int] = selected.selection.rows
    chosen = [rows[line] for line in sorted(ticked) if line < len(rows)]
    place.remember(place.TICKED, [row.name for row in chosen])
    return chosen


def _ticked_at_first(rows: Sequence[Row], with_predictions: Collection[str]) -> list[int]:
    """Those of the address; else the best model of each of three networks, of those that have predictions."""
    asked = place.recall(place.TICKED)
    models = [line for line, row in enumerate(rows) if not row.is_preset]
    ready = [line for line in models if rows[line].name in with_predictions]
    return [line for line, row in enumerate(rows) if row.name in asked] or _different(rows, ready or models)


def _different(rows: Sequence[Row], lines: Sequence[int]) -> list[int]:
    """Three of these lines, other networks and then other recipes first: seeds of one kind differ little."""
    kinds: dict[tuple[str, str | None], int] = {}
    networks: dict[str, int] = {}
    for line in lines:
        manifest = rows[line].members[0].manifest
        kinds.setdefault((manifest.arch, manifest.training_recipe), line)
        networks.setdefault(manifest.arch, line)
    order: dict[int, None] = dict.fromkeys([*networks.values(), *kinds.values(), *lines])
    return list(order)[:_FIRST_TICKED]


def seeds_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Mean ± standard deviation of runs that differ by their seed, or their parent, alone; by mean, best first."""
    groups: dict[tuple[object, ...], list[tuple[Row, Manifest]]] = {}
    for row in rows:
        each = row.manifest
        if each is not None and each.training_recipe is not None and each.training_seed is not None:
            is_fresh = each.parent_model_id is None
            made = (each.arch, each.training_recipe, each.recipe_hash, each.training_epochs, each.train_data, is_fresh)
            groups.setdefault((*made, row.views), []).append((row, each))
    repeated = [group for group in groups.values() if len({_start(each) for _, each in group}) >= _FEWEST_SEEDS]
    repeated.sort(key=_mean_accuracy, reverse=True)
    firsts = [group[0] for group in repeated]
    return pd.DataFrame(
        {
            "architecture": [each.arch for _, each in firsts],
            "recipe": [each.training_recipe for _, each in firsts],
            "start": ["fresh weights" if each.parent_model_id is None else "a model" for _, each in firsts],
            "epochs": [each.training_epochs for _, each in firsts],
            "runs": [len(group) for group in repeated],
            "validation accuracy": [_spread([row.accuracy.accuracy for row, _ in group], ".2%") for group in repeated],
            ERRORS: [_spread([row.accuracy.errors for row, _ in group], ".1f") for group in repeated],
            VIEWS: [row.views for row, _ in firsts],
            "NLL": [_spread([row.nll for row, _ in group], ".4f") for group in repeated],
            "ECE": [_spread([row.ece for row, _ in group], ".2%") for group in repeated],
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


def _mean_accuracy(group: Sequence[tuple[Row, Manifest]]) -> float:
    """On validation, over these runs."""
    return statistics.fmean(row.accuracy.accuracy for row, _ in group)


def _start(manifest: Manifest) -> tuple[int | None, str | None]:
    """What makes a run another one of the same kind."""
    return manifest.training_seed, manifest.parent_model_id


def _spread(values: Sequence[float | None], style: str) -> str:
    """`99.50% ± 0.03%`, or a dash where a manifest lacks the figure."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "–"
    return mean_and_spread(known, style)

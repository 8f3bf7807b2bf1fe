"""Charts as Vega-Lite sees them: their data, what stands on which axis, what those are told who do not see them."""

import json
from collections.abc import Callable

import altair as alt
import pytest
from pydantic import TypeAdapter

from handwriting_ai import plots
from handwriting_ai.evaluation.metrics import CoveragePoint, ReliabilityBin
from handwriting_ai.plots import DamageResult, ModelAccuracy, ModelCost

Chart = alt.Chart | alt.LayerChart | alt.FacetChart
Spec = dict[str, object]
_SPEC = TypeAdapter(Spec)
_SPECS = TypeAdapter(list[Spec])
_ROWS = TypeAdapter(dict[str, list[Spec]])

BINS = (
    ReliabilityBin(low=0.4, high=0.5, count=4, confidence=0.45, accuracy=0.25),
    ReliabilityBin(low=0.9, high=1.0, count=4_000, confidence=0.99, accuracy=0.995),
)
CURVE = (
    CoveragePoint(threshold=0.2, coverage=1.0, accuracy=0.99),
    CoveragePoint(threshold=0.9, coverage=0.5, accuracy=1.0),
)
GOOD = ModelAccuracy(model="good", accuracy=0.99, low=0.985, high=0.993, errors=50, basis="17 views")
POOR = ModelAccuracy(model="poor", accuracy=0.9, low=0.89, high=0.91, errors=500, basis="1 view")
CONFUSION = ((10, 2, 0), (0, 12, 1), (0, 0, 9))
DAMAGES = tuple(
    DamageResult(model=model, damage=damage, severity=severity, accuracy=1 - severity / 10)
    for model in ("a", "b")
    for damage in ("noise", "blur")
    for severity in (0, 1)
)
CHARTS: dict[str, Callable[[], Chart]] = {
    "reliability": lambda: plots.reliability_diagram(BINS),
    "coverage": lambda: plots.coverage_chart({"a": CURVE, "b": CURVE}),
    "intervals": lambda: plots.accuracy_intervals([POOR, GOOD]),
    "against": lambda: plots.accuracy_against([ModelCost(result=GOOD, cost=5.0)], title="Parameters"),
    "digits": lambda: plots.per_digit_accuracy({"a": [0.9] * 10}),
    "confusion": lambda: plots.confusion_heat_map(CONFUSION),
    "learning": lambda: plots.learning_curves({"a": [(1, 0.5), (2, 0.2)]}, title="Validation loss"),
    "damages": lambda: plots.damage_curves(DAMAGES, models=["a", "b"]),
    "damage": lambda: plots.damage_curve(DAMAGES[:2], models=["a", "b"]),
    "key": lambda: plots.model_key(["a", "b"], ["b"]),
}


def _spec(chart: Chart) -> Spec:
    return _SPEC.validate_json(chart.to_json())


def _layers(chart: alt.LayerChart) -> list[Spec]:
    return _SPECS.validate_python(_spec(chart)["layer"])


def _data(chart: Chart) -> list[Spec]:
    """All rows of all data sets, in their order."""
    return [row for rows in _ROWS.validate_python(_spec(chart)["datasets"]).values() for row in rows]


def _field(spec: Spec, channel: str, *path: str) -> object:
    """A value under a channel of a specification's encoding."""
    value: object = _SPEC.validate_python(spec["encoding"])[channel]
    for key in path:
        value = _SPEC.validate_python(value)[key]
    return value


@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_describes_itself(name: str) -> None:
    """For those who do not see it; titles begin with a capital letter."""
    spec = _spec(CHARTS[name]())
    assert str(spec["description"]).endswith(".")
    titles = [part.split('"')[0] for part in json.dumps(spec).split('"title": "')[1:]]
    assert all(title[0].isupper() for title in titles)


def test_reliability_has_the_diagonal_and_a_point_for_each_bin() -> None:
    """Accuracy against confidence, larger where there are more pictures."""
    chart = plots.reliability_diagram(BINS)
    _, gaps, points = _layers(chart)
    assert (_field(points, "x", "field"), _field(points, "y", "field")) == ("confidence", "accuracy")
    assert _field(points, "size", "field") == "count"
    assert _field(gaps, "y2", "field") == "confidence"
    rows = _data(chart)
    assert {"confidence": 0.0, "accuracy": 0.0} in rows
    assert {"confidence": 1.0, "accuracy": 1.0} in rows
    assert {"confidence": 0.45, "accuracy": 0.25, "count": 4, "gap": -0.2} in rows


def test_a_model_without_a_curve_keeps_its_colour() -> None:
    """So that the charts of a page agree; the legend names only what is shown."""
    full = _spec(plots.coverage_chart({"a": CURVE, "b": CURVE, "c": CURVE}))
    gap = _spec(plots.coverage_chart({"a": CURVE, "b": (), "c": CURVE}))
    assert _field(full, "color", "scale") == _field(gap, "color", "scale")
    assert _field(gap, "color", "legend", "values") == ["a", "c"]
    assert (_field(gap, "x", "field"), _field(gap, "y", "field")) == ("coverage", "accuracy")


@pytest.mark.parametrize(("count", "has_legend"), [(1, False), (2, True), (8, True), (9, False)])
def test_a_legend_stands_where_it_helps(count: int, has_legend: bool) -> None:
    """One model needs none; of more than there are colours it would mislead."""
    spec = _spec(plots.coverage_chart({f"m{number}": CURVE for number in range(count)}))
    assert (_field(spec, "color", "legend") is not None) == has_legend


def test_intervals_are_sorted_by_accuracy() -> None:
    """The best on top, each with its ends, in the colour of what its figure rests on."""
    chart = plots.accuracy_intervals([POOR, GOOD])
    intervals, points, names = _layers(chart)
    assert _field(points, "y", "sort") == ["good", "poor"]
    assert (_field(intervals, "x", "field"), _field(intervals, "x2", "field")) == ("low", "high")
    assert _field(points, "color", "scale", "domain") == ["1 view", "17 views"]
    assert _field(names, "text", "field") == "model"
    assert _data(chart)[0] == {
        "model": "poor",
        "accuracy": 0.9,
        "low": 0.89,
        "high": 0.91,
        "errors": 500,
        "basis": "1 view",
    }


@pytest.mark.parametrize(("log_scale", "kind"), [(True, "log"), (False, None)])
def test_accuracy_stands_against_cost(log_scale: bool, kind: str | None) -> None:
    """A model whose cost is not known has no point."""
    costs = [ModelCost(result=GOOD, cost=5.0), ModelCost(result=POOR, cost=None)]
    chart = plots.accuracy_against(costs, title="Parameters", log_scale=log_scale)
    intervals, points = _layers(chart)
    assert (_field(points, "x", "field"), _field(points, "x", "title")) == ("cost", "Parameters")
    assert _SPEC.validate_python(_field(points, "x", "scale")).get("type") == kind
    assert (_field(intervals, "y", "field"), _field(intervals, "y2", "field")) == ("low", "high")
    assert [row["model"] for row in _data(chart)] == ["good"]


def test_digits_stand_side_by_side() -> None:
    """A digit without pictures has no point."""
    chart = plots.per_digit_accuracy({"a": [0.9, None], "b": [0.8, 0.7]})
    spec = _spec(chart)
    assert (_field(spec, "x", "field"), _field(spec, "xOffset", "field")) == ("digit", "model")
    assert [row["accuracy"] for row in _data(chart)] == [0.9, None, 0.8, 0.7]


def test_only_errors_are_coloured() -> None:
    """Cells that nothing fell into are blank; what is read rightly is a number without colour."""
    chart = plots.confusion_heat_map(CONFUSION)
    heat, read, misread = _layers(chart)
    assert (_field(heat, "x", "field"), _field(heat, "y", "field")) == ("answer", "label")
    assert heat["data"] == misread["data"] != read["data"]
    datasets = _ROWS.validate_python(_spec(chart)["datasets"])
    name = str(_SPEC.validate_python(heat["data"])["name"])
    assert datasets[name] == [
        {"label": "0", "answer": "1", "count": 2},
        {"label": "1", "answer": "2", "count": 1},
    ]
    assert "3 misread pictures" in str(_spec(chart)["description"])


def test_a_cell_can_be_selected_where_asked_for() -> None:
    """By label and answer, under the name that the page looks for."""
    assert "params" not in _spec(plots.confusion_heat_map(CONFUSION))
    (parameter,) = _SPECS.validate_python(_spec(plots.confusion_heat_map(CONFUSION, selectable=True))["params"])
    assert parameter["name"] == plots.CELL
    assert _SPEC.validate_python(parameter["select"])["fields"] == ["label", "answer"]


@pytest.mark.parametrize(("share", "kind"), [(False, "log"), (True, None)])
def test_learning_curves_run_over_the_epochs(share: bool, kind: str | None) -> None:
    """Losses on a logarithmic scale, shares on a linear one."""
    chart = plots.learning_curves({"a": [(1, 0.5), (2, 0.2)], "b": []}, title="Validation loss", share=share)
    spec = _spec(chart)
    assert (_field(spec, "x", "field"), _field(spec, "y", "title")) == ("epoch", "Validation loss")
    assert _SPEC.validate_python(_field(spec, "y", "scale")).get("type") == kind
    assert _data(chart)[1] == {"model": "a", "epoch": 2, "value": 0.2}


def test_damages_have_a_small_chart_each() -> None:
    """In the order of the rows, with a line for each model."""
    chart = plots.damage_curves(DAMAGES, models=["a", "b"])
    spec = _spec(chart)
    assert _SPEC.validate_python(spec["facet"])["sort"] == ["Noise", "Blur"]
    inner = _SPEC.validate_python(spec["spec"])
    assert (_field(inner, "x", "field"), _field(inner, "color", "field")) == ("severity", "model")
    assert len(_data(chart)) == len(DAMAGES)


def test_one_damage_is_drawn_in_the_page_s_colours() -> None:
    """Without a legend: the key explains all of them at once."""
    spec = _spec(plots.damage_curve(DAMAGES[:2], models=["b", "a"]))
    assert spec["title"] == "Noise"
    assert _field(spec, "color", "legend") is None
    assert _field(spec, "color", "scale", "domain") == ["b", "a"]
    points, names = _layers(plots.model_key(["a", "b"], ["b"]))
    assert _field(points, "color", "scale", "domain") == ["a", "b"]
    assert _field(names, "text", "field") == "model"

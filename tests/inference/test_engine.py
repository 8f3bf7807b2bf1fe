"""The engine: loading, answering, refusing, from several threads."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.registry.samples import fresh_state, manifest

from handwriting_ai.architectures import build_fresh_state_dict
from handwriting_ai.config import DigitsSettings
from handwriting_ai.errors import EngineBusy, EngineNotReady, PredictTimeout, UnknownModel
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.inference.shelf import MOST_KEPT
from handwriting_ai.prediction import TtaMode
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.store import ModelStore

PICTURE = torch.randn(1, 28, 28, generator=torch.Generator().manual_seed(1))


def _engine(root: Path, **changes: object) -> InferenceEngine:
    values: dict[str, object] = {"model_dir": root} | changes
    settings = DigitsSettings.model_validate(values)
    return InferenceEngine(settings, threads=2, signature=preprocess_signature())


@pytest.fixture()
def engine(model_dir: Path) -> Iterator[InferenceEngine]:
    """Both models, loaded."""
    with _engine(model_dir) as made:
        made.try_load_active()
        yield made


def test_engine_without_models_says_so(tmp_path: Path) -> None:
    """Not ready, no id, and an error that names the folder."""
    with _engine(tmp_path) as engine:
        report = engine.try_load_active()
        assert (engine.ready, engine.model_id, engine.manifest, report.loaded) == (False, None, None, ())
        with pytest.raises(EngineNotReady, match=tmp_path.name):
            engine.predict(PICTURE)


def test_active_model_chooses_members_in_order(model_dir: Path) -> None:
    """Blanks are ignored, the first member's manifest is the engine's."""
    with _engine(model_dir, active_model=" second ,, first") as engine:
        assert engine.try_load_active().loaded == ("second", "first")
        assert engine.member_ids == ("second", "first")
        assert engine.manifest is not None
        assert engine.manifest.model_id == "second"
        assert engine.model_id == "ensemble_2_models"


def test_a_bad_member_is_refused_and_the_others_load(model_dir: Path) -> None:
    """The report says which and why."""
    (model_dir / "second" / "model.pt").write_bytes(b"")
    with _engine(model_dir) as engine:
        report = engine.try_load_active()
        assert report.loaded == ("first",)
        assert [refusal.model_id for refusal in report.refused] == ["second"]
        assert engine.ready


def test_a_member_that_is_not_shipped_is_refused_with_the_reason(model_dir: Path) -> None:
    """As an active one, and as one that a request names."""
    ModelStore(model_dir).withhold("second", "22 MB")
    with _engine(model_dir, active_model="first,second") as engine:
        for report in (engine.try_load_active(), engine.make_available(["second"])):
            (refusal,) = report.refused
            assert refusal.reason.startswith("Model 'second' is not shipped (22 MB)")
        assert engine.member_ids == ("first",)
    with _engine(model_dir) as engine:
        assert engine.try_load_active().refused == ()


def test_an_engine_knows_what_has_changed_on_the_disk(model_dir: Path) -> None:
    """A model that came, went or was replaced, and a preset; one that stays refused is no change."""
    (model_dir / "second" / "model.pt").write_bytes(b"")
    store = ModelStore(model_dir)

    def changed(engine: InferenceEngine) -> bool:
        before = engine.is_outdated()
        engine.try_load_active()
        return before and not engine.is_outdated()

    with _engine(model_dir) as engine:
        assert changed(engine)
        assert not engine.is_outdated()
        fields: dict[str, object] = {"preprocess_hash": preprocess_signature(), "temperature": 3.0}
        store.register(manifest("first").model_copy(update=fields), fresh_state(), force=True)
        assert changed(engine)
        assert engine.manifest is not None
        assert engine.manifest.temperature == 3.0
        store.delete("second")
        assert changed(engine)
        presets: dict[str, object] = {"default": {"members": ["first"], "tta": "basic"}}
        (model_dir / "presets.json").write_text(json.dumps(presets), encoding="utf-8")
        store.register(manifest("third").model_copy(update=fields), fresh_state())
        assert not engine.is_outdated()  # the preset has the same member as before
        (model_dir / "presets.json").unlink()
        assert changed(engine)
        assert engine.member_ids == ("first", "third")


def test_a_model_of_other_classes_is_refused(model_dir: Path) -> None:
    """Its answers cannot be averaged with digits."""
    fields = {"preprocess_hash": preprocess_signature(), "n_classes": 4}
    ModelStore(model_dir).register(manifest("letters").model_copy(update=fields), build_fresh_state_dict("compact", 4))
    with _engine(model_dir) as engine:
        report = engine.try_load_active()
        assert report.loaded == ("first", "second")
        assert [refusal.reason for refusal in report.refused] == ["Model 'letters' has 4 classes, not 10."]


def test_answers_are_the_same_from_run_to_run(engine: InferenceEngine) -> None:
    """Bit for bit, also through the batch."""
    options = PredictOptions(tta=TtaMode.ADVANCED)
    as_array: NDArray[np.float32] = PICTURE.numpy()
    first, second = engine.predict(PICTURE, options), engine.predict(as_array, options)
    assert first.probs == second.probs
    batched = engine.predict_batch(PICTURE.unsqueeze(0), options)
    torch.testing.assert_close(torch.tensor(first.probs), batched[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("count", [0, 1, 70])
def test_batches_of_any_size(engine: InferenceEngine, count: int) -> None:
    """Rows sum to one."""
    probs = engine.predict_batch(torch.randn(count, 1, 28, 28))
    assert probs.shape == (count, 10)
    torch.testing.assert_close(probs.sum(dim=1), torch.ones(count))


def test_members_and_temperature_can_be_chosen_for_one_request(engine: InferenceEngine) -> None:
    """A higher temperature is less sure; one member answers under its own name."""
    cool = engine.predict(PICTURE, PredictOptions(members=("second",), temperature=0.5))
    warm = engine.predict(PICTURE, PredictOptions(members=("second",), temperature=5.0))
    assert cool.model_id == "second"
    assert warm.confidence < cool.confidence
    assert warm.members[0].temperature == 5.0


def test_manifest_temperatures_hold_unless_overridden(model_dir: Path, engine: InferenceEngine) -> None:
    """DIGITS__TEMPERATURE_OVERRIDE replaces every member's."""
    assert [member.temperature for member in engine.predict(PICTURE).members] == [1.25, 0.8]
    with _engine(model_dir, temperature_override=2.0) as overridden:
        overridden.try_load_active()
        assert [member.temperature for member in overridden.predict(PICTURE).members] == [2.0, 2.0]


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_temperature_is_refused(temperature: float) -> None:
    """The error gives the value."""
    with pytest.raises(ValueError, match="positive number"):
        PredictOptions(temperature=temperature)


def test_an_unknown_member_is_refused(engine: InferenceEngine) -> None:
    """The error lists those that are loaded."""
    with pytest.raises(UnknownModel, match=r"Not loaded: third\. Loaded: first, second"):
        engine.predict(PICTURE, PredictOptions(members=("third",)))


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (torch.zeros(28, 28), r"Expected one picture \(1, 28, 28\), got shape \(28, 28\)"),
        (torch.zeros(2, 1, 28, 28), r"got shape \(2, 1, 28, 28\)"),
        (torch.full((1, 28, 28), float("nan")), "NaN"),
    ],
)
def test_bad_pictures_are_refused(engine: InferenceEngine, picture: torch.Tensor, message: str) -> None:
    """Before anything is queued."""
    with pytest.raises(ValueError, match=message):
        engine.predict(picture)


def test_switches_set_the_mode(model_dir: Path) -> None:
    """Advanced wins over basic; a preset's mode yields to a switch."""
    (model_dir / "presets.json").write_text('{"quick": {"members": ["first"], "tta": "basic"}}', encoding="utf-8")
    for changes, expected in (
        ({"active_model": "first"}, TtaMode.NONE),
        ({"active_model": "first", "tta": True, "tta_advanced": True}, TtaMode.ADVANCED),
        ({"active_model": "quick"}, TtaMode.BASIC),
        ({"active_model": "quick", "tta": False}, TtaMode.NONE),
    ):
        with _engine(model_dir, **changes) as engine:
            engine.try_load_active()
            assert engine.tta_mode == expected
            assert len(engine.predict(PICTURE).views) == {"none": 1, "basic": 5, "advanced": 17}[expected]


def test_many_threads_get_their_own_answers(engine: InferenceEngine) -> None:
    """Eight clients at once read what one alone reads."""
    pictures = [torch.randn(1, 28, 28) for _ in range(8)]
    alone = [engine.predict(picture).probs for picture in pictures]
    with ThreadPoolExecutor(8) as clients:
        together = [answer.probs for answer in clients.map(engine.predict, pictures)]
    assert together == alone


def test_a_full_queue_says_busy_and_recovers(engine: InferenceEngine) -> None:
    """No more than the bounded number of requests wait."""
    gate = threading.Event()
    blockers = [engine._compute.submit(gate.wait, 30) for _ in range(2)]
    futures = [engine.submit_predict(PICTURE) for _ in range(16)]
    with pytest.raises(EngineBusy):
        engine.submit_predict(PICTURE)
    gate.set()
    assert {future.result(timeout=30).digit for future in futures} == {engine.predict(PICTURE).digit}
    assert all(blocker.result() for blocker in blockers)


def test_a_slow_answer_times_out(model_dir: Path) -> None:
    """The error names the variable; the engine goes on."""
    with _engine(model_dir, predict_timeout_seconds=0.2) as engine:
        engine.try_load_active()
        gate = threading.Event()
        for _ in range(2):
            engine._compute.submit(gate.wait, 30)
        with pytest.raises(PredictTimeout, match="DIGITS__PREDICT_TIMEOUT_SECONDS"):
            engine.predict(PICTURE)
        gate.set()
        time.sleep(0.2)
        assert engine.submit_predict(PICTURE).result(timeout=30).probs


def test_reload_under_load_never_breaks_an_answer(engine: InferenceEngine) -> None:
    """Each answer comes from one whole set."""
    expected = engine.predict(PICTURE).probs
    with ThreadPoolExecutor(1) as background:
        reloads = background.submit(lambda: [engine.try_load_active() for _ in range(3)])
        answers = [engine.predict(PICTURE).probs for _ in range(30)]
        reloads.result()
    assert set(answers) == {expected}


def test_a_failed_reload_keeps_the_running_set(engine: InferenceEngine, model_dir: Path) -> None:
    """What ran goes on running."""
    for name in ("first", "second"):
        (model_dir / name / "manifest.json").write_text("{", encoding="utf-8")
    report = engine.try_load_active()
    assert len(report.refused) == 2
    assert len(engine.member_ids) == 2


def _replace(root: Path, model_id: str, *, temperature: float, factor: float) -> None:
    """Register another model under this name."""
    stored = ModelStore(root).read("first", signature=preprocess_signature())
    changes: dict[str, object] = {"model_id": model_id, "temperature": temperature}
    weights = {name: tensor * factor for name, tensor in stored.state.items()}
    ModelStore(root).register(stored.manifest.model_copy(update=changes), weights, force=True)


@pytest.mark.parametrize("active", ["first", "second"])
def test_a_model_replaced_on_disk_is_loaded_anew(model_dir: Path, active: str) -> None:
    """Where a request names it, be it active or not; requests that name none keep the active set."""
    with _engine(model_dir, active_model=active) as engine:
        engine.try_load_active()
        before = engine.predict(PICTURE).probs
        options = PredictOptions(members=("second",))
        assert engine.make_available(["second"]).loaded == (() if active == "second" else ("second",))
        old = engine.predict(PICTURE, options)
        assert engine.make_available(["second"]).loaded == ()
        _replace(model_dir, "second", temperature=2.5, factor=1.2)
        assert engine.make_available(["second"]).loaded == ("second",)
        new = engine.predict(PICTURE, options)
        assert new.members[0].temperature == 2.5
        assert new.probs != old.probs
        assert engine.predict(PICTURE).probs == before
        engine.try_load_active()
        assert (engine.predict(PICTURE).probs == before) == (active == "first")


def test_a_replacement_that_is_refused_is_not_answered_with(model_dir: Path) -> None:
    """The old model is forgotten; one whose folder is gone goes on answering."""
    with _engine(model_dir, active_model="first") as engine:
        engine.try_load_active()
        engine.make_available(["second"])
        shutil.move(model_dir / "second", model_dir / ".away")
        assert engine.make_available(["second"]).refused == ()
        assert engine.predict(PICTURE, PredictOptions(members=("second",))).probs
        shutil.move(model_dir / ".away", model_dir / "second")
        (model_dir / "second" / "model.pt").write_bytes(b"")
        assert [each.model_id for each in engine.make_available(["second"]).refused] == ["second"]
        with pytest.raises(UnknownModel, match="Not loaded: second"):
            engine.predict(PICTURE, PredictOptions(members=("second",)))


def test_only_the_last_models_stay_loaded(model_dir: Path) -> None:
    """But all of one request."""
    names = [f"m{number:02}" for number in range(MOST_KEPT + 2)]
    for name in names:
        shutil.copytree(model_dir / "first", model_dir / name)
        text = (model_dir / name / "manifest.json").read_text(encoding="utf-8")
        (model_dir / name / "manifest.json").write_text(text.replace('"first"', f'"{name}"'), encoding="utf-8")
    with _engine(model_dir, active_model="first") as engine:
        engine.try_load_active()
        for name in names[:MOST_KEPT]:
            engine.make_available([name])
        engine.make_available([names[0]])
        assert engine.make_available(names[-2:]).loaded == tuple(names[-2:])
        assert engine.make_available([names[0]]).loaded == ()
        assert engine.make_available([names[1]]).loaded == (names[1],)
        engine.make_available(names)
        assert len(engine.predict(PICTURE, PredictOptions(members=tuple(names))).members) == MOST_KEPT + 2


def test_many_threads_load_models_at_once(model_dir: Path) -> None:
    """None forgets what another has loaded."""
    names = [f"m{number}" for number in range(6)]
    for name in names:
        _replace(model_dir, name, temperature=1.0, factor=1.0)
    with _engine(model_dir, active_model="first") as engine, ThreadPoolExecutor(6) as threads:
        engine.try_load_active()
        pending = [threads.submit(engine.make_available, [name]) for name in names]
        assert [each.result().loaded for each in pending] == [(name,) for name in names]
        assert len(engine.predict(PICTURE, PredictOptions(members=tuple(names))).members) == 6

"""An ensemble as one ONNX file: it answers as the engine does, or it is not written."""

import functools
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from pydantic import TypeAdapter
from tests.digit_strokes import DIGIT_STROKES
from tests.registry.samples import manifest
from torch import Tensor
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.architectures import build_fresh_state_dict
from handwriting_ai.config import PROJECT_ROOT, DigitsSettings
from handwriting_ai.data.rendering import drawn_at, through_preprocessing
from handwriting_ai.errors import ExportError, HandwritingError, ModelRefused
from handwriting_ai.export.check import check_pictures
from handwriting_ai.export.write import Exported, export_ensemble
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.inference.members import Member, load_members
from handwriting_ai.inference.views import View, views_for
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.preprocess import normalize, preprocess_signature
from handwriting_ai.registry.manifest import MANIFEST_NAME, Manifest, read_manifest, write_manifest
from handwriting_ai.registry.report import LoadReport
from handwriting_ai.registry.store import ModelStore

RUNNER = CliRunner()
Export: TypeAlias = "Callable[[EnsembleChoice], Exported]"
_BOTH = ("first", "second")
_SHARP = 0.02
"""Fresh networks hardly tell digits apart; at such a temperature their probabilities spread from 0 to 1."""
_ONE_VIEW = EnsembleChoice(members=("first",), tta=TtaMode.NONE)
_AT_ONE_TEMPERATURE = EnsembleChoice(members=_BOTH, tta=TtaMode.NONE, temperature=_SHARP / 2)
_FIVE_VIEWS = EnsembleChoice(members=_BOTH, tta=TtaMode.BASIC)
_ALL_VIEWS = EnsembleChoice(members=_BOTH, tta=TtaMode.ADVANCED)


@pytest.fixture(scope="module")
def sharp_models(two_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models folder with temperatures of which each counts; nobody writes here."""
    root = shutil.copytree(two_models, tmp_path_factory.mktemp("sharp") / "models")
    for model_id, temperature in (("first", _SHARP), ("second", 2 * _SHARP)):
        _set_temperature(root / model_id / MANIFEST_NAME, temperature)
    return root


def _set_temperature(path: Path, temperature: float) -> None:
    update: dict[str, object] = {"temperature": temperature}
    write_manifest(path, read_manifest(path).model_copy(update=update))


@pytest.fixture()
def models(sharp_models: Path, tmp_path: Path) -> Path:
    """The same, to write in."""
    return shutil.copytree(sharp_models, tmp_path / "models")


@contextmanager
def _unmeasured() -> Iterator[None]:
    """Without coverage, which follows each of the exporter's million calls; the command's exports are measured."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


@pytest.fixture(scope="module")
def exported(sharp_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Exports an ensemble of `sharp_models` once for all tests that read its file."""
    folder = tmp_path_factory.mktemp("exported")

    def export(choice: EnsembleChoice) -> Exported:
        with _unmeasured():
            return export_ensemble(choice, sharp_models, folder / f"{choice.tta}_{choice.temperature}.onnx")

    return functools.cache(export)


@pytest.fixture()
def output(tmp_path: Path) -> Path:
    """A file in a folder of its own."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "digits.onnx"


def _pictures(count: int) -> Tensor:
    """Noise, of another seed than the exporter's own check, `(count, 1, 28, 28)`."""
    return torch.randn(count, 1, 28, 28, generator=torch.Generator().manual_seed(count))


def _by_runtime(path: Path, batch: Tensor) -> Tensor:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x: NDArray[np.float32] = batch.numpy()
    return torch.from_numpy(session.run(None, {"x": x})[0])


def _by_engine(root: Path, choice: EnsembleChoice, batch: Tensor) -> Tensor:
    settings = DigitsSettings(model_dir=root)
    options = PredictOptions(tta=choice.tta, temperature=choice.temperature, members=choice.members)
    with InferenceEngine(settings, threads=1, signature=preprocess_signature()) as engine:
        engine.make_available(choice.members)
        return engine.predict_batch(batch, options)


@pytest.mark.parametrize(
    "choice", [_AT_ONE_TEMPERATURE, _FIVE_VIEWS, _ALL_VIEWS], ids=["at one temperature", "five views", "all views"]
)
def test_the_file_answers_as_the_engine_does(sharp_models: Path, exported: Export, choice: EnsembleChoice) -> None:
    """Both members, each mode, their own temperatures or one for all, batches of any size."""
    done = exported(choice)
    expected_size = done.path.stat().st_size
    assert (done.members, done.n_views, done.size_bytes) == (_BOTH, len(views_for(choice.tta)), expected_size)
    for batch in (_pictures(1), _pictures(2), _pictures(9), check_pictures()):
        expected = _by_engine(sharp_models, choice, batch)
        assert float(expected.max()) > 2 * float(expected.mean())
        torch.testing.assert_close(_by_runtime(done.path, batch), expected, atol=1e-5, rtol=0)
    assert _by_runtime(done.path, torch.zeros(0, 1, 28, 28)).shape == (0, 10)


@pytest.mark.parametrize("arch", ["resnet18", "densenet_bc100", "simplecnn_m5"])
def test_other_architectures_are_exported(tmp_path: Path, output: Path, arch: str) -> None:
    """With shortcuts, joined features, unpadded convolutions and batch norms that the engine does not fold."""
    update: dict[str, object] = {"arch": arch, "temperature": _SHARP, "preprocess_hash": preprocess_signature()}
    ModelStore(tmp_path / "models").register(
        manifest("first").model_copy(update=update), build_fresh_state_dict(arch, 10)
    )
    with _unmeasured():
        export_ensemble(_ONE_VIEW, tmp_path / "models", output)
    batch = _pictures(3)
    expected = _by_engine(tmp_path / "models", _ONE_VIEW, batch)
    torch.testing.assert_close(_by_runtime(output, batch), expected, atol=1e-5, rtol=0)


def test_the_file_says_what_it_is(sharp_models: Path, exported: Export) -> None:
    """Manifests, views, temperatures, preprocessing and version; nothing of the machine it was made on."""
    path = exported(_FIVE_VIEWS).path
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    says = session.get_modelmeta().custom_metadata_map
    manifests = TypeAdapter(list[Manifest]).validate_json(says["manifests"])
    assert manifests == [read_manifest(sharp_models / model_id / MANIFEST_NAME) for model_id in _BOTH]
    assert TypeAdapter(list[float]).validate_json(says["temperatures"]) == [_SHARP, 2 * _SHARP]
    assert TypeAdapter(list[str]).validate_json(says["views"]) == ["original", "up", "down", "left", "right"]
    assert (says["tta"], says["preprocess_signature"]) == ("basic", preprocess_signature())
    assert says["handwriting_ai_version"] == version("handwriting-ai")
    assert (float(says["input_mean"]), float(says["input_std"])) == (0.1307, 0.3081)
    assert "ink bright" in says["input"]
    content = path.read_bytes()
    assert str(PROJECT_ROOT).encode() not in content
    assert b"site-packages" not in content


def _shifted_weights(root: Path, model_ids: Sequence[str], *, signature: str) -> tuple[tuple[Member, ...], LoadReport]:
    """As `load_members`, with one bias changed."""
    members, report = load_members(root, model_ids, signature=signature)
    *_, last = members[-1].network.parameters()
    last.data += torch.linspace(0, 0.01, len(last))
    return members, report


def _fewer_views(_: TtaMode) -> tuple[View, ...]:
    return views_for(TtaMode.ADVANCED)[:-1]


@pytest.fixture()
def traced_before(exported: Export, monkeypatch: pytest.MonkeyPatch) -> EnsembleChoice:
    """An ensemble whose graph need not be traced again; all else of its export is done."""
    content = exported(_ALL_VIEWS).path.read_bytes()

    def made_before(members: Sequence[Member], choice: EnsembleChoice) -> bytes:
        assert (tuple(member.model_id for member in members), choice) == (_BOTH, _ALL_VIEWS)
        return content

    monkeypatch.setattr("handwriting_ai.export.write.as_onnx", made_before)
    return _ALL_VIEWS


@pytest.mark.parametrize(
    ("place", "spoilt"),
    [
        ("handwriting_ai.inference.shelf.load_members", _shifted_weights),
        ("handwriting_ai.inference.engine.views_for", _fewer_views),
    ],
    ids=["weights", "views"],
)
def test_a_graph_that_differs_is_not_written(
    models: Path,
    output: Path,
    traced_before: EnsembleChoice,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    spoilt: object,
) -> None:
    """The engine's weights are off by a little, or it lacks a view: an error that says by how much, and no new file."""
    output.write_bytes(b"before")
    monkeypatch.setattr(place, spoilt)
    with pytest.raises(ExportError, match=r"differ by \d\.\de-0\d in a probability"):
        export_ensemble(traced_before, models, output, force=True)
    assert [path.read_bytes() for path in output.parent.iterdir()] == [b"before"]


def test_a_graph_of_other_weights_is_not_written(models: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is traced is off by a little from what the engine loads."""
    monkeypatch.setattr("handwriting_ai.export.write.load_members", _shifted_weights)
    with _unmeasured(), pytest.raises(ExportError, match=r"differ by \d\.\de-0\d in a probability"):
        export_ensemble(_ONE_VIEW, models, output)
    assert not output.exists()


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An export that cannot be, and what is said."""

    message: str
    error: type[HandwritingError] = ExportError
    members: tuple[str, ...] = ("first",)
    file: str = "digits.onnx"


@pytest.mark.parametrize(
    "case",
    [
        Refused(message="There is no model 'nobody'", error=ModelRefused, members=("first", "nobody")),
        Refused(message="Model 'second' cannot be loaded: ", error=ModelRefused, members=_BOTH),
        Refused(message="there is no folder", file="nowhere/digits.onnx"),
        Refused(message="taken.onnx exists. Use --force", file="taken.onnx"),
    ],
    ids=str,
)
def test_what_cannot_be_exported_is_said(models: Path, output: Path, case: Refused) -> None:
    """A missing or broken model, a file in the way: one sentence, and nothing is left."""
    (models / "second" / "model.pt").write_bytes(b"")
    (output.parent / "taken.onnx").write_bytes(b"before")
    choice = EnsembleChoice(members=case.members, tta=TtaMode.NONE)
    with pytest.raises(case.error, match=re.escape(case.message)):
        export_ensemble(choice, models, output.parent / case.file)
    assert sorted(path.name for path in output.parent.iterdir()) == ["taken.onnx"]
    assert (output.parent / "taken.onnx").read_bytes() == b"before"


def test_a_file_that_cannot_be_written_is_said(models: Path, output: Path, traced_before: EnsembleChoice) -> None:
    """A folder is in its place: one sentence, and nothing is left."""
    output.mkdir()
    with pytest.raises(ExportError, match=r"digits\.onnx cannot be written: "):
        export_ensemble(traced_before, models, output, force=True)
    assert [path.name for path in output.parent.iterdir()] == [output.name]
    assert list(output.iterdir()) == []


def test_more_weights_than_a_file_can_hold_are_refused(
    models: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the size and the limit."""
    monkeypatch.setattr("handwriting_ai.export.graph._MOST_BYTES", 1_000)
    with pytest.raises(ExportError, match="holds 1,000 at most"):
        export_ensemble(_ONE_VIEW, models, output)


@pytest.mark.usefixtures("clean_environment")
def test_the_command_takes_presets_and_says_what_it_wrote(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line on standard output; a second time only with --force; the environment's temperature is no part of it."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(models))
    monkeypatch.setenv("DIGITS__TEMPERATURE_OVERRIDE", "3")
    (models / "presets.json").write_text(
        '{"default": {"members": ["first", "second", "first"], "tta": "basic"}}', encoding="utf-8"
    )
    result = RUNNER.invoke(cli.app, ["export"])
    assert result.exit_code == 0, result.exception
    assert re.fullmatch(
        r"Wrote ensemble_2_models\.onnx \(2\.\d MB; models: 2, views: 5\)\. Largest difference from the engine's "
        r"probabilities: \de-0\d\.\n",
        result.stdout,
    )
    assert result.stderr.splitlines() == [
        "Tracing first, second with TTA basic.",
        "Comparing the graph's answers with the engine's.",
    ]
    says = onnxruntime.InferenceSession("ensemble_2_models.onnx").get_modelmeta().custom_metadata_map
    assert TypeAdapter(list[float]).validate_json(says["temperatures"]) == [_SHARP, 2 * _SHARP]
    assert "--force" in str(RUNNER.invoke(cli.app, ["export"]).exception)
    again = ["export", "first", "--tta", "none", "--temperature", "0.5", "--output", "ensemble_2_models.onnx"]
    assert "models: 1, views: 1" in RUNNER.invoke(cli.app, [*again, "--format", "onnx", "--force"]).stdout


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nobody"], 1, "There is no preset and no model 'nobody'"),
        (["--temperature", "0"], 2, "must be a positive number"),
        (["--format", "tflite"], 2, "--format"),
    ],
)
def test_the_command_refuses(
    models: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, message: str
) -> None:
    """Unknown models, temperatures and formats."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(models))
    result = RUNNER.invoke(cli.app, ["export", *arguments], env={"COLUMNS": "120"})
    assert result.exit_code == status
    assert message in result.output + str(result.exception)


_PLAIN_MACHINE = """
import sys
for name in ("torch", "handwriting_ai", "onnx"):
    sys.modules[name] = None  # importing it then fails, as if it were not installed
"""


def test_the_examples_of_the_documentation_run(sharp_models: Path, output: Path, exported: Export) -> None:
    """The first without torch or this package; all read the same digit as the engine, the last of them as a page."""
    page = (PROJECT_ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    examples: list[str] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    shutil.copy(exported(_ALL_VIEWS).path, output)
    top: NDArray[np.float64] = np.array(DIGIT_STROKES[7][0])
    canvas = drawn_at([top], pen_px=18)
    small = through_preprocessing(canvas)
    Image.fromarray(small).save(output.parent / "seven.png")
    Image.fromarray(np.subtract(np.uint8(255), canvas)).save(output.parent / "photo.png")
    shutil.copy(output.parent / "photo.png", output.parent / "page.png")
    x = torch.from_numpy(normalize(small)).view(1, 1, 28, 28)
    expected = int(_by_engine(sharp_models, _ALL_VIEWS, x).argmax())
    for example, before in zip(examples, (_PLAIN_MACHINE, "", ""), strict=True):
        done = subprocess.run(
            [sys.executable, "-c", before + example],
            cwd=output.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[0] == str(expected)

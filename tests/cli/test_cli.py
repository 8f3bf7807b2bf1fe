"""The command line, as a person types it."""

import gzip
import logging
import shutil
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter
from tests.browser import answers, plain_environment, running_dashboard
from tests.evaluation.samples import register_with_predictions
from tests.registry.samples import fresh_state, manifest, names_in, saved, write_model
from typer.main import get_command
from typer.testing import CliRunner

from handwriting_ai import cli
from handwriting_ai.architectures import build_fresh_state_dict
from handwriting_ai.cli.train import parse_seeds
from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.data.split import split_rows
from handwriting_ai.errors import DataMissing, ModelNamed
from handwriting_ai.jobs.types import MOST_EPOCHS
from handwriting_ai.preprocess import FORMAT_NAMES, preprocess_signature
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.torchvision_ops import declare_missing_operators, download_emnist

RUNNER = CliRunner()
_ROW = TypeAdapter(dict[str, object])


@pytest.fixture()
def pictures(tmp_path: Path) -> Path:
    """A folder with one drawing, one blank page and one broken file."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    canvas = np.full((280, 280), 255, dtype=np.uint8)
    Image.fromarray(canvas).save(folder / "blank.png")
    canvas[40:240, 130:150] = 0
    Image.fromarray(canvas).save(folder / "a_one.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not read", encoding="utf-8")
    return folder


@pytest.mark.usefixtures("clean_environment")
def test_predict_reads_a_folder_and_reports_what_it_cannot(
    monkeypatch: pytest.MonkeyPatch, model_dir: Path, pictures: Path
) -> None:
    """One JSON object a line; an unreadable file gives an error object and status 1, the rest are read."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    result = RUNNER.invoke(cli.app, ["predict", str(pictures), "--json"])
    rows = [_ROW.validate_json(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [Path(str(row["path"])).name for row in rows] == ["a_one.png", "blank.png", "broken.jpg"]
    answer = {"digit", "confidence", "probs", "model_id", "uncertain", "left_out_share", "digits_found", "doubts"}
    assert set(rows[0]) == {"path", *answer}
    assert "No digit found" in str(rows[1]["error"])
    assert "not a picture" in str(rows[2]["error"])


@pytest.mark.usefixtures("clean_environment")
def test_predict_says_that_ink_was_left_out(
    monkeypatch: pytest.MonkeyPatch, model_dir: Path, pictures: Path, tmp_path: Path
) -> None:
    """Of two digits one is read; of one digit nothing is said."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    canvas = np.full((280, 560), 255, dtype=np.uint8)
    canvas[40:240, 60:80] = 0
    canvas[40:240, 400:420] = 0
    Image.fromarray(canvas).save(tmp_path / "eleven.png")
    result = RUNNER.invoke(cli.app, ["predict", str(tmp_path / "eleven.png"), str(pictures / "a_one.png")])
    eleven, one = result.stdout.splitlines()
    assert "(50% of the ink left out: one digit a picture)" in eleven
    assert "several digits" in eleven
    assert "left out" not in one


@pytest.mark.usefixtures("clean_environment")
def test_predict_names_a_folder_without_pictures(
    monkeypatch: pytest.MonkeyPatch, model_dir: Path, tmp_path: Path
) -> None:
    """Rather than end in silence, as if all had been read."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    (tmp_path / "empty").mkdir()
    result = RUNNER.invoke(cli.app, ["predict", str(tmp_path / "empty")])
    assert result.exit_code == 1
    assert f"empty: No pictures ({FORMAT_NAMES}) are in this folder." in result.stdout


@pytest.mark.usefixtures("clean_environment")
def test_predict_speaks_to_people_without_json(
    monkeypatch: pytest.MonkeyPatch, model_dir: Path, pictures: Path
) -> None:
    """A digit, a doubt where there is one, a confidence; refused members on standard error."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    (model_dir / "second" / "model.pt").write_bytes(b"")
    result = RUNNER.invoke(cli.app, ["predict", str(pictures / "a_one.png")])
    assert result.exit_code == 0
    assert "a_one.png:" in result.stdout
    assert "%" in result.stdout
    assert "Refused second" in result.stderr


@pytest.mark.usefixtures("clean_environment")
def test_a_missing_file_is_an_error_object(monkeypatch: pytest.MonkeyPatch, model_dir: Path, tmp_path: Path) -> None:
    """Named, with the reason."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    result = RUNNER.invoke(cli.app, ["predict", str(tmp_path / "nowhere.png"), "--json"])
    row = _ROW.validate_json(result.stdout)
    assert result.exit_code == 1
    assert "No such file" in str(row["error"])


@pytest.mark.usefixtures("clean_environment")
def test_models_are_listed(monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> None:
    """A sound model and a refused one."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    (model_dir / "second" / "manifest.json").write_text("{", encoding="utf-8")
    fields: dict[str, object] = {"preprocess_hash": "v0/other"}
    ModelStore(model_dir).register(manifest("third").model_copy(update=fields), fresh_state())
    listed = RUNNER.invoke(cli.app, ["models", "list"], env={"COLUMNS": "200"})
    assert "first" in listed.stdout
    assert listed.stdout.count("refused") == 2
    (reason,) = [line for line in listed.stdout.splitlines() if line.startswith("third: ")]
    assert "v0/other" in reason


def test_the_dashboard_starts_where_it_is_asked_for(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in the settings start from there, so Streamlit's own settings go along as options."""
    started: list[str] = []

    def take_over(_: str, command: list[str]) -> None:
        started.extend(command)

    monkeypatch.setattr("os.execv", take_over)
    monkeypatch.setenv("STREAMLIT_CLIENT_TOOLBAR_MODE", "viewer")
    monkeypatch.setenv("DIGITS__MAX_IMAGE_MB", "29.5")
    assert RUNNER.invoke(cli.app, ["app", "--port", "8600"]).exit_code == 0
    assert Path.cwd() == clean_environment
    assert started[1:4] == ["-m", "streamlit", "run"]
    assert {
        "--server.port=8600",
        "--server.maxUploadSize=30",
        "--browser.gatherUsageStats=false",
        "--theme.light.primaryColor=#2358BE",
    } <= set(started)
    assert not any("toolbarMode" in option for option in started)


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("command", ["app", "api"])
def test_a_server_whose_port_is_taken_names_the_option(command: str) -> None:
    """Before anything is loaded or started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address: tuple[str, int] = taken.getsockname()
        result = RUNNER.invoke(cli.app, [command, "--port", str(address[1])], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert f"--port: {address[1]} is taken. Choose another." in result.stderr


@pytest.mark.usefixtures("clean_environment")
def test_a_host_that_is_none_is_named() -> None:
    """With the option; `a..b` is no host's name at all."""
    result = RUNNER.invoke(cli.app, ["app", "--host", "a..b"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "--host: There is no host 'a..b'." in result.stderr


def test_the_version_is_that_of_the_package() -> None:
    """As `pip list` shows it, and as `python -m handwriting_ai` says."""
    assert RUNNER.invoke(cli.app, ["--version"]).stdout == f"{version('handwriting-ai')}\n"
    module = [sys.executable, "-m", "handwriting_ai", "--version"]
    done = subprocess.run(module, capture_output=True, text=True, check=True)
    assert done.stdout == f"{version('handwriting-ai')}\n"


@pytest.mark.usefixtures("clean_environment")
def test_a_variable_that_is_ignored_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One underscore short; the command goes on."""
    monkeypatch.setenv("DIGITS_MODEL_DIR", "elsewhere")
    monkeypatch.setattr("sys.argv", ["handwriting-ai", "models", "architectures"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert (ended.value.code, said.err) == (
        0,
        "Warning: DIGITS_MODEL_DIR is ignored. Did you mean DIGITS__MODEL_DIR?\n",
    )
    assert "compact" in said.out


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("command", [["models", "list"], ["models", "verify"], ["evaluate"], ["predict", "x.png"]])
def test_a_folder_without_models_is_an_error(
    command: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With an error that names it, instead of an empty table or a silent success."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(tmp_path / "nowhere"))
    refused = RUNNER.invoke(cli.app, command)
    assert refused.exit_code != 0
    assert f"There is no models folder {tmp_path / 'nowhere'}." in str(refused.exception)
    (tmp_path / "nowhere").mkdir()
    refused = RUNNER.invoke(cli.app, command)
    assert f"There are no models in {tmp_path / 'nowhere'}." in str(refused.exception)
    assert "correct DIGITS__MODEL_DIR" in str(refused.exception)


@pytest.mark.usefixtures("clean_environment")
def test_a_model_is_deleted(monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> None:
    """The others stay; one that is not there is named, and one that the settings name is kept."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    assert RUNNER.invoke(cli.app, ["models", "delete", "first"]).stdout == "first: deleted\n"
    assert ModelStore(model_dir).model_ids() == ("second",)
    assert "no model 'first'" in str(RUNNER.invoke(cli.app, ["models", "delete", "first"]).exception)
    monkeypatch.setenv("DIGITS__ACTIVE_MODEL", "second")
    refused = RUNNER.invoke(cli.app, ["models", "delete", "second"])
    assert isinstance(refused.exception, ModelNamed)
    assert ModelStore(model_dir).model_ids() == ("second",)


def test_verify_runs_the_models(monkeypatch: pytest.MonkeyPatch, clean_environment: Path) -> None:
    """A shipped one is as good as it says; an untrained one that claims 99 % is not, nor is a broken one sound."""
    models, shipped = clean_environment / "models", "mnist_compact_drawn_seed5"
    shutil.copytree(PROJECT_ROOT / "models" / shipped, models / shipped)
    arch = "compact_narrow"  # 5,000 digits are read by each
    weights = saved(build_fresh_state_dict(arch, 10))
    write_model(models, "first", weights, {"preprocess_hash": preprocess_signature(), "arch": arch})
    broken = write_model(models, "second", weights)
    (broken / "manifest.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(models))
    verified = RUNNER.invoke(cli.app, ["models", "verify"])
    assert verified.exit_code == 1
    assert "refused  first: Model 'first' says val_acc=0.99000, its weights give 0." in verified.stdout
    assert "refused  second" in verified.stdout
    assert f"sound    {shipped}" in verified.stdout


@pytest.mark.usefixtures("clean_environment")
def test_weights_are_withheld_and_scores_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What stays is listed and verified as not shipped; the sound one beside it is not marked."""
    models = tmp_path / "models"
    register_with_predictions(models, "first")
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(models))
    withheld = RUNNER.invoke(cli.app, ["models", "withhold", "first", "--reason", "22 MB"])
    assert withheld.stdout == "first: its weights are deleted, its scores stay\n"
    assert names_in(models / "first") == ["manifest.json", "predictions.npz"]
    (models / "first" / "model.pt").write_bytes(b"what a command that was cut off leaves")
    RUNNER.invoke(cli.app, ["models", "withhold", "first", "--reason", "once more"])
    assert names_in(models / "first") == ["manifest.json", "predictions.npz"]
    again = RUNNER.invoke(cli.app, ["models", "withhold", "first", "--reason", "another"])
    assert again.exit_code == 2
    assert "gone already: 22 MB." in again.output
    assert ModelStore(models).read_manifest("first").not_shipped == "22 MB"
    register_with_predictions(models, "second")
    listed = RUNNER.invoke(cli.app, ["models", "list"], env={"COLUMNS": "200"}).stdout
    assert "first: not shipped (22 MB), only its predictions are here" in listed
    assert "second:" not in listed
    assert "refused" not in listed
    shutil.rmtree(models / "second")
    verified = RUNNER.invoke(cli.app, ["models", "verify"])
    assert verified.exit_code == 0
    assert verified.stdout == "sound    first: not shipped (22 MB), only its predictions are here\n"
    (models / "first" / "predictions.npz").unlink()
    verified = RUNNER.invoke(cli.app, ["models", "verify"])
    assert verified.exit_code == 1
    assert "refused  first: Model 'first' has no predictions.npz" in verified.stdout


@pytest.mark.usefixtures("clean_environment")
def test_weights_that_would_be_missed_are_not_withheld(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By a preset, or because nothing sound would stay; nor without a reason."""
    models = tmp_path / "models"
    folder = register_with_predictions(models, "first")
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(models))

    def refusal(reason: str = "22 MB") -> str:
        done = RUNNER.invoke(cli.app, ["models", "withhold", "first", "--reason", reason])
        assert done.exit_code != 0
        assert (folder / "model.pt").is_file()
        assert ModelStore(models).read_manifest("first").not_shipped is None
        return done.output + str(done.exception)

    assert "Say why" in refusal(" ")
    (models / "presets.json").write_text('{"fast": {"members": ["first"], "tta": "none"}}', encoding="utf-8")
    assert "the preset 'fast' would lack it" in refusal()
    (models / "presets.json").unlink()
    (folder / "model.pt").write_bytes(b"another's")
    assert "is not the file its manifest describes" in refusal()
    shutil.rmtree(folder)
    register_with_predictions(models, "first", changes={"val_acc": 0.5})
    assert "says val_acc=0.50000, its predictions give" in refusal()
    (folder / "predictions.npz").unlink()
    assert "has no predictions.npz" in refusal()


def test_architectures_are_listed() -> None:
    """One name a line."""
    assert "compact" in RUNNER.invoke(cli.app, ["models", "architectures"]).stdout.split()


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "--recipe", "magic"],
            "Unknown recipe 'magic'. Available: drawn, drawn_light, drawn_styles, scanned, scanned_light, ",
        ),
        (["data", "fetch", "strokes"], "TRAINING__INK_DIR"),
        (["train", "--device", "tpu"], "There is no device 'tpu' here. Available: auto, "),
        (["predict", "x.png"], "DIGITS__UNCERTAIN_THRESHOLD=7"),
    ],
)
def test_an_error_of_ours_is_one_line_and_status_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """No traceback for what a person can mend."""
    if arguments[0] == "predict":
        monkeypatch.setenv("DIGITS__UNCERTAIN_THRESHOLD", "7")
    monkeypatch.setattr("sys.argv", ["handwriting-ai", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def _commands(command: object, path: list[str]) -> list[tuple[str, object]]:
    """Every command and group, with the words that name it."""
    found = [(" ".join(path), command)]
    attributes: dict[str, dict[str, object]] = vars(command)
    for name, child in attributes.get("commands", {}).items():
        found += _commands(child, [*path, name])
    return found


COMMANDS = dict(_commands(get_command(cli.app), []))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    """A sentence for the command and for each option and argument, and `--help` shows it."""
    texts: dict[str, str | None] = vars(COMMANDS[name])
    sentence = texts["help"]
    assert sentence
    assert sentence.split()[0] in RUNNER.invoke(cli.app, [*name.split(), "--help"]).stdout
    parameters: dict[str, list[object]] = vars(COMMANDS[name])
    for parameter in parameters["params"]:
        fields: dict[str, object] = vars(parameter)
        assert fields.get("help"), f"{name} {fields['name']}"


@pytest.mark.parametrize(
    ("text", "seeds"), [("3", [3]), ("0-2", [0, 1, 2]), ("0,4, 7-8", [0, 4, 7, 8]), ("4294967295", [2**32 - 1])]
)
def test_seeds_are_read_as_people_write_them(text: str, seeds: list[int]) -> None:
    """One, a range, a list."""
    assert parse_seeds(text) == seeds


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize(
    "text",
    ["", "x", "1-x", "4-2", "-1", "4294967296", "9" * 5_000, "0-9999999999", "0-4294967295", "0-999,1000"],
)
def test_bad_seeds_are_refused(text: str) -> None:
    """Before anything is loaded or listed, with the value and the forms that work."""
    result = RUNNER.invoke(cli.app, ["train", "--seeds", text], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "--seeds" in result.stderr


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("command", [["train"], ["jobs", "submit"]])
def test_more_epochs_than_form_and_api_take_are_refused(command: list[str]) -> None:
    """One limit for all of them."""
    result = RUNNER.invoke(cli.app, [*command, "--epochs", str(MOST_EPOCHS + 1)], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "--epochs" in result.stderr
    assert str(MOST_EPOCHS) in result.stderr


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("command", [["train"], ["jobs", "submit"]])
def test_a_trial_on_all_digits_is_refused(command: list[str]) -> None:
    """It would be a whole run, under a trial's name."""
    whole = len(split_rows(load_mnist(PROJECT_ROOT / "data" / "mnist", Part.TRAIN).labels)[0])
    result = RUNNER.invoke(cli.app, [*command, "--trial", str(whole)], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "--trial" in result.stderr
    assert str(whole - 1) in result.stderr


@pytest.mark.usefixtures("clean_environment")
def test_train_needs_strokes_for_the_recipe_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And says how to get them back, before a folder is made."""
    monkeypatch.setenv("TRAINING__STROKES_DIR", str(tmp_path))
    monkeypatch.setenv("APP__DATA_ROOT", str(tmp_path))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(tmp_path / "models"))
    result = RUNNER.invoke(cli.app, ["train"])
    assert "git checkout -- data/strokes" in str(result.exception)
    assert not (tmp_path / "runs").exists()


@pytest.fixture()
def workplace(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for runs and models."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(clean_environment / "models"))
    return clean_environment


_TRIAL = ["--recipe", "baseline", "--epochs", "1", "--trial", "40"]


def _run(*arguments: str) -> str:
    """What a command says; it must succeed."""
    result = RUNNER.invoke(cli.app, list(arguments), env={"COLUMNS": "200"})
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"
    return result.stdout


@pytest.mark.usefixtures("few_validation_digits")
def test_train_registers_a_model_for_each_seed_and_keeps_the_runs(workplace: Path) -> None:
    """In the foreground, with a line for each epoch; a second time it is refused before any work."""
    said = _run("train", *_TRIAL, "--seeds", "0-1")
    names = [f"mnist_compact_baseline_seed{seed}_trial40" for seed in (0, 1)]
    assert said.count("epoch 1/1: loss") == 2
    assert names_in(workplace / "models") == names
    listed = _run("jobs", "list")
    assert listed.count("completed") == 2
    assert all(name in listed for name in names)
    job_id = names_in(workplace / "runs")[0]
    assert '"status": "completed"' in _run("jobs", "show", job_id)
    assert "completed" in _run("jobs", "follow", job_id)
    again = RUNNER.invoke(cli.app, ["train", *_TRIAL, "--seeds", "1-2"])
    assert "--force" in str(again.exception)
    assert len(names_in(workplace / "runs")) == 2


@pytest.mark.usefixtures("few_validation_digits")
def test_train_goes_on_with_a_run_that_was_interrupted(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after the first epoch; the same command takes it up again."""
    command = ["train", "--recipe", "baseline", "--epochs", "3", "--trial", "40"]

    def interrupt(_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("handwriting_ai.jobs.child.describe", interrupt)
        interrupted = RUNNER.invoke(cli.app, command)
    assert interrupted.exit_code == 1
    assert "cancelled" in interrupted.stderr
    said = _run(*command)
    assert "going on after epoch 1" in said
    assert "epoch 1/3" not in said
    assert len(names_in(workplace / "runs")) == 1


@pytest.mark.usefixtures("few_validation_digits")
def test_train_says_that_it_does_not_go_on_from_a_finished_run(workplace: Path) -> None:
    """Its model was deleted, and another number of epochs is another run; so says the queue."""
    _run("train", *_TRIAL)
    (finished,) = names_in(workplace / "runs")
    _run("models", "delete", "mnist_compact_baseline_seed0_trial40")
    longer = ["--recipe", "baseline", "--epochs", "2", "--trial", "40"]
    said = f"The checkpoint of {finished} (completed, 1 of 1 epochs) is not used"
    result = RUNNER.invoke(cli.app, ["jobs", "submit", *longer])
    assert result.stderr.startswith(said)
    assert f"jobs delete {finished}" in result.stderr
    _run("jobs", "delete", result.stdout.strip())
    trained = RUNNER.invoke(cli.app, ["train", *longer])
    assert "epoch 1/2" in trained.stdout
    assert said in trained.stderr


@pytest.mark.usefixtures("workplace")
def test_jobs_are_queued_worked_off_cancelled_resumed_and_deleted() -> None:
    """Each from the command line, to the model, by the process that trains and nothing in its place."""
    job_id = _run("jobs", "submit", *_TRIAL).strip()
    assert "queued" in _run("jobs", "list")
    assert "cancelled" in _run("jobs", "cancel", job_id)
    assert "queued" in _run("jobs", "resume", job_id, "--afresh")
    _run("jobs", "work")
    assert "epoch 1/1" in _run("jobs", "follow", job_id)
    assert "deleted" in _run("jobs", "delete", job_id)
    assert job_id not in _run("jobs", "list")


def test_a_list_of_no_runs_says_where_there_are_none(workplace: Path) -> None:
    """Beside the list, which programs may count."""
    result = RUNNER.invoke(cli.app, ["jobs", "list"])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"No runs in {workplace / 'runs'} yet.\n"


def test_a_failed_run_ends_train_with_its_reason(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Said once, with its cure, and status 1; a warning in the log would be printed beside it."""
    broken = workplace / "broken"
    shutil.copytree(PROJECT_ROOT / "data" / "mnist", broken)
    (broken / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"no labels"))
    monkeypatch.setenv("TRAINING__DATA_DIR", str(broken))
    result = RUNNER.invoke(cli.app, ["train", *_TRIAL])
    assert result.exit_code == 1
    assert result.stderr.count("is not MNIST's") == 1
    assert result.stderr.endswith("or fetch it with `handwriting-ai data fetch mnist`.\n")
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_missing_digits_are_said_before_a_run_is_begun(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST's, which every recipe needs."""
    monkeypatch.setenv("TRAINING__DATA_DIR", str(workplace / "nowhere"))
    result = RUNNER.invoke(cli.app, ["train", *_TRIAL])
    assert isinstance(result.exception, DataMissing)
    assert "handwriting-ai data fetch mnist" in str(result.exception)
    assert not (workplace / "runs").exists()


@pytest.mark.usefixtures("workplace")
def test_data_status_says_what_is_there_and_what_is_missing() -> None:
    """MNIST, strokes and scans ship with the project; EMNIST has to be got."""
    said = _run("data", "status")
    assert "70,000" in said
    assert "22,960" in said
    assert "3,527" in said
    assert "data fetch emnist" in said


@pytest.mark.usefixtures("workplace")
def test_data_fetch_knows_mnist_and_emnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one is here already; for the other it wants a folder, and hands it to torchvision."""
    fetched: list[Path] = []
    monkeypatch.setattr("handwriting_ai.support.torchvision_ops.download_emnist", fetched.append)
    assert "no download" in str(RUNNER.invoke(cli.app, ["data", "fetch", "scans"]).exception)
    assert _run("data", "fetch", "mnist").startswith("MNIST is already in")
    assert "TRAINING__EMNIST_DIR" in str(RUNNER.invoke(cli.app, ["data", "fetch", "emnist"]).exception)
    monkeypatch.setenv("TRAINING__EMNIST_DIR", str(tmp_path))
    _run("data", "fetch", "emnist")
    assert fetched == [tmp_path]


def test_a_failed_download_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Torchvision's own error is not let out."""

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Error downloading gzip.zip")

    declare_missing_operators()
    monkeypatch.setattr("torchvision.datasets.EMNIST.__init__", refuse)
    with pytest.raises(DataMissing, match=r"could not be downloaded.*Error downloading gzip\.zip"):
        download_emnist(tmp_path)


def test_the_disks_errors_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a trace, with status 2."""

    def fail() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "Error: [Errno 28] No space left on device\n"


def test_a_data_folder_that_is_a_file_is_named_with_its_variable(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, before any work; so is whatever else the system refuses."""
    (workplace / "file").touch()
    monkeypatch.setenv("APP__DATA_ROOT", str(workplace / "file"))
    monkeypatch.setattr(sys, "argv", ["handwriting-ai", "train", *_TRIAL])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    cure = "See to its disk and its permissions, or name another folder in APP__DATA_ROOT."
    assert capsys.readouterr().err == f"Error: {workplace}/file/runs: Not a directory. {cure}\n"


def test_a_signal_to_app_ends_the_dashboard(tmp_path: Path) -> None:
    """Not only the command that started it."""
    with running_dashboard(tmp_path, plain_environment()) as address:
        port = int(address.rpartition(":")[2])
        assert answers(port)
    assert not answers(port)

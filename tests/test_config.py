"""Settings: defaults, variables, and what is refused."""

import re
import tomllib
import traceback
from pathlib import Path

import pytest

from handwriting_ai.config import PROJECT_ROOT, AppSettings, load_settings, misspelt_variables
from handwriting_ai.errors import SettingsError
from handwriting_ai.prediction import TtaMode
from handwriting_ai.support.image_limits import ImageLimits


@pytest.mark.usefixtures("clean_environment")
def test_defaults_are_the_contract_s() -> None:
    """Nothing set: no augmentation, threshold 0.70, 20 MB, 12,000 pixels a side, 64 megapixels, 5 seconds."""
    settings = load_settings()
    digits = settings.digits
    assert (digits.tta_mode, digits.tta_was_chosen, digits.temperature_override) == (TtaMode.NONE, False, None)
    assert (digits.uncertain_threshold, digits.max_image_mb, digits.max_image_side_px) == (0.70, 20, 12_000)
    assert (digits.max_image_megapixels, digits.image_limits) == (64, ImageLimits())
    assert (digits.predict_timeout_seconds, digits.visualize_max_kb) == (5, 16)
    assert (settings.app.port, settings.security.api_key) == (8081, None)
    assert settings.training.data_dir == PROJECT_ROOT / "data" / "mnist"
    assert settings.training.scans_dir == PROJECT_ROOT / "data" / "scans"
    assert settings.training.stroke_folders == (PROJECT_ROOT / "data" / "strokes",)


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("APP__THREADS", "-1"),
        ("APP__THREADS", "many"),
        ("APP__PORT", "0"),
        ("APP__PORT", "65536"),
        ("DIGITS__TTA", "perhaps"),
        ("DIGITS__TTA_ADVANCED", "2"),
        ("DIGITS__TEMPERATURE_OVERRIDE", "0"),
        ("DIGITS__TEMPERATURE_OVERRIDE", "-1"),
        ("DIGITS__TEMPERATURE_OVERRIDE", "nan"),
        ("DIGITS__TEMPERATURE_OVERRIDE", "inf"),
        ("DIGITS__UNCERTAIN_THRESHOLD", "1.5"),
        ("DIGITS__UNCERTAIN_THRESHOLD", "nan"),
        ("DIGITS__MAX_IMAGE_MB", "0"),
        ("DIGITS__MAX_IMAGE_SIDE_PX", "big"),
        ("DIGITS__MAX_IMAGE_MEGAPIXELS", "0"),
        ("DIGITS__MAX_IMAGE_MEGAPIXELS", "inf"),
        ("DIGITS__PREDICT_TIMEOUT_SECONDS", "0"),
        ("DIGITS__PREDICT_TIMEOUT_SECONDS", "inf"),
        ("DIGITS__VISUALIZE_MAX_KB", "0"),
        ("TRAINING__BACKEND", "celery"),
        ("RQ__QUEUE_NAME", "two words"),
        ("RQ__JOB_TIMEOUT_SEC", "0"),
        ("DIGITS__NO_SUCH_VARIABLE", "1"),
        ("APP", "web"),
        ("RQ", '{"queue_name": "x"}'),
    ],
)
def test_a_bad_value_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """The message holds the variable's name and its value."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable}={re.escape(value)}"):
        load_settings()


@pytest.mark.parametrize(
    ("tta", "advanced", "expected"),
    [
        ("true", "false", TtaMode.BASIC),
        ("false", "true", TtaMode.ADVANCED),
        ("true", "true", TtaMode.ADVANCED),
        ("false", "false", TtaMode.NONE),
    ],
)
def test_advanced_wins_over_basic(
    clean_environment: Path, monkeypatch: pytest.MonkeyPatch, tta: str, advanced: str, expected: TtaMode
) -> None:
    """Two switches, one mode, and a trace that it was chosen."""
    monkeypatch.setenv("DIGITS__TTA", tta)
    monkeypatch.setenv("DIGITS__TTA_ADVANCED", advanced)
    digits = load_settings().digits
    assert (digits.tta_mode, digits.tta_was_chosen) == (expected, True)
    assert clean_environment.is_dir()


def test_a_dotenv_file_is_read(clean_environment: Path) -> None:
    """`.env` in the working directory."""
    (clean_environment / ".env").write_text("DIGITS__UNCERTAIN_THRESHOLD=0.9\n", encoding="utf-8")
    assert load_settings().digits.uncertain_threshold == 0.9


@pytest.mark.parametrize("in_a_file", [True, False])
def test_an_empty_variable_is_one_that_is_not_set(
    clean_environment: Path, monkeypatch: pytest.MonkeyPatch, in_a_file: bool
) -> None:
    """Each of them, in `.env` and in the environment: no folder becomes the present one, no switch is chosen."""
    defaults, names = load_settings(), _variables()
    if in_a_file:
        (clean_environment / ".env").write_text("".join(f"{name}=\n" for name in names), encoding="utf-8")
    else:
        for name in names:
            monkeypatch.setenv(name, "")
    settings = load_settings()
    assert settings == defaults
    assert not settings.digits.tta_was_chosen


def test_a_name_with_a_single_underscore_is_found(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment and in `.env`; not where its setting is set as well, nor one that is near no setting."""
    for name in ("DIGITS_MODEL_DIR", "APP_PORT", "APP_NAME", "RQ__QUEUE_NAME", "REDIS__URL"):
        monkeypatch.setenv(name, "8081")
    (clean_environment / ".env").write_text("TRAINING_BACKEND=rq\nAPP__PORT=8082\n", encoding="utf-8")
    assert misspelt_variables() == {
        "DIGITS_MODEL_DIR": "DIGITS__MODEL_DIR",
        "REDIS__URL": "REDIS_URL",
        "TRAINING_BACKEND": "TRAINING__BACKEND",
    }


def test_a_dotenv_that_is_no_text_is_named(clean_environment: Path) -> None:
    """Where settings are needed; what needs none goes on."""
    (clean_environment / ".env").write_bytes(b"\xff\xfe")
    assert misspelt_variables() == {}
    with pytest.raises(SettingsError, match=rf"{clean_environment / '.env'} cannot be read: it is no UTF-8"):
        load_settings()


def test_further_strokes_come_on_top(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that the project ships."""
    monkeypatch.setenv("TRAINING__INK_DIR", str(clean_environment))
    assert load_settings().training.stroke_folders == (PROJECT_ROOT / "data" / "strokes", clean_environment)


def test_folders_are_absolute(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks them up later, and from wherever."""
    for name in ("APP__DATA_ROOT", "DIGITS__MODEL_DIR", "TRAINING__DATA_DIR", "TRAINING__INK_DIR"):
        monkeypatch.setenv(name, "." if name == "APP__DATA_ROOT" else "sub/folder")
    settings = load_settings()
    assert settings.app.data_root == clean_environment
    for folder in (settings.digits.model_dir, settings.training.data_dir, settings.training.ink_dir):
        assert folder == clean_environment / "sub" / "folder"


@pytest.mark.usefixtures("clean_environment")
def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No shell reads `.env`; a folder called `~` would be a trap."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APP__DATA_ROOT", "~/digits")
    assert load_settings().app.data_root == tmp_path / "digits"
    monkeypatch.setenv("APP__DATA_ROOT", "~nobody-of-this-name/digits")
    with pytest.raises(SettingsError, match=r"APP__DATA_ROOT=~nobody.*there is no such home folder"):
        load_settings()


@pytest.mark.usefixtures("clean_environment")
def test_the_key_is_read_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings may be printed; blank means that there is none."""
    monkeypatch.setenv("SECURITY__API_KEY", "open sesame")
    settings = load_settings()
    assert "sesame" not in repr(settings)
    assert settings.security.api_key is not None
    assert settings.security.api_key.get_secret_value() == "open sesame"
    monkeypatch.setenv("SECURITY__API_KEY", "")
    assert load_settings().security.api_key is None


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REDIS_URL", "redis://:sesame@localhost:no-port/0"),
        ("SECURITY__API_KEYS", "sesame"),
        ("SECURITY__API_KEY__OLD", "sesame"),
        ("SECURITY", "sesame"),
    ],
)
def test_a_bad_value_that_may_be_secret_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """The message goes to terminals and logs, and so may the trace: they hold the name alone."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable.removesuffix('__OLD')}: ") as refused:
        load_settings()
    assert "sesame" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.usefixtures("clean_environment")
def test_the_example_lists_every_variable() -> None:
    """No variable without a line, no line without a variable."""
    example = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    listed: list[str] = re.findall(r"^(?:# )?([A-Z_]+)=", example, flags=re.MULTILINE)
    assert sorted(listed) == sorted(_variables())


@pytest.mark.usefixtures("clean_environment")
def test_the_limits_are_the_same_everywhere() -> None:
    """Settings, the example of them, Streamlit's own limit and the API's page name the same numbers."""
    limits = load_settings().digits.image_limits
    example = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    for name, value in (
        ("MB", limits.max_megabytes),
        ("SIDE_PX", limits.max_side_px),
        ("MEGAPIXELS", limits.max_megapixels),
    ):
        assert f"\nDIGITS__MAX_IMAGE_{name}={value:g}\n" in example
    streamlit: dict[str, dict[str, object]] = tomllib.loads(
        (PROJECT_ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    )
    assert streamlit["server"]["maxUploadSize"] == limits.max_megabytes
    told = f"| {limits.max_megabytes:g}, {limits.max_side_px}, {limits.max_megapixels:g} |"
    assert told in (PROJECT_ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def _variables() -> set[str]:
    dumped: dict[str, object] = load_settings().model_dump()
    names: set[str] = set()
    for section, fields in dumped.items():
        inner = [f"__{name}" for name in fields] if isinstance(fields, dict) else [""]
        names |= {f"{section}{name}".upper() for name in inner}
    return names


def test_zero_threads_means_as_many_as_cores_up_to_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number stands as it is."""
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    assert (AppSettings().workers, AppSettings(threads=3).workers, AppSettings(threads=12).workers) == (8, 3, 12)

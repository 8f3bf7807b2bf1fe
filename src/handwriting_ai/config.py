"""Settings: read once from the environment (and `.env`), checked, and passed down explicitly.

A nested field is written with two underscores: `DIGITS__UNCERTAIN_THRESHOLD=0.8`; an empty variable is one that is not
set. `.env.example` lists every variable.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RedisDsn, SecretStr, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from handwriting_ai.errors import SettingsError
from handwriting_ai.prediction import SURE, TtaMode
from handwriting_ai.support.image_limits import ImageLimits
from handwriting_ai.support.places import PLACES
from handwriting_ai.support.problems import describe_problems

PROJECT_ROOT: Final = PLACES.shipped
"""What ships: the checkout, or the folder of an installed package that looks like one.

Relative paths in settings start from the working directory.
"""
_ENV_FILE: Final = ".env"
_SECRET: Final = frozenset({"redis_url", "security"})


def _absolute(path: Path) -> Path:
    """From the present folder, or from home where it begins with `~`, as a shell would have it.

    Raises:
        ValueError: nobody of this name has a home here.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("there is no such home folder") from error


_Folder = Annotated[Path, AfterValidator(_absolute)]
_MOST_WORKERS: Final = 8
"""Unless more are asked for."""
_LIMITS: Final = ImageLimits()
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class AppSettings(BaseModel):
    """`APP__…`: the process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threads: int = Field(default=0, ge=0, le=256)
    """0 leaves it to the machine: `workers` is what comes of it."""
    port: int = Field(default=8081, ge=1, le=65535)
    """Of the HTTP API."""
    data_root: _Folder = PLACES.written
    """Where drawings and runs are kept."""

    @property
    def workers(self) -> int:
        """Threads of the engine, and of what else is computed side by side: `threads`, 0 for min(8, cores)."""
        return self.threads or min(_MOST_WORKERS, os.cpu_count() or 1)


class DigitsSettings(BaseModel):
    """`DIGITS__…`: reading digits."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_dir: _Folder = PLACES.written / "models"
    active_model: str = ""
    """Members, separated by commas, or a preset's name; empty means the preset `default`."""
    tta: bool = False
    tta_advanced: bool = False
    temperature_override: _Positive | None = None
    uncertain_threshold: float = Field(default=SURE, ge=0, le=1, allow_inf_nan=False)
    max_image_mb: float = Field(default=_LIMITS.max_megabytes, gt=0, le=1024, allow_inf_nan=False)
    max_image_side_px: int = Field(default=_LIMITS.max_side_px, ge=28, le=65_535)
    max_image_megapixels: float = Field(default=_LIMITS.max_megapixels, gt=0, le=1024, allow_inf_nan=False)
    predict_timeout_seconds: float = Field(default=5, gt=0, allow_inf_nan=False)
    visualize_max_kb: float = Field(default=16, gt=0, le=1024, allow_inf_nan=False)
    """A larger picture is left out of the HTTP API's answer, in kB of a thousand bytes."""

    @property
    def tta_mode(self) -> TtaMode:
        """The mode the two switches name; `tta_advanced` wins."""
        if self.tta_advanced:
            return TtaMode.ADVANCED
        return TtaMode.BASIC if self.tta else TtaMode.NONE

    @property
    def image_limits(self) -> ImageLimits:
        """How large a picture may be."""
        return ImageLimits(
            max_megabytes=self.max_image_mb,
            max_side_px=self.max_image_side_px,
            max_megapixels=self.max_image_megapixels,
        )

    @property
    def tta_was_chosen(self) -> bool:
        """Whether either switch was set, rather than left at its default."""
        return bool({"tta", "tta_advanced"} & self.model_fields_set)


class SecuritySettings(BaseModel):
    """`SECURITY__…`: who may use the HTTP API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr | None = None
    """What requests under `/v1` must carry in `X-Api-Key`; None lets everybody in."""


class Backend(StrEnum):
    """Who works off the queue of training runs."""

    LOCAL = "local"
    """Processes of this machine."""
    RQ = "rq"
    """Workers of several machines, by way of Redis."""


class TrainingSettings(BaseModel):
    """`TRAINING__…`: where the data lies, and how many runs share the machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: _Folder = PLACES.written / "data" / "mnist"
    strokes_dir: _Folder = PROJECT_ROOT / "data" / "strokes"
    """The pen strokes that the project ships."""
    ink_dir: _Folder | None = None
    """Further pen strokes, on top of those."""
    scans_dir: _Folder = PROJECT_ROOT / "data" / "scans"
    emnist_dir: _Folder | None = None
    backend: Backend = Backend.LOCAL
    max_concurrent: int = Field(default=1, ge=1, le=64)
    """Runs of this machine's queue that train at the same time."""

    @property
    def stroke_folders(self) -> tuple[Path, ...]:
        """Where pen strokes are read from: what the project ships, and what was added."""
        return (self.strokes_dir,) if self.ink_dir is None else (self.strokes_dir, self.ink_dir)


class RqSettings(BaseModel):
    """`RQ__…`: the queue in Redis."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queue_name: str = Field(default="digits", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    job_timeout_sec: int = Field(default=7_200, ge=1)
    """A run that takes longer fails; it can be resumed from its last checkpoint."""
    result_ttl_sec: int = Field(default=86_400, ge=0)
    """How long Redis remembers a job that has ended well; its folder stays."""
    failure_ttl_sec: int = Field(default=604_800, ge=0)
    """The same for one that has not."""


class Settings(BaseSettings):
    """Everything that can be set from outside, built once at the edge."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="__",
        env_file=_ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        enable_decoding=False,  # a section is no JSON: `APP=web` is refused as any other bad value is
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # a trace shows no key
    )

    app: AppSettings = AppSettings()
    digits: DigitsSettings = DigitsSettings()
    security: SecuritySettings = SecuritySettings()
    training: TrainingSettings = TrainingSettings()
    redis_url: RedisDsn = RedisDsn("redis://localhost:6379/0")
    """Where the queue lies with `TRAINING__BACKEND=rq`."""
    rq: RqSettings = RqSettings()

    @property
    def folders(self) -> dict[str, Path]:
        """What the variables are set to that name folders."""
        named = {
            "APP__DATA_ROOT": self.app.data_root,
            "DIGITS__MODEL_DIR": self.digits.model_dir,
            "TRAINING__DATA_DIR": self.training.data_dir,
            "TRAINING__INK_DIR": self.training.ink_dir,
            "TRAINING__EMNIST_DIR": self.training.emnist_dir,
        }
        return {variable: folder for variable, folder in named.items() if folder is not None}


def load_settings() -> Settings:
    """Read the settings from the environment and `.env`.

    Raises:
        SettingsError: a variable has a value that cannot be used, a section has no such variable, or `.env` cannot be
            read.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(describe_problems(error, separator="__", upper=True, secret=_SECRET)) from error
    except (UnicodeDecodeError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise SettingsError(f"{Path(_ENV_FILE).absolute()} cannot be read: {reason}.") from error


def misspelt_variables() -> dict[str, str]:
    """Variables that nothing reads, as `DIGITS_MODEL_DIR` or `REDIS__URL`, with the setting that is meant.

    One whose setting is set as well is taken for another program's.
    """
    kind: type[BaseSettings] = Settings
    defaults: dict[str, object] = kind.model_construct().model_dump()
    known = [
        f"{section}__{name}" for section, fields in defaults.items() if isinstance(fields, dict) for name in fields
    ]
    try:
        given = {*EnvSettingsSource(kind).env_vars, *DotEnvSettingsSource(kind).env_vars}
    except (UnicodeDecodeError, OSError):
        return {}  # `load_settings` says it, where settings are needed
    misspelt = {name.replace("__", "_"): name for name in known if name not in given}
    misspelt |= {name.replace("_", "__"): name for name in defaults if "_" in name and name not in given}
    return {name.upper(): setting.upper() for name, setting in misspelt.items() if name in given}

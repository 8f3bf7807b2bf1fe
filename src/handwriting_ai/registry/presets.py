"""Named choices of members and test-time augmentation, in `models/presets.json`.

{"default": {"members": ["mnist_compact_drawn_seed1"], "tta": "advanced"}}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from handwriting_ai.errors import ManifestError, ModelError, ModelNamed, PresetExists, UnknownModel
from handwriting_ai.prediction import TtaMode
from handwriting_ai.registry.folders import is_there
from handwriting_ai.registry.manifest import check_model_id
from handwriting_ai.registry.report import LoadReport, Refusal
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.support.files import MOST_JSON_BYTES, read_regular_file, write_atomically
from handwriting_ai.support.locks import locked
from handwriting_ai.support.names import did_you_mean
from handwriting_ai.support.places import shipped_models
from handwriting_ai.support.problems import describe_problems

PRESETS_FILE: Final = "presets.json"
DEFAULT_PRESET: Final = "default"
_PlainName = Annotated[str, AfterValidator(check_model_id)]
"""A preset's name keeps to the rules of a model id: one with a comma could never be asked for."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A named choice."""

    name: str
    members: tuple[str, ...]
    """Model ids, in order; at least one."""
    tta: TtaMode


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The members to load."""

    members: tuple[str, ...]
    """Model ids, in order; empty if the models folder is."""
    tta: TtaMode | None
    """The mode that the preset asks for; `None` leaves it to the settings."""


class _Entry(BaseModel):
    """What the file says of one preset."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    members: tuple[_PlainName, ...] = Field(min_length=1)
    tta: TtaMode


_PRESETS: Final = TypeAdapter(dict[_PlainName, _Entry])


def read_presets(root: Path) -> dict[str, Preset]:
    """The presets of a models folder, by name; none if it has no `presets.json`, and no package brought one.

    Raises:
        ManifestError: the file cannot be read or says something that cannot be used; the message names it.
    """
    path, shipped = root / PRESETS_FILE, shipped_models(root)
    if shipped is not None and not path.exists():
        path = shipped / PRESETS_FILE
    try:
        entries = _PRESETS.validate_json(read_regular_file(path, MOST_JSON_BYTES))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise ManifestError(f"{path}: {describe_problems(error)}.") from error
    return {
        name: Preset(name=name, members=_each_once(entry.members), tta=entry.tta) for name, entry in entries.items()
    }


def default_first(presets: Mapping[str, Preset]) -> dict[str, Preset]:
    """The same presets, `default` before all others."""
    return {name: presets[name] for name in (DEFAULT_PRESET, *presets) if name in presets}


def save_preset(root: Path, preset: Preset, *, force: bool = False) -> None:
    """Add a preset to a models folder's `presets.json`, which is replaced as a whole.

    Raises:
        PresetExists: there is one of this name, and `force` is off.
        ManifestError: the name or a member's cannot be used, the file is broken, or it cannot be written.
    """
    with locked(root):
        presets = read_presets(root)
        if preset.name in presets and not force:
            raise PresetExists(
                f"There is a preset {preset.name!r} in {root / PRESETS_FILE} already. Give another name."
            )
        presets[preset.name] = preset
        try:
            check_model_id(preset.name)
            entries = {name: _Entry(members=each.members, tta=each.tta) for name, each in presets.items()}
        except ValueError as error:
            raise ManifestError(f"The preset cannot be saved: {error}.") from error
        content = _PRESETS.dump_json(entries, indent=2)
        try:
            write_atomically(root / PRESETS_FILE, content + b"\n")
        except OSError as error:
            raise ManifestError(f"{root / PRESETS_FILE} cannot be written: {error.strerror}.") from error


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    """In the order of their first appearance."""
    seen: dict[str, None] = dict.fromkeys(names)
    return tuple(seen)


def choose_members(active_model: str, root: Path) -> Choice:
    """Read `DIGITS__ACTIVE_MODEL`: a preset's name, or model ids separated by commas.

    Repeated ids count once. Without any id (blanks do not count) the members are those of the preset `default`, or,
    where there is no such preset, all models but those that are not shipped.

    Raises:
        ManifestError: `presets.json` is broken.
    """
    presets = read_presets(root)
    named = presets.get(active_model.strip())
    if named is not None:
        return Choice(members=named.members, tta=named.tta)
    members = _ids_in(active_model)
    if members:
        return Choice(members=members, tta=None)
    default = presets.get(DEFAULT_PRESET)
    return Choice(members=default.members if default else _to_load(ModelStore(root)), tta=None)


def unknown_name(name: str, presets: Iterable[str], store: ModelStore) -> UnknownModel:
    """The error about a name that is neither a preset's nor a model's, with those that are and the one most like it."""
    known_presets, models = tuple(presets), store.model_ids()
    near = did_you_mean(name, (*known_presets, *models))
    known = f"Presets: {', '.join(known_presets) or 'none'}. Models: {', '.join(models) or 'none'}."
    return UnknownModel(f"There is no preset and no model {name!r} in {store.root}.{near} {known}")


def explain(report: LoadReport, active_model: str, root: Path) -> LoadReport:
    """The same report, in which names of `DIGITS__ACTIVE_MODEL` that no model has may be presets', right or misspelt.

    Raises:
        ManifestError: `presets.json` is broken.
    """
    store, presets, asked = ModelStore(root), read_presets(root), _ids_in(active_model)
    refused: list[Refusal] = []
    for refusal in report.refused:
        name = refusal.model_id
        if name in asked and not _is_there(store, name):
            unknown = str(unknown_name(name, presets, store))
            reason = "It is a preset, which is named by itself." if name in presets else unknown
            refused.append(Refusal(model_id=name, reason=reason))
        else:
            refused.append(refusal)
    return LoadReport(loaded=report.loaded, refused=tuple(refused))


def _is_there(store: ModelStore, model_id: str) -> bool:
    try:
        return is_there(store.folder(model_id))
    except UnknownModel:
        return True  # it is no plain name: that is said already


def _to_load(store: ModelStore) -> tuple[str, ...]:
    """The models whose weights should be here."""
    return tuple(name for name in store.model_ids() if not _is_withheld(store, name))


def _is_withheld(store: ModelStore, model_id: str) -> bool:
    try:
        return store.read_manifest(model_id).not_shipped is not None
    except ModelError:
        return False  # loading it says what is wrong


def _ids_in(active_model: str) -> tuple[str, ...]:
    """What stands between the commas, without blanks."""
    return _each_once(name.strip() for name in active_model.split(",") if name.strip())


def refuse_named(model_id: str, active_model: str, root: Path) -> None:
    """Find out, before a model or its weights are deleted, whether somebody would miss it.

    Args:
        model_id: the model.
        active_model: `DIGITS__ACTIVE_MODEL`.
        root: the models folder.

    Raises:
        ModelNamed: presets or `DIGITS__ACTIVE_MODEL` name it.
        ManifestError: `presets.json` is broken, so that it might.
    """
    presets = read_presets(root).values()
    names = [f"the preset {preset.name!r}" for preset in presets if model_id in preset.members]
    if model_id in _ids_in(active_model):
        names.append("DIGITS__ACTIVE_MODEL")
    if names:
        lacking = " and ".join(names)
        advice = f"Take it out of {PRESETS_FILE} or that setting first."
        raise ModelNamed(f"The model {model_id!r} stays: {lacking} would lack it. {advice}")

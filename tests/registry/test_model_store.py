import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
import torch
from tests.registry.samples import SIGNATURE, fresh_state, manifest, names_in, saved, v1_fields, write_model
from torch import Tensor, nn

from handwriting_ai.errors import (
    ClassesMismatch,
    HandwritingError,
    ManifestError,
    ModelExists,
    ModelRefused,
    ModelsUnreadable,
    ModelsUnwritable,
    SignatureMismatch,
    UnknownArchitecture,
    UnknownModel,
    WeightsError,
)
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.registry.weights import weights_digest

_BAD_IDS = ["", ".", "..", "../good", "a/b", "/etc", ".hidden", "a b", "good\n"]


class _Executes:
    """Pickles to a call that makes a folder: proof that the pickle was executed."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.mkdir, (self.marker,)


def _spoilt(name: str, tensor: Tensor | None) -> bytes:
    """A good state with one entry replaced, added, or (None) taken out."""
    state = fresh_state()
    state.pop(name, None)
    if tensor is not None:
        state[name] = tensor
    return saved(state)


def _first_weight() -> str:
    return next(iter(fresh_state()))


def _nan_weights() -> bytes:
    name = _first_weight()
    return _spoilt(name, torch.full_like(fresh_state()[name], torch.nan))


def test_a_registered_model_is_read_back(tmp_path: Path) -> None:
    """Half-precision weights come back as float32 with the same values; the digest is filled in; no leftovers."""
    store = ModelStore(tmp_path / "models")
    state = {name: t.half() if t.is_floating_point() else t for name, t in fresh_state().items()}

    folder = store.register(manifest(), state)
    model = store.read("good", signature=SIGNATURE)

    assert folder == store.folder("good") == tmp_path / "models" / "good"
    assert model.manifest.weights_sha256 is not None
    assert model.state.keys() == state.keys()
    for name, tensor in model.state.items():
        assert tensor.dtype == (torch.float32 if state[name].is_floating_point() else state[name].dtype)
        assert torch.equal(tensor, state[name].to(tensor.dtype))
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "model.pt"]
    assert names_in(store.root) == ["good"]


def test_a_v1_model_without_digest_is_read(tmp_path: Path) -> None:
    """Old manifests have no `weights_sha256`; the other checks still hold."""
    write_model(tmp_path, "good", saved(fresh_state()), {"weights_sha256": None})
    assert ModelStore(tmp_path).read("good", signature=SIGNATURE).manifest.weights_sha256 is None


def test_model_ids_are_sorted_folders_with_a_model(tmp_path: Path) -> None:
    """A folder with either file counts; hidden folders, empty folders and files do not."""
    for name, file in (("b", "model.pt"), ("a", "manifest.json"), (".incoming-c", "model.pt"), ("d", "notes.txt")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    (tmp_path / "presets.json").touch()
    assert ModelStore(tmp_path).model_ids() == ("a", "b")
    assert ModelStore(tmp_path / "nowhere").model_ids() == ()


@pytest.mark.parametrize("model_id", _BAD_IDS)
def test_an_id_never_leads_out_of_the_models_folder(tmp_path: Path, model_id: str) -> None:
    """Anything but a plain name is refused, before the disk is looked at."""
    store = ModelStore(tmp_path / "models")
    write_model(tmp_path, "good", saved(fresh_state()))
    with pytest.raises(UnknownModel):
        store.folder(model_id)
    with pytest.raises(UnknownModel):
        store.read(model_id, signature=SIGNATURE)


def test_a_folder_that_cannot_be_looked_into_is_listed_and_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are listed beside it; reading it gives the reason."""
    for model_id in ("good", "locked"):
        write_model(tmp_path, model_id, saved(fresh_state()))
    (tmp_path / "notes.txt").write_text("no folder", encoding="utf-8")
    ask = Path.stat

    def refuse_stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.parent == tmp_path / "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return ask(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse_stat)
    store = ModelStore(tmp_path)
    assert store.model_ids() == ("good", "locked")
    models, report = store.read_all(store.model_ids(), signature=SIGNATURE)
    assert [model.manifest.model_id for model in models] == ["good"]
    assert "cannot be read: Permission denied" in report.refused[0].reason


def test_a_models_folder_that_cannot_be_listed_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the folder; one that is not there holds no models."""
    assert ModelStore(tmp_path / "none").model_ids() == ()

    def refuse(path: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ModelsUnreadable, match=rf"{tmp_path} cannot be read: Permission denied"):
        ModelStore(tmp_path).model_ids()


@pytest.mark.parametrize("below", ["", "models"])
def test_a_models_folder_that_cannot_be_written_is_found_out_before(tmp_path: Path, below: str) -> None:
    """A file in its place, or in that of the folder it lies in; one that can be written is left as it was."""
    root = tmp_path / "models"
    ModelStore(root).require_writable()
    assert names_in(root) == []
    in_its_place = tmp_path / "file"
    in_its_place.touch()
    with pytest.raises(ModelsUnwritable, match=rf"{in_its_place / below} cannot be written: .*DIGITS__MODEL_DIR"):
        ModelStore(in_its_place / below).require_writable()


def test_an_unknown_model_is_named_with_those_there_are(tmp_path: Path) -> None:
    """The message helps with a typing mistake."""
    write_model(tmp_path, "good", b"")
    with pytest.raises(UnknownModel, match=r"'god'.*good"):
        ModelStore(tmp_path).read("god", signature=SIGNATURE)


def test_another_preprocessing_is_refused(tmp_path: Path) -> None:
    """The message names both signatures, and weights are not even looked at."""
    write_model(tmp_path, "good", b"", {"preprocess_hash": "v0/other"})
    with pytest.raises(SignatureMismatch, match=r"good.*v0/other.*v1/this/pipeline"):
        ModelStore(tmp_path).read("good", signature=SIGNATURE)


def test_other_classes_than_the_digits_are_refused(tmp_path: Path) -> None:
    """Its answers are no digits, however sound its weights are; these are not even looked at."""
    write_model(tmp_path, "letters", b"", {"n_classes": 26})
    store = ModelStore(tmp_path)
    for refused in (store.read, store.fitting_manifest):
        with pytest.raises(ClassesMismatch, match="'letters' has 26 classes, not 10"):
            refused("letters", signature=SIGNATURE)


def test_a_report_can_ask_for_every_model(tmp_path: Path) -> None:
    """Each that was refused is named with its reason, not said to be missing."""
    write_model(tmp_path, "good", saved(fresh_state()))
    write_model(tmp_path, "letters", b"", {"n_classes": 26})
    store = ModelStore(tmp_path)
    store.read_all(["good"], signature=SIGNATURE)[1].require_all()
    report = store.read_all(["letters", "good", "gone"], signature=SIGNATURE)[1]
    said = (
        r"^Model 'letters' cannot be loaded: .* 26 classes, not 10\. Model 'gone' cannot be loaded: There is no model"
    )
    with pytest.raises(ModelRefused, match=said):
        report.require_all()


@pytest.mark.parametrize("missing", ["manifest.json", "model.pt"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    """Both files are needed."""
    (write_model(tmp_path, "good", saved(fresh_state())) / missing).unlink()
    with pytest.raises((ManifestError, WeightsError), match=f"good.{missing}"):
        ModelStore(tmp_path).read("good", signature=SIGNATURE)


@pytest.mark.parametrize("stated", [True, False])
def test_a_model_without_its_weights_is_kept_and_never_read(tmp_path: Path, *, stated: bool) -> None:
    """Its manifest says why, and has the digest of the weights that were there, whether or not it had it before."""
    store, weights = ModelStore(tmp_path), saved(fresh_state())
    folder = write_model(tmp_path, "good", weights, {} if stated else {"weights_sha256": None})
    with pytest.raises(ValueError, match="Say why"):
        store.withhold("good", " ")
    store.withhold("good", "22 MB")
    assert names_in(folder) == ["manifest.json"]
    assert store.model_ids() == ("good",)
    kept = store.fitting_manifest("good", signature=SIGNATURE)
    assert kept.not_shipped == "22 MB"
    assert weights_digest(folder, kept) == hashlib.sha256(weights).hexdigest()
    with pytest.raises(WeightsError, match=r"'good' is not shipped \(22 MB\): only its predictions"):
        store.read("good", signature=SIGNATURE)
    (folder / "model.pt").write_bytes(weights)
    with pytest.raises(WeightsError, match="not shipped"):
        store.read("good", signature=SIGNATURE)


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    """One flipped byte is found by the digest."""
    path = write_model(tmp_path, "good", saved(fresh_state())) / "model.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"good.*SHA-256"):
        ModelStore(tmp_path).read("good", signature=SIGNATURE)


@pytest.mark.parametrize("kept", [0, 1, 10, 1_000, 0.5, 0.99])
def test_truncated_weights_are_refused(tmp_path: Path, kept: float) -> None:
    """Even where the digest belongs to the truncated file."""
    content = saved(fresh_state())
    size = int(kept if kept >= 1 else kept * len(content))
    write_model(tmp_path, "good", content[:size])
    with pytest.raises(WeightsError, match="good"):
        ModelStore(tmp_path).read("good", signature=SIGNATURE)


def test_code_in_weights_is_never_executed(tmp_path: Path) -> None:
    """The pickle would make a folder; the model is refused and there is none."""
    marker = tmp_path / "executed"
    write_model(tmp_path, "good", saved({"weight": _Executes(marker)}))
    with pytest.raises(WeightsError, match="good"):
        ModelStore(tmp_path).read("good", signature=SIGNATURE)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (saved(nn.Linear(2, 2)), "it holds torch.nn.modules.linear.Linear beside tensors"),
        (pickle.dumps("weights"), "it is cut off, altered, or was not written by torch.save"),
        (b"", "it is cut off, altered, or was not written by torch.save"),
        (b"\x89PNG\r\n", "it is cut off, altered, or was not written by torch.save"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_nobody_is_advised_to_run_what_is_in_a_file(tmp_path: Path, content: bytes, reason: str) -> None:
    """Torch's own message says how, and warns of pickles on standard error; ours says what is wrong."""
    write_model(tmp_path, "good", content)
    with pytest.raises(WeightsError, match="good") as refused:
        ModelStore(tmp_path).read("good", signature=SIGNATURE)
    assert reason in str(refused.value)
    assert "weights_only" not in str(refused.value)


@pytest.mark.parametrize("name", ["manifest.json", "model.pt"])
@pytest.mark.timeout(60)
def test_a_pipe_in_a_file_s_place_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """It is refused as any file that cannot be read; the model beside it is loaded."""
    for model_id in ("good", "other"):
        write_model(tmp_path, model_id, saved(fresh_state()))
    path = tmp_path / "good" / name
    path.unlink()
    os.mkfifo(path)
    report = ModelStore(tmp_path).read_all(["good", "other"], signature=SIGNATURE)[1]
    assert report.loaded == ("other",)
    assert report.refused[0].reason == f"{path} cannot be read: it is a named pipe, not a file."


def test_weights_beyond_all_measure_are_not_read(tmp_path: Path) -> None:
    """A hole of 3 GB is refused by its size, whether or not the manifest has a digest."""
    write_model(tmp_path, "good", b"")
    write_model(tmp_path, "old", b"", {"weights_sha256": None})
    for model_id in ("good", "old"):
        with (tmp_path / model_id / "model.pt").open("wb") as stream:
            stream.truncate(3_000_000_000)
    store = ModelStore(tmp_path)
    for refusal in store.read_all(["good", "old"], signature=SIGNATURE)[1].refused:
        assert "cannot be read: it has 3000.0 MB; at most 1000 MB are read" in refusal.reason
    with pytest.raises(WeightsError, match="at most 1000 MB"):
        weights_digest(tmp_path / "old", store.read_manifest("old"))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (saved([torch.ones(2)]), "list"),
        (saved(torch.ones(2)), "Tensor"),
        (saved({"weight": 1.5}), "weight"),
        (saved({7: torch.ones(2)}), "7"),
        (_spoilt("made.up", torch.ones(2)), r"unexpected.*made\.up"),
        (_spoilt(_first_weight(), None), f"missing.*{_first_weight()}"),
        (_spoilt(_first_weight(), torch.ones(2, 7)), rf"{_first_weight()}.*\(2, 7\).*expected"),
        (saved({"made.up": torch.ones(2)}), r"missing.*unexpected.*made\.up"),
        (_nan_weights(), f"{_first_weight()}|NaN"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, weights: bytes, message: str) -> None:
    """The message names the model and the entry, with missing and unexpected names or both shapes."""
    write_model(tmp_path, "good", weights)
    with pytest.raises(WeightsError, match=message) as caught:
        ModelStore(tmp_path).read("good", signature=SIGNATURE)
    assert "good" in str(caught.value)


@pytest.mark.parametrize("kind", ["meta", "sparse"])
def test_tensors_without_dense_numbers_are_refused(tmp_path: Path, kind: str) -> None:
    """A tensor of the right name and shape may still have no numbers to compute with."""
    name = _first_weight()
    good = fresh_state()[name]
    write_model(tmp_path, "good", _spoilt(name, good.to("meta") if kind == "meta" else good.to_sparse()))
    with pytest.raises(WeightsError, match="good"):
        ModelStore(tmp_path).read("good", signature=SIGNATURE)


def test_an_unknown_architecture_is_refused(tmp_path: Path) -> None:
    """The message names the model, what was asked for, and what there is."""
    write_model(tmp_path, "good", saved(fresh_state()), {"arch": "perceptron"})
    with pytest.raises(UnknownArchitecture, match=r"good.*perceptron.*compact"):
        ModelStore(tmp_path).read("good", signature=SIGNATURE)


def test_a_bad_model_never_stops_the_others(tmp_path: Path) -> None:
    """Good ones are loaded in the order asked for, each once; every bad one is refused with its reason."""
    content = saved(fresh_state())
    for name in ("one", "two"):
        write_model(tmp_path, name, content)
    write_model(tmp_path, "empty", b"")
    write_model(tmp_path, "old", content, {"preprocess_hash": "v0/other"})

    asked = ["two", " ", "old", "../x", "empty", "gone", " one ", "", "two"]
    models, report = ModelStore(tmp_path).read_all(asked, signature=SIGNATURE)

    assert [model.manifest.model_id for model in models] == ["two", "one"]
    assert report.loaded == ("two", "one")
    assert [refusal.model_id for refusal in report.refused] == ["old", "../x", "empty", "gone"]
    assert all(refusal.model_id in refusal.reason for refusal in report.refused)


def test_an_existing_model_is_kept_without_force(tmp_path: Path) -> None:
    """With force the new one takes its place as a whole, old predictions included."""
    store = ModelStore(tmp_path)
    folder = store.register(manifest(), fresh_state())
    (folder / "predictions.npz").touch()
    before = (folder / "manifest.json").read_bytes()
    newer = Manifest.model_validate_json(json.dumps(v1_fields() | {"version": "2.0.0"}))

    with pytest.raises(ModelExists, match="good"):
        store.register(newer, fresh_state())
    assert (folder / "manifest.json").read_bytes() == before

    store.register(newer, fresh_state(), force=True)
    assert store.read("good", signature=SIGNATURE).manifest.version == "2.0.0"
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "model.pt"]
    assert names_in(tmp_path) == ["good"]


@pytest.mark.parametrize("failing", ["write", "rename"])
@pytest.mark.parametrize("force", [False, True])
def test_a_failed_registration_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, force: bool
) -> None:
    """A full disk, or a rename that fails, leaves no half model, no leftovers, and the old model where it was."""
    store = ModelStore(tmp_path)
    if force:
        store.register(manifest(), fresh_state())
    rename = Path.rename

    def disk_full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device", str(path), len(data))

    def failing_rename(source: Path, target: Path) -> Path:
        if source.name.startswith(".incoming-") and target.name == "good":
            raise OSError(5, "Input/output error", str(target))
        return rename(source, target)

    if failing == "write":
        monkeypatch.setattr("handwriting_ai.registry.manifest.write_atomically", disk_full)
    else:
        monkeypatch.setattr(Path, "rename", failing_rename)
    with pytest.raises(OSError, match=r"No space|Input/output"):
        store.register(manifest(), fresh_state(), force=force)

    monkeypatch.undo()
    assert names_in(tmp_path) == (["good"] if force else [])
    if force:
        store.read("good", signature=SIGNATURE)


@pytest.mark.parametrize("done", [False, True])
def test_a_registration_that_is_cancelled_leaves_the_old_model_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    """The signal comes just before the new folder is renamed, or just after."""
    store = ModelStore(tmp_path)
    store.register(manifest(), fresh_state())
    rename = Path.rename

    def interrupted(source: Path, target: Path) -> Path:
        if not source.name.startswith(".incoming-good"):
            return rename(source, target)
        if done:
            rename(source, target)
        raise KeyboardInterrupt

    newer = Manifest.model_validate_json(json.dumps(v1_fields() | {"version": "2.0.0"}))
    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.register(newer, fresh_state(), force=True)
    monkeypatch.undo()
    found = store.read("good", signature=SIGNATURE).manifest.version
    assert found == ("2.0.0" if done else manifest().version)
    store.recover()
    assert names_in(tmp_path) == ["good"]


def test_a_deleted_model_does_not_return(tmp_path: Path) -> None:
    """Although a registration that replaced it was killed before the older one was removed."""
    store = ModelStore(tmp_path)
    folder = store.register(manifest(), fresh_state())
    shutil.copytree(folder, tmp_path / ".replaced-good")
    store.delete("good")
    store.recover()
    assert names_in(tmp_path) == []


@pytest.fixture()
def linked(tmp_path: Path) -> Path:
    """A models folder in which `good` is a link to a folder elsewhere."""
    elsewhere = ModelStore(tmp_path / "elsewhere").register(manifest(), fresh_state())
    root = tmp_path / "models"
    root.mkdir()
    (root / "good").symlink_to(elsewhere)
    return root


def test_a_linked_model_is_read_and_deleted(linked: Path) -> None:
    """The link goes, what it points to stays, and whatever comes after is registered and deleted."""
    store = ModelStore(linked)
    assert store.read("good", signature=SIGNATURE).manifest.model_id == "good"
    store.delete("good")
    assert names_in(linked) == []
    assert names_in(linked.parent / "elsewhere" / "good") == ["manifest.json", "model.pt"]
    store.register(manifest("next"), fresh_state())
    store.delete("next")
    assert names_in(linked) == []


def test_a_model_takes_the_place_of_a_link(linked: Path) -> None:
    """With force; what the link points to stays as it was."""
    store, elsewhere = ModelStore(linked), linked.parent / "elsewhere" / "good"
    before = (elsewhere / "manifest.json").read_bytes()
    with pytest.raises(ModelExists, match="good"):
        store.register(manifest(), fresh_state())
    store.register(manifest(), fresh_state(), force=True)
    assert not (linked / "good").is_symlink()
    assert (elsewhere / "manifest.json").read_bytes() == before
    store.register(manifest("next"), fresh_state())
    assert names_in(linked) == ["good", "next"]


@pytest.mark.parametrize("target", ["nowhere", "good"])
def test_a_link_that_leads_nowhere_is_replaced_and_deleted(tmp_path: Path, target: str) -> None:
    """Or to itself: its name counts as taken."""
    (tmp_path / "good").symlink_to(target)
    store = ModelStore(tmp_path)
    with pytest.raises(ModelExists, match="good"):
        store.refuse_existing("good", force=False)
    store.register(manifest(), fresh_state(), force=True)
    store.read("good", signature=SIGNATURE)
    (tmp_path / "other").symlink_to(target)
    store.delete("other")
    assert names_in(tmp_path) == ["good"]


def _leave_a_file(path: Path) -> None:
    path.touch()


def _leave_a_link(path: Path) -> None:
    path.symlink_to(path.parent / "elsewhere")


def _leave_a_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("name", [".incoming-good", ".incoming-x~1", ".replaced-good", ".replaced-other~1"])
@pytest.mark.parametrize("leave", [_leave_a_file, _leave_a_link, _leave_a_loop, Path.mkdir])
def test_what_was_left_behind_stops_nobody(tmp_path: Path, name: str, leave: Callable[[Path], None]) -> None:
    """Whatever it is and whoever left it: models are registered, replaced and deleted, and what a link names stays."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").touch()
    leave(tmp_path / name)
    store = ModelStore(tmp_path)
    store.recover()
    store.register(manifest(), fresh_state(), force=True)
    store.register(manifest(), fresh_state(), force=True)
    store.read("good", signature=SIGNATURE)
    store.delete("good")
    assert (tmp_path / "elsewhere" / "precious").exists()
    assert store.model_ids() == ()


def test_what_cannot_be_removed_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody else's files, say: path and cure are said, the name is free, and what was deleted never returns."""
    store = ModelStore(tmp_path)
    store.register(manifest(), fresh_state())

    def refuse(path: Path, *, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("shutil.rmtree", refuse)
    said = r"'good' is deleted, but .*\.incoming-good~\w+ is of no use any .*: Permission denied\. Delete it by hand\."
    with pytest.raises(ModelsUnwritable, match=said):
        store.delete("good")
    store.register(manifest(), fresh_state())
    store.register(manifest(), fresh_state(), force=True)
    assert "cannot be removed: Permission denied. Delete it by hand." in caplog.text
    with pytest.raises(ModelsUnwritable):
        store.delete("good")
    store.recover()
    assert store.model_ids() == ()
    monkeypatch.undo()
    store.recover()
    assert names_in(tmp_path) == []


def test_a_model_that_cannot_be_moved_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file system that is mounted there, say: it cannot be deleted, nor return to its place."""
    store = ModelStore(tmp_path)
    store.register(manifest(), fresh_state())
    shutil.copytree(tmp_path / "good", tmp_path / ".replaced-older")

    def busy(path: Path, target: Path) -> NoReturn:
        raise OSError(16, "Device or resource busy", str(path), None, str(target))

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(ModelsUnwritable, match=r"good cannot be deleted: Device or resource busy\."):
        store.delete("good")
    monkeypatch.undo()
    store.recover()
    assert names_in(tmp_path) == ["good", "older"]


def test_a_model_may_be_moved_with_its_folder_name(tmp_path: Path) -> None:
    """A copied folder under another name is refused until its manifest says so too."""
    store = ModelStore(tmp_path)
    store.register(manifest(), fresh_state())
    shutil.copytree(tmp_path / "good", tmp_path / "copy")
    with pytest.raises(ManifestError, match=r"model_id.*'good'.*'copy'"):
        store.read("copy", signature=SIGNATURE)

    path = tmp_path / "copy" / "manifest.json"
    fields: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(fields | {"model_id": "copy"}), encoding="utf-8")
    assert store.read("copy", signature=SIGNATURE).manifest.model_id == "copy"


def test_every_refusal_is_of_one_tree(tmp_path: Path) -> None:
    """Absurd numbers of classes are a refusal too, not a crash."""
    write_model(tmp_path, "good", saved(fresh_state()), {"n_classes": 10**30})
    with pytest.raises(HandwritingError):
        ModelStore(tmp_path).read("good", signature=SIGNATURE)

import json
import os
from pathlib import Path

import pytest
from tests.registry.samples import write_model

from handwriting_ai.errors import ManifestError, ModelNamed, PresetExists
from handwriting_ai.prediction import TtaMode
from handwriting_ai.registry.presets import (
    Choice,
    Preset,
    choose_members,
    explain,
    read_presets,
    refuse_named,
    save_preset,
)
from handwriting_ai.registry.report import LoadReport, Refusal
from handwriting_ai.registry.store import ModelStore

_PRESETS = {
    "default": {"members": ["a", "b"], "tta": "advanced"},
    "fast": {"members": ["a"], "tta": "none"},
}


def _write(root: Path, content: object) -> Path:
    path = root / "presets.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_presets_are_read_by_name(tmp_path: Path) -> None:
    """Members keep their order."""
    _write(tmp_path, _PRESETS)
    assert read_presets(tmp_path) == {
        "default": Preset(name="default", members=("a", "b"), tta=TtaMode.ADVANCED),
        "fast": Preset(name="fast", members=("a",), tta=TtaMode.NONE),
    }


@pytest.mark.parametrize(("content", "said"), [(b"{oops", "Invalid JSON: "), (b"[]", "Input should be an object")])
def test_what_is_wrong_with_the_whole_file_is_said_without_the_file(tmp_path: Path, content: bytes, said: str) -> None:
    """It may be long."""
    (tmp_path / "presets.json").write_bytes(content)
    with pytest.raises(ManifestError, match=rf"presets\.json: {said}") as raised:
        read_presets(tmp_path)
    assert content.decode() not in str(raised.value)


@pytest.mark.timeout(60)
def test_a_pipe_in_the_file_s_place_is_not_waited_for(tmp_path: Path) -> None:
    """Whoever opens one waits for its other end."""
    os.mkfifo(tmp_path / "presets.json")
    with pytest.raises(ManifestError, match=r"presets\.json cannot be read: it is a named pipe, not a file\."):
        read_presets(tmp_path)


def test_a_missing_file_means_no_presets(tmp_path: Path) -> None:
    """Neither the file nor the folder has to exist."""
    assert read_presets(tmp_path) == {}
    assert read_presets(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    "content",
    [
        [],
        "default",
        {"default": ["a"]},
        {"default": {"members": ["a"]}},
        {"default": {"tta": "none"}},
        {"default": {"members": [], "tta": "none"}},
        {"default": {"members": "a", "tta": "none"}},
        {"default": {"members": ["../a"], "tta": "none"}},
        {"default": {"members": ["a"], "tta": "everything"}},
        {"default": {"members": ["a"], "tta": "none", "temperature": 2}},
        {"one,two": {"members": ["a"], "tta": "none"}},
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: object) -> None:
    """The message names the file."""
    path = _write(tmp_path, content)
    with pytest.raises(ManifestError) as caught:
        read_presets(tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message names the file."""
    (tmp_path / "presets.json").write_bytes(content)
    with pytest.raises(ManifestError, match=r"presets\.json"):
        choose_members("", tmp_path)


@pytest.mark.parametrize(
    ("active_model", "expected"),
    [
        ("", Choice(members=("a", "b"), tta=None)),
        (" , ", Choice(members=("a", "b"), tta=None)),
        ("default", Choice(members=("a", "b"), tta=TtaMode.ADVANCED)),
        (" fast ", Choice(members=("a",), tta=TtaMode.NONE)),
        ("c", Choice(members=("c",), tta=None)),
        (" c ,, b,", Choice(members=("c", "b"), tta=None)),
    ],
)
def test_members_are_chosen_by_preset_or_by_id(tmp_path: Path, active_model: str, expected: Choice) -> None:
    """Only a preset that was asked for by name brings its TTA mode along."""
    _write(tmp_path, _PRESETS)
    assert choose_members(active_model, tmp_path) == expected


@pytest.mark.parametrize(
    ("active_model", "name", "said"),
    [
        (
            "fsat",
            "fsat",
            "There is no preset and no model 'fsat' in {root}. Did you mean 'fast'? Presets: fast. Models: a",
        ),
        ("xyz", "xyz", "There is no preset and no model 'xyz' in {root}. Presets: fast. Models: a."),
        ("a,fast", "fast", "It is a preset, which is named by itself."),
        ("../x", "../x", "broken"),
        ("fast", "gone", "broken"),
        ("a", "a", "broken"),
    ],
)
def test_a_name_that_no_model_has_may_be_a_preset_s(tmp_path: Path, active_model: str, name: str, said: str) -> None:
    """A misspelt one is told with the nearest; what a preset lacks, and what is there and broken, is said as it was."""
    _write(tmp_path, {"fast": {"members": ["gone"], "tta": "none"}})
    write_model(tmp_path, "a", b"")
    report = LoadReport(loaded=(), refused=(Refusal(model_id=name, reason="broken"),))
    (refusal,) = explain(report, active_model, tmp_path).refused
    assert (refusal.model_id, refusal.reason.rstrip(".")) == (name, said.format(root=tmp_path).rstrip("."))


def test_without_presets_all_models_are_members(tmp_path: Path) -> None:
    """They come sorted; an empty models folder gives none."""
    assert choose_members("", tmp_path) == Choice(members=(), tta=None)
    write_model(tmp_path, "b", b"")
    write_model(tmp_path, "a", b"")
    assert choose_members("", tmp_path) == Choice(members=("a", "b"), tta=None)


def test_what_is_not_shipped_is_a_member_only_where_it_is_named(tmp_path: Path) -> None:
    """Loading it then says why it is refused, as it does of a broken one."""
    for name in ("a", "b", "c"):
        write_model(tmp_path, name, b"")
    ModelStore(tmp_path).withhold("b", "too slow")
    (tmp_path / "c" / "manifest.json").write_text("{", encoding="utf-8")
    assert choose_members("", tmp_path).members == ("a", "c")
    assert choose_members("b", tmp_path).members == ("b",)


def test_a_model_that_would_be_missed_is_refused(tmp_path: Path) -> None:
    """All who name it are told; another one is free to go."""
    _write(tmp_path, _PRESETS)
    expected = "'a' stays: the preset 'default' and the preset 'fast' and DIGITS__ACTIVE_MODEL would lack it"
    with pytest.raises(ModelNamed, match=expected):
        refuse_named("a", "c, a", tmp_path)
    with pytest.raises(ModelNamed, match="the preset 'default' would"):
        refuse_named("b", "", tmp_path)
    refuse_named("c", "ab,cc", tmp_path)


def test_where_presets_cannot_be_read_nothing_is_free_to_go(tmp_path: Path) -> None:
    """A preset might name it."""
    (tmp_path / "presets.json").write_text("{", encoding="utf-8")
    with pytest.raises(ManifestError):
        refuse_named("c", "", tmp_path)


_OWN = Preset(name="ann", members=("c",), tta=TtaMode.ADVANCED)


def test_a_preset_of_one_s_own_stands_beside_the_others(tmp_path: Path) -> None:
    """Also where there was no file."""
    save_preset(tmp_path, _OWN)
    assert read_presets(tmp_path) == {"ann": _OWN}
    _write(tmp_path, _PRESETS)
    save_preset(tmp_path, _OWN)
    assert list(read_presets(tmp_path)) == ["default", "fast", "ann"]
    assert choose_members("ann", tmp_path) == Choice(members=("c",), tta=TtaMode.ADVANCED)


def test_a_preset_is_replaced_only_if_that_is_meant(tmp_path: Path) -> None:
    """Else whoever saved the first would read with another model."""
    path = _write(tmp_path, _PRESETS)
    other = Preset(name="fast", members=("b",), tta=TtaMode.NONE)
    before = path.read_bytes()
    with pytest.raises(PresetExists, match=r"'fast'.*another name"):
        save_preset(tmp_path, other)
    assert path.read_bytes() == before
    save_preset(tmp_path, other, force=True)
    assert read_presets(tmp_path)["fast"] == other


@pytest.mark.parametrize("name", ["", "two words", "a,b", "../up"])
def test_a_preset_s_name_is_a_plain_one(tmp_path: Path, name: str) -> None:
    """The file stays as it was."""
    path = _write(tmp_path, _PRESETS)
    before = path.read_bytes()
    with pytest.raises(ManifestError, match="cannot be saved"):
        save_preset(tmp_path, Preset(name=name, members=("a",), tta=TtaMode.NONE))
    assert path.read_bytes() == before


def test_a_broken_file_is_not_replaced(tmp_path: Path) -> None:
    """What it held may still be mended by hand."""
    path = tmp_path / "presets.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ManifestError):
        save_preset(tmp_path, _OWN)
    assert path.read_text(encoding="utf-8") == "{"

"""The one list of formats, and what is told apart from them."""

import pytest
from tests.preprocess.made_pictures import KINDS, animation, sample

from handwriting_ai.preprocess.formats import FORMATS, MEDIA_TYPES, SUFFIXES, format_of, other_kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_known_by_its_first_bytes(kind: str) -> None:
    """Each format's files are taken for that format and no other."""
    known = format_of(sample(kind))
    assert known is not None
    assert known.name.upper() == kind.replace("HEIF", "HEIC")


def test_every_format_has_its_test() -> None:
    """None is on the list that is not tried here."""
    assert sorted(known.name.upper() for known in FORMATS) == sorted(kind.replace("HEIF", "HEIC") for kind in KINDS)


def test_several_pictures_in_a_jpeg_are_a_jpeg() -> None:
    """MPO, as iPhones write it under the name .jpg."""
    known = format_of(animation("MPO"))
    assert known is not None
    assert known.name == "JPEG"


def test_no_name_stands_twice_in_the_list() -> None:
    """Suffixes begin with a dot, media types with image/."""
    for names, start in ((SUFFIXES, "."), (MEDIA_TYPES, "image/")):
        assert len(set(names)) == len(names)
        assert [name for name in names if not name.startswith(start) or name != name.lower()] == []
    assert {".jpg", ".heic", ".png", ".webp", ".avif", ".tif", ".bmp", ".gif"} <= set(SUFFIXES)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7\n", "a PDF file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b'<?xml version="1.0"?><svg/>', "an SVG drawing"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "a video"),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"plain text", None),
        (b"", None),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, name: str | None) -> None:
    """Where its beginning tells; none is taken for a picture."""
    assert format_of(data) is None
    assert other_kind(data) == name

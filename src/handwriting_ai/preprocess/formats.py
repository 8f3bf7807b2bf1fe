"""The kinds of picture files that are read: the one list from which page, commands, API and messages take theirs."""

import re
from dataclasses import dataclass
from typing import Final

HEAD_BYTES: Final = 64
"""As much of a file's beginning as tells what it is."""


@dataclass(frozen=True, kw_only=True)
class PictureFormat:
    """One kind of file."""

    name: str
    suffixes: tuple[str, ...]
    """Of its files, by which a folder is searched; what is in a file decides how it is read."""
    media_types: tuple[str, ...]
    """The usual one first."""
    head: bytes
    """What its files begin with, as a regular expression."""
    bytes_per_px: float
    """Memory that reading takes at its peak, where neither the picture's kind nor the header says less or more."""


JPEG: Final = PictureFormat(
    name="JPEG",
    suffixes=(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    media_types=("image/jpeg", "image/jpg", "image/pjpeg", "image/mpo"),
    head=rb"\xff\xd8\xff",
    bytes_per_px=4,
)
"""Also MPO: a JPEG file with more pictures behind the first."""
HEIC: Final = PictureFormat(
    name="HEIC",
    suffixes=(".heic", ".heif", ".hif"),
    media_types=("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
    head=rb".{4}ftyp(?:he[iv].|mi[fs]1|msf1)",
    bytes_per_px=10,
)
PNG: Final = PictureFormat(
    name="PNG",
    suffixes=(".png", ".apng"),
    media_types=("image/png", "image/x-png", "image/apng"),
    head=rb"\x89PNG\r\n\x1a\n",
    bytes_per_px=4,
)
WEBP: Final = PictureFormat(
    name="WebP",
    suffixes=(".webp",),
    media_types=("image/webp",),
    head=rb"RIFF.{4}WEBP",
    bytes_per_px=17,
)
AVIF: Final = PictureFormat(
    name="AVIF",
    suffixes=(".avif",),
    media_types=("image/avif",),
    head=rb".{4}ftyp(?:avi[fs]|mi[fs]1.{4}(?:.{4}){0,8}?avi[fs])",
    bytes_per_px=12,
)
TIFF: Final = PictureFormat(
    name="TIFF",
    suffixes=(".tif", ".tiff"),
    media_types=("image/tiff",),
    head=rb"II[*+]\0|MM\0[*+]",
    bytes_per_px=4,
)
BMP: Final = PictureFormat(
    name="BMP",
    suffixes=(".bmp", ".dib"),
    media_types=("image/bmp", "image/x-ms-bmp"),
    head=rb"BM",
    bytes_per_px=4,
)
GIF: Final = PictureFormat(
    name="GIF",
    suffixes=(".gif",),
    media_types=("image/gif",),
    head=rb"GIF8[79]a",
    bytes_per_px=4,
)
FORMATS: Final = (JPEG, PNG, AVIF, HEIC, WEBP, TIFF, BMP, GIF)
"""AVIF before HEIC, whose container it shares."""
SUFFIXES: Final = tuple(suffix for kind in FORMATS for suffix in kind.suffixes)
MEDIA_TYPES: Final = tuple(media_type for kind in FORMATS for media_type in kind.media_types)
_NAMES: Final = [kind.name for kind in FORMATS]
FORMAT_NAMES: Final = f"{', '.join(_NAMES[:-1])} or {_NAMES[-1]}"
"""For sentences: `JPEG, PNG, … or GIF`."""
_NO_PICTURES: Final = {
    "a PDF file": rb"%PDF",
    "an SVG drawing": rb"\s*<(?:svg|\?xml|!DOCTYPE svg)",
    "a video": rb".{4}ftyp|.{4}moov|RIFF.{4}AVI |\x1a\x45\xdf\xa3|\0\0\x01[\xb3\xba]",
    "a Photoshop file": rb"8BPS",
    "a JPEG XL picture": rb"\xff\x0a|.{4}JXL ",
    "a JPEG 2000 picture": rb"\xff\x4f\xff\x51|.{4}jP  ",
}
"""What people send all the same, as a sentence names it."""


def format_of(data: bytes) -> PictureFormat | None:
    """The format whose files begin as this one does; None if it is none that is read."""
    return next((kind for kind in FORMATS if _begins(data, kind.head)), None)


def other_kind(data: bytes) -> str | None:
    """What a file that is not read is instead, where its beginning tells."""
    return next((name for name, head in _NO_PICTURES.items() if _begins(data, head)), None)


def _begins(data: bytes, head: bytes) -> bool:
    return re.match(head, data[:HEAD_BYTES], re.DOTALL) is not None

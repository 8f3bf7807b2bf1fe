"""What a file's header tells of the memory that its pixels will take, before any is decoded."""

from collections.abc import Mapping
from typing import Final, Literal

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from handwriting_ai.errors import InvalidImage
from handwriting_ai.preprocess.formats import HEIC, PictureFormat

_BYTES_PER_COEFFICIENT: Final = 2
_SCALES: Final = (8, 4, 2)
_MARKER: Final = 0xFF
_START_OF_SCAN: Final = 0xDA
_SCAN_MARKER: Final = bytes((_MARKER, _START_OF_SCAN))
_MOST_SEGMENTS: Final = 2_000
"""Of a JPEG file before its pixels; a phone's have about twenty, one with a large colour profile some hundred."""
_MOST_SCANS: Final = 100
"""Of a JPEG file and what lies in it; a progressive one has ten or so. Each costs as much time as the whole picture."""
_DEEP_HEIC_BYTES_PER_PX: Final = 16.0
_SHALLOW_BITS: Final = 8
_SUBSAMPLED: Final = 420
_STORED_BYTES_PER_PX: Final = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}
"""By Pillow's mode."""
_STORED_BYTES_OTHERWISE: Final = 4
_ORIENTATION, _BITS, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_LENGTH = 274, 258, 278, 322, 323
"""Tags of TIFF."""
_PNG_HEAD_BYTES, _CHUNK_FRAME_BYTES = 8, 12
_MOST_CHUNKS: Final = 20_000
"""Of a PNG file; 20 MB of pixels are a few thousand as a rule, or one."""
_BIG_TIFF: Final = 43
_MOST_TAGS: Final = 65_535
_MOST_NUMBERS: Final = 50_000
"""Of one tag: as many strips as the largest picture has rows, in four planes, and a little more."""
_TEXT_TYPES: Final = frozenset((1, 2, 6, 7))
"""Bytes and letters, which stay as they are."""
_BITS_PER_BYTE: Final = 8


def memory_of(image: Image.Image, kind: PictureFormat, data: bytes, full_pixels: int) -> float:
    """Bytes of memory that a picture takes while it is loaded, with its decoder.

    Args:
        image: opened, and not loaded.
        kind: what it is.
        data: the file.
        full_pixels: of the picture before `reduce_jpeg`.
    """
    if isinstance(image, JpegImageFile):
        return _jpeg_memory(image, full_pixels, data)
    if isinstance(image, TiffImageFile):
        return _tiff_memory(image)
    info = _info(image)
    is_deep = kind is HEIC and info.get("bit_depth") != _SHALLOW_BITS and info.get("chroma") != _SUBSAMPLED
    return _pixels(image) * (_DEEP_HEIC_BYTES_PER_PX if is_deep else kind.bytes_per_px)


def reduce_jpeg(image: JpegImageFile, working_side_px: int) -> None:
    """Have a JPEG's pixels decoded as grey levels at 1/2, 1/4 or 1/8 if they are no fewer than the working size."""
    longest = max(image.size)
    scale = next((scale for scale in _SCALES if longest >= scale * working_side_px), 1)
    if scale > 1:
        image.draft("L", (max(1, image.width // scale), max(1, image.height // scale)))


def check_jpeg(data: bytes) -> None:
    """Let a JPEG file pass that is not made to keep its reader busy.

    Raises:
        InvalidImage: it has more scans or segments than any camera or program writes.
    """
    scans = data.count(_SCAN_MARKER)
    if scans > _MOST_SCANS:
        raise InvalidImage(f"The JPEG picture has {scans} scans; at most {_MOST_SCANS} are read: save it anew.")
    _first_scan(data)


def check_png(data: bytes) -> None:
    """Let a PNG file pass that is not made to keep its reader busy.

    Raises:
        InvalidImage: it has more chunks than any program writes.
    """
    at = _PNG_HEAD_BYTES
    for _ in range(_MOST_CHUNKS):
        if at + _CHUNK_FRAME_BYTES > len(data):
            return
        at += _CHUNK_FRAME_BYTES + int.from_bytes(data[at : at + 4], "big")
    raise InvalidImage(f"The PNG picture has over {_MOST_CHUNKS} chunks: save it anew.")


def check_tiff(data: bytes) -> None:
    """Let a TIFF file pass whose first directory is not made to fill the memory of who reads it.

    Raises:
        InvalidImage: a tag has more numbers than any scanner or program writes.
    """
    order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)

    is_big = number(2, 2) == _BIG_TIFF
    size, step, count_at = (8, 20, 8) if is_big else (4, 12, 2)  # of an offset, of an entry, of what counts the entries
    directory = number(8 if is_big else 4, size)
    for index in range(min(number(directory, count_at), _MOST_TAGS)):
        entry = directory + count_at + index * step
        numbers = number(entry + 4, size)
        if number(entry + 2, 2) not in _TEXT_TYPES and numbers > _MOST_NUMBERS:
            raise InvalidImage(
                f"The TIFF picture's tag {number(entry, 2)} has {numbers} numbers; at most {_MOST_NUMBERS} are read: "
                "save it anew, in fewer strips."
            )


def _first_scan(data: bytes) -> int:
    """The number of colour components in a JPEG's first scan; 0 if there is none."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":  # padding
            at += 1
        if len(data) < at + 5 or data[at] != _MARKER:
            return 0
        if data[at + 1] == _START_OF_SCAN:
            return data[at + 4]
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise InvalidImage(f"The JPEG picture has over {_MOST_SEGMENTS} segments before its pixels: save it anew.")


def _info(image: Image.Image) -> Mapping[str | tuple[int, int], object]:
    """What the header says beside the size."""
    info: Mapping[str | tuple[int, int], object] = image.info
    return info


def _pixels(image: Image.Image) -> int:
    return image.width * image.height


def _stored(image: Image.Image) -> float:
    return _pixels(image) * _STORED_BYTES_PER_PX.get(image.mode, _STORED_BYTES_OTHERWISE)


def _jpeg_memory(image: JpegImageFile, full_pixels: int, data: bytes) -> float:
    """What the scale leaves of the pixels, and all coefficients where they come in more than one scan."""
    components: int = image.layers
    if not _info(image).get("progressive") and _first_scan(data) >= components:
        return _stored(image)
    areas = [across * down for _, across, down, _ in image.layer]
    return _stored(image) + full_pixels * _BYTES_PER_COEFFICIENT * sum(areas) / max(areas)


def _tiff_memory(image: TiffImageFile) -> float:
    """The pixels, twice where they are to be turned, and a compressed strip or tile."""
    orientation: object = image.tag_v2.get(_ORIENTATION, 1)
    stored = _stored(image) * (1 if orientation == 1 else 2)
    if _info(image).get("compression") == "raw":
        return stored
    bits: tuple[int, ...] = image.tag_v2.get(_BITS, (1,))
    rows: int = image.tag_v2.get(_TILE_LENGTH) or image.tag_v2.get(_ROWS_PER_STRIP) or image.height
    columns: int = image.tag_v2.get(_TILE_WIDTH) or image.width
    samples = max(len(bits), len(image.getbands()))
    strip_pixels = min(rows, image.height) * min(columns, image.width)
    return stored + strip_pixels * max(samples * max(bits) / _BITS_PER_BYTE, _STORED_BYTES_OTHERWISE)

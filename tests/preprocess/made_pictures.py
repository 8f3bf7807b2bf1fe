"""Pictures of one stroke as files of every format, and files that were made to do harm."""

import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
import pillow_heif
from PIL import Image

from handwriting_ai.preprocess import Gray

pillow_heif.register_heif_opener()  # only writing needs it
KINDS = ("JPEG", "PNG", "AVIF", "HEIF", "WEBP", "TIFF", "BMP", "GIF")
"""The formats that are read, as Pillow calls them."""
ORIENTATION = 0x0112


def stroke_picture(side: int = 120) -> Gray:
    """A dark upright bar with a foot to the right, on white."""
    picture: Gray = np.full((side, side), 255, dtype=np.uint8)
    unit = side // 12
    picture[2 * unit : 10 * unit, 5 * unit : 6 * unit + unit // 5] = 0
    picture[9 * unit - unit // 5 : 10 * unit, 5 * unit : 8 * unit] = 0
    return picture


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def sample(kind: str, **options: object) -> bytes:
    """The stroke as a file of this kind, in colour where it has any."""
    image = Image.fromarray(stroke_picture())
    return encoded(image if kind == "GIF" else image.convert("RGB"), kind, **options)


def animation(kind: str, second: "Gray | None" = None) -> bytes:
    """The stroke, then a grey picture or another."""
    grey: Gray = np.full((120, 120), 128, dtype=np.uint8)
    frames = [Image.fromarray(stroke_picture()), Image.fromarray(grey if second is None else second)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def png(width: int, height: int, *, data: bytes = b"", extra: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """A valid header that promises width × height pixels, and hardly any data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in chunks)


def forged_size(kind: str, side: int) -> bytes:
    """The stroke's file with its header's width and height overwritten."""
    data = bytearray(sample(kind))
    if kind == "PNG":
        return png(side, side)
    if kind == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", side, side)
    elif kind == "GIF":
        data[6:10] = struct.pack("<HH", side, side)
    elif kind == "BMP":
        data[18:26] = struct.pack("<ii", side, side)
    elif kind == "TIFF":
        for tag in (256, 257):
            at = data.index(struct.pack("<HH", tag, 4), 8) if struct.pack("<HH", tag, 4) in data else 0
            at = at or data.index(struct.pack("<HH", tag, 3), 8)
            data[at : at + 12] = struct.pack("<HHII", tag, 4, 1, side)
    elif kind == "WEBP":
        at = data.index(b"\x9d\x01\x2a") + 3
        data[at : at + 4] = struct.pack("<HH", min(side, 16_383), min(side, 16_383))
    else:  # HEIC and AVIF, every box of a size
        at = data.find(b"ispe")
        while at >= 0:
            data[at + 8 : at + 16] = struct.pack(">II", side, side)
            at = data.find(b"ispe", at + 1)
    return bytes(data)

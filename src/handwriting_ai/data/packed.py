"""Reads files of data sets: one that the system refuses is told from one that is damaged."""

import gzip
import zlib
from pathlib import Path

from handwriting_ai.errors import DataCorrupt, DataUnreadable
from handwriting_ai.support.files import read_regular_file


def read_file(path: Path) -> bytes:
    """The content of a file, as it lies there.

    Raises:
        FileNotFoundError: it is not there; how to get it is the caller's to say.
        DataUnreadable: the system refuses it.
    """
    try:
        return read_regular_file(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DataUnreadable(f"{path} cannot be read: {error.strerror}.") from error


def unpack(path: Path, content: bytes) -> bytes:
    """What was gzipped into the content of a file.

    Raises:
        DataCorrupt: it is not whole, or not gzip.
    """
    try:
        return gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataCorrupt(f"{path} cannot be unpacked: {str(error).rstrip('.')}.") from error


def read_unpacked(path: Path) -> bytes:
    """The content of a file, unpacked where its name says that it is gzipped; raises as `read_file` and `unpack`."""
    content = read_file(path)
    return unpack(path, content) if path.suffix == ".gz" else content

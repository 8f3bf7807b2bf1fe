"""How large a picture may be: a guard against what was made to exhaust a machine, not against photographs."""

from dataclasses import dataclass
from typing import Final

from handwriting_ai.errors import ImageTooLarge
from handwriting_ai.support.units import BYTES_PER_MB, PIXELS_PER_MEGAPIXEL

PLAIN_BYTES_PER_PX: Final = 4.0
"""What most pictures take of memory while they are read; `max_megapixels` is meant for these."""


@dataclass(frozen=True, kw_only=True)
class ImageLimits:
    """What is refused before it is decoded. What these let in takes 300 MB at most while it is read."""

    max_megabytes: float = 20.0
    """Of the file, in millions of bytes."""
    max_side_px: int = 12_000
    max_megapixels: float = 64.0
    """Fewer for a kind that takes more than 4 bytes of memory a pixel, so that the memory is the same."""

    @property
    def max_bytes(self) -> int:
        """Of the file."""
        return int(self.max_megabytes * BYTES_PER_MB)

    def check_bytes(self, n_bytes: int) -> None:
        """Let a file of this size pass.

        Raises:
            ImageTooLarge: it has more bytes than may be.
        """
        if n_bytes > self.max_bytes:
            raise ImageTooLarge(
                f"The file has {n_bytes / BYTES_PER_MB:.1f} MB; at most {self.max_megabytes:g} MB are read: "
                "shrink it, or raise DIGITS__MAX_IMAGE_MB."
            )

    def check_size(self, width: int, height: int, *, kind: str, bytes_per_px: float = PLAIN_BYTES_PER_PX) -> None:
        """Let a picture of this size pass.

        Args:
            width: in pixels.
            height: likewise.
            kind: as a sentence names pictures of its kind.
            bytes_per_px: memory that it takes while it is read.

        Raises:
            ImageTooLarge: it has more pixels than may be.
        """
        size = f"The picture is {width} × {height} pixels"
        if max(width, height) > self.max_side_px:
            raise ImageTooLarge(
                f"{size}; a side may have {self.max_side_px} at most: shrink it, or raise DIGITS__MAX_IMAGE_SIDE_PX."
            )
        most = self.max_megapixels * min(PLAIN_BYTES_PER_PX / bytes_per_px, 1)
        if width * height > most * PIXELS_PER_MEGAPIXEL:
            costly = (
                f" of {kind}, which takes {bytes_per_px:.3g} bytes of memory a pixel"
                if most < self.max_megapixels
                else ""
            )
            raise ImageTooLarge(
                f"{size}, {width * height / PIXELS_PER_MEGAPIXEL:.1f} megapixels; at most {most:.3g}{costly} are read: "
                "shrink it, or raise DIGITS__MAX_IMAGE_MEGAPIXELS."
            )

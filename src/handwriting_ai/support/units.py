"""What numbers in other units are converted with."""

from typing import Final

MS_PER_S: Final = 1_000.0
BYTES_PER_MB: Final = 1_000_000
PIXELS_PER_MEGAPIXEL: Final = 1_000_000

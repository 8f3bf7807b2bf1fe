"""What reading the largest pictures takes of memory; each is read by a process of its own."""

import subprocess
import sys
from math import isqrt
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.preprocess.made_pictures import encoded

MOST_MB = 300.0
_LARGEST_PX = 64_000_000
_FAST = {"preset": "ultrafast"}
_STATUS = Path("/proc/self/status")
_READ = """
import re, sys
from math import isqrt
from pathlib import Path
from handwriting_ai.preprocess import ImageLimits
from handwriting_ai.preprocess.decode import decode

def peak_kb():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))

before = peak_kb()
gray = decode(Path(sys.argv[1]).read_bytes(), ImageLimits())
print(peak_kb() - before, *gray.shape)
"""


_CASES: Final[list[tuple[str, str, int, dict[str, object]]]] = [
    ("PNG", "RGBA", _LARGEST_PX, {"compress_level": 1}),
    ("PNG", "I;16", _LARGEST_PX, {"compress_level": 1}),
    ("JPEG", "RGB", _LARGEST_PX, {}),
    ("JPEG", "RGB", _LARGEST_PX * 4 // 5, {"progressive": True}),
    ("JPEG", "CMYK", _LARGEST_PX * 4 // 9, {"progressive": True}),
    ("TIFF", "RGB", _LARGEST_PX // 2, {"compression": "tiff_lzw", "strip_size": 1 << 30}),
    ("TIFF", "I;16", _LARGEST_PX, {"compression": "tiff_lzw"}),
    ("WEBP", "RGBA", _LARGEST_PX * 4 // 17, {"method": 0}),
    ("AVIF", "RGBA", _LARGEST_PX * 4 // 12, {"speed": 10}),
    ("HEIF", "RGBA", _LARGEST_PX * 4 // 10, {"enc_params": _FAST}),
]


def _paper(mode: str, side: int) -> Image.Image:
    """White, with a transparent strip where it can be."""
    if mode == "I;16":
        deep: NDArray[np.uint16] = np.full((side, side), 60_000, dtype=np.uint16)
        return Image.fromarray(deep)
    paper = Image.new("RGB", (side, side), "white").convert(mode)
    if mode == "RGBA":
        paper.paste((0, 0, 0, 0), (0, 0, side, 40))
    return paper


@pytest.mark.skipif(not _STATUS.exists(), reason="Linux tells a process's peak of memory")
@pytest.mark.parametrize(("kind", "mode", "most_px", "options"), _CASES)
def test_reading_takes_at_most_300_mb(
    tmp_path: Path, kind: str, mode: str, most_px: int, options: dict[str, object]
) -> None:
    """Of each format the largest picture that is let in, a file of 20 MB allowed for."""
    side = isqrt(most_px) - 1
    image = _paper(mode, side)
    path = tmp_path / "large"
    path.write_bytes(encoded(image, kind, **options))
    done = subprocess.run([sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True)
    taken_kb, height, width = (int(number) for number in done.stdout.split())
    assert (height, width) == (1024, 1024)
    assert taken_kb * 1.024e-3 + 20 - path.stat().st_size / 1e6 < MOST_MB

"""The public names."""

import subprocess
import sys

import pytest

import handwriting_ai
from handwriting_ai.reading.reader import DigitReader


def test_exports_are_sorted_and_exist() -> None:
    """`__all__` is what the package offers."""
    assert handwriting_ai.__all__ == sorted(handwriting_ai.__all__)
    assert all(hasattr(handwriting_ai, name) for name in handwriting_ai.__all__)
    assert handwriting_ai.DigitReader is DigitReader


def test_there_are_no_other_names() -> None:
    """A slip of the pen is told as everywhere."""
    slip = "DigitReaders"
    with pytest.raises(AttributeError, match=f"'handwriting_ai' has no attribute '{slip}'"):
        getattr(handwriting_ai, slip)


def test_the_package_is_there_at_once() -> None:
    """In 0.3 s of a processor's time: neither torch nor pydantic comes along before something is read."""
    program = (
        "import sys, time, handwriting_ai; spent = time.process_time(); "
        "sys.exit('torch' in sys.modules or 'pydantic' in sys.modules or spent > 0.3)"
    )
    tries = [subprocess.run([sys.executable, "-c", program], check=False).returncode for _ in range(3)]
    assert 0 in tries


def test_the_command_line_answers_before_torch_is_there() -> None:
    """Importing torch takes seconds: only commands that compute wait for it."""
    program = "import sys, handwriting_ai.cli; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)

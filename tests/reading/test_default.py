"""The two lines."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import handwriting_ai
from handwriting_ai.errors import InvalidImage, ModelRefused
from handwriting_ai.prediction import Prediction
from handwriting_ai.reading import default


@pytest.fixture()
def one(clean_environment: Path, monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> Path:
    """A picture, and models to read it with; nobody has made the default reader yet."""
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(model_dir))
    monkeypatch.setattr(default, "_KEPT", default._Kept())
    canvas = np.full((280, 280), 255, dtype=np.uint8)
    canvas[40:240, 130:150] = 0
    Image.fromarray(canvas).save(clean_environment / "one.png")
    return clean_environment / "one.png"


def test_two_lines_read_a_digit(one: Path) -> None:
    """Whatever it comes as; many come in order, with an error in a broken one's place."""
    digit = handwriting_ai.read(one).digit
    assert digit in range(10)
    assert handwriting_ai.read(one.read_bytes()).digit == digit
    first, broken, last = handwriting_ai.read_many([str(one), b"broken", Image.open(one)])
    assert isinstance(first, Prediction)
    assert isinstance(broken, InvalidImage)
    assert isinstance(last, Prediction)
    assert first.digit == last.digit == digit


def test_two_lines_read_a_page(one: Path) -> None:
    """With the same reader, whatever it comes as."""
    page = handwriting_ai.read_page(one)
    assert isinstance(page, handwriting_ai.PageReading)
    assert len(page.digits) == 1
    assert handwriting_ai.read_page(one.read_bytes()).text == page.text


@pytest.mark.usefixtures("one")
def test_threads_share_one_reader() -> None:
    """Made by the first of them, while the others wait for it."""
    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(default.default_reader) for _ in range(16)]
    assert len({id(each.result()) for each in readers}) == 1


def test_a_reader_without_models_is_not_kept(one: Path, model_dir: Path) -> None:
    """The error says why there are none; once they are there they are read with."""
    weights = {path: path.read_bytes() for path in model_dir.glob("*/model.pt")}
    for path in weights:
        path.write_bytes(b"damaged")
    with pytest.raises(ModelRefused, match=r"'first' cannot be loaded: .* its SHA-256 is"):
        handwriting_ai.read(one)
    for path, content in weights.items():
        path.write_bytes(content)
    assert handwriting_ai.read(one).digit in range(10)


_FORKED = """
import os, sys, handwriting_ai
first = handwriting_ai.read(sys.argv[1]).digit
child = os.fork()
if not child:
    os._exit(0 if handwriting_ai.read(sys.argv[1]).digit == first else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.timeout(120)
def test_a_forked_process_makes_its_own(one: Path) -> None:
    """The threads of its parent's are not there: it would wait for them for ever."""
    subprocess.run([sys.executable, "-c", _FORKED, one], check=True, env=dict(os.environ), timeout=100)

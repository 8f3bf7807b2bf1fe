"""Pictures a second in bulk, against one by one and ONNX Runtime, in one run: `python benchmarks/bulk_reading.py`.

2,000 canvases of 280 × 280 pixels as PNG files in memory, digits of MNIST's training part, go three ways in turns of
a few batches: `read_many`; `read` one by one; and the ensemble as `handwriting-ai export` writes it, in a plain loop of
ONNX Runtime on as many threads over batches that are prepared side by side. Beside each rate stands the processor's
time a picture, which other work on the machine does not change much. `--preset`, `--pictures` and `--threads` choose.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai import DigitReader, Reading, Settings, load_settings, preprocess
from handwriting_ai.config import AppSettings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.export.graph import INPUT
from handwriting_ai.export.write import export_ensemble
from handwriting_ai.prediction import EnsembleChoice
from handwriting_ai.reading.many import BATCH
from handwriting_ai.registry.presets import read_presets

SIDE_PX: Final = 280
_TURN: Final = 4 * BATCH
_MS_PER_S: Final = 1_000.0
_PAUSE_S: Final = 0.1
"""ONNX Runtime's threads spin for a while after their work; a pause keeps them out of the next turn."""
_ALIKE: Final = 1e-4
"""What probabilities may differ by."""


@dataclass
class Spent:
    """What one way has cost so far."""

    pictures: int = 0
    seconds: float = 0.0
    processor_s: float = 0.0

    def __str__(self) -> str:
        """The rate, and the processor's time a picture."""
        rate, cost = self.pictures / self.seconds, self.processor_s / self.pictures * _MS_PER_S
        return f"{rate:8.1f} pictures/s, {cost:6.2f} ms of processor time each"


def canvases(count: int, folder: Path) -> list[bytes]:
    """Digits as somebody would draw them, black on white, as PNG files."""
    digits = load_mnist(folder, Part.TRAIN)
    files: list[bytes] = []
    for index in range(count):
        ink: NDArray[np.uint8] = digits.images[index]
        paper: NDArray[np.uint8] = np.invert(ink)
        buffer = io.BytesIO()
        Image.fromarray(paper).resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC).save(buffer, "PNG")
        files.append(buffer.getvalue())
    return files


def _in_bulk(reader: DigitReader, files: Sequence[bytes]) -> list[tuple[float, ...]]:
    return [each.prediction.probs for each in reader.read_many(files) if isinstance(each, Reading)]


def _one_by_one(reader: DigitReader, files: Sequence[bytes]) -> list[tuple[float, ...]]:
    return [reader.read(each).prediction.probs for each in files]


def _by_onnx(
    session: onnxruntime.InferenceSession, pool: ThreadPoolExecutor, files: Sequence[bytes]
) -> list[tuple[float, ...]]:
    answers: list[tuple[float, ...]] = []
    images = [each.image for each in pool.map(preprocess, files)]
    for start in range(0, len(images), BATCH):
        batch: NDArray[np.float32] = np.stack(images[start : start + BATCH])
        rows: list[list[float]] = session.run(None, {INPUT: batch})[0].tolist()
        answers += [tuple(row) for row in rows]
    return answers


def measure(reader: DigitReader, preset: str, files: Sequence[bytes], threads: int, settings: Settings) -> None:
    """Print the three rates and their ratios."""
    chosen = read_presets(settings.digits.model_dir)[preset]
    choice = EnsembleChoice(members=chosen.members, tta=chosen.tta)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(threads) as pool:
        path = Path(folder) / "ensemble.onnx"
        export_ensemble(choice, settings.digits.model_dir, path, threads=threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        ways: dict[str, Callable[[Sequence[bytes]], list[tuple[float, ...]]]] = {
            "read_many": partial(_in_bulk, reader),
            "read": partial(_one_by_one, reader),
            "ONNX Runtime": partial(_by_onnx, session, pool),
        }
        spent = {name: Spent() for name in ways}
        for way in ways.values():
            way(files[:BATCH])
        for start in range(0, len(files), _TURN):
            turn = files[start : start + _TURN]
            answers = [_timed(ways[name], turn, spent[name]) for name in ways]
            for others in answers[1:]:
                assert np.allclose(answers[0], others, atol=_ALIKE), "The ways do not answer alike."
    for name, cost in spent.items():
        print(f"{preset}, {name + ':':<14}{cost}")
    bulk = spent["read_many"]
    for name in ("read", "ONNX Runtime"):
        other = spent[name]
        rate, share = other.seconds / bulk.seconds, other.processor_s / bulk.processor_s
        print(f"{preset}, read_many / {name}: {rate:.2f} by the clock, {share:.2f} by the processor")


def _timed(
    way: Callable[[Sequence[bytes]], list[tuple[float, ...]]], files: Sequence[bytes], spent: Spent
) -> list[tuple[float, ...]]:
    time.sleep(_PAUSE_S)
    started, on_processor = time.perf_counter(), time.process_time()
    answers = way(files)
    spent.seconds += time.perf_counter() - started
    spent.processor_s += time.process_time() - on_processor
    spent.pictures += len(files)
    return answers


def main() -> None:
    """Each preset in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--preset", action="append")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    count: int = arguments.pictures
    threads: int = arguments.threads
    asked: list[str] | None = arguments.preset
    settings = load_settings()
    files = canvases(count, settings.training.data_dir)
    for preset in asked or ("fast", "default"):
        digits: dict[str, object] = {"active_model": preset}
        parts: dict[str, object] = {
            "app": AppSettings(threads=threads),
            "digits": settings.digits.model_copy(update=digits),
        }
        with DigitReader(settings.model_copy(update=parts)) as reader:
            measure(reader, preset, files, threads, settings)


if __name__ == "__main__":
    main()

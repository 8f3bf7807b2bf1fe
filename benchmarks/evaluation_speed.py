"""Scoring a model on all 17 views of many digits, against ONNX Runtime: `python benchmarks/evaluation_speed.py`.

Both get the same views from the same code, in rounds that alternate, each in batches of the size that suits it. Goal:
at least 0.6 times ONNX Runtime's throughput.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engine_latency import THREADS, onnx_session

from handwriting_ai import TtaMode, load_settings, preprocess_signature
from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.architectures.running import as_input
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.evaluation.predictions import EvaluationDigits, load_evaluation_digits, predict
from handwriting_ai.inference.views import make_views, views_for
from handwriting_ai.registry.presets import read_presets
from handwriting_ai.registry.store import ModelStore

_VIEWS: Final = views_for(TtaMode.ADVANCED)
_DIGITS: Final = 800
_ROUNDS: Final = 5
_ONNX_DIGITS: Final = 16
"""With 17 views each: the batch size at which ONNX Runtime is fastest."""
_PAUSE_S: Final = 0.2
"""ONNX Runtime's threads spin for a while after their work."""


def main() -> None:
    """Print both throughputs and their ratio."""
    settings = load_settings()
    (model_id,) = read_presets(settings.digits.model_dir)["fast"].members
    stored = ModelStore(settings.digits.model_dir).read(model_id, signature=preprocess_signature())
    rows: NDArray[np.int64] = np.arange(_DIGITS)
    validation = load_evaluation_digits(settings.training.data_dir).validation.pick(rows)
    nothing = validation.pick(rows[:1])
    torch.set_num_threads(THREADS)
    network = for_inference(stored.manifest.arch, stored.manifest.n_classes, stored.state)
    with tempfile.TemporaryDirectory() as folder:
        session = onnx_session(model_id, settings, Path(folder), pictures=_ONNX_DIGITS * len(_VIEWS))

        def ours() -> None:
            predict(network, EvaluationDigits(validation=validation, test=nothing), torch.device("cpu"))

        def theirs() -> None:
            _through_onnx(session, validation)

        times: dict[str, list[float]] = {"handwriting-ai": [], "ONNX Runtime": []}
        for _ in range(_ROUNDS):
            for name, work in (("handwriting-ai", ours), ("ONNX Runtime", theirs)):
                time.sleep(_PAUSE_S)
                started = time.perf_counter()
                work()
                times[name].append(time.perf_counter() - started)
    seconds = {name: statistics.median(measured) for name, measured in times.items()}
    for name, median_s in seconds.items():
        print(f"{name:16} {len(_VIEWS) * _DIGITS / median_s:6.0f} pictures/s")
    print(f"ratio: {seconds['ONNX Runtime'] / seconds['handwriting-ai']:.2f} (goal 0.6)")


def _through_onnx(session: InferenceSession, digits: DigitImages) -> None:
    """The same views of the same digits."""
    for chunk in torch.split(as_input(digits.images), _ONNX_DIGITS):
        views: NDArray[np.float32] = make_views(chunk, _VIEWS).numpy()
        session.run(None, {"x": views})


if __name__ == "__main__":
    main()

"""The engine's time for one drawing against ONNX Runtime's, in one run: `python benchmarks/engine_latency.py`.

Both read the same batch of 17 pictures with the same batch-norm-folded weights on two threads, in rounds that
alternate. Goals: a ratio of at most 1.6, and from picture to answer at most 40 ms with one model in 17 views, 20 ms
with the preset `fast`, 150 ms with `default`.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from handwriting_ai import DigitReader, Settings, TtaMode, load_settings
from handwriting_ai.architectures import build_model
from handwriting_ai.architectures.fold import fold_batch_norm
from handwriting_ai.data.strokes import render
from handwriting_ai.inference.engine import PredictOptions
from handwriting_ai.inference.views import make_views, views_for
from handwriting_ai.preprocess import preprocess, preprocess_signature
from handwriting_ai.registry.presets import read_presets
from handwriting_ai.registry.store import ModelStore

THREADS: Final = 2
_VIEWS: Final = views_for(TtaMode.ADVANCED)
_ROUNDS: Final = 10
_RUNS: Final = 20
_WARM_UP: Final = 3
_PAUSE_S: Final = 0.1
"""ONNX Runtime's threads spin for a while after their work; a pause keeps them out of the engine's turn."""
_GOALS_MS: Final = {"fast": 20, "default": 150}
_THREE: Final = ((80.0, 70.0), (180.0, 60.0), (120.0, 140.0), (190.0, 180.0), (150.0, 230.0), (80.0, 220.0))


def onnx_session(model_id: str, settings: Settings, folder: Path) -> onnxruntime.InferenceSession:
    """Export the folded network for batches of all views of a picture, and open it with ONNX Runtime."""
    stored = ModelStore(settings.digits.model_dir).read(model_id, signature=preprocess_signature())
    network = build_model(stored.manifest.arch, stored.manifest.n_classes)
    network.load_state_dict(stored.state)
    path = folder / "model.onnx"
    example = (torch.zeros(len(_VIEWS), 1, 28, 28),)
    torch.onnx.export(fold_batch_norm(network), example, str(path), input_names=["x"], verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def timed_ms(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Print the medians and their ratio."""
    settings = load_settings()
    stroke: NDArray[np.float64] = np.array(_THREE)
    picture = render([stroke], pen_px=18)
    image = preprocess(picture).image
    batch = make_views(torch.from_numpy(image).unsqueeze(0), _VIEWS)
    views: NDArray[np.float32] = batch.numpy()
    with DigitReader(settings) as reader, tempfile.TemporaryDirectory() as folder:
        first = reader.engine.member_ids[:1]
        as_they_are = PredictOptions(tta=TtaMode.NONE, members=first)
        advanced = PredictOptions(tta=TtaMode.ADVANCED, members=first)
        session = onnx_session(first[0], settings, Path(folder))
        work: dict[str, Callable[[], object]] = {
            "engine": lambda: reader.engine.predict_batch(batch, as_they_are),
            "onnx": lambda: session.run(None, {"x": views}),
            "whole": lambda: reader.engine.predict(preprocess(picture).image, advanced),
        }
        presets = read_presets(settings.digits.model_dir)
        for name, preset in presets.items():
            reader.engine.make_available(preset.members)
            work[name] = partial(reader.read, picture, tta=preset.tta, members=preset.members)
        times: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(_ROUNDS):
            for name, call in work.items():
                time.sleep(_PAUSE_S)
                measured = [timed_ms(call) for _ in range(_WARM_UP + _RUNS)]
                times[name] += measured[_WARM_UP:]
    engine_ms, onnx_ms = statistics.median(times["engine"]), statistics.median(times["onnx"])
    print(f"engine, 17 pictures:       {engine_ms:.1f} ms")
    print(f"ONNX Runtime, 17 pictures: {onnx_ms:.1f} ms")
    print(f"ratio: {engine_ms / onnx_ms:.2f} (goal 1.6)")
    print(f"picture to answer, 17 views, one model: {statistics.median(times['whole']):.1f} ms (goal 40 ms)")
    for name, preset in presets.items():
        what = f"`{name}`, {len(preset.members)} × {len(views_for(preset.tta))} views"
        goal = f" (goal {_GOALS_MS[name]} ms)" if name in _GOALS_MS else ""
        print(f"picture to answer, {what}: {statistics.median(times[name]):.1f} ms{goal}")


if __name__ == "__main__":
    main()

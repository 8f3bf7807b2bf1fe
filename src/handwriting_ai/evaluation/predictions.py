"""A model's logits on MNIST's validation and test digits, kept beside its weights in `predictions.npz`.

They hold every view of the largest mode, so that any choice of members, views and temperature is scored without running
a network. Rows are kept less their largest number, which no softmax notices and half precision likes, and packed; files
of before that hold them plain, and are read as well. Those of a trial are of the first digits alone, and say so.
"""

import hashlib
import io
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import PositiveInt, TypeAdapter
from torch import Tensor

from handwriting_ai.architectures import TypedModule
from handwriting_ai.architectures.fold import for_inference
from handwriting_ai.architectures.running import as_input, logits_of
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist, published_digests
from handwriting_ai.data.split import SPLIT_SEED, VALIDATION_COUNT, split_rows
from handwriting_ai.errors import PredictionsError
from handwriting_ai.evaluation.packing import Kept, pack, unpack
from handwriting_ai.inference.views import make_views, views_for
from handwriting_ai.prediction import N_CLASSES, TtaMode
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.store import ModelStore, StoredModel
from handwriting_ai.registry.weights import weights_digest
from handwriting_ai.support.files import open_regular_file

PREDICTIONS_NAME: Final = "predictions.npz"
REFRESH_COMMAND: Final = "handwriting-ai evaluate --refresh"
_VIEWS: Final = views_for(TtaMode.ADVANCED)
"""The views of the smaller modes are its first ones."""
_AT_ONCE_ON_CPU: Final = 4
"""So many pictures, with 17 views each, fit the processor's cache."""
_AT_ONCE_ON_GPU: Final = 128
"""Enough to keep it busy."""
_OF_FIRST: Final = "of_first"
"""The array, in a trial's file alone, that says how many digits of each part were read."""
_DAMAGE: Final = (OSError, ValueError, LookupError, EOFError, RuntimeError, MemoryError, BadZipFile, zlib.error)
"""What numpy raises for a file that is not what it wrote."""
_COUNTS: Final = TypeAdapter(tuple[PositiveInt, PositiveInt])


@dataclass(frozen=True, kw_only=True)
class EvaluationDigits:
    """The digits that models are scored on."""

    validation: DigitImages
    """5,000 of MNIST's training part, which choose things."""
    test: DigitImages
    """MNIST's 10,000 test digits, which are reported."""

    @property
    def count(self) -> int:
        """Of both."""
        return len(self.validation) + len(self.test)


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """Logits of one model, `float16 (17, n, 10)`, less the largest of each row."""

    validation: Tensor
    test: Tensor
    of_first_only: bool = False
    """Whether they are of the first digits of each part and no more, as those of a trial are."""

    def packed(self, weights_sha256: str) -> bytes:
        """The content of `predictions.npz`, tied to the weights, the views, and the MNIST and split of this version.

        Of the digits that were read only their number shows: in the shapes.
        """
        buffer = io.BytesIO()
        validation: NDArray[np.float16] = self.validation.numpy()
        test: NDArray[np.float16] = self.test.numpy()
        made_from = [_made_from(weights_sha256)]
        stamp: NDArray[np.str_] = np.array(made_from)
        packed = pack(validation), pack(test)
        if self.of_first_only:
            counts = [self.validation.shape[1], self.test.shape[1]]
            of_first: NDArray[np.int64] = np.array(counts)
            np.savez_compressed(buffer, made_from=stamp, of_first=of_first, validation=packed[0], test=packed[1])
        else:
            np.savez_compressed(buffer, made_from=stamp, validation=packed[0], test=packed[1])
        return buffer.getvalue()


def load_evaluation_digits(folder: Path) -> EvaluationDigits:
    """MNIST's validation digits and its test part.

    Raises:
        DataMissing, DataUnreadable, DataCorrupt: as `load_mnist`.
    """
    training = load_mnist(folder, Part.TRAIN)
    return EvaluationDigits(
        validation=training.pick(split_rows(training.labels)[1]), test=load_mnist(folder, Part.TEST)
    )


def predict(
    network: TypedModule,
    digits: EvaluationDigits,
    device: torch.device,
    on_step: Callable[[int, int], None] | None = None,
) -> Predictions:
    """Run a network, prepared for inference, on every view of every digit.

    Args:
        network: on `device`.
        digits: what it reads; the labels are not looked at.
        device: where it runs.
        on_step: called with the digits done and all digits.
    """
    lock, done = threading.Lock(), 0

    def count(more: int) -> None:
        nonlocal done
        with lock:
            done += more
            if on_step is not None:
                on_step(done, digits.count)

    return Predictions(
        validation=_all_views(network, digits.validation, device, count),
        test=_all_views(network, digits.test, device, count),
    )


def refresh_predictions(
    store: ModelStore,
    model: StoredModel,
    digits: EvaluationDigits,
    on_step: Callable[[int, int], None] | None = None,
) -> Path:
    """Run a model anew, on the CPU, and keep its predictions; returns their file."""
    manifest = model.manifest
    network = for_inference(manifest.arch, manifest.n_classes, model.state)
    predictions = predict(network, digits, torch.device("cpu"), on_step)
    return store.add_file(manifest.model_id, PREDICTIONS_NAME, predictions.packed(model.weights_sha256))


def _all_views(network: TypedModule, digits: DigitImages, device: torch.device, count: Callable[[int], None]) -> Tensor:
    """`float16 (views, n, 10)`; on a processor in as many threads as torch has, each with batches of its own.

    They do not wait for each other, as the threads of one batch would at every layer, and some of them for a core.
    """
    is_cpu = device.type == "cpu"
    batches = torch.split(as_input(digits.images), _AT_ONCE_ON_CPU if is_cpu else _AT_ONCE_ON_GPU)

    def read(batch: Tensor) -> Tensor:
        logits = logits_of(network, make_views(batch.to(device), _VIEWS)).float().cpu()
        count(len(batch))
        rows = logits.view(len(_VIEWS), len(batch), N_CLASSES)
        return (rows - rows.amax(dim=2, keepdim=True)).half()

    with ThreadPoolExecutor(torch.get_num_threads() if is_cpu else 1, initializer=_stay_on_one_core) as pool:
        futures = [pool.submit(read, batch) for batch in batches]
        try:
            return torch.cat([future.result() for future in futures], dim=1)
        finally:
            pool.shutdown(cancel_futures=True)  # also where whoever asked has left


def _stay_on_one_core() -> None:
    """Of the present thread, whose sisters have the other cores."""
    torch.set_num_threads(1)


def load_predictions(folder: Path, manifest: Manifest, digits: EvaluationDigits) -> Predictions:
    """The predictions kept with a model, of as many digits as these, or of the first of them if they say so.

    Raises:
        PredictionsError: there are none, they are damaged, or of other weights, views or digits than those of today.
        WeightsError: as `weights_digest`.
    """
    expected = {"validation": len(digits.validation), "test": len(digits.test)}
    arrays, of_first = _read(folder, manifest, list(expected))
    if of_first is not None:
        expected = {name: min(count, first) for (name, count), first in zip(expected.items(), of_first, strict=True)}
    tensors = [_checked(folder, manifest, name, arrays[name], count) for name, count in expected.items()]
    return Predictions(validation=tensors[0], test=tensors[1], of_first_only=of_first is not None)


def check_predictions(folder: Path, manifest: Manifest) -> bool:
    """Find out, by their stamp alone, whether a model has predictions of today's weights, views and digits.

    Returns:
        Whether they are of all digits, and not of the first alone.

    Raises:
        PredictionsError: there are none, or of others; damage further on is found by `load_predictions`.
        WeightsError: as `weights_digest`.
    """
    return _read(folder, manifest, ())[1] is None


def _read(folder: Path, manifest: Manifest, names: Sequence[str]) -> tuple[dict[str, Kept], tuple[int, int] | None]:
    """Some arrays of the file, by name, as they are kept; and of how many digits they are, if not of all."""
    path, expected = folder / PREDICTIONS_NAME, _made_from(weights_digest(folder, manifest))
    try:
        with open_regular_file(path) as stream:
            # What numpy writes; `_checked` makes sure of it.
            content: Mapping[str, Kept] = np.load(stream, allow_pickle=False)
            made_from: object = content["made_from"].tolist()
            arrays = {name: content[name] for name in names}
            of_first: tuple[int, int] | None = None
            if _OF_FIRST in content:
                counts: object = content[_OF_FIRST].tolist()
                of_first = _COUNTS.validate_python(counts)
    except FileNotFoundError as error:
        raise PredictionsError(f"Model {manifest.model_id!r} has no {PREDICTIONS_NAME}. {_advice(manifest)}") from error
    except _DAMAGE as error:
        raise PredictionsError(f"{path} is damaged: {error}. {_advice(manifest)}") from error
    if made_from != [expected]:
        raise PredictionsError(f"{path} was made from other weights, views or digits. {_advice(manifest)}")
    return arrays, of_first


def _checked(folder: Path, manifest: Manifest, name: str, kept: Kept, count: int) -> Tensor:
    """One array as a tensor, if it is `float16 (views, n, 10)`, packed or plain."""
    array, expected = unpack(kept), (len(_VIEWS), count, N_CLASSES)
    if array.dtype != np.float16 or array.shape != expected:
        raise PredictionsError(
            f"{folder / PREDICTIONS_NAME} is damaged: {name} holds {array.dtype} {array.shape}, expected float16 "
            f"{expected}. {_advice(manifest)}"
        )
    return torch.from_numpy(array)


def _advice(manifest: Manifest) -> str:
    if manifest.not_shipped is not None:
        return "Restore the file: the model's weights, which could make it anew, are not shipped."
    return f"Make them with `{REFRESH_COMMAND} {manifest.model_id}`."


def _made_from(weights_sha256: str) -> str:
    """One digest over all that predictions depend on."""
    parts = (weights_sha256, _VIEWS, published_digests(), VALIDATION_COUNT, SPLIT_SEED)
    return hashlib.sha256(repr(parts).encode()).hexdigest()

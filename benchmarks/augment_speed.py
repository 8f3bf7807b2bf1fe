"""`heavy_aug`'s augmentation in batches, against torchvision v2 sample by sample: `python benchmarks/augment_speed.py`.

The same transforms on both sides: rotation, shift and scale, elastic distortion, erasing of a square. torchvision gets
a DataLoader with the number of workers that suits it best of those tried. Mixup and normalisation are on neither side.
"""

import argparse
import time
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from handwriting_ai import load_settings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.support.torchvision_ops import declare_missing_operators
from handwriting_ai.training.augment import augment
from handwriting_ai.training.recipes import HEAVY_AUG

WORKERS: Final = (0, 1, 2)
_RANGES: Final = HEAVY_AUG.stages[0].augmentation
_BATCH: Final = HEAVY_AUG.stages[0].batch_size
_FULL: Final = 255.0


class _Transformed(Dataset[Tensor]):
    """Pictures that are changed one by one when they are asked for."""

    def __init__(self, pictures: Tensor, change: Callable[[Tensor], Tensor]) -> None:
        self._pictures, self._change = pictures, change

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> Tensor:
        return self._change(self._pictures[index])


def batched_rate(pictures: Tensor) -> float:
    """Images a second through this project's augmentation."""
    generator = torch.Generator().manual_seed(0)
    augment(pictures[:_BATCH] / _FULL, _RANGES, generator)
    started = time.perf_counter()
    for start in range(0, len(pictures), _BATCH):
        augment(pictures[start : start + _BATCH] / _FULL, _RANGES, generator)
    return len(pictures) / (time.perf_counter() - started)


def one_by_one_rate(pictures: Tensor, workers: int) -> float:
    """Images a second through torchvision v2 and a DataLoader."""
    declare_missing_operators()
    from torchvision.transforms import v2

    side = pictures.shape[-1]
    shift, area = _RANGES.shift_px / side, _RANGES.cutout_px**2 / side**2
    change = v2.Compose(
        [
            v2.RandomAffine(
                _RANGES.rotation_deg, translate=(shift, shift), scale=(1 - _RANGES.scale, 1 + _RANGES.scale)
            ),
            v2.ElasticTransform(alpha=_RANGES.elastic_alpha_px, sigma=_RANGES.elastic_sigma_px),
            v2.RandomErasing(1.0, scale=(area, area), ratio=(1.0, 1.0)),
        ]
    )
    data = _Transformed(pictures, lambda picture: change(picture / _FULL))
    loader: DataLoader[Tensor] = DataLoader(data, batch_size=_BATCH, num_workers=workers)
    started = time.perf_counter()
    seen = 0
    batch: Tensor
    for batch in loader:
        seen += len(batch)
    return seen / (time.perf_counter() - started)


def main() -> None:
    """Print both rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000, help="for the batched side; the other gets a quarter")
    arguments = parser.parse_args()
    count: int = arguments.images
    mnist = load_mnist(load_settings().training.data_dir, Part.TRAIN)
    pictures = torch.from_numpy(mnist.images[:count].copy()).unsqueeze(1)
    batched = batched_rate(pictures)
    print(f"batched: {batched:,.0f} images/s, {torch.get_num_threads()} threads")
    rates = {workers: one_by_one_rate(pictures[: max(_BATCH, count // 4)], workers) for workers in WORKERS}
    for workers, rate in rates.items():
        print(f"torchvision v2, DataLoader with {workers} workers: {rate:,.0f} images/s")
    print(f"ratio to the best of them: {batched / max(rates.values()):.0f}")


if __name__ == "__main__":
    main()

"""Do MNIST's training digits lie writer by writer? `python benchmarks/writer_order.py`, a few seconds.

A writer's digits slant alike. Printed is how a digit's slant, standardised among the digits of its label, correlates
with that of the digit so many places on, among some rows of MNIST's training file: it stays high within a writer's
digits and is 0 beyond them, and 0 throughout where digits are shuffled. Means as far apart as those of odd and even
rows tell two groups of people. The folds of `ablations.py --by-writer` rest on both. (The labels of QMNIST, which is
not here, name each digit's writer.) The test digits are not looked at.
"""

import sys
from typing import Final

import torch
from torch import Tensor

from handwriting_ai.config import load_settings
from handwriting_ai.data.mnist import Part, load_mnist
from handwriting_ai.errors import HandwritingError
from handwriting_ai.preprocess import IMAGE_SIDE

PLACES_APART: Final = (1, 2, 5, 10, 20, 50, 100, 200, 300, 1_000)
ROWS: Final = {
    "odd": range(1, 60_000, 2),
    "even, below 50,000": range(0, 50_000, 2),
    "even, from 50,000": range(50_000, 60_000, 2),
}


def slants(images: Tensor) -> Tensor:
    """By how many columns the ink of each picture moves per row: `(n, 28, 28)` to `(n,)`."""
    flat = images.flatten(1).float()
    ink = flat / flat.sum(dim=1, keepdim=True)
    places = torch.arange(IMAGE_SIDE) - (IMAGE_SIDE - 1) / 2
    row, column = places.repeat_interleave(IMAGE_SIDE), places.repeat(IMAGE_SIDE)
    covariance = ink @ (row * column) - (ink @ row) * (ink @ column)
    return covariance / (ink @ row**2 - (ink @ row) ** 2)


def standardised(values: Tensor, labels: Tensor) -> Tensor:
    """`(n,)`, of mean 0 and variance 1 among the digits of each label."""
    result = torch.zeros_like(values)
    for digit in range(int(labels.max()) + 1):
        own = values[labels == digit]
        result[labels == digit] = (own - own.mean()) / own.std()
    return result


def correlation(values: Tensor, apart: int) -> float:
    """Of each value with the one so many places on."""
    return float(torch.corrcoef(torch.stack([values[:-apart], values[apart:]]))[0, 1])


def main() -> None:
    """Print the table, in Markdown."""
    try:
        mnist = load_mnist(load_settings().training.data_dir, Part.TRAIN)
    except HandwritingError as error:
        sys.exit(str(error))
    values = standardised(slants(torch.tensor(mnist.images)), torch.tensor(mnist.labels))
    print(f"| rows | mean | {' | '.join(f'{apart:,} apart' for apart in PLACES_APART)} |")
    print(f"| --- | --- |{' --- |' * len(PLACES_APART)}")
    for name, rows in ROWS.items():
        chosen = values[rows.start : rows.stop : rows.step]
        found = [chosen.mean().item(), *[correlation(chosen, apart) for apart in PLACES_APART]]
        print(f"| {name} | {' | '.join(f'{each:z.2f}' for each in found)} |")


if __name__ == "__main__":
    main()

"""The transforms that `benchmarks/augment_speed.py` compares with."""

from collections.abc import Sequence

from torch import Tensor

class Transform:
    def __call__(self, picture: Tensor) -> Tensor: ...

class Compose(Transform):
    def __init__(self, transforms: Sequence[Transform]) -> None: ...

class RandomAffine(Transform):
    def __init__(self, degrees: float, *, translate: tuple[float, float], scale: tuple[float, float]) -> None: ...

class ElasticTransform(Transform):
    def __init__(self, *, alpha: float, sigma: float) -> None: ...

class RandomErasing(Transform):
    def __init__(self, p: float, *, scale: tuple[float, float], ratio: tuple[float, float]) -> None: ...

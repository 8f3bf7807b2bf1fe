"""Torch's global generator, borrowed: some of torch's own code draws from no other."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, the global generators of all devices start from `seed`; the CPU's goes on as before afterwards."""
    before = torch.random.get_rng_state()
    try:
        torch.manual_seed(seed)
        yield
    finally:
        torch.random.set_rng_state(before)

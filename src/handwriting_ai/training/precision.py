"""Which device and number format a run uses: found out from the machine, the same every time on one machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch

from handwriting_ai.errors import DeviceUnavailable

_CPU_BF16_FEATURES: Final = ("amx_bf16", "avx512_bf16")
"""With either, bf16 autocast trains 1.7 to 3.5 times as fast as fp32; without, it is slower than fp32."""


@dataclass(frozen=True)
class Compute:
    """Where and how tensors are computed."""

    device: torch.device
    autocast: bool
    """Whether forward passes run in bf16 autocast."""

    @property
    def label(self) -> str:
        """For manifests and logs, as `cpu bf16`."""
        return f"{self.device.type} {'bf16' if self.autocast else 'fp32'}"


def choose_compute(device: str = "auto") -> Compute:
    """Resolve `auto`, `cpu`, `cuda` or `mps` to a device, with the number format that pays there.

    Raises:
        DeviceUnavailable: there is no such device on this machine.
    """
    here = _devices()
    name = here[0] if device == "auto" else device
    if name not in here:
        raise DeviceUnavailable(f"There is no device {device!r} here. Available: auto, {', '.join(here)}.")
    if name == "cuda":
        _set_up_cuda()
    return Compute(device=torch.device(name), autocast=name == "cuda" or (name == "cpu" and cpu_has_bf16()))


def _set_up_cuda() -> None:
    """Single precision is what it says, where torch would round to TF32; cuDNN finds out which kernels are fastest."""
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True


def _devices() -> tuple[str, ...]:
    """What this machine has, the fastest first."""
    cuda = ("cuda",) if torch.cuda.is_available() else ()
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return (*cuda, *mps, "cpu")


def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bf16 matrices faster than fp32 ones."""
    features: Mapping[str, object] = torch.cpu.get_capabilities()
    return any(features.get(name) is True for name in _CPU_BF16_FEATURES)

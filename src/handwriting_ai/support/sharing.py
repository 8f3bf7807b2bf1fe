"""How processes that train share the cores of a machine.

Torch's threads wait for each other hundreds of times in an update, and GNU's OpenMP has a waiting one spin for
milliseconds: quick on an idle machine, but where others want the core, the thread that is waited for does not get it.
"""

from collections.abc import Mapping
from typing import Final

_SPINS: Final = ("GOMP_SPINCOUNT", "5000")
"""Some microseconds: longer than most waits on an idle machine, and no loss on a shared one."""
_USERS_OWN: Final = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def yielding(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process whose threads give up their cores soon while they wait, as it is before torch loads.

    Whoever has chosen how threads wait has it so.
    """
    chosen = any(name in environment for name in _USERS_OWN)
    return dict(environment) if chosen else {**environment, _SPINS[0]: _SPINS[1]}


def fair_share(threads: int, runs: int) -> int:
    """How many of all threads one of so many runs uses; one at least."""
    return max(1, threads // max(1, runs))

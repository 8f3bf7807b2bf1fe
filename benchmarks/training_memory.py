"""The largest memory of a run on the CPU: `python benchmarks/training_memory.py` (goal: under 2 GiB).

Trains `compact` for one epoch in a process of its own, from the data to the registered model with its predictions, and
asks the kernel how much memory that took at most.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from typing import Final

_GIB: Final = 2**30
_UNIT: Final = 1024 if sys.platform == "linux" else 1
"""Linux counts in KiB, macOS in bytes."""


def main() -> None:
    """Print the peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="drawn")
    recipe: str = parser.parse_args().recipe
    with tempfile.TemporaryDirectory() as folder:
        variables = dict(os.environ) | {"APP__DATA_ROOT": folder, "DIGITS__MODEL_DIR": f"{folder}/models"}
        command = [sys.executable, "-m", "handwriting_ai.cli", "train", "--recipe", recipe, "--epochs", "1"]
        subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _UNIT
    print(f"{recipe}: at most {peak / _GIB:.2f} GiB (goal: under 2 GiB)")


if __name__ == "__main__":
    main()

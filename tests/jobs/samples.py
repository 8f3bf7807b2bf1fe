"""What the jobs of tests learn from."""

from typing import Final

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.training.sources import DataFolders

MNIST: Final = DataFolders(mnist=PROJECT_ROOT / "data" / "mnist")
"""And nothing else."""

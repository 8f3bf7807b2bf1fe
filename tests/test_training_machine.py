"""A machine that only trains needs none of what the dashboard and the checks need."""

import subprocess
import sys
from pathlib import Path

import pytest

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.registry.store import ModelStore

_NOT_INSTALLED = (
    "altair",
    "fastapi",
    "onnxruntime",
    "pandas",
    "playwright",
    "prometheus_client",
    "scipy",
    "sklearn",
    "statsmodels",
    "streamlit",
    "streamlit_drawable_canvas",
    "uvicorn",
    "vl_convert",
)
_TRAIN = """
import sys
for name in {names}:
    sys.modules[name] = None  # importing it then fails, as if it were not installed
sys.argv = ["handwriting-ai", "train", "--recipe", "baseline", "--trial", "40", "--epochs", "1"]
from handwriting_ai.cli import main
main()
"""


def test_a_run_needs_only_the_packages_of_the_trainer(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the command to the registered model."""
    monkeypatch.setenv("APP__DATA_ROOT", str(clean_environment))
    monkeypatch.setenv("DIGITS__MODEL_DIR", str(clean_environment / "models"))
    program = _TRAIN.format(names=_NOT_INSTALLED)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=500
    )
    assert done.returncode == 0, done.stderr
    assert ModelStore(clean_environment / "models").model_ids() == ("mnist_compact_baseline_seed0_trial40",)

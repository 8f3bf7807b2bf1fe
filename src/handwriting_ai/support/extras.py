"""The packages of the extras in pyproject.toml, which not every installation has."""

from importlib.util import find_spec
from typing import Final

from handwriting_ai.errors import PackagesMissing

EXTRAS: Final = {
    "app": ("altair", "jinja2", "pandas", "streamlit", "streamlit_drawable_canvas", "vl_convert"),
    "export": ("onnx", "onnxruntime", "onnxscript"),
    "api": ("fastapi", "prometheus_client", "python_multipart", "uvicorn"),
    "queue": ("redis", "rq"),
}
"""As they are imported."""


def require_extra(name: str, *packages: str) -> None:
    """Find out, before any work, whether what the work needs is installed: an extra, or some packages of it.

    Raises:
        PackagesMissing: a package is not.
    """
    missing = [package for package in packages or EXTRAS[name] if find_spec(package) is None]
    if missing:
        raise PackagesMissing(
            f"This needs {', '.join(missing)}. Install the extra `{name}`, in the checkout: "
            f".venv/bin/pip install -c constraints.txt -e '.[{name}]'"
        )

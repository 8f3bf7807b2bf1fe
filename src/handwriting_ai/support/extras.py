"""The packages of the extras in pyproject.toml, which not every installation has."""

from importlib.util import find_spec
from typing import Final

from handwriting_ai.errors import PackagesMissing
from handwriting_ai.support.places import PLACES

EXTRAS: Final = {
    "app": ("altair", "jinja2", "pandas", "streamlit", "streamlit_drawable_canvas", "vl_convert"),
    "export": ("onnx", "onnxruntime", "onnxscript"),
    "api": ("fastapi", "prometheus_client", "python_multipart", "uvicorn"),
    "queue": ("redis", "rq"),
}
"""As they are imported."""
_IN_THE_CHECKOUT: Final = "in the checkout: .venv/bin/pip install -c constraints.txt -e '."
_WITH_THE_WHEEL: Final = "with the wheel: pip install 'handwriting_ai-VERSION-py3-none-any.whl"


def require_extra(name: str, *packages: str) -> None:
    """Find out, before any work, whether what the work needs is installed: an extra, or some packages of it.

    Raises:
        PackagesMissing: a package is not.
    """
    missing = [package for package in packages or EXTRAS[name] if find_spec(package) is None]
    if missing:
        how = _IN_THE_CHECKOUT if PLACES.is_checkout else _WITH_THE_WHEEL
        raise PackagesMissing(f"This needs {', '.join(missing)}. Install the extra `{name}`, {how}[{name}]'")

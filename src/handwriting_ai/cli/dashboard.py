"""`handwriting-ai app`: start the dashboard."""

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Annotated

import typer

from handwriting_ai.cli.ports import require_free_port
from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.support.extras import require_extra


def run_app(
    port: Annotated[int, typer.Option(help="Port of the dashboard.", min=1, max=65535)] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "localhost",
) -> None:
    """Start the dashboard."""
    limits = load_settings().digits.image_limits
    require_extra("app")
    require_free_port(host, port)
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT_ROOT / "app" / "main.py")]
    # No chdir: relative paths in our settings start from here, where Streamlit would not find its own.
    found: dict[str, object] = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    upload: dict[str, object] = {"maxUploadSize": ceil(limits.max_megabytes)}
    # Of an option that is given twice the last counts.
    options = [*_flags(found), *_flags({"server": upload}), f"--server.port={port}", f"--server.address={host}"]
    os.execv(sys.executable, [*command, *options])  # in our place: a signal to this process ends the dashboard


def _flags(section: Mapping[str, object], name: str = "") -> Iterator[str]:
    """The options of a section of Streamlit's settings, and of those within it, as its command line takes them.

    Streamlit's own variables go before its file, but not before its command line: what they say is left out.
    """
    for key, value in section.items():
        if isinstance(value, dict):
            within: dict[str, object] = value
            yield from _flags(within, f"{name}{key}.")
        elif _variable(f"{name}{key}") not in os.environ:
            yield f"--{name}{key}={str(value).lower() if isinstance(value, bool) else value}"


def _variable(option: str) -> str:
    """`server.maxUploadSize` → `STREAMLIT_SERVER_MAX_UPLOAD_SIZE`."""
    words = re.sub("([a-z])([A-Z])", r"\1_\2", option).replace(".", "_")
    return f"STREAMLIT_{words.upper()}"

"""`handwriting-ai app | predict`: start the dashboard, read digits in files."""

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from handwriting_ai.cli.ports import require_free_port
from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.support.extras import require_extra
from handwriting_ai.support.files import read_regular_file
from handwriting_ai.support.units import BYTES_PER_MB

if TYPE_CHECKING:
    from handwriting_ai.reading.reader import DigitReader

PICTURE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})


def run_app(
    port: Annotated[int, typer.Option(help="Port of the dashboard.", min=1, max=65535)] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "localhost",
) -> None:
    """Start the dashboard."""
    load_settings()
    require_extra("app")
    require_free_port(host, port)
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT_ROOT / "app" / "main.py")]
    # No chdir: relative paths in our settings start from here, where Streamlit would not find its own.
    found: dict[str, object] = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    options = [*_flags(found), f"--server.port={port}", f"--server.address={host}"]
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


def predict(
    paths: Annotated[list[Path], typer.Argument(help="Pictures, or folders of pictures (PNG, JPEG, WebP).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Read the digit in each picture; an unreadable one is reported, the rest are still read."""
    from handwriting_ai.reading.reader import DigitReader
    from handwriting_ai.registry.store import ModelStore

    settings, failed = load_settings(), False
    ModelStore(settings.digits.model_dir).require_models()
    with DigitReader(settings) as reader:
        _warn_of_refusals(reader)
        for path in _pictures(paths):
            answer = _read_one(reader, path)
            failed |= "error" in answer
            typer.echo(json.dumps(answer) if as_json else _sentence(answer))
    if failed:
        raise typer.Exit(1)


def _warn_of_refusals(reader: "DigitReader") -> None:
    for refusal in reader.report.refused:
        typer.echo(f"Refused {refusal.model_id}: {refusal.reason}", err=True)


def _pictures(paths: list[Path]) -> Iterator[Path]:
    """The files named, and the pictures in the folders named, in order; a folder without pictures itself."""
    for path in paths:
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if each.suffix.lower() in PICTURE_SUFFIXES)
            yield from found or [path]
        else:
            yield path


def _read_one(reader: "DigitReader", path: Path) -> dict[str, object]:
    """One line of the answer."""
    from handwriting_ai.preprocess import left_out_share

    if path.is_dir():
        return {"path": str(path), "error": "No pictures (PNG, JPEG, WebP) are in this folder."}
    try:
        reading = reader.read(read_regular_file(path, int(reader.limits.max_megabytes * BYTES_PER_MB)))
    except OSError as error:
        return {"path": str(path), "error": f"The file cannot be read: {error.strerror}."}
    except HandwritingError as error:
        return {"path": str(path), "error": str(error)}
    prediction = reading.prediction
    return {
        "path": str(path),
        "digit": prediction.digit,
        "confidence": prediction.confidence,
        "probs": list(prediction.probs),
        "model_id": prediction.model_id,
        "uncertain": prediction.uncertain,
        "left_out_share": left_out_share(reading.steps),
    }


def _sentence(answer: dict[str, object]) -> str:
    from handwriting_ai.preprocess import MUCH_LEFT_OUT

    if "error" in answer:
        return f"{answer['path']}: {answer['error']}"
    doubt = " (uncertain)" if answer["uncertain"] else ""
    share = float(str(answer["left_out_share"]))
    rest = f"  ({share:.0%} of the ink left out: one digit a picture)" if share >= MUCH_LEFT_OUT else ""
    return f"{answer['path']}: {answer['digit']}{doubt}  {float(str(answer['confidence'])):.1%}{rest}"

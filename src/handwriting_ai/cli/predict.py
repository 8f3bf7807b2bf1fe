"""`handwriting-ai predict`: read digits in files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handwriting_ai.cli.pictures import Found, find_pictures, plain_name
from handwriting_ai.config import load_settings
from handwriting_ai.errors import HandwritingError
from handwriting_ai.support.files import read_regular_file
from handwriting_ai.support.units import BYTES_PER_MB

if TYPE_CHECKING:
    from handwriting_ai.reading.reader import DigitReader


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
        for refusal in reader.report.refused:
            typer.echo(f"Refused {refusal.model_id}: {refusal.reason}", err=True)
        reader.engine.require_ready()
        for found in find_pictures(paths):
            answer = _read_one(reader, found)
            failed |= "error" in answer
            typer.echo(json.dumps(answer) if as_json else _sentence(answer))
    if failed:
        raise typer.Exit(1)


def _read_one(reader: "DigitReader", found: Found) -> dict[str, object]:
    """One line of the answer."""
    from handwriting_ai.preprocess import left_out_share

    name = plain_name(found.path)
    if found.error is not None:
        return {"path": name, "error": found.error}
    try:
        reading = reader.read(read_regular_file(found.path, int(reader.limits.max_megabytes * BYTES_PER_MB)))
    except OSError as error:
        return {"path": name, "error": f"The file cannot be read: {error.strerror}."}
    except HandwritingError as error:
        return {"path": name, "error": str(error)}
    prediction = reading.prediction
    return {
        "path": name,
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

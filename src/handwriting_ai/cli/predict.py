"""`handwriting-ai predict`: read digits in files."""

import csv
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from handwriting_ai.cli.options import BAR, Rate
from handwriting_ai.cli.pages import NUMBER_COLUMNS, number_rows, page_answers, page_sentence
from handwriting_ai.cli.pictures import Found, find_pictures, plain_name
from handwriting_ai.config import load_settings
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess.formats import FORMAT_NAMES

if TYPE_CHECKING:
    from handwriting_ai.errors import HandwritingError
    from handwriting_ai.reading.reader import DigitReader, Reading

_INTERRUPTED: Final = 130
"""The status of a program that Ctrl-C has ended, as shells have it."""
_COLUMNS: Final = ("path", "digit", "confidence", "uncertain", "digits_found", "left_out_share", "model_id", "error")
_FORMULA: Final = ("=", "+", "-", "@")
"""What a spreadsheet would take for the beginning of a formula."""


def predict(
    paths: Annotated[list[Path], typer.Argument(help=f"Pictures, or folders of pictures ({FORMAT_NAMES}).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    table: Annotated[
        Path | None, typer.Option("--csv", help="Write a table to this file: a row a picture, or a number.")
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="Read every digit of each: lines, numbers, boxes.")] = False,
) -> None:
    """Read the digit in each picture; an unreadable one is reported, the rest are still read.

    Ctrl-C stops it after the present pictures; what was read is printed, and in the table.
    """
    from handwriting_ai.reading.reader import DigitReader
    from handwriting_ai.registry.store import ModelStore

    sentence = page_sentence if page else _sentence
    settings, found = load_settings(), list(find_pictures(paths))
    ModelStore(settings.digits.model_dir).require_models()
    failed = done = 0
    with _table(table, of_pages=page) as write_row, DigitReader(settings) as reader:
        for refusal in reader.report.refused:
            typer.echo(f"Refused {refusal.model_id}: {refusal.reason}", err=True)
        reader.engine.require_ready()
        with _progress(len(found)) as (say, advance), _ctrl_c() as is_pressed:
            for answer in page_answers(reader, found) if page else _answers(reader, found):
                if is_pressed():
                    break
                failed += "error" in answer
                done += 1
                write_row(answer)
                if as_json or table is None:
                    say(json.dumps(answer) if as_json else sentence(answer))
                advance()
    if done < len(found):
        typer.echo(f"Stopped: {done - failed:,} of {len(found):,} were read.", err=True)
        raise typer.Exit(_INTERRUPTED)
    if table is not None:
        typer.echo(f"{table}: {done - failed:,} read, {failed:,} not.", err=True)
    if failed:
        raise typer.Exit(1)


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], bool]]:
    """What tells whether Ctrl-C was pressed; a second one ends the program wherever it is."""
    pressed = threading.Event()

    def note(_signal: int, _frame: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(total: int) -> Iterator[tuple[Callable[[str], None], Callable[[], None]]]:
    """What prints a line, and what counts a step; on a terminal a bar stands below the lines."""
    console = Console(stderr=True, highlight=False, markup=False)
    on_terminal: bool = console.is_terminal
    is_shown = on_terminal and total > 1
    with Progress(
        *BAR,
        Rate("pictures"),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not is_shown,
    ) as progress:
        task = progress.add_task("reading", total=total)

        lines_too: bool = sys.stdout.isatty()

        def say(line: str) -> None:
            if is_shown and lines_too:
                console.print(line, soft_wrap=True)  # or the bar would be torn
            else:
                typer.echo(line)

        def advance() -> None:
            progress.advance(task)

        yield say, advance


@contextmanager
def _table(path: Path | None, *, of_pages: bool) -> Iterator[Callable[[dict[str, object]], None]]:
    """What writes an answer into a table; nothing where there is none.

    Raises:
        BadParameter: the file cannot be written.
    """
    if path is None:
        yield _write_nothing
        return
    try:
        stream = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.", param_hint="--csv") from error
    with stream:
        writer = csv.writer(stream)
        head = NUMBER_COLUMNS if of_pages else (*_COLUMNS, *(f"p{digit}" for digit in range(N_CLASSES)))
        writer.writerow(head)

        def write(answer: dict[str, object]) -> None:
            rows = number_rows(answer) if of_pages else [_row(answer)]
            for row in rows:
                cells: list[str] = [_harmless(cell) for cell in row]
                writer.writerow(cells)

        yield write


def _row(answer: dict[str, object]) -> list[object]:
    probs: object = answer.get("probs")
    shares: list[object] = [*probs] if isinstance(probs, tuple) else [""] * N_CLASSES
    return [*(answer.get(name, "") for name in _COLUMNS), *shares]


def _harmless(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write_nothing(_: dict[str, object]) -> None:
    """There is no table."""


def _answers(reader: "DigitReader", found: Sequence[Found]) -> Iterator[dict[str, object]]:
    """A line for each that was found, in order."""
    readings = reader.read_many(each.path for each in found if each.error is None)
    for each in found:
        name = plain_name(each.path)
        yield {"path": name, "error": each.error} if each.error is not None else _answer(name, next(readings))


def _answer(name: str, read: "Reading | HandwritingError") -> dict[str, object]:
    from handwriting_ai.preprocess import left_out_share
    from handwriting_ai.reading.reader import Reading

    if not isinstance(read, Reading):
        return {"path": name, "error": str(read)}
    prediction = read.prediction
    return {
        "path": name,
        "digit": prediction.digit,
        "confidence": prediction.confidence,
        "probs": prediction.probs,
        "model_id": prediction.model_id,
        "uncertain": prediction.uncertain,
        "digits_found": read.digits_found,
        "left_out_share": left_out_share(read.steps),
        "doubts": read.doubts,
    }


def _sentence(answer: dict[str, object]) -> str:
    from handwriting_ai.preprocess import MUCH_LEFT_OUT

    if "error" in answer:
        return f"{answer['path']}: {answer['error']}"
    doubt = " (uncertain)" if answer["uncertain"] else ""
    share = float(str(answer["left_out_share"]))
    rest = f"  ({share:.0%} of the ink left out: one digit a picture)" if share >= MUCH_LEFT_OUT else ""
    doubts: object = answer["doubts"]
    why = "".join(f"  {each}" for each in doubts) if isinstance(doubts, tuple) else ""
    return f"{answer['path']}: {answer['digit']}{doubt}  {float(str(answer['confidence'])):.1%}{rest}{why}"

"""`handwriting-ai data`: which sets are at hand, and how to get the others."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from handwriting_ai.config import Settings, load_settings
from handwriting_ai.errors import DataMissing, HandwritingError, SettingsError


def show_status() -> None:
    """Check every set: how many digits, where, and what is missing."""
    settings = load_settings()
    table = Table("set", "needed by", "digits")
    table.add_column("where, or what is missing", overflow="fold")
    for name, needed_by, counted in (
        ("mnist", "everything", _mnist),
        ("strokes", "recipes drawn, drawn_light, drawn_styles", _strokes),
        ("scans", "recipe drawn_styles", _scans),
        ("emnist", "recipe semi_supervised", _emnist),
    ):
        try:
            count, folder = counted(settings)
        except HandwritingError as error:
            table.add_row(name, needed_by, "–", str(error))
        else:
            table.add_row(name, needed_by, f"{count:,}", str(folder))
    Console().print(table)


def fetch(name: Annotated[str, typer.Argument(help="The set: mnist or emnist.")]) -> None:
    """Download a set to the folder that its setting names."""
    settings = load_settings()
    if name == "mnist":
        from handwriting_ai.data.fetching import fetch_mnist

        folder = settings.training.data_dir
        came = fetch_mnist(folder)
        typer.echo(f"MNIST is {'now ' if came else 'already '}in {folder}.")
        return
    if name != "emnist":
        raise DataMissing(
            f"There is no download of {name!r}. `mnist` and `emnist` can be fetched; pen strokes and scans ship with "
            "the project; TRAINING__INK_DIR names a folder of further strokes."
        )
    if settings.training.emnist_dir is None:
        raise SettingsError("Set TRAINING__EMNIST_DIR to the folder that EMNIST shall be downloaded to (2 GB).")
    from handwriting_ai.support.torchvision_ops import download_emnist

    download_emnist(settings.training.emnist_dir)


def _mnist(settings: Settings) -> tuple[int, Path]:
    from handwriting_ai.data.mnist import Part, load_mnist

    folder = settings.training.data_dir
    return sum(len(load_mnist(folder, part)) for part in Part), folder


def _strokes(settings: Settings) -> tuple[int, str]:
    from handwriting_ai.data.strokes import load_stroke_files

    folders = settings.training.stroke_folders
    return sum(len(file.digits) for file in load_stroke_files(*folders)), " and ".join(map(str, folders))


def _scans(settings: Settings) -> tuple[int, Path]:
    from handwriting_ai.data.scans import load_scans

    folder = settings.training.scans_dir
    return sum(len(file.digits) for file in load_scans(folder)), folder


def _emnist(settings: Settings) -> tuple[int, Path]:
    from handwriting_ai.data.emnist import emnist_paths, load_emnist_digits

    folder = settings.training.emnist_dir
    images, _ = emnist_paths(folder)
    return len(load_emnist_digits(folder)), images.parent


app = typer.Typer(no_args_is_help=True, help="See which data sets are at hand, and get the others.")
app.command(name="status")(show_status)
app.command(name="fetch")(fetch)

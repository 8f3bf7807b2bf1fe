"""The command line `handwriting-ai`: app, predict, evaluate, export, train, teach, jobs, models, data, api, worker."""
# Heavy imports stand inside the commands, so that `--help` answers at once.

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from handwriting_ai.cli import dashboard, data, evaluate, export, jobs, models, predict, serve, teach, train
from handwriting_ai.config import load_settings, misspelt_variables
from handwriting_ai.errors import HandwritingError, SettingsError
from handwriting_ai.support.files import describe_refusal


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(version("handwriting-ai"))
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """What stands before a command's name."""


app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
app.callback(help=__doc__)(_options)
app.command(name="app")(dashboard.run_app)
app.command()(predict.predict)
app.command()(evaluate.evaluate)
app.command()(export.export)
app.command()(train.train)
app.command()(teach.teach)
app.command()(serve.api)
app.command()(serve.worker)
app.add_typer(jobs.app, name="jobs")
app.add_typer(models.app, name="models")
app.add_typer(data.app, name="data")


def main() -> None:
    """Run a command; an error of ours, or of the disk or the network, ends it with one line and status 2."""
    try:
        for name, setting in misspelt_variables().items():
            typer.echo(f"Warning: {name} is ignored. Did you mean {setting}?", err=True)
        app()
    except HandwritingError as error:
        _end(str(error))
    except OSError as error:
        try:
            folders = load_settings().folders
        except SettingsError:
            folders = {}
        _end(describe_refusal(error, folders))


def _end(problem: str) -> NoReturn:
    typer.echo(f"Error: {problem}", err=True)
    sys.exit(2)

"""`handwriting-ai api` and `handwriting-ai worker`: what runs beside the dashboard."""

import logging
from functools import partial
from typing import Annotated

import typer

from handwriting_ai.cli.ports import require_free_port
from handwriting_ai.cli.train import open_jobs
from handwriting_ai.config import load_settings
from handwriting_ai.support.extras import require_extra


def api(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; APP__PORT, 8081 by default.", min=1, max=65535)] = None,
) -> None:
    """Serve the HTTP API until Ctrl-C."""
    settings = load_settings()
    require_extra("api")
    chosen = settings.app.port if port is None else port
    require_free_port(host, chosen)
    from handwriting_ai.api.app import create_app
    from handwriting_ai.api.server import serve
    from handwriting_ai.reading.reader import DigitReader

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    app = create_app(settings, open_reader=partial(DigitReader, settings), open_jobs=partial(open_jobs, settings))
    serve(app, host=host, port=chosen)


def worker(
    name: Annotated[str | None, typer.Option(help="Of this worker, unlike any other's; made up by default.")] = None,
    burst: Annotated[bool, typer.Option("--burst", help="Stop when the queue is empty.")] = False,
) -> None:
    """Train the runs that Redis queues (TRAINING__BACKEND=rq), one at a time.

    The first Ctrl-C or SIGTERM lets the present run end, a second one kills it; another worker then goes on with it.
    """
    settings = load_settings()
    require_extra("queue")
    from handwriting_ai.jobs.worker import work

    work(settings, name=name, burst=burst)

"""Uvicorn, so set up that what it refuses by itself has this API's error body too, and no connection stays for ever.

Three things are added to uvicorn's HTTP: a client that half-closes its connection (it has said all, and listens) gets
its answer; what never becomes a request is refused in our words, logged and counted; every wait has an end.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from uuid import uuid4

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from handwriting_ai.api.app import Api
from handwriting_ai.api.metrics import Metrics
from handwriting_ai.api.middleware import HEAD_TOO_LARGE, MOST_HEAD_BYTES, UNMATCHED, UPLOAD_TIMEOUT_S
from handwriting_ai.api.problems import Refusal
from handwriting_ai.api.schemas import Problem

_LOG: Final = logging.getLogger("handwriting_ai.api")
SHUTDOWN_S: Final = 10
"""Requests that are under way when the server is asked to end may take so long."""
_IDLE: Final[object] = h11.IDLE
_IN_BODY: Final[object] = h11.SEND_BODY
_TO_ANSWER: Final[object] = h11.SEND_RESPONSE
_TRANSPORT: Final[type[asyncio.Transport]] = asyncio.Transport
_BROKEN: Final = Refusal(status=400, code="bad_request", message="This is no whole HTTP request.")
_SLOW: Final = Refusal(status=408, code="upload_timeout", message="The request's headers did not arrive in time.")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a connection is waited for."""

    head_s: float = UPLOAD_TIMEOUT_S
    """A request whose line and headers have not arrived by then is given up."""
    answer_s: float = 60.0
    """A client that takes no more of its answers for so long is hung up on."""
    linger_s: float = 2.0
    """For so long, what still comes after a refusal is swallowed: hung up on at once, a client may lose the answer."""


DEFAULT_PATIENCE: Final = Patience()


class Timer:
    """Calls something when its time is up, unless it is stopped before."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: asyncio.TimerHandle | None = None

    def start(self, seconds: float, call: Callable[[], None]) -> None:
        """Begin to wait; one that waits already goes on."""
        if self._due is None:
            self._due = self._loop.call_later(seconds, call)

    def stop(self) -> None:
        """Wait no longer."""
        if self._due is not None:
            self._due.cancel()
            self._due = None


class ServerConfig(uvicorn.Config):
    """Uvicorn's, with what counts the requests that never reach the application, and how long they are waited for."""

    metrics: Metrics
    patience: Patience


class PlainHttp(H11Protocol):
    """Uvicorn's HTTP/1.1, with those additions."""

    def __init__(self, config: ServerConfig, server_state: ServerState, app_state: dict[str, object]) -> None:
        super().__init__(config, server_state, app_state)
        self._metrics, self._patience = config.metrics, config.patience
        self._half_closed, self._refused = False, False
        self._head, self._end = Timer(self.loop), Timer(self.loop)

    def expect_head(self) -> None:
        """Bound the time until a request is there; from then on the application does."""
        if self.conn.their_state is _IDLE:
            self._head.start(self._patience.head_s, self._give_up)
        else:
            self._head.stop()

    def data_received(self, data: bytes) -> None:
        """Take what comes; after a refusal, swallow it."""
        if not self._refused:
            super().data_received(data)
            self.expect_head()

    def note_half_closed(self) -> bool:
        """The client has said its last: whether the connection stays, until all is answered."""
        self._half_closed = True
        self._finish()
        return not self.transport.is_closing()

    def on_response_complete(self) -> None:
        """Wait for the next request, or begin with one that was sent ahead; hang up if there can be none."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._hang_up()
        elif self._half_closed:
            self._finish()

    def pause_writing(self) -> None:
        """Hang up on a client that lets its answers pile up."""
        super().pause_writing()
        self._end.start(self._patience.answer_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It takes them after all."""
        super().resume_writing()
        if not (self._refused or self.transport.is_closing()):
            self._end.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nothing behind."""
        self._head.stop()
        self._end.stop()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what turned out to be no HTTP; uvicorn calls this while it handles h11's error."""
        _LOG.debug("uvicorn: %s", msg)  # our own words tell more
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else HTTPStatus.BAD_REQUEST
        self._refuse(HEAD_TOO_LARGE if hint == HEAD_TOO_LARGE.status else _BROKEN)

    def _finish(self) -> None:
        """Nothing more will come: refuse what was left half said, and hang up once the rest is answered."""
        begun = self.conn.their_state is _IDLE and bool(self.conn.trailing_data[0])
        if not self._refused and (begun or self.conn.their_state is _IN_BODY):
            self._refuse(_BROKEN)
        elif self._refused or not self._at_work:
            self._hang_up()

    def _give_up(self) -> None:
        """No request has come in time."""
        if self.conn.trailing_data[0]:
            self._refuse(_SLOW)
        else:
            self._hang_up()

    @property
    def _at_work(self) -> bool:
        """Whether the application owes an answer."""
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, refusal: Refusal) -> None:
        """Say so, unless an answer is under way or out already, and take nothing more from this client."""
        self._refused = True
        if self._at_work:  # the application learns that its client has gone, and logs and counts that
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (_IDLE, _TO_ANSWER):
            self._say(refusal)
        if self._half_closed:
            self._hang_up()
        else:
            self.flow.resume_reading()
            self.transport.write_eof()
            self._end.start(self._patience.linger_s, self.transport.abort)

    def _say(self, refusal: Refusal) -> None:
        request_id = uuid4().hex
        _LOG.info("request_id=%s status=%d %s", request_id, refusal.status, refusal.message)
        if not self._at_work:
            self._metrics.note_request(UNMATCHED, refusal.status, 0.0)
        problem = Problem(code=refusal.code, message=refusal.message, request_id=request_id)
        body = problem.model_dump_json().encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("x-request-id", request_id),
            ("connection", "close"),
        ]
        response = h11.Response(status_code=refusal.status, headers=headers)
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")

    def _hang_up(self) -> None:
        """Once what is written is taken, or after a while."""
        self.transport.close()
        self._end.start(self._patience.answer_s, self.transport.abort)


class Connection(asyncio.Protocol):
    """What asyncio talks to: `PlainHttp`, except that the end of what a client says is not the end of what it hears.

    A class of its own, since uvicorn's `eof_received` is declared to return nothing, which makes asyncio hang up.
    """

    def __init__(
        self,
        config: ServerConfig,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._http = PlainHttp(config, server_state, app_state)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request."""
        if not isinstance(transport, _TRANSPORT):
            raise TypeError(f"Expected a transport that reads and writes, got {transport!r}.")
        self._http.connection_made(transport)
        self._http.expect_head()

    def data_received(self, data: bytes) -> None:
        """Hand on."""
        self._http.data_received(data)

    def pause_writing(self) -> None:
        """Hand on."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Hand on."""
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on."""
        self._http.connection_lost(exc)

    def eof_received(self) -> bool:
        """Stay as long as something is to be answered."""
        return self._http.note_half_closed()


def configure(app: Api, *, host: str, port: int, patience: Patience = DEFAULT_PATIENCE) -> ServerConfig:
    """How the application is served; the log is the caller's to set up."""
    protocol: type[asyncio.Protocol] = Connection
    config = ServerConfig(
        app,
        host=host,
        port=port,
        loop="asyncio",
        http=protocol,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    config.metrics, config.patience = app.metrics, patience
    return config


def serve(app: Api, *, host: str, port: int) -> None:
    """Serve until a signal ends it."""
    with suppress(KeyboardInterrupt):  # Ctrl-C, once all is closed
        uvicorn.Server(configure(app, host=host, port=port)).run()

"""Uvicorn, so set up that whatever it refuses by itself has this API's error body too."""

import asyncio
import logging
from contextlib import suppress
from typing import Final
from uuid import uuid4

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from handwriting_ai.api.schemas import Problem

_LOG: Final = logging.getLogger("handwriting_ai.api")
SHUTDOWN_S: Final = 10
"""Requests that are under way when the server is asked to end may take so long."""
_IDLE: Final[object] = h11.IDLE
_IN_BODY: Final[object] = h11.SEND_BODY
_TO_ANSWER: Final[object] = h11.SEND_RESPONSE


class PlainHttp(H11Protocol):
    """HTTP/1.1, with an error body of ours for what never becomes a request: broken HTTP, headers beyond 64 kB."""

    def eof_received(self) -> None:
        """Tell a client that says no more in the middle of a body that this is an error."""
        if self.conn.their_state is _IN_BODY:
            self.send_400_response("The body was cut off.")

    def send_400_response(self, msg: str) -> None:
        """Refuse and hang up; where an answer is under way already, only hang up."""
        if self.conn.our_state not in (_IDLE, _TO_ANSWER):
            self.transport.close()
            return
        request_id = uuid4().hex
        _LOG.info("request_id=%s status=400 %s", request_id, msg)
        text = "This is no whole HTTP request, or its headers are too large."
        body = Problem(code="bad_request", message=text, request_id=request_id).model_dump_json().encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("x-request-id", request_id),
            ("connection", "close"),
        ]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def configure(app: FastAPI, *, host: str, port: int) -> uvicorn.Config:
    """How the application is served; the log is the caller's to set up."""
    protocol: type[asyncio.Protocol] = PlainHttp
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )


def serve(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until a signal ends it."""
    with suppress(KeyboardInterrupt):  # Ctrl-C, once all is closed
        uvicorn.Server(configure(app, host=host, port=port)).run()

"""What happens to every request, as plain ASGI: an id, a line in the log, the key, and a limit to the body."""

import asyncio
import hmac
import itertools
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Final, TypeAlias
from urllib.parse import quote
from uuid import uuid4

from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders

from handwriting_ai.api.metrics import Metrics
from handwriting_ai.api.problems import (
    CLIENT_GONE,
    INTERNAL,
    REQUEST_ID,
    UNAUTHORIZED,
    Refusal,
    refusal_of,
    refuse,
    request_id_of,
)
from handwriting_ai.errors import ImageTooLarge, UploadTooSlow
from handwriting_ai.support.units import BYTES_PER_MB, MS_PER_S

Scope: TypeAlias = "MutableMapping[str, object]"
Message: TypeAlias = "MutableMapping[str, object]"
Receive: TypeAlias = "Callable[[], Awaitable[Message]]"
Send: TypeAlias = "Callable[[Message], Awaitable[None]]"
App: TypeAlias = "Callable[[Scope, Receive, Send], Awaitable[None]]"

UPLOAD_TIMEOUT_S: Final = 60.0
"""A body that has not arrived by then is given up."""
MOST_HEAD_BYTES: Final = 32_768
"""What a request's line and headers may take; a browser's take one or two thousand."""
HEAD_TOO_LARGE: Final = Refusal(
    status=431,
    code="headers_too_large",
    message=f"The request's line and headers are too large; at most {MOST_HEAD_BYTES} bytes are read.",
)
UNMATCHED: Final = "unmatched"
"""The route, in metrics, of an unknown path, and of a request that was refused before it met its route."""
_HEADER_OVERHEAD_BYTES: Final = len(": \r\n")
_MOST_LOGGED: Final = 200
"""Characters of a path that the log shows."""
_ID_PREFIX: Final = 12
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_GUARDED: Final = "/v1"
_ROUTE: Final[type[APIRoute]] = APIRoute
_LOG: Final = logging.getLogger("handwriting_ai.api")


class RequestLog:
    """Outermost: gives an id, refuses huge headers, answers what nobody else did, logs a line and counts."""

    def __init__(self, app: App, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics
        self._process, self._numbers = uuid4().hex[:_ID_PREFIX], itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = self._choose_id(headers.get("x-request-id", ""))
        scope[REQUEST_ID] = request_id
        started, status = time.perf_counter(), ""

        async def stamp(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            if _head_bytes(scope, headers) > MOST_HEAD_BYTES:
                await refuse(HEAD_TOO_LARGE, request_id)(scope, receive, stamp)
            else:
                await self._app(scope, receive, stamp)
        except Exception:
            _LOG.exception("request_id=%s failed", request_id)
            if status:
                raise  # half an answer is out: the server cuts the connection
            await refuse(INTERNAL, request_id)(scope, receive, stamp)
        finally:
            self._note(scope, int(status or CLIENT_GONE), time.perf_counter() - started)

    def _choose_id(self, offered: str) -> str:
        """The client's own, if it is a plain word that may stand in a log, else the next of this process."""
        return offered if _PLAIN_ID.fullmatch(offered) else f"{self._process}-{next(self._numbers)}"

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        self._metrics.note_request(route.path if isinstance(route, _ROUTE) else UNMATCHED, status, seconds)
        method, path = quote(str(scope["method"])), quote(str(scope["path"])[:_MOST_LOGGED])
        line = "request_id=%s method=%s path=%s status=%d latency_ms=%.1f"
        _LOG.info(line, request_id_of(scope), method, path, status, seconds * MS_PER_S)


class KeyCheck:
    """Lets nobody under `/v1` without the key; the key is compared in constant time."""

    def __init__(self, app: App, *, key: str) -> None:
        self._app, self._key = app, key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and _is_guarded(str(scope["path"])):
            given = Headers(scope=scope).get("x-api-key", "")
            if not hmac.compare_digest(given.encode("latin-1"), self._key):
                await refuse(UNAUTHORIZED, request_id_of(scope))(scope, receive, send)
                return
        await self._app(scope, receive, send)


class BodyLimit:
    """Refuses a body that is too large: by its declared length, or as soon as too much of it has arrived."""

    def __init__(
        self,
        app: App,
        *,
        max_bytes: int,
        larger: Mapping[str, int] | None = None,
        timeout_s: float = UPLOAD_TIMEOUT_S,
    ) -> None:
        """Before `app`.

        Args:
            app: what is asked with bodies that are small enough.
            max_bytes: the largest body.
            larger: paths that take more, and how much.
            timeout_s: a body that has not arrived by then is given up.
        """
        self._app, self._max_bytes, self._larger, self._timeout_s = app, max_bytes, larger or {}, timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        max_bytes = self._larger.get(str(scope["path"]), self._max_bytes)
        too_large = _too_large(
            max_bytes, "shrink the picture" if max_bytes == self._max_bytes else "send fewer pictures"
        )
        if declared.isdecimal() and int(declared) > max_bytes:
            await refuse(refusal_of(too_large), request_id_of(scope))(scope, receive, send)
            return
        await self._app(scope, self._limited(receive, max_bytes, too_large), send)

    def _limited(self, receive: Receive, max_bytes: int, too_large: ImageTooLarge) -> Receive:
        """`receive`, until too much has come, or too late."""
        seen, complete = 0, False
        deadline = asyncio.get_running_loop().time() + self._timeout_s

        async def limited() -> Message:
            nonlocal seen, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise UploadTooSlow(f"The body did not arrive within {self._timeout_s:g} s.") from error
            body = message.get("body", b"")
            seen += len(body) if isinstance(body, bytes) else 0
            if seen > max_bytes:
                raise too_large
            complete = not message.get("more_body", False)
            return message

        return limited


def _too_large(max_bytes: int, advice: str) -> ImageTooLarge:
    megabytes = max_bytes / BYTES_PER_MB
    return ImageTooLarge(
        f"The request is too large; at most {megabytes:.2f} MB are read: {advice}, or raise DIGITS__MAX_IMAGE_MB."
    )


def _is_guarded(path: str) -> bool:
    return path == _GUARDED or path.startswith(f"{_GUARDED}/")


def _head_bytes(scope: Scope, headers: Headers) -> int:
    """About what the request's line and headers took on their way."""
    line = sum(len(str(scope.get(part, ""))) for part in ("method", "raw_path", "query_string"))
    return line + sum(len(name) + len(value) + _HEADER_OVERHEAD_BYTES for name, value in headers.raw)

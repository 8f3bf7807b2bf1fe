"""The port of a server, tried before anything is loaded."""

import errno
import socket
from typing import Final

import typer

_REFUSED: Final = {errno.EADDRINUSE: "taken", errno.EACCES: "reserved by the system"}
"""What another port mends; of all else the server itself tells."""


def require_free_port(host: str, port: int) -> None:
    """Stop, naming the option, where a server could not listen.

    Raises:
        BadParameter: the port is taken on an address of this host, or reserved.
        OSError: there is no such host.
    """
    for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            socket.create_server((str(address[0]), port), family=family).close()
        except OSError as error:
            reason = _REFUSED.get(error.errno or 0)
            if reason is not None:
                raise typer.BadParameter(f"{port} is {reason}. Choose another.", param_hint="--port") from error

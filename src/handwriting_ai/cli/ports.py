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
        BadParameter: there is no such host, or the port is taken on an address of it, or reserved.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise typer.BadParameter(f"There is no host {host!r}.", param_hint="--host") from error
    for family, _, _, _, address in addresses:
        try:
            socket.create_server((str(address[0]), port), family=family).close()
        except OSError as error:
            reason = _REFUSED.get(error.errno or 0)
            if reason is not None:
                raise typer.BadParameter(f"{port} is {reason}. Choose another.", param_hint="--port") from error

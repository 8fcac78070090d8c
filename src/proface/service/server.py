"""Running the service with uvicorn: the socket, the log, and the way out."""

import logging
import socket

import uvicorn
from starlette.types import ASGIApp

from ..errors import OptionError, OutputError
from . import connections, rlimits
from .guard import is_local
from .limits import Limits

_GRACE = 5
"""Seconds that open requests have when the service is told to stop."""
_QUEUE = 2048
"""Connections that the system keeps until they are accepted."""
_BATCH = 32
"""Connections that are accepted in one turn of the event loop. One too many is closed two turns
later, so a few batches may be open beyond the limit."""
_OTHER_FILES = 4 * _BATCH + 64
"""Open files besides the connections: those batches, libraries, pipes, the page."""
_FEWEST = 16


def listen(host: str, port: int, has_token: bool) -> socket.socket:
    """A socket that listens; made before anything else, so that a bad address is known at once.

    Args:
        host: an address or name of this machine.
        port: 0 for any free one.
        has_token: whether calls need a token; without one, only this machine may call.

    Raises:
        OptionError: others could call, and there is no token.
        OutputError: the address is taken or not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        if not has_token and not is_local(str(address[0])):
            raise OptionError(
                f"others can reach {host}: give a --token-file, without which the service listens "
                "on 127.0.0.1 only"
            )
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_QUEUE)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot listen on {host}, port {port}: {reason}") from error
    return listener


def address_of(listener: socket.socket) -> str:
    """What to type into a browser: ``http://127.0.0.1:8000/``."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class Server(uvicorn.Server):
    """uvicorn with a long queue of connections, of which few are accepted at once."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(_QUEUE)


def server_for(app: ASGIApp, limits: Limits) -> Server:
    """A server that runs the service."""
    files = _OTHER_FILES + 4 * limits.working
    most = rlimits.allow_open_files(limits.connections + files) - files
    return Server(
        uvicorn.Config(
            app,
            http=connections.protocol(max(_FEWEST, most)),
            ws="none",
            loop="asyncio",
            backlog=_BATCH,
            access_log=False,  # it would have the query of an address
            log_config=None,
            log_level="warning",
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=_GRACE,
            proxy_headers=False,  # nothing here depends on where a request comes from
        )
    )


def run(app: ASGIApp, listener: socket.socket, limits: Limits) -> None:
    """Serve until told to stop.

    The log goes to standard error: a line a request, with method, path, status and time; never a
    query, a header or a field.
    """
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("proface.service").setLevel(logging.INFO)
    server_for(app, limits).run(sockets=[listener])

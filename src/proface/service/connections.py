"""Connections: how many there may be, how long one may take to say what it wants.

A client that opens a connection and sends nothing, or a letter a second, costs it nothing and the
service an open file. So the head of a request has a deadline. Where there are too many connections,
the one that has waited longest without saying what it wants makes room for the new one: whoever
sends a whole request at once is served, however many others are only there.
"""

import asyncio
import json
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_SECONDS = 10.0
"""Within which the head of a request must be there, from its first byte or the last answer."""
STALL_SECONDS = 30.0
"""Within which a client must take some of an answer that waits for it."""

_LONGEST_FLUSH = 12
"""Periods of `HEAD_SECONDS` in which a client must have taken the end of an answer."""


def _last_word(status: str, code: str, message: str) -> bytes:
    """An answer to a client whose request has not reached the application."""
    body = json.dumps({"code": code, "message": message})
    return (
        f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


_TIMED_OUT = _last_word(
    "408 Request Timeout", "head-too-slow", "the request did not arrive in time"
)
_FULL = _last_word(
    "503 Service Unavailable", "full", "there are too many connections; try again in a moment"
)


class Door:
    """The connections of one service, in the order in which they began to wait for a request."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.all: set[Connection] = set()
        self.waiting: dict[Connection, None] = {}


class Connection(H11Protocol):
    """One connection; made by uvicorn, see `protocol`."""

    door: Door

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._flushes = 0
        self._left = 0
        self._got = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        door = self.door
        door.all.add(self)
        if len(door.all) > door.most:
            oldest = next((each for each in door.waiting if each.is_idle()), None)
            if oldest is None:
                self._say_and_close(_FULL)
                return
            oldest.drop()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self.door.all.discard(self)
        self._stop_waiting()
        self._stop_stalling()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes have come."""
        self._got = True
        super().data_received(data)
        if self._is_busy():
            self._stop_waiting()
        elif self._deadline is None and not self.transport.is_closing():
            self._await_head()
        if self.transport.is_closing() and self._stall is None:  # what came was no request
            self._stall = self.loop.call_later(STALL_SECONDS, self.drop)

    def on_response_complete(self) -> None:
        """An answer has been handed to the system, which may still have to send it."""
        self._flushes, self._left = 0, 0
        self._stop_waiting()
        self._await_head()
        super().on_response_complete()  # may go on with a request that has come already
        if self._is_busy():
            self._stop_waiting()

    def pause_writing(self) -> None:
        """The client does not take what is sent."""
        super().pause_writing()
        self._stop_stalling()
        self._stall = self.loop.call_later(STALL_SECONDS, self.drop)

    def resume_writing(self) -> None:
        """The client takes it again."""
        super().resume_writing()
        self._stop_stalling()

    def is_idle(self) -> bool:
        """Whether nothing is left to be sent, so that nobody loses anything when it ends."""
        return not self.transport.get_write_buffer_size()

    def drop(self) -> None:
        """End the connection at once, with whatever waits to be sent."""
        self.door.all.discard(self)  # its place is free, its end comes with the next turn
        self._stop_waiting()
        self.transport.abort()

    def _is_busy(self) -> bool:
        """Whether there is a request that is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        self.door.waiting[self] = None
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._no_head)

    def _stop_waiting(self) -> None:
        self.door.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _no_head(self) -> None:
        """The deadline is over, unless the client is still taking the answer before."""
        left = self.transport.get_write_buffer_size()
        if left and left != self._left and self._flushes < _LONGEST_FLUSH:
            self._left = left
            self._flushes += 1
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._no_head)
        elif left or not self._got or self.transport.is_closing():
            self.drop()
        else:
            self._say_and_close(_TIMED_OUT)

    def _say_and_close(self, answer: bytes) -> None:
        """A last word, as far as the system takes it at once."""
        self.transport.write(answer)
        self.transport.close()
        # An open connection of a client that takes nothing would stay for ever.
        self._stop_waiting()
        self._stall = self.loop.call_later(1.0, self.drop)

    def _stop_stalling(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


def protocol(most: int) -> type[Connection]:
    """The class of the connections of one service, for uvicorn.

    Args:
        most: connections at the same time.
    """
    return type("Connection", (Connection,), {"door": Door(most)})

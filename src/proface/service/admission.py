"""Bounds on uploads: how much a request may bring, how long it may take, how many are open.

A request that waits is not read, so that it takes no memory here: TCP makes its sender wait.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import Limits, Refusal, busy, mebibytes
from .responses import send_refusal

_LEAST_RATE = 4096
"""Bytes a second that an upload brings at least, on average after its first seconds."""
_FIRST_SECONDS = 10.0
_SHORT_PATIENCE = 5.0
"""Seconds in which the rest of a refused upload is read."""


class _Room:
    """Counts the open requests, and the bytes that they hold."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = max(limits.memory, limits.upload)
        self._open = 0
        self._held = 0
        self._queue = asyncio.Lock()  # first come, first served
        self._less = asyncio.Event()

    @asynccontextmanager
    async def place(self, size: int) -> AsyncIterator[Callable[[int], None]]:
        """Room for one request of so many bytes, as soon as there is some.

        Yields:
            A function for further bytes that the request holds, which are those of its answer.

        Raises:
            Refusal: 429, there are too many already, or no room became free in time.
        """
        if self._open >= self._limits.waiting:
            raise busy()
        held = 0

        def hold(more: int) -> None:
            nonlocal held
            held += more
            self._held += more

        self._open += 1
        try:
            try:
                async with asyncio.timeout(self._limits.seconds), self._queue:
                    while self._held + size > self._bytes:
                        self._less.clear()
                        await self._less.wait()
                    hold(size)
            except TimeoutError:
                raise busy() from None
            yield hold
        finally:
            self._open -= 1
            self._held -= held
            self._less.set()


class Admission:
    """ASGI middleware: bounds the size, the duration and the number of uploads."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._room = _Room(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request with a body in, or refuse it."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        try:
            size = self._announced(scope)
            async with self._room.place(size) as hold:
                await self._app(scope, self._bounded(receive), self._patient(send, hold))
        except Refusal as refusal:  # raised here: the app answers its own
            await _read_on(receive, 2 * self._limits.upload)
            await send_refusal(refusal, scope, receive, send)

    def _announced(self, scope: Scope) -> int:
        """Most bytes that a request will bring."""
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        if not lengths:
            return self._limits.upload
        size = int(lengths[0]) if lengths[0].isdigit() else 0  # the server has checked it
        if size > self._limits.upload:
            raise self._too_large()
        return size

    def _bounded(self, receive: Receive) -> Receive:
        """The request's body, as long as it is small and fast enough."""
        start = asyncio.get_running_loop().time()
        got, complete = 0, False

        async def read() -> Message:
            nonlocal got, complete
            if complete:  # the next message says that the client leaves; that has time
                return await receive()
            try:
                # One who sends a byte now and then holds a place as long as one who sends much.
                granted = min(self._limits.seconds, _FIRST_SECONDS + got / _LEAST_RATE)
                async with asyncio.timeout_at(start + granted):
                    message = await receive()
            except TimeoutError:
                reason = "the picture did not arrive in time"
                raise Refusal(408, "upload-too-slow", reason) from None
            got += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if got > self._limits.upload:
                await _read_on(receive, self._limits.upload)
                raise self._too_large()
            return message

        return read

    def _patient(self, send: Send, hold: Callable[[int], None]) -> Send:
        """Sends the answer, which counts as held; a client that does not take it is dropped."""

        async def write(message: Message) -> None:
            for name, value in message.get("headers", ()):
                if name.lower() == b"content-length":
                    hold(int(value))
            async with asyncio.timeout(self._limits.seconds):
                await send(message)

        return write

    def _too_large(self) -> Refusal:
        allowed = mebibytes(self._limits.upload)
        reason = f"the upload has more than the {allowed} that are allowed here"
        return Refusal(413, "too-large", reason)


async def _read_on(receive: Receive, most: int) -> None:
    """Read what a refused client still sends, within reason; else it may never see the answer."""
    try:
        async with asyncio.timeout(_SHORT_PATIENCE):
            more = True
            while more and most > 0:
                message = await receive()
                most -= len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return

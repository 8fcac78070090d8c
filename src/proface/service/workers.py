"""Work on pictures in a few threads, each piece with a time limit.

A thread that computes cannot be stopped from outside. Work therefore asks between two faces whether
it is still wanted. Until then it keeps its thread.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from .limits import Refusal, busy

T = TypeVar("T")


class AbandonedError(Exception):
    """Nobody waits for this work."""


@dataclass
class Ticket:
    """One piece of work, as it looks from outside."""

    state: Literal["waiting", "working"] = "waiting"
    """``waiting`` for its turn, or ``working``."""
    done: int = 0
    """Faces that are done."""
    total: int = 0
    """Faces in all; 0 while they are not known."""
    abandoned: bool = field(default=False, repr=False)
    """Whether the work should end early."""

    def progress(self, done: int, total: int) -> None:
        """Take note of how far the work is; see `proface.picture.pixels.FaceProgress`.

        Raises:
            AbandonedError: nobody waits for the work.
        """
        self.done, self.total = done, total
        if self.abandoned:
            raise AbandonedError


class WorkerThreads:
    """A few threads, and the requests that wait for one."""

    def __init__(self, threads: int, seconds: float) -> None:
        self._seconds = seconds
        self._free = asyncio.Semaphore(threads)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="proface")

    async def run(
        self, work: Callable[[Ticket], T], ticket: Ticket, gone: Callable[[], Awaitable[object]]
    ) -> T:
        """Do some work when there is a thread for it.

        Args:
            work: runs in a thread; whatever it raises is raised here.
            ticket: what the work tells its progress to.
            gone: returns when the one who asked has left.

        Raises:
            Refusal: 429, no thread became free in time; 413, the work took too long; 400, whoever
                asked has left.
        """
        leaving: asyncio.Future[Any] = asyncio.ensure_future(gone())
        try:
            await self._wait(asyncio.create_task(self._free.acquire()), leaving)
            ticket.state = "working"
            future: asyncio.Future[Any] = asyncio.get_running_loop().run_in_executor(
                self._executor, work, ticket
            )
            # Not when the wait ends: the thread may go on for a while after that.
            future.add_done_callback(self._release)
            done, _ = await asyncio.wait(
                {future, leaving}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if future in done:
                return cast(T, future.result())
            raise _left() if leaving in done else self._too_slow()
        finally:
            ticket.abandoned = True
            leaving.cancel()

    def close(self) -> None:
        """Let the threads end when they are done."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _wait(self, turn: "asyncio.Task[bool]", leaving: "asyncio.Future[Any]") -> None:
        """Wait for the semaphore, but not for ever, and not for someone who has left."""
        mine = False
        try:
            done, _ = await asyncio.wait(
                {turn, leaving}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            mine = turn in done
            if not mine:
                raise _left() if leaving in done else busy()
        finally:
            if not mine and not turn.cancel():
                self._free.release()  # the turn came too late to be taken

    def _release(self, future: "asyncio.Future[T]") -> None:
        self._free.release()
        if not future.cancelled():
            future.exception()  # seen, even where nobody waits for it

    def _too_slow(self) -> Refusal:
        return Refusal(
            413,
            "too-slow",
            f"this picture takes longer than the {self._seconds:g} seconds that are allowed here; "
            "give a smaller one, or fewer faces",
        )


def _left() -> Refusal:
    return Refusal(400, "gone", "whoever asked has left")

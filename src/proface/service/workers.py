"""Work on pictures in a few threads, each piece with a time limit.

Each piece of work is done in a process. One that runs over its time, or whose caller has left, is
asked to end between two faces, then ended, and replaced. Until then it keeps its place, and nobody
else gets it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from .limits import Limits, Refusal, busy
from .processes import Ticket, WorkerProcess

T = TypeVar("T")

_AGAIN = 1.0
"""Seconds until a process is tried again that could not be started."""

_log = logging.getLogger("proface.service")


class WorkerPool:
    """A few processes, and the requests that wait for one; all within one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ready: asyncio.Queue[WorkerProcess] = asyncio.Queue()
        self._processes: set[WorkerProcess] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._places = 0
        self._waiting = 0
        self._closed = False
        # A thread for each process, which waits for what the process says.
        self._executor = ThreadPoolExecutor(limits.working, thread_name_prefix="proface")

    def start(self) -> None:
        """Start the first process, so that the first request need not wait for it."""
        self._add_place()

    async def run(
        self,
        work: Callable[..., T],
        arguments: tuple[Any, ...],
        ticket: Ticket,
        gone: Callable[[], Awaitable[object]],
    ) -> T:
        """Do some work when there is a process for it.

        Args:
            work: a method of `Operations`; whatever it raises is raised here.
            arguments: of the method, without itself.
            ticket: is told the progress.
            gone: returns when the one who asked has left.

        Raises:
            Refusal: 429, no process became free in time; 413, the work took too long, or the
                system ended its process; 400, whoever asked has left.
        """
        leaving: asyncio.Future[Any] = asyncio.ensure_future(gone())
        try:
            process = await self._take(leaving)
            ticket.state = "working"
            future: asyncio.Future[Any] = asyncio.get_running_loop().run_in_executor(
                self._executor, process.do, work, arguments, ticket
            )
            # Not when the wait ends: the process may go on for a while after that.
            future.add_done_callback(lambda done: self._give_back(process, done))
            done, _ = await asyncio.wait(
                {future, leaving},
                timeout=self._limits.seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if future in done:
                return cast(T, future.result())
            raise _left() if leaving in done else self._too_slow()
        finally:
            ticket.abandoned = True
            leaving.cancel()

    async def close(self) -> None:
        """End all processes, whatever they are at."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        for process in list(self._processes):  # a thread may add one
            process.kill()
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)
        for process in self._processes:
            process.end()

    async def _take(self, leaving: "asyncio.Future[Any]") -> WorkerProcess:
        """A process that is free, or a new one where all are busy and there may be more."""
        coming = self._ready.qsize() + len(self._starting)
        if self._waiting >= coming and self._places < self._limits.working:
            self._add_place()
        self._waiting += 1
        try:
            while True:
                process = await self._wait(asyncio.create_task(self._ready.get()), leaving)
                if process.alive:
                    return process
                self._replace(process)  # it died while it had nothing to do
        finally:
            self._waiting -= 1

    async def _wait(
        self, turn: "asyncio.Task[WorkerProcess]", leaving: "asyncio.Future[Any]"
    ) -> WorkerProcess:
        """Wait for a process, but not for ever, and not for someone who has left."""
        mine = False
        try:
            done, _ = await asyncio.wait(
                {turn, leaving}, timeout=self._limits.seconds, return_when=asyncio.FIRST_COMPLETED
            )
            mine = turn in done
            if not mine:
                raise _left() if leaving in done else busy()
            return turn.result()
        finally:
            if not mine and not turn.cancel():
                self._ready.put_nowait(turn.result())  # the turn came too late to be taken

    def _give_back(self, process: WorkerProcess, future: "asyncio.Future[T]") -> None:
        if not future.cancelled():
            future.exception()  # seen, even where nobody waits for it
        if process.alive:
            self._ready.put_nowait(process)
        else:
            self._replace(process)

    def _replace(self, process: WorkerProcess) -> None:
        process.end()
        self._processes.discard(process)
        self._places -= 1
        if not self._closed:
            _log.warning("a process for pictures was ended; another one takes its place")
            self._add_place()

    def _add_place(self) -> None:
        self._places += 1
        task = asyncio.create_task(self._fill())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _fill(self) -> None:
        """Start a process, again and again until one is there."""
        while True:
            try:
                process = await asyncio.to_thread(self._start)
            except (OSError, RuntimeError) as error:  # no room for one more process, or thread
                _log.warning("%s", error)
                await asyncio.sleep(_AGAIN)
            else:
                self._ready.put_nowait(process)
                return

    def _start(self) -> WorkerProcess:
        process = WorkerProcess(self._limits)
        self._processes.add(process)
        try:
            if self._closed:
                raise OSError("the service is closing")
            process.wait()
        except OSError:
            process.end()
            self._processes.discard(process)
            raise
        return process

    def _too_slow(self) -> Refusal:
        return Refusal(
            413,
            "too-slow",
            f"this picture takes longer than the {self._limits.seconds:g} seconds that are allowed "
            "here; give a smaller one, or fewer faces",
        )


def _left() -> Refusal:
    return Refusal(400, "gone", "whoever asked has left")

"""The outside of a process that works on pictures: started, spoken to, ended when it runs over.

A thread that computes cannot be stopped, and a decoder that meets a hostile file may compute for
hours, take all memory or crash. A process can be ended by the system, whatever it is at.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from ..inference.machine import cores
from . import worker
from .limits import Limits, Refusal

T = TypeVar("T")

_GLANCE = 0.1
"""Seconds between two looks at whether a task is still wanted."""
_GRACE = 2.0
"""Seconds in which a process whose task is abandoned may end the task itself."""
_PATIENCE = 60.0
"""Seconds in which a new process must be ready; it takes about one."""


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


class WorkerProcess:
    """One process, with models of its own, which it loads once."""

    def __init__(self, limits: Limits) -> None:
        """Start it; see `wait`.

        Raises:
            OSError: the system has no room for one more process.
        """
        # Forking is not safe beside the threads of ONNX Runtime and OpenCV.
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        share = max(1, cores() // limits.working)
        # Its command line names two open files, and nothing else; all secrets go through the pipe.
        self._process = context.Process(
            target=worker.serve, args=(other, limits, share), name="proface-worker", daemon=True
        )
        try:
            with _deaf_to_ctrl_c():
                self._process.start()
        except BaseException:
            self._connection.close()
            raise
        finally:
            other.close()

    @property
    def pid(self) -> int | None:
        """The system's number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can take a task."""
        return not self._connection.closed and self._process.is_alive()

    def wait(self) -> None:
        """Wait until it is ready for its first task.

        Raises:
            OSError: it died, or is not ready in time.
        """
        try:
            if self._connection.poll(_PATIENCE):
                self._connection.recv()
                return
        except EOFError:
            pass
        self.end()
        raise OSError(f"a process for pictures did not start (status {self._process.exitcode})")

    def do(self, work: Callable[..., T], arguments: tuple[Any, ...], ticket: Ticket) -> T:
        """Have a task done, and wait for it. Afterwards see `alive`.

        Args:
            work: a method of `Operations`.
            arguments: of the method, without itself.
            ticket: gets the progress; the work ends early if it is marked as abandoned.

        Raises:
            AbandonedError: nobody waited any more; the process may have been ended.
            Refusal: 413, the system ended the process.
            Exception: what the work raised.
        """
        try:
            failed, content = self._converse(work, arguments, ticket)
        except (EOFError, ConnectionError):
            self.end()
            if ticket.abandoned:
                raise worker.AbandonedError from None
            raise self._fate() from None
        if failed:
            raise content
        return cast(T, content)

    def _converse(
        self, work: Callable[..., Any], arguments: tuple[Any, ...], ticket: Ticket
    ) -> tuple[bool, Any]:
        """Whether the task failed, and its error or result; EOFError if it must be ended."""
        ends = None
        self._connection.send((work, arguments))
        while True:
            if self._connection.poll(_GLANCE):
                kind, content = cast(worker.Message, self._connection.recv())
                if kind != "progress":
                    return kind == "failed", content
                ticket.done, ticket.total = content
            if ticket.abandoned and ends is None:
                ends = time.monotonic() + _GRACE
                self._connection.send(worker.STOP)
            if ends is not None and time.monotonic() > ends:
                raise EOFError

    def end(self) -> None:
        """End it at once, whatever it is at; it keeps nothing that could be lost."""
        with suppress(ValueError):  # it never ran
            self._process.kill()
            self._process.join()
        self._connection.close()

    def kill(self) -> None:
        """Have it ended; from any thread, while another one is in `do`, which cleans up."""
        self._process.kill()

    def _fate(self) -> Refusal:
        if self._process.exitcode == -getattr(signal, "SIGXCPU", 0):
            return Refusal(
                413, "too-slow", "this picture takes too much time to decode; save it anew, smaller"
            )
        return Refusal(
            413,
            "too-large",
            "the process that worked on this picture died, most likely for want of memory",
        )


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A process that is started within does not hear Ctrl-C, not even before its first line."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""The inside of a process that works on pictures: it takes a task, tells how far it is, answers.

Everything goes through one pipe. What comes: a task, or ``STOP``. What goes: `Message`.
"""

import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Literal

from ..errors import ProfaceError
from ..inference import threads
from . import rlimits
from .limits import Limits, Refusal
from .operations import Operations

STOP = "stop"
"""Sent to a process whose task nobody waits for any more."""

Task = tuple[Callable[..., Any], tuple[Any, ...]]
"""A method of `Operations`, and its arguments."""
Message = tuple[Literal["ready", "progress", "done", "failed"], Any]
"""``ready`` once; ``progress`` with (done, total); then ``done`` with the result, or ``failed``."""

_SPARE_SECONDS = 5
"""On top of the time that the service grants, which ends a process first if all is well."""


class AbandonedError(Exception):
    """Nobody waits for this work any more."""


class _Duty:
    """What comes through the pipe, listened to in a thread beside the work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        self._stop = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> Task:
        """The next task, when there is one."""
        return self._tasks.get()

    def send(self, message: Message) -> None:
        """Tell something to the service."""
        self._connection.send(message)

    def progress(self, done: int, total: int) -> None:
        """Tell how far the task is.

        Raises:
            AbandonedError: nobody waits for it any more.
        """
        if self._stop.is_set():
            raise AbandonedError
        self.send(("progress", (done, total)))

    def _listen(self) -> None:
        try:
            while True:
                message = self._connection.recv()
                if message == STOP:
                    self._stop.set()
                else:
                    self._stop.clear()
                    self._tasks.put(message)
        except (EOFError, OSError):  # the service has ended, however it did
            os._exit(1)


def serve(connection: Connection, limits: Limits, share: int) -> None:
    """Do one task after the other until the pipe is closed; this is the whole life of a process.

    Args:
        connection: this end of the pipe.
        limits: of the service.
        share: threads that this process may compute with.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else ONNX Runtime leaves files, from its first use
    rlimits.forbid_core_files()
    threads.limit(share)
    rlimits.cap_memory(limits.work_memory)
    duty = _Duty(connection)
    operations = Operations(limits, duty.progress)
    duty.send(("ready", None))
    while True:
        work, arguments = duty.next()
        with rlimits.processor_time(limits.seconds * share + _SPARE_SECONDS):
            message = _outcome(work, operations, arguments)
        del arguments  # a picture and perhaps a password
        duty.send(message)
        del message


def _outcome(
    work: Callable[..., Any], operations: Operations, arguments: tuple[Any, ...]
) -> Message:
    try:
        return "done", work(operations, *arguments)
    except (ProfaceError, Refusal, AbandonedError) as error:
        return "failed", error.with_traceback(None)
    except MemoryError:
        return "failed", MemoryError()
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        return "failed", _portable(error, text)


def _portable(error: Exception, text: str) -> Exception:
    """An error that survives the pipe, with its traceback as a note for the log."""
    try:
        copy: Exception = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # one that takes other arguments than it keeps, or holds what cannot travel
        copy = RuntimeError(f"{type(error).__name__}: {error}")
    copy.add_note(text)
    return copy

"""The work in several processes of this machine, each with models of its own, loaded once."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from ..inference import threads
from ..inference.machine import cores
from .tasks import Duty, Outcome, Task, perform

ATTEMPTS = 3
"""How often a file is tried whose process dies."""


def run(duty: Duty, tasks: Iterator[Task], workers: int) -> Generator[Outcome, None, None]:
    """Do the work with every file.

    A process that dies takes down the pool, and nobody can tell which file it had in hand. So those
    that were in hand are tried again one by one: the one that kills its process again is to blame.

    Args:
        duty: what is done; its secret goes to the processes through a pipe.
        tasks: the files, each drawn when a worker is free for it.
        workers: number of processes.

    Yields:
        One outcome for each file, in the order in which they are finished.
    """
    suspects: list[Task] = []
    while True:
        broken = yield from _until_broken(duty, tasks, workers, suspects)
        if not broken:
            return
        for suspect in suspects:
            yield from _alone(duty, suspect)
        suspects.clear()


def died(task: Task) -> Outcome:
    """The outcome of a file whose process died every time."""
    return Outcome(
        task.name,
        "failed",
        error=f"its process died {task.attempts} times, perhaps for want of memory",
        attempts=task.attempts,
    )


def _until_broken(
    duty: Duty, tasks: Iterator[Task], workers: int, suspects: list[Task]
) -> Generator[Outcome, None, bool]:
    """Work until all is done, or a process dies: then ``suspects`` are those in hand.

    Returns:
        Whether a process died.
    """
    in_hand: dict[Future[Outcome], Task] = {}
    with _executor(duty, workers) as executor:
        try:
            while True:
                while len(in_hand) < workers and (task := next(tasks, None)):
                    suspects.append(task)
                    in_hand[executor.submit(_perform, task)] = task
                if not in_hand:
                    return False
                finished, _ = wait(in_hand, return_when=FIRST_COMPLETED)
                for future in finished:
                    outcome = future.result()
                    suspects.remove(in_hand.pop(future))
                    yield outcome
        except BrokenProcessPool:
            return True


def _alone(duty: Duty, task: Task) -> Iterator[Outcome]:
    while task.attempts < ATTEMPTS:
        task = task.again()
        with _executor(duty, 1) as executor, suppress(BrokenProcessPool):
            yield executor.submit(_perform, task).result()
            return
    yield died(task)


@contextmanager
def _executor(duty: Duty, workers: int) -> Iterator[ProcessPoolExecutor]:
    # Forking is not safe beside the threads of ONNX Runtime and OpenCV.
    context = multiprocessing.get_context("spawn")
    leash, held = context.Pipe(duplex=False)
    share = max(1, cores() // workers)
    executor = ProcessPoolExecutor(workers, context, _start, (duty, share, leash))
    try:
        with executor:
            try:
                yield executor
            except BaseException:
                held.close()  # nobody waits for what is in hand
                raise
    finally:
        held.close()
        leash.close()


_duty: Duty | None = None
"""Of this process, if it is a worker."""


def _start(duty: Duty, share: int, leash: Connection) -> None:
    global _duty
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who gives out the work
    threading.Thread(target=_hang_on, args=[leash], daemon=True).start()
    threads.limit(share)
    _duty = duty


def _hang_on(leash: Connection) -> None:
    """End when the other side of the pipe is closed, as it is if its process was killed."""
    with suppress(EOFError, OSError):
        leash.recv_bytes()
    os._exit(1)


def _perform(task: Task) -> Outcome:
    if _duty is None:
        raise RuntimeError("this process is no worker")
    return perform(_duty, task)

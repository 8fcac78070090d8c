"""The processes that work on pictures: each task has an end, whatever it is at.

The tasks run in real processes, and so are functions of this module, which a process can import.
"""

import asyncio
import logging
import multiprocessing
import os
import resource
import signal
import time

import pytest

from proface.errors import NoFaceError
from proface.service import rlimits
from proface.service.limits import MEBIBYTE, Limits, Refusal
from proface.service.operations import Operations
from proface.service.processes import Ticket
from proface.service.workers import WorkerPool

FAST = Limits(working=1, seconds=20, work_memory=512 * MEBIBYTE)
needs_limits = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")


def run_pool(test, limits: Limits = FAST) -> None:
    async def main() -> None:
        pool = WorkerPool(limits)
        pool.start()
        try:
            # Its first task is not timed: another process may take the processor meanwhile.
            await pool.run(pid, (), Ticket(), never)
            await asyncio.wait_for(test(pool), 60)
        finally:
            await pool.close()

    asyncio.run(main())


async def never() -> None:
    await asyncio.Event().wait()


async def soon() -> None:
    await asyncio.sleep(0.3)


def pid(_: Operations) -> int:
    return os.getpid()


def compute(_: Operations) -> None:
    while True:
        pass


def hold_on(_: Operations) -> None:
    """As a decoder does that never looks up: the interpreter's lock is held all the while."""
    sum(range(10**12))


def take_memory(_: Operations, count: int) -> int:
    return len(bytes(count))


def fail(_: Operations, error: Exception) -> None:
    raise error


def end_itself(_: Operations, number: int) -> None:
    os.kill(os.getpid(), number)


def decode_for_ever(_: Operations) -> None:
    with rlimits.processor_time(1):
        compute(_)


def decode_shortly(_: Operations) -> tuple[int, int]:
    before = resource.getrlimit(resource.RLIMIT_CPU)
    with rlimits.processor_time(5):
        within = resource.getrlimit(resource.RLIMIT_CPU)
    assert resource.getrlimit(resource.RLIMIT_CPU) == before
    return within[0], before[0]


def step_by_step(operations: Operations) -> None:
    for done in range(1, 10_000):
        operations._progress(done, 10_000)
        time.sleep(0.02)


def files_of_core(_: Operations) -> int:
    return resource.getrlimit(resource.RLIMIT_CORE)[0]


async def refused(pool: WorkerPool, gone, work, *arguments) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await pool.run(work, arguments, Ticket(), gone)
    return caught.value


@pytest.mark.parametrize("work", [compute, hold_on])
def test_work_that_runs_over_is_answered_in_time_ended_and_replaced(work) -> None:
    async def test(pool: WorkerPool) -> None:
        first = await pool.run(pid, (), Ticket(), never)
        start = time.perf_counter()
        slow = await refused(pool, never, work)
        assert (slow.status_code, slow.code) == (413, "too-slow")
        assert time.perf_counter() - start < 3
        # Who comes next waits for the grace and for the new process, and is served.
        second = None
        while second is None:
            try:
                second = await pool.run(pid, (), Ticket(), never)
            except Refusal:
                assert time.perf_counter() - start < 30
        assert second != first
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)

    run_pool(test, Limits(working=1, seconds=1.5))


def test_work_is_asked_to_end_when_its_caller_leaves_and_the_process_stays() -> None:
    async def test(pool: WorkerPool) -> None:
        first = await pool.run(pid, (), Ticket(), never)
        ticket = Ticket()
        with pytest.raises(Refusal, match="left"):
            await pool.run(step_by_step, (), ticket, soon)
        assert ticket.abandoned
        assert ticket.total == 10_000
        assert ticket.done > 0
        for _ in range(3):
            assert await pool.run(pid, (), Ticket(), never) == first

    run_pool(test)


def test_a_caller_who_leaves_work_that_does_not_listen_costs_one_process() -> None:
    async def test(pool: WorkerPool) -> None:
        first = await pool.run(pid, (), Ticket(), never)
        assert (await refused(pool, soon, hold_on)).code == "gone"
        assert await pool.run(pid, (), Ticket(), never) != first

    run_pool(test)


@needs_limits
def test_memory_is_bounded_and_the_process_lives_on() -> None:
    async def test(pool: WorkerPool) -> None:
        first = await pool.run(pid, (), Ticket(), never)
        with pytest.raises(MemoryError):
            await pool.run(take_memory, (600 * MEBIBYTE,), Ticket(), never)
        assert await pool.run(take_memory, (100 * MEBIBYTE,), Ticket(), never) == 100 * MEBIBYTE
        assert await pool.run(pid, (), Ticket(), never) == first

    run_pool(test)


@needs_limits
def test_a_decoder_has_a_time_of_its_own() -> None:
    async def test(pool: WorkerPool) -> None:
        within, before = await pool.run(decode_shortly, (), Ticket(), never)
        assert within < before
        slow = await refused(pool, never, decode_for_ever)
        assert (slow.status_code, slow.code) == (413, "too-slow")
        assert await pool.run(files_of_core, (), Ticket(), never) == 0

    run_pool(test)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_process_that_dies_is_an_answer_and_replaced(number: int) -> None:
    async def test(pool: WorkerPool) -> None:
        dead = await refused(pool, never, end_itself, number)
        assert (dead.status_code, dead.code) == (413, "too-large")
        first = await pool.run(pid, (), Ticket(), never)
        # One that dies while it has nothing to do is no matter of whoever comes next.
        os.kill(first, signal.SIGKILL)
        await asyncio.sleep(0.2)
        assert await pool.run(pid, (), Ticket(), never) != first

    run_pool(test)


class AwkwardError(Exception):
    """Takes two arguments and keeps one, so that it cannot be rebuilt elsewhere."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("of the work"),
        NoFaceError("no face of the work"),
        EOFError("of the work"),
        ConnectionError("of the work"),
    ],
)
def test_errors_of_the_work_reach_the_caller(error: Exception) -> None:
    async def test(pool: WorkerPool) -> None:
        for _ in range(2):
            with pytest.raises(type(error), match="of the work"):
                await pool.run(fail, (error,), Ticket(), never)

    run_pool(test)


def fail_awkwardly(_: Operations) -> None:
    raise AwkwardError("of the", " work")


def refuse(_: Operations) -> None:
    raise Refusal(429, "a-code", "a message", {"Retry-After": "7"})


def test_errors_that_do_not_travel_and_refusals() -> None:
    async def test(pool: WorkerPool) -> None:
        with pytest.raises(RuntimeError, match="AwkwardError: of the work") as caught:
            await pool.run(fail_awkwardly, (), Ticket(), never)
        assert "in fail_awkwardly" in "".join(caught.value.__notes__)
        refusal = await refused(pool, never, refuse)
        assert (refusal.status_code, refusal.code, refusal.detail, refusal.headers) == (
            429,
            "a-code",
            "a message",
            {"Retry-After": "7"},
        )

    run_pool(test)


def test_processes_are_started_when_they_are_needed_and_end_with_the_pool(caplog) -> None:
    seen: set[int] = set()

    async def test(pool: WorkerPool) -> None:
        for _ in range(4):  # one after the other needs one process
            seen.add(await pool.run(pid, (), Ticket(), never))
        assert len(seen) == 1
        waits = [pool.run(compute, (), Ticket(), never) for _ in range(2)]
        tasks = [asyncio.create_task(each) for each in waits]
        while sum(each.is_alive() for each in multiprocessing.active_children()) < 2:
            await asyncio.sleep(0.05)
        seen.update(each.pid for each in multiprocessing.active_children())
        for each in tasks:
            each.cancel()

    with caplog.at_level(logging.WARNING):
        run_pool(test, Limits(working=2, seconds=20))
    assert len(seen) == 2
    for each in seen:
        with pytest.raises(ProcessLookupError):
            os.kill(each, 0)

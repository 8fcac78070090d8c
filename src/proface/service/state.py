"""The desk behind all addresses: the limits, the work, and who waits for it."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from .limits import Limits, Refusal
from .operations import Operations
from .workers import Ticket, WorkerThreads

T = TypeVar("T")


class ServiceState:
    """What the addresses share."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.work = Operations(limits)
        self.pool = WorkerThreads(limits.working, limits.seconds)
        self.jobs: dict[str, Ticket] = {}

    async def do(self, request: Request, job: str | None, work: Callable[[Ticket], T]) -> T:
        """Have some work done while its request lasts; the job names it for `progress`.

        Raises:
            Refusal: 409, another request goes by this name; or as for `WorkerThreads.run`.
        """

        async def gone() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        if job is not None and job in self.jobs:
            raise Refusal(409, "job-taken", "another request goes by this name of a job")
        ticket = Ticket()
        if job is not None:
            self.jobs[job] = ticket
        try:
            return await self.pool.run(work, ticket, gone)
        finally:
            if job is not None:
                del self.jobs[job]


def the_desk(request: Request) -> ServiceState:
    """The desk of the application that answers a request."""
    desk: ServiceState = request.app.state.desk
    return desk


TheDesk = Annotated[ServiceState, Depends(the_desk)]

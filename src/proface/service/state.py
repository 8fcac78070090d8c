"""What all addresses share: the limits, the operations, and who waits for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from .limits import Limits, Refusal
from .processes import Ticket
from .schemas import Job
from .workers import WorkerPool

T = TypeVar("T")


class ServiceState:
    """What the addresses share."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.workers = WorkerPool(limits)
        self.jobs: dict[str, Ticket] = {}

    async def do(
        self, request: Request, job: str | None, work: Callable[..., T], arguments: tuple[Any, ...]
    ) -> T:
        """Have some work done while its request lasts; the job names it for `progress`.

        Raises:
            Refusal: 409, another request goes by this name; or as for `WorkerPool.run`.
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
            return await self.workers.run(work, arguments, ticket, gone)
        finally:
            if job is not None:
                del self.jobs[job]


def state_of(request: Request) -> ServiceState:
    """What the addresses of the application share that answers a request."""
    state: ServiceState = request.app.state.shared
    return state


State = Annotated[ServiceState, Depends(state_of)]


@dataclass(frozen=True)
class Call:
    """A request with work to do."""

    request: Request
    state: State
    job: Job = None

    async def do(self, work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
        """Have the work done: a method of `Operations`, with its arguments."""
        return await self.state.do(self.request, self.job, work, arguments)


TheCall = Annotated[Call, Depends()]

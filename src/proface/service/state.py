"""What all addresses share: the limits, the operations, and who waits for them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from .fields import Job
from .limits import Limits, Refusal
from .processes import Ticket
from .workers import WorkerPool

T = TypeVar("T")


@dataclass
class ServiceState:
    """What the addresses share."""

    limits: Limits
    workers: WorkerPool
    jobs: dict[str, Ticket] = field(default_factory=dict)
    """The requests with a name that are not answered yet."""

    @classmethod
    def within(cls, limits: Limits) -> "ServiceState":
        """The state of a new service."""
        return cls(limits, WorkerPool(limits))


def state_of(request: Request) -> ServiceState:
    """What the addresses share in the application that answers a request."""
    state: ServiceState = request.app.state.shared
    return state


State = Annotated[ServiceState, Depends(state_of)]


@dataclass(frozen=True)
class Call:
    """A request with work to do."""

    request: Request
    state: State
    job: Job = None
    """Names the request for `progress`."""

    async def do(self, work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
        """Have the work done while the request lasts: a method of `Operations`, its arguments.

        Raises:
            Refusal: 409, another request has this name of a job; or as for `WorkerPool.run`.
        """
        jobs, ticket = self.state.jobs, Ticket()
        if self.job is not None:
            if self.job in jobs:
                raise Refusal(409, "job-taken", "another request goes by this name of a job")
            jobs[self.job] = ticket
        try:
            return await self.state.workers.run(work, arguments, ticket, self._gone)
        finally:
            if self.job is not None:
                del jobs[self.job]

    async def _gone(self) -> None:
        """Wait until the client has left."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


TheCall = Annotated[Call, Depends()]

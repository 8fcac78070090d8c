"""The work on a Ray cluster: each file a task, tried again where a worker or a machine is lost."""

import logging
import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from ..errors import ClusterError
from ..inference import threads
from .processes import ATTEMPTS, died
from .tasks import Duty, Outcome, Task, perform

_AHEAD = 2
"""Tasks given out for each processor, so that none waits for the next."""

_TOKENS = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}
"""Environment variables with what lets a program into a cluster."""

_PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")
_NOBODY = "http://127.0.0.1:9"


def run(duty: Duty, tasks: Iterator[Task], address: str) -> Generator[Outcome, None, None]:
    """Do the work with every file, on all machines of a cluster.

    Each machine must have proface installed, and both folders under the same paths. Ray keeps its
    processes, so that each loads its models once.

    Args:
        duty: what is done; its secret goes through the cluster's object store, which Ray does not
            encrypt.
        tasks: the files, each drawn when there is a place for it.
        address: of the cluster, as Ray takes it: ``auto``, ``host:port``, ``ray://host:port``; or
            ``local`` for one of this machine alone, made for the purpose.

    Yields:
        One outcome for each file, in the order in which they are finished.

    Raises:
        ClusterError: Ray is not installed, or the cluster is not there.
    """
    ray = _connect(address)
    try:
        held = [ray.put(duty)]  # in a list, or Ray would fetch it for every task
        remote = ray.remote(num_cpus=1, max_retries=0)(_perform)
        in_hand: dict[Any, Task] = {}
        while True:
            places = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
            while len(in_hand) < places and (task := next(tasks, None)):
                in_hand[remote.remote(held, task)] = task
            if not in_hand:
                return
            finished, _ = ray.wait(list(in_hand))
            for reference in finished:
                task = in_hand.pop(reference)
                outcome = _result(ray, reference, task)
                if outcome is not None:
                    yield outcome
                else:
                    in_hand[remote.remote(held, task.again())] = task.again()
    finally:
        ray.shutdown()


def _connect(address: str) -> Any:  # noqa: ANN401 - Ray is not typed, nor always there
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ClusterError("a cluster needs Ray: pip install 'proface[ray]'") from error
    if address == "local" and not _TOKENS & set(os.environ):
        # Else Ray would make a token of its own, and leave it in the home folder.
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    try:
        with _no_web() if address == "local" else nullcontext():
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # its classes for this are many
        raise ClusterError(f"there is no Ray cluster at '{address}': {error}") from error
    return ray


@contextmanager
def _no_web() -> Iterator[None]:
    """Processes that are started within have a web proxy that does not exist.

    A new cluster asks the metadata services of three clouds where it runs, though it is told to
    report nothing. So it asks this machine, at a port where nobody listens. Ray's processes speak
    to one another by other means.
    """
    before = {name: os.environ.get(name) for name in _PROXIES}
    os.environ.update(dict.fromkeys(_PROXIES, _NOBODY))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _result(ray: Any, reference: Any, task: Task) -> Outcome | None:  # noqa: ANN401
    """What became of a task; None if its process died, and it is to be tried again."""
    try:
        outcome: Outcome = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        return Outcome(task.name, "failed", error=f"the cluster cannot run proface: {error.cause}")
    except ray.exceptions.RayError:
        return died(task) if task.attempts >= ATTEMPTS else None
    return outcome


def _perform(held: list[Any], task: Task) -> Outcome:
    return perform(_fetch(held[0]), task)


@lru_cache(maxsize=1)
def _fetch(reference: Any) -> Duty:  # noqa: ANN401
    """What this process is to do with every file, fetched once."""
    import ray

    threads.limit(1)
    fetched: Duty = ray.get(reference)
    return fetched

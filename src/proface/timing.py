"""Where the time goes: seconds of each stage of the work, measured where a stage is carried out.

A stage within another counts for itself alone, so that the seconds of all stages add up. Where one
stopwatch runs within another, both count.

>>> with Stopwatch() as watch:
...     with stage("decode"):
...         pass
>>> list(watch.seconds)
['decode']
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from time import perf_counter
from typing import Literal, TypeVar, get_args

T = TypeVar("T")

Stage = Literal["decode", "detect", "key", "obfuscate", "network", "encode"]
"""``key`` holds all that is drawn from the key, and the shuffle; ``encode`` the writing too."""


class Stopwatch:
    """Counts the stages of what is done within its ``with`` block, in this thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        """Of each stage that was met."""
        self._running: list[str] = []
        self._since = 0.0
        self._token: Token[Stopwatch | None] | None = None
        self._around: Stopwatch | None = None

    def __enter__(self) -> "Stopwatch":
        self._around = _current.get()
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _current.reset(self._token)

    def _turn(self) -> None:
        """Book the time since the last turn to the innermost stage."""
        now = perf_counter()
        if self._running:
            name = self._running[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now

    def begin(self, name: str) -> None:
        """A stage begins; the one around it pauses."""
        if self._around is not None:
            self._around.begin(name)
        self._turn()
        self._running.append(name)

    def end(self) -> None:
        """The innermost stage ends."""
        self._turn()
        self._running.pop()
        if self._around is not None:
            self._around.end()


_current: ContextVar[Stopwatch | None] = ContextVar("stopwatch", default=None)


@contextmanager
def stage(name: Stage) -> Iterator[None]:
    """Book what is done within to a stage, if a `Stopwatch` runs; also a decorator."""
    watch = _current.get()
    if watch is None:
        yield
        return
    watch.begin(name)
    try:
        yield
    finally:
        watch.end()


def each(name: Stage, items: Iterable[T]) -> Iterator[T]:
    """The items; the time to get each of them is booked to a stage."""
    iterator = iter(items)
    while True:
        with stage(name):
            try:
                item = next(iterator)
            except StopIteration:
                return
        yield item


def shares(seconds: Mapping[str, float], whole: float) -> dict[str, float]:
    """The share of each stage in the whole time, and as ``other`` what is left of it; 0 to 1.

    Args:
        seconds: of the stages.
        whole: seconds that all took together; 0 makes all shares 0.
    """
    parts: dict[str, float] = {name: seconds.get(name, 0.0) for name in get_args(Stage)}
    parts["other"] = max(0.0, whole - sum(parts.values()))
    return {name: round(part / whole, 4) if whole else 0.0 for name, part in parts.items()}

"""Where the time goes: seconds of each stage of the work, measured where a stage is carried out.

A stage within another counts for itself alone, so that the seconds of all stages add up.

>>> with Stopwatch() as watch:
...     with stage("decode"):
...         pass
>>> list(watch.seconds)
['decode']
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from time import perf_counter
from typing import Literal

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

    def __enter__(self) -> "Stopwatch":
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
        self._turn()
        self._running.append(name)

    def end(self) -> None:
        """The innermost stage ends."""
        self._turn()
        self._running.pop()


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

"""Where the time goes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from ..keys import Key
from ..obfuscators import Picture
from ..profile import Facts, Hidden, Profile

T = TypeVar("T")


@dataclass
class Stopwatch:
    """Seconds of each stage; time spent in an inner stage does not count for the outer one."""

    seconds: dict[str, float] = field(default_factory=dict)
    _inner: list[float] = field(default_factory=lambda: [0.0])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time within ``with`` for a stage."""
        start = perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            spent = perf_counter() - start
            own = spent - self._inner.pop()
            self._inner[-1] += spent
            self.seconds[name] = self.seconds.get(name, 0.0) + own

    def each(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """The items; the time to get each counts for a stage."""
        iterator = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def shares(self) -> dict[str, float]:
        """The part of each stage in the whole, 0 to 1."""
        whole = sum(self.seconds.values())
        return {name: spent / whole for name, spent in self.seconds.items()} if whole else {}


class Timed:
    """A profile whose time is counted, for the stage ``network``."""

    def __init__(self, inner: Profile, watch: Stopwatch) -> None:
        self._inner, self._watch = inner, watch
        self.facts: Facts = inner.facts

    @property
    def provider(self) -> str:
        """The inner profile's."""
        return self._inner.provider

    @property
    def notes(self) -> tuple[str, ...]:
        """The inner profile's."""
        return self._inner.notes

    def protect(
        self, original: Picture, obfuscated: Picture, key: Key, index: int, associated: bytes
    ) -> Hidden:
        """As the inner profile does."""
        with self._watch.stage("network"):
            return self._inner.protect(original, obfuscated, key, index, associated)

    def recover(
        self, hidden: Hidden, key: Key, index: int, associated: bytes
    ) -> tuple[Picture, tuple[str, ...]]:
        """As the inner profile does."""
        with self._watch.stage("network"):
            return self._inner.recover(hidden, key, index, associated)

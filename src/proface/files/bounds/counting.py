"""Counting what a file holds, with an end to it."""

from ...errors import PictureError

MAX_FRAMES = 1000
"""Most frames or pages that are counted. More than one is refused anyway, with their number."""


class Counter:
    """Counts things of one kind up to a bound."""

    def __init__(
        self,
        what: str,
        most: int,
        advice: str = ", which no program writes; save it anew with another program",
    ) -> None:
        self._what = what
        self._most = most
        self._advice = advice
        self._count = 0

    def add(self, more: int = 1) -> None:
        """Count some more.

        Raises:
            PictureError: they are beyond the bound.
        """
        self._count += more
        if self._count > self._most:
            raise PictureError(f"has more than {self._most} {self._what}{self._advice}")


def frames(most: int = MAX_FRAMES) -> Counter:
    """Counts frames or pages, of which programs do write many."""
    return Counter("frames or pages", most, "; proface takes a still: extract one")


def for_length(least: int, data: bytes, each: int) -> int:
    """So many at least, and more in a long file: one for every so many bytes."""
    return least + len(data) // each

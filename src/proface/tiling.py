"""Large pictures in pieces that give what the whole would give."""

from collections.abc import Iterator
from dataclasses import dataclass

Span = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True)
class Tile:
    """A piece of a picture to compute, and the part of it to keep."""

    window: Span
    """What to compute, within the picture."""
    core: Span
    """What to keep of it, within the picture."""
    inner: Span
    """What to keep of it, within the window."""


def tiles(height: int, width: int, reach: int, side: int) -> Iterator[Tile]:
    """Cover a picture.

    The cores cover the picture once. A core lies at least ``reach`` pixels inside its window, but
    for the sides where the window ends with the picture. All windows have the same shape and
    begin at even positions.

    Args:
        height: of the picture, even.
        width: of the picture, even.
        reach: how many pixels away a pixel can matter, even.
        side: of a window, at most, even; widened to 4 times the reach.
    """
    side = max(side, 4 * reach)
    for rows in _spans(height, reach, side):
        for columns in _spans(width, reach, side):
            window, core, inner = zip(rows, columns, strict=True)
            yield Tile(window, core, inner)


def _spans(length: int, reach: int, side: int) -> Iterator[tuple[slice, slice, slice]]:
    """Window, core, and core within the window, along one direction."""
    if length <= side:
        whole = slice(0, length)
        yield whole, whole, whole
        return
    to_cover = length - 2 * reach
    count = -(-to_cover // (side - 2 * reach))
    step = 2 * -(-to_cover // (2 * count))  # Even, and as equal as can be.
    size = step + 2 * reach
    done = 0
    for index in range(count):
        start = min(index * step, length - size)
        end = length if index == count - 1 else start + size - reach
        yield slice(start, start + size), slice(done, end), slice(done - start, end - start)
        done = end

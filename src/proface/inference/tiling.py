"""Large pictures in pieces that give what the whole would give."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

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
    """Cover a picture, with as little computed twice as can be.

    The cores cover the picture once. A core lies at least ``reach`` pixels inside its window, but
    for the sides where the window ends with the picture. All windows have the same shape and
    begin at even positions.

    Args:
        height: of the picture, even.
        width: of the picture, even.
        reach: how many pixels away a pixel can matter, even.
        side: a window has at most this squared of pixels; widened to 4 times the reach.
    """
    area = max(side, 4 * reach) ** 2
    down, across = min(
        _layouts(height, width, reach, area),
        key=lambda counts: (
            counts[0] * _size(height, reach, counts[0]) * counts[1] * _size(width, reach, counts[1])
        ),
    )
    for rows in _spans(height, reach, down):
        for columns in _spans(width, reach, across):
            window, core, inner = zip(rows, columns, strict=True)
            yield Tile(window, core, inner)


def _layouts(height: int, width: int, reach: int, area: int) -> Iterator[tuple[int, int]]:
    """Numbers of windows, downwards and across, from wide and low ones to narrow and high ones."""
    for across in count(1):
        columns = _size(width, reach, across)
        most = area // columns // 2 * 2
        if most >= height:
            yield 1, across
            return
        if most >= 4 * reach:
            yield -(-(height - 2 * reach) // (most - 2 * reach)), across
        if columns <= 4 * reach:
            return


def _size(length: int, reach: int, windows: int) -> int:
    """Of each of so many windows along a length: even, and as small as can be."""
    if windows == 1:
        return length
    return 2 * -(-(length - 2 * reach) // (2 * windows)) + 2 * reach


def _spans(length: int, reach: int, windows: int) -> Iterator[tuple[slice, slice, slice]]:
    """Window, core, and core within the window, along one direction."""
    size = _size(length, reach, windows)
    done = 0
    for index in range(windows):
        start = min(index * (size - 2 * reach), length - size)
        end = length if index == windows - 1 else start + size - reach
        yield slice(start, start + size), slice(done, end), slice(done - start, end - start)
        done = end

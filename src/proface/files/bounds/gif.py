"""GIF: frames, and the blocks of up to 255 bytes that everything is cut into."""

from . import counting
from .counting import Counter, for_length

_MAX_BLOCKS = 10_000
_SHORTEST = 64
"""Bytes of a block, on average, in a file that has more of them."""
_MAX_JUNK = 2**16
_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B


def check(data: bytes) -> None:
    """Bound the work on a GIF file.

    Raises:
        PictureError: as for `bounds.check`.
    """
    frames = counting.frames()
    junk = Counter("bytes between its blocks", _MAX_JUNK)
    blocks = Counter("blocks", for_length(_MAX_BLOCKS, data, _SHORTEST))
    position = 13 + _table(data, 10)
    while position + 1 < len(data) and data[position] != _END:
        kind = data[position]
        if kind == _EXTENSION:
            position = _skip(data, position + 2, blocks)
        elif kind == _IMAGE:
            frames.add()
            position = _skip(data, position + 11 + _table(data, position + 9), blocks)
        else:
            junk.add()
            position += 1


def _table(data: bytes, flags: int) -> int:
    """Bytes of the table of colours that the flags at a place announce."""
    if flags >= len(data) or not data[flags] & 0x80:
        return 0
    return int(3 << (data[flags] & 7) + 1)


def _skip(data: bytes, position: int, blocks: Counter) -> int:
    """Behind the blocks that begin at a place; the last one is empty."""
    while position < len(data):
        blocks.add()
        size = data[position]
        position += 1 + size
        if not size:
            break
    return position

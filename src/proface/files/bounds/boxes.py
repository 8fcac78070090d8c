"""Files of boxes: AVIF, HEIC and JPEG 2000; and the codestream of the latter."""

import struct

from ...errors import PictureError
from .counting import Counter

_MAX_BOXES = 10_000
_MAX_PACKETS = 1_000_000
"""Of a JPEG 2000 picture, each of which takes work, even if it is empty."""
_PARENTS = {b"jp2h": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
"""Boxes that hold others, and how many bytes stand before those."""
_PARENTS |= {b"meta": 4, b"iinf": 6, b"iref": 4, b"iprp": 0, b"ipco": 0}
"""Of a picture of tiles, too: decoders look each of its items up among all."""
_CODESTREAM = b"\xff\x4f\xff\x51"
_COD, _FIRST_TILE = 0xFF52, 0xFF90


def check(data: bytes) -> None:
    """Bound the work on a file of boxes, or a bare codestream.

    Raises:
        PictureError: as for `bounds.check`.
    """
    if data.startswith(_CODESTREAM):
        _check_codestream(data, 0)
        return
    boxes = Counter("boxes", _MAX_BOXES)
    pending = [(0, len(data))]
    while pending:
        position, end = pending.pop()
        while position + 8 <= end:
            size, name = struct.unpack_from(">I4s", data, position)
            head = 8
            if size == 1 and position + 16 <= end:
                (size,) = struct.unpack_from(">Q", data, position + 8)
                head = 16
            size = size or end - position
            boxes.add()
            if name in _PARENTS:
                start = position + head + _PARENTS[name]
                if name == b"iinf" and data[position + head : position + head + 1] != b"\0":
                    start += 2  # a longer count of items
                pending.append((start, min(end, position + size)))
            elif name == b"jp2c" and data.startswith(_CODESTREAM, position + head):
                _check_codestream(data, position + head)
            position += max(size, head)


def _check_codestream(data: bytes, start: int) -> None:
    """Bound the packets that the main header of a JPEG 2000 picture promises."""
    if start + 42 > len(data):
        return
    right, bottom, left, top, width, height, tile_left, tile_top = struct.unpack_from(
        ">8I", data, start + 8
    )
    (components,) = struct.unpack_from(">H", data, start + 40)
    position = start + 4 + int.from_bytes(data[start + 4 : start + 6], "big")
    if not width or not height:
        return
    across = -(-max(0, right - tile_left) // width)
    down = -(-max(0, bottom - tile_top) // height)
    sizes = (min(width, right - left), min(height, bottom - top))
    while position + 4 <= len(data):
        marker, size = struct.unpack_from(">2H", data, position)
        if marker == _FIRST_TILE:
            return
        if marker == _COD:
            styles = data[position + 4 : position + 2 + size]
            if across * down * components * _packets(styles, *sizes) > _MAX_PACKETS:
                raise PictureError(
                    f"has more than {_MAX_PACKETS} packets, which no program writes; save it anew "
                    "with another program"
                )
        position += 2 + max(size, 2)


def _packets(styles: bytes, width: int, height: int) -> int:
    """Packets of a component of a tile of this size, by the coding styles in its header."""
    if len(styles) < 10:
        return 0
    layers, levels = int.from_bytes(styles[2:4], "big"), min(styles[5], 32)
    precincts = 0
    for level in range(levels + 1):
        exponents = styles[10 + level] if styles[0] & 1 and len(styles) > 10 + level else 0xFF
        shrunk = levels - level
        across = -(-width >> (shrunk + (exponents & 15)))
        down = -(-height >> (shrunk + (exponents >> 4)))
        precincts += max(1, across) * max(1, down)
    return layers * precincts

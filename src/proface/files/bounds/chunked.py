"""PNG and WebP: chunks, of which decoders handle each for itself, and the EXIF data."""

import struct

from . import counting, tiff
from .counting import Counter, for_length

_MAX_CHUNKS = 10_000
_SHORTEST = 512
"""Bytes of a chunk, on average, in a file that has more of them."""


def check_png(data: bytes) -> None:
    """Bound the work on a PNG file.

    Raises:
        PictureError: as for `bounds.check`.
    """
    chunks = Counter("chunks", for_length(_MAX_CHUNKS, data, _SHORTEST))
    position = 8
    while position + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        chunks.add()
        if name == b"IEND":
            return
        if name == b"eXIf":
            tiff.check_exif(data[position + 8 : position + 8 + size])
        position += 12 + size


def check_webp(data: bytes) -> None:
    """Bound the work on a WebP file.

    Raises:
        PictureError: as for `bounds.check`.
    """
    chunks = Counter("chunks", for_length(_MAX_CHUNKS, data, _SHORTEST))
    frames = counting.frames()
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        chunks.add()
        if name == b"ANMF":
            frames.add()
        if name == b"EXIF":
            tiff.check_exif(data[position + 8 : position + 8 + size])
        position += 8 + size + size % 2

"""TIFF, and EXIF data, which is a TIFF file without pixels: directories and what they point at."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ...errors import PictureError
from . import counting
from .counting import Counter, for_length

MAX_DIRECTORIES = 100
"""Those in a chain are pages; proface takes files of one. Time grows with the square of them."""
_MAX_ENTRIES = 4096
_MAX_PIECES = 2**17
"""Strips or tiles."""
_SLACK = 2**23
"""Bytes of entries beyond the file's own length: damaged EXIF data may point anywhere."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_OFFSETS_OF_PIECES = (273, 324)
_SUBDIRECTORIES = (0x8769, 0x8825, 0xA005)  # EXIF, GPS, interoperability


@dataclass(frozen=True)
class _Layout:
    """How numbers are written: of a TIFF file, or of a BigTIFF file, which may exceed 4 GiB."""

    order: str
    big: bool

    @property
    def count(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def entry(self) -> struct.Struct:
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHL4s"))

    @property
    def offset(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "L"))


def check(data: bytes) -> None:
    """Bound the work on a TIFF file.

    Raises:
        PictureError: as for `bounds.check`.
    """
    if len(data) < 16:
        return
    layout = _Layout(">" if data.startswith(b"MM") else "<", data[2] == 43)
    (first,) = layout.offset.unpack_from(data, 8 if layout.big else 4)
    directories = counting.frames(MAX_DIRECTORIES)
    entries = Counter("entries in its directories", _MAX_ENTRIES)
    reached = Counter("bytes in its directories", _SLACK + 2 * len(data))
    seen: set[int] = set()
    pending = [first]
    while pending:
        place = pending.pop()
        if not place or place + layout.count.size > len(data):
            continue
        if place in seen:
            raise PictureError("has directories in a circle, which no program writes")
        seen.add(place)
        directories.add()
        (count,) = layout.count.unpack_from(data, place)
        start = place + layout.count.size
        readable = min(count, (len(data) - start) // layout.entry.size)
        entries.add(readable)
        pending += _follow(data, layout, (start, readable), reached)
        end = start + count * layout.entry.size
        if end + layout.offset.size <= len(data):
            pending += layout.offset.unpack_from(data, end)


def check_exif(data: bytes) -> None:
    """Bound the work on EXIF data, with or without the six bytes in front that JPEG files have.

    Raises:
        PictureError: as for `bounds.check`.
    """
    data = data.removeprefix(b"Exif\0\0")
    if data.startswith((b"II", b"MM")):
        check(data)


def _follow(
    data: bytes, layout: _Layout, place: tuple[int, int], reached: Counter
) -> Iterator[int]:
    """Count what a directory's entries point at, and give the directories among it."""
    start, count = place
    for index in range(count):
        tag, kind, number, value = layout.entry.unpack_from(data, start + index * layout.entry.size)
        if tag in _OFFSETS_OF_PIECES:
            Counter("strips or tiles", for_length(_MAX_PIECES, data, 4096)).add(number)
        if tag in _SUBDIRECTORIES:
            yield layout.offset.unpack(value)[0]
        size = number * _SIZES.get(kind, 0)
        if size > len(value):
            # A program that reads beyond the end still reads what is there.
            (offset,) = layout.offset.unpack(value)
            reached.add(min(size, max(0, len(data) - offset)))

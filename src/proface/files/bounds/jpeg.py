"""JPEG: scans, segments, what lies between them, and the EXIF data."""

import re
import struct

from . import tiff
from .counting import Counter

MAX_SCANS = 100
"""As libtiff has it. Programs write about 10 for a progressive picture; each goes over all of its
pixels, however little it says."""
_MAX_SEGMENTS = 20_000
"""Sealed faces may take 8,200 of them."""
_MAX_JUNK = 2**16
"""Bytes between the segments, which decoders skip one by one."""
# Two bytes that begin a segment. In the data of a scan 0xFF stands before 0 or a restart marker.
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")
_END, _SCAN, _APP1 = 0xD9, 0xDA, 0xE1
_EXIF = b"Exif\0\0"


def check(data: bytes) -> None:
    """Bound the work on a JPEG file.

    Raises:
        PictureError: as for `bounds.check`.
    """
    scans = Counter("scans", MAX_SCANS)
    segments = Counter("segments", _MAX_SEGMENTS)
    junk = Counter("bytes between its segments", _MAX_JUNK)
    exif = []
    position, in_scan = 2, False
    while found := _MARKER.search(data, position):
        if not in_scan:
            junk.add(found.start() - position)
        marker, position = data[found.end() - 1], found.end()
        if marker == _END or position + 2 > len(data):
            break
        (size,) = struct.unpack_from(">H", data, position)
        in_scan = marker == _SCAN
        if in_scan:
            scans.add()
        elif marker == _APP1 and data.startswith(_EXIF, position + 2):
            exif.append(data[position + 2 + len(_EXIF) : position + size])
        segments.add()
        position += max(size, 2)
    else:
        if not in_scan:
            junk.add(max(0, len(data) - position))
    tiff.check_exif(b"".join(exif))

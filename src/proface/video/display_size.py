"""The shape of a clip's pixels, as Matroska keeps it: the width and height to show a frame with.

PyAV hands an encoder's sample aspect ratio to the codec only, and FFmpeg's muxer writes the display
size from a field that PyAV does not reach. So the file is begun with a name of the video track that
keeps the place, and when it is complete, the display size stands there instead. No byte moves that
an index points to.
"""

from fractions import Fraction
from pathlib import Path

from .ebml import CRC, LONGEST_LENGTH, SEGMENT, VOID, Element, checksum, children, element

PLACE = "-" * 80
"""The name of a track whose display size `write` shall put in."""

_TRACKS, _TRACK, _NAME, _VIDEO = 0x1654AE6B, 0xAE, 0x536E, 0xE0
_WIDTH, _HEIGHT, _UNIT = 0x54B0, 0x54BA, 0x54B2
_PIXELS, _RATIO = 0, 3
_LOOKED_AT = 2**20
"""Bytes from the beginning among which the tracks lie."""


def write(path: Path, width: int, height: int, aspect: Fraction) -> None:
    """Put the display size into a Matroska file, in place of the name `PLACE`.

    Args:
        path: of the file, which is changed in place and keeps its length.
        width: of a frame, in pixels.
        height: of a frame, in pixels.
        aspect: width over height of one pixel.

    Raises:
        OSError: it cannot be written.
        ValueError: it has no track of that name.
    """
    with path.open("r+b") as file:
        data = bytearray(file.read(_LOOKED_AT))
        segment = _first(data, SEGMENT, 0, len(data))
        tracks = _first(data, _TRACKS, segment[2], len(data))
        for track in children(data, tracks[2], tracks[3]):
            if track[0] == _TRACK and _named(data, track):
                data[track[2] : track[3]] = _with_size(data, track, _display(width, height, aspect))
                break
        else:
            raise ValueError("no track keeps the place of its display size")
        for check in children(data, tracks[2], tracks[3]):
            if check[0] == CRC:
                data[check[2] : check[3]] = checksum(data[check[3] : tracks[3]])
        file.seek(0)
        file.write(data)


def _display(width: int, height: int, aspect: Fraction) -> bytes:
    """The elements: pixels where they are whole, else the exact ratio of the sides."""
    across = width * aspect
    if across.denominator == 1:
        sides, unit = (int(across), height), _PIXELS
    else:
        sides, unit = (across / height).as_integer_ratio(), _RATIO
    parts = zip((_WIDTH, _HEIGHT, _UNIT), (*sides, unit), strict=True)
    return b"".join(
        element(number, value.to_bytes(LONGEST_LENGTH, "big")) for number, value in parts
    )


def _named(data: bytearray, track: Element) -> bool:
    return any(
        number == _NAME and data[begin:end] == PLACE.encode()
        for number, _, begin, end in children(data, track[2], track[3])
    )


def _with_size(data: bytearray, track: Element, display: bytes) -> bytes:
    """The content of a track's entry with a display size, and as long as it was."""
    parts = []
    for number, begin, content, end in children(data, track[2], track[3]):
        if number == _VIDEO:
            kept = [
                bytes(data[each[1] : each[3]])
                for each in children(data, content, end)
                if each[0] not in (_WIDTH, _HEIGHT, _UNIT)
            ]
            parts.append(element(_VIDEO, b"".join(kept) + display))
        elif number != _NAME:
            parts.append(bytes(data[begin:end]))
    body = b"".join(parts)
    room = track[3] - track[2] - len(body) - 1 - LONGEST_LENGTH
    return body + element(VOID, bytes(room), LONGEST_LENGTH)


def _first(data: bytearray, number: int, begin: int, end: int) -> Element:
    for each in children(data, begin, end):
        if each[0] == number:
            return each
    raise ValueError(f"the file has no element {number:x}")

"""The shape of a clip's pixels, as Matroska keeps it: the width and height to show a frame with.

PyAV hands an encoder's sample aspect ratio to the codec only, and FFmpeg's muxer writes the display
size from a field that PyAV does not reach. So the file is begun with a name of the video track that
keeps the place, and when it is complete, the display size stands there instead. No byte moves that
an index points to. Elements and their numbers: RFC 9559 (Matroska), RFC 8794 (EBML).
"""

import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

PLACE = "-" * 80
"""The name of a track whose display size `write` shall put in."""

_SEGMENT, _TRACKS, _TRACK, _NAME, _VIDEO = 0x18538067, 0x1654AE6B, 0xAE, 0x536E, 0xE0
_WIDTH, _HEIGHT, _UNIT = 0x54B0, 0x54BA, 0x54B2
_VOID, _CRC = 0xEC, 0xBF
_PIXELS, _RATIO = 0, 3
_LOOKED_AT = 2**20
"""Bytes from the beginning among which the tracks lie."""
_LONG = 8
"""Bytes of a length, at most."""

Element = tuple[int, int, int, int]
"""Its number; and where in the data it begins, its content begins, and it ends."""


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
        segment = _first(data, _SEGMENT, 0, len(data))
        tracks = _first(data, _TRACKS, segment[2], len(data))
        for track in _children(data, tracks[2], tracks[3]):
            if track[0] == _TRACK and _named(data, track):
                data[track[2] : track[3]] = _with_size(data, track, _display(width, height, aspect))
                break
        else:
            raise ValueError("no track keeps the place of its display size")
        for check in _children(data, tracks[2], tracks[3]):
            if check[0] == _CRC:
                digest = zlib.crc32(data[check[3] : tracks[3]])
                data[check[2] : check[3]] = digest.to_bytes(4, "little")
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
    return b"".join(_element(number, value.to_bytes(_LONG, "big")) for number, value in parts)


def _named(data: bytearray, track: Element) -> bool:
    return any(
        number == _NAME and data[begin:end] == PLACE.encode()
        for number, _, begin, end in _children(data, track[2], track[3])
    )


def _with_size(data: bytearray, track: Element, display: bytes) -> bytes:
    """The content of a track's entry with a display size, and as long as it was."""
    parts = []
    for number, begin, content, end in _children(data, track[2], track[3]):
        if number == _VIDEO:
            kept = [
                bytes(data[each[1] : each[3]])
                for each in _children(data, content, end)
                if each[0] not in (_WIDTH, _HEIGHT, _UNIT)
            ]
            parts.append(_element(_VIDEO, b"".join(kept) + display))
        elif number != _NAME:
            parts.append(bytes(data[begin:end]))
    body = b"".join(parts)
    room = track[3] - track[2] - len(body) - 1 - _LONG
    return body + _element(_VOID, bytes(room))


def _element(number: int, content: bytes) -> bytes:
    length = (len(content) | 1 << 7 * _LONG).to_bytes(_LONG, "big")
    return number.to_bytes((number.bit_length() + 7) // 8, "big") + length + content


def _first(data: bytearray, number: int, begin: int, end: int) -> Element:
    for each in _children(data, begin, end):
        if each[0] == number:
            return each
    raise ValueError(f"the file has no element {number:x}")


def _children(data: bytearray, begin: int, end: int) -> Iterator[Element]:
    """The elements that lie one after the other between two places."""
    while begin < end:
        size = 9 - data[begin].bit_length()
        number = int.from_bytes(data[begin : begin + size], "big")
        at = begin + size
        size = 9 - data[at].bit_length()
        length = int.from_bytes(data[at : at + size], "big") & (1 << 7 * size) - 1
        yield number, begin, at + size, at + size + length
        begin = at + size + length

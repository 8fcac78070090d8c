"""The elements of Matroska files: RFC 8794 (EBML); their numbers are from RFC 9559 (Matroska)."""

import zlib
from collections.abc import Callable, Iterator

HEAD, SEGMENT, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
VOID, CRC = 0xEC, 0xBF
LONGEST_LENGTH = 8
"""Bytes of a length, at most."""
LONGEST_HEAD = 4 + LONGEST_LENGTH
"""Bytes of a number and a length, at most."""

Element = tuple[int, int, int, int]
"""Its number; and where in the data it begins, its content begins, and it ends."""


def children(data: bytes | bytearray, begin: int, end: int) -> Iterator[Element]:
    """The elements that lie one after the other between two places; the last may end beyond.

    Raises:
        ValueError: a head is cut short.
    """
    while begin < end:
        number, content, length = head(data, begin)
        yield number, begin, content, content + (length or 0)
        begin = content + (length or 0)


def head(data: bytes | bytearray, begin: int) -> tuple[int, int, int | None]:
    """Number of the element at a place, where its content begins, and its length if it has one.

    Raises:
        ValueError: the data ends before.
    """
    try:
        size = 9 - data[begin].bit_length()
        number = int.from_bytes(data[begin : begin + size], "big")
        at = begin + size
        size = 9 - data[at].bit_length()
    except IndexError as error:
        raise ValueError("an element is cut short") from error
    if at + size > len(data):
        raise ValueError("an element is cut short")
    most = (1 << 7 * size) - 1
    length = int.from_bytes(data[at : at + size], "big") & most
    return number, at + size, None if length == most else length


def element(number: int, content: bytes, size: int | None = None) -> bytes:
    """An element; ``size`` is how many bytes its length takes, None for as few as possible."""
    if size is None:
        size = ((len(content) + 1).bit_length() + 6) // 7  # ones only would mean no length
    length = (len(content) | 1 << 7 * size).to_bytes(size, "big")
    return _number(number) + length + content


def long_head(number: int, length: int | None) -> bytes:
    """The head of an element of any length, or of none; it takes as many bytes for each."""
    most = (1 << 7 * LONGEST_LENGTH) - 1
    told = most if length is None else length
    return _number(number) + (told | most + 1).to_bytes(LONGEST_LENGTH, "big")


def rebuilt(content: bytes, change: Callable[[int, bytes], bytes]) -> bytes:
    """The content of an element with other contents of its children; a checksum is made anew.

    Args:
        content: children, one after the other.
        change: gives a child's content, from its number and what it was.

    Raises:
        ValueError: a child is cut short.
    """
    parts, checked = [], False
    for number, _, begin, end in children(content, 0, len(content)):
        if end > len(content):
            raise ValueError("an element is cut short")
        if number == CRC:
            checked = True
        else:
            parts.append(element(number, change(number, content[begin:end])))
    whole = b"".join(parts)
    return element(CRC, checksum(whole)) + whole if checked else whole


def checksum(content: bytes | bytearray) -> bytes:
    """What a checksum says of the elements behind it."""
    return zlib.crc32(content).to_bytes(4, "little")


def _number(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")

"""What is sealed: a coded face with what it takes to decode it, padded.

version (4 bits) codec (4 bits) | quality (1 byte, 0: lossless) | length (LEB128) | data | zeros
"""

from ...errors import DamagedPictureError
from .codec import CODECS, Coded

VERSION = 1


def room(size: int) -> int:
    """Bytes of data that fit a frame of ``size`` bytes; below 0 if not even an empty one does."""
    data = size - 3
    while data > 0 and 2 + len(_varint(data)) + data > size:
        data -= 1
    return data


def pack(coded: Coded, size: int) -> bytes:
    """A frame of exactly ``size`` bytes; the coding takes at most ``room(size)`` of them."""
    head = bytes((VERSION << 4 | CODECS.index(coded.codec), coded.quality or 0))
    return (head + _varint(len(coded.data)) + coded.data).ljust(size, b"\0")


def unpack(frame: bytes) -> Coded:
    """The coding in a frame.

    Raises:
        DamagedPictureError: the frame is of a newer version, or not one at all, or its padding is
            not zero.
    """
    if len(frame) < 3:
        raise DamagedPictureError(f"a sealed face of {len(frame)} bytes is cut short")
    version, codec = divmod(frame[0], 16)
    if version != VERSION or codec >= len(CODECS):
        raise DamagedPictureError(
            f"a sealed face is of version {version}, codec {codec}; this proface reads version "
            f"{VERSION}, codecs 0 to {len(CODECS) - 1}: a newer one may read it"
        )
    length, position = 0, 2
    for shift in range(0, 35, 7):
        if position >= len(frame):
            break
        byte = frame[position]
        position += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    if length > len(frame) - position:
        raise DamagedPictureError(f"a sealed face of {length} bytes is cut short")
    if any(frame[position + length :]):
        raise DamagedPictureError("a sealed face is padded with something else than zeros")
    return Coded(frame[position : position + length], CODECS[codec], frame[1] or None)


def padded_size(size: int) -> int:
    """A size at least as large that tells little of it, for carriers without a size of their own.

    Padmé (Nikitin and others, "Reducing Metadata Leakage from Encrypted Files", PETS 2019): all
    but the leading bits of the size are zero; at most 12 percent is added.
    """
    exponent = max(size, 1).bit_length() - 1
    mask = (1 << exponent - exponent.bit_length()) - 1
    return (size + mask) & ~mask


def _varint(number: int) -> bytes:
    """LEB128: seven bits a byte, the lowest first; the high bit says that more follow."""
    digits = bytearray()
    while number >= 0x80:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*digits, number))

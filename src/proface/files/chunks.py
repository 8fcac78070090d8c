"""Bytes of our own in picture files, whatever the pixels become.

PNG: the private ancillary chunk ``pfSl``. WebP: the RIFF chunk ``PFSL``. JPEG: APP10 segments, as
many as it takes, each with a magic, a kind, its index and their number; there the manifest goes
the same way, for want of a better place. PNG and WebP keep it where other programs show it.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Literal

from ..errors import ManifestError, OutputError, PictureError

ChunkKind = Literal["manifest", "seals"]

FORMATS = ("PNG", "WEBP", "JPEG")
"""Pillow's names of the formats that can carry sealed faces beside the pixels."""
MAX_BYTES = 2**29
"""Most bytes of one kind in a file; half of what `images` reads."""

PNG_START = b"\x89PNG\r\n\x1a\n"
"""How PNG files begin."""
_PNG_CHUNK = b"pfSl"
_WEBP_CHUNK = b"PFSL"
_VP8X_ALPHA = 0x10
# APP10 has no user of note, unlike APP1 (EXIF), APP2 (ICC), APP11 (JUMBF), APP13 and APP14 (Adobe).
_JPEG_SEGMENT, _JPEG_SCAN = 0xEA, 0xDA
_JPEG_MAGIC = b"proface\0"
_JPEG_KINDS: dict[ChunkKind, bytes] = {"manifest": b"M", "seals": b"S"}
_JPEG_HEAD = struct.Struct(">8scHH")
_JPEG_PIECE = 65_535 - 2 - _JPEG_HEAD.size
_VERSION = 1


def pack(seals: Sequence[bytes]) -> bytes:
    """The sealed faces of a picture as one text: version, their number, and each with its length.

    >>> pack([b"ab", b"c"]).hex()
    '0100020000000261620000000163'
    """
    parts = [struct.pack(">BH", _VERSION, len(seals))]
    for seal in seals:
        parts += [struct.pack(">I", len(seal)), seal]
    return b"".join(parts)


def unpack(packed: bytes, count: int) -> list[bytes]:
    """What `pack` packed.

    Args:
        packed: from a file of unknown origin.
        count: of the manifest's faces.

    Raises:
        ManifestError: it is garbled, of a newer version, or has another number of faces.
    """
    if len(packed) < 3 or packed[0] != _VERSION:
        raise ManifestError("the sealed faces in the file are garbled, or from a newer proface")
    (found,) = struct.unpack_from(">H", packed, 1)
    if found != count:
        raise ManifestError(f"the file holds {found} sealed faces, its manifest {count}")
    seals, position = [], 3
    for index in range(count):
        start = position + 4
        end = start + int.from_bytes(packed[position:start], "big")
        if end > len(packed) or start > len(packed):
            raise ManifestError(f"the sealed faces in the file are cut short at face {index}")
        seals.append(packed[start:end])
        position = end
    if position != len(packed):
        raise ManifestError(f"{len(packed) - position} bytes follow the sealed faces in the file")
    return seals


def insert(data: bytes, kind: ChunkKind, content: bytes) -> bytes:
    """A picture file with bytes of ours in it; its pixels and other metadata stay the same.

    Args:
        data: a PNG, WebP or JPEG file that was just encoded, without such bytes.
        kind: ``manifest`` is for JPEG only.
        content: at most `MAX_BYTES`.

    Raises:
        OutputError: the content is too long.
    """
    if len(content) > MAX_BYTES:
        raise OutputError(f"{len(content)} bytes for the file; at most {MAX_BYTES} are possible")
    if data.startswith(PNG_START):
        chunk = png_chunk(_PNG_CHUNK, content)
        return data[:-12] + chunk + data[-12:]  # before IEND, which is always 12 bytes long
    if data.startswith(b"RIFF"):
        chunks = _extended(data[12:]) + riff_chunk(_WEBP_CHUNK, content)
        return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks
    # Behind SOI and JFIF's own segment, which has to be the first.
    place = 4 + int.from_bytes(data[4:6], "big") if data[2:4] == b"\xff\xe0" else 2
    return data[:place] + _segments(kind, content) + data[place:]


def find(data: bytes, kind: ChunkKind) -> bytes | None:
    """The bytes that `insert` put into a file; None if there are none.

    Raises:
        PictureError: they are garbled, incomplete, there twice, or more than `MAX_BYTES`.
    """
    if data.startswith(b"\xff\xd8"):
        return _find_in_jpeg(data, kind)
    if kind == "manifest":
        return None
    if data.startswith(PNG_START):
        found = [content for name, content in png_chunks(data) if name == _PNG_CHUNK]
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        found = [content for name, content in webp_chunks(data) if name == _WEBP_CHUNK]
    else:
        return None
    if len(found) > 1:
        raise PictureError("the file holds sealed faces twice")
    return _bounded(found[0]) if found else None


def replace(data: bytes, kind: ChunkKind, content: bytes) -> bytes:
    """A JPEG file with other bytes of ours in place of those that `find` finds in it."""
    parts, position = [], 0
    for begin, segment in _jpeg_segments(data, kind):
        parts.append(data[position:begin])
        if not position:
            parts.append(_segments(kind, content))
        position = begin + 4 + len(segment)
    return b"".join([*parts, data[position:]])


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every chunk of a WebP file; a last one cut short is left out."""
    position = 12
    while position + 8 <= len(data):
        name = data[position : position + 4]
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8
        if position + size > len(data):
            return
        yield name, data[position : position + size]
        position += size + size % 2


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every chunk of a PNG file.

    Raises:
        PictureError: the sealed faces are damaged.
    """
    position = len(PNG_START)
    while position + 12 <= len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        start, end = position + 8, position + 8 + size
        content = data[start:end]
        if name == _PNG_CHUNK:
            checksum = zlib.crc32(name + content)
            if data[end : end + 4] != struct.pack(">I", checksum):
                raise PictureError("the sealed faces in the file are damaged: bad checksum")
        yield name, content
        position = end + 4


def png_chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def riff_chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a WebP file."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _segments(kind: ChunkKind, content: bytes) -> bytes:
    """Bytes of ours as APP10 segments of a JPEG file, as many as it takes."""
    count = max(1, -(-len(content) // _JPEG_PIECE))
    segments = b""
    for index in range(count):
        piece = content[index * _JPEG_PIECE : (index + 1) * _JPEG_PIECE]
        head = _JPEG_HEAD.pack(_JPEG_MAGIC, _JPEG_KINDS[kind], index, count)
        size = 2 + len(head) + len(piece)
        segments += struct.pack(">BBH", 0xFF, _JPEG_SEGMENT, size) + head + piece
    return segments


def _find_in_jpeg(data: bytes, kind: ChunkKind) -> bytes | None:
    pieces: dict[int, bytes] = {}
    count = 0
    for _, segment in _jpeg_segments(data, kind):
        _, _, index, number = _JPEG_HEAD.unpack_from(segment)
        if index >= number or index in pieces or count not in (0, number):
            raise PictureError(f"the {kind} in the file is garbled: piece {index} of {number}")
        count = number
        pieces[index] = segment[_JPEG_HEAD.size :]
    if len(pieces) != count:
        raise PictureError(f"the {kind} in the file is incomplete: {len(pieces)} of {count} pieces")
    return _bounded(b"".join(pieces[index] for index in range(count))) if count else None


def _jpeg_segments(data: bytes, kind: ChunkKind) -> Iterator[tuple[int, bytes]]:
    """Our segments of one kind in front of the picture's first scan: place and content of each."""
    name = _JPEG_KINDS[kind]
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != _JPEG_SCAN:
        marker, size = struct.unpack_from(">xBH", data, position)
        segment = data[position + 4 : position + 2 + size]
        ours = len(segment) >= _JPEG_HEAD.size and segment.startswith(_JPEG_MAGIC + name)
        if marker == _JPEG_SEGMENT and ours:
            yield position, segment
        position += 2 + max(size, 2)


def _bounded(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise PictureError(f"the file holds {len(content)} bytes for proface; {MAX_BYTES} at most")
    return content


def _extended(chunks: bytes) -> bytes:
    """A WebP file's chunks in the extended format, the only one that allows chunks of others."""
    if not chunks.startswith(b"VP8L"):
        return chunks  # VP8X comes first
    (bits,) = struct.unpack_from("<I", chunks, 9)  # behind name, length and signature
    width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    canvas = width.to_bytes(3, "little") + height.to_bytes(3, "little")  # each less one, as there
    head = struct.pack("<I", _VP8X_ALPHA if alpha else 0) + canvas
    return riff_chunk(b"VP8X", head) + chunks

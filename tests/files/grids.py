"""AVIF and HEIC files whose picture is a grid of tiles, with whatever size they claim.

Boxes as in ISO/IEC 14496-12 and 23008-12, around one tile that Pillow or pillow-heif coded.
"""

import io
import struct
from dataclasses import dataclass

from PIL import Image

SIDE = 64
_KINDS = {"AVIF": (b"avif", b"av01", b"av1C"), "HEIF": (b"heic", b"hvc1", b"hvcC")}


@dataclass(frozen=True)
class Grid:
    """What a file claims."""

    rows: int
    columns: int
    width: int
    height: int
    shown: tuple[int, int] | None = None
    """The size that the header shows; None for that of the grid."""
    shared: bool = True
    """Whether all places have the same tile, or each has an item of its own."""


def still(kind: str) -> bytes:
    """A sound picture of `SIDE` x `SIDE` pixels."""
    buffer = io.BytesIO()
    image = Image.new("RGB", (SIDE, SIDE), (200, 30, 30))
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.from_pillow(image).save(buffer, quality=50, chroma=420)
    else:
        image.save(buffer, kind)
    return buffer.getvalue()


def with_size(data: bytes, width: int, height: int) -> bytes:
    """A still whose header shows another size."""
    place = data.index(b"ispe") + 8
    return data[:place] + struct.pack(">II", width, height) + data[place + 8 :]


def file(kind: str, grid: Grid) -> bytes:
    """A file of a few bytes for each tile, or two for each if they are shared."""
    brand, item, configuration = _KINDS[kind]
    tile = still(kind)
    coded = tile[tile.index(b"mdat") + 4 :]
    count = grid.rows * grid.columns
    places = [2] * count if grid.shared else list(range(2, 2 + count))
    items = sorted(set(places))
    size = grid.shown or (grid.width, grid.height)
    sizes = struct.pack(">II", grid.width, grid.height)
    layout = bytes([0, 1, grid.rows - 1, grid.columns - 1]) + sizes
    properties = _ispe(*size) + _ispe(SIDE, SIDE) + _copied(tile, configuration)
    of_items = b"".join(struct.pack(">HBBB", each, 2, 2, 0x83) for each in items)
    of_items = struct.pack(">IHBB", 1 + len(items), 1, 1, 1) + of_items
    listed = _entry(1, b"grid") + b"".join(_entry(each, item) for each in items)
    references = _box(b"dimg", struct.pack(f">HH{count}H", 1, count, *places))

    def meta(start: int) -> bytes:
        parts = [_place(1, start, len(layout))]
        parts += [_place(each, start + len(layout), len(coded)) for each in items]
        body = _full(b"hdlr", struct.pack(">I4s13x", 0, b"pict"))
        body += _full(b"pitm", struct.pack(">H", 1))
        body += _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(parts)) + b"".join(parts))
        body += _full(b"iinf", struct.pack(">H", len(parts)) + listed)
        body += _full(b"iref", references)
        inner = _box(b"ipco", properties) + _full(b"ipma", of_items)
        return _full(b"meta", body + _box(b"iprp", inner))

    head = _box(b"ftyp", brand + bytes(4) + brand + b"mif1miaf")
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + _box(b"mdat", layout + coded)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def _full(name: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24) + body)


def _ispe(width: int, height: int) -> bytes:
    return _full(b"ispe", struct.pack(">II", width, height))


def _entry(number: int, kind: bytes) -> bytes:
    return _full(b"infe", struct.pack(">HH4sx", number, 0, kind), 2)


def _place(number: int, start: int, size: int) -> bytes:
    return struct.pack(">HHHII", number, 0, 1, start, size)


def _copied(data: bytes, name: bytes) -> bytes:
    start = data.index(name) - 4
    return data[start : start + int.from_bytes(data[start : start + 4], "big")]

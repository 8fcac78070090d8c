"""Files that ask for work out of all proportion: refused by their headers, before any decoder.

Each is small or of the size of an upload, and would take a decoder from seconds to hours. What is
counted is the work: no file here may reach a decoder, which the tests watch for.
"""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from proface.errors import PictureError
from proface.files import bounds, images
from tests.files import grids

MEBIBYTE = 2**20


def saved(kind: str, size: tuple[int, int] = (64, 64), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (90, 120, 60)).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(before: bytes = b"", after: bytes = b"") -> bytes:
    data = saved("PNG")
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    return data[:start] + before + data[start:end] + after + data[end:]


def riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def webp(more: bytes) -> bytes:
    return riff(saved("WEBP", exif=exif(1, 8))[12:] + more)


def jpeg(segments: bytes = b"", scans: bytes = b"") -> bytes:
    data = saved("JPEG", progressive=True)
    return data[:2] + segments + data[2:-2] + scans + data[-2:]


EMPTY_SCAN = b"\xff\xda" + struct.pack(">H", 8) + bytes([1, 1, 0, 1, 63, 0])


def jpeg_exif(data: bytes) -> bytes:
    """In as many segments as it takes, which decoders join."""
    pieces = [data[start : start + 65_000] for start in range(0, len(data), 65_000)]
    return jpeg(
        b"".join(
            b"\xff\xe1" + struct.pack(">H", len(each) + 8) + b"Exif\0\0" + each for each in pieces
        )
    )


def directory(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    body = b"".join(struct.pack("<HHII", *each) for each in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


PICTURE = [
    (256, 3, 1, 8),
    (257, 3, 1, 8),
    (258, 3, 1, 8),
    (259, 3, 1, 1),
    (262, 3, 1, 1),
    (273, 4, 1, 8),
    (278, 3, 1, 8),
    (279, 4, 1, 64),
]
HEAD = b"II*\0" + struct.pack("<I", 8)


def chain(count: int, last: int = 0) -> bytes:
    """Directories that each name the next one; the last one names a place."""
    size = len(directory(PICTURE))
    following = [8 + size * (index + 1) for index in range(count - 1)] + [last]
    return HEAD + b"".join(directory(PICTURE, each) for each in following)


def exif(count: int, size: int) -> bytes:
    """Entries that all point at the same bytes."""
    place = 8 + 2 + 12 * (count + 1) + 4
    entries = [(274, 3, 1, 1)] + [(40_000 + each, 7, size, place) for each in range(count)]
    return HEAD + directory(entries) + bytes(size)


def strips(count: int) -> bytes:
    place = 8 + 2 + 12 * 8 + 4
    entries = dict.fromkeys([256, 258, 259, 262, 278])
    values = {256: (3, 1, 1), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 278: (3, 1, 1)}
    values |= {257: (4, 1, count), 273: (4, count, place), 279: (4, count, place + 4 * count)}
    assert set(entries) <= set(values)
    listed = [(tag, *values[tag]) for tag in sorted(values)]
    return HEAD + directory(listed) + struct.pack("<I", 8) * count + struct.pack("<I", 1) * count


def subdirectories() -> bytes:
    """EXIF data whose part for GPS is the whole again."""
    return HEAD + directory([(274, 3, 1, 1), (0x8825, 4, 1, 8)])


GIF_HEAD = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + bytes(6)
GIF_FRAME = b"\x2c" + struct.pack("<4HB", 0, 0, 8, 8, 0) + b"\x02\x05\x84\x8f\xa9\xcb\xed\x00"


def bmp(pairs: int) -> bytes:
    runs = b"\x01\x05" * pairs
    head = struct.pack("<IiiHHIIiiII", 40, 6000, 6000, 1, 8, 1, len(runs), 0, 0, 256, 0)
    start = 14 + len(head) + 1024
    file = struct.pack("<IHHI", start + len(runs), 0, 0, start)
    return b"BM" + file + head + bytes(1024) + runs


def jpeg2000(layers: int = 1, precinct: int | None = None) -> bytes:
    data = bytearray(saved("JPEG2000", (1024, 1024)))
    place = data.index(b"\xff\x52")
    data[place + 6 : place + 8] = struct.pack(">H", layers)
    if precinct is not None:
        size, levels = struct.unpack_from(">H", data, place + 2)[0], data[place + 9]
        data[place + 4] |= 1
        data[place + 2 : place + 4] = struct.pack(">H", size + levels + 1)
        data[place + 2 + size : place + 2 + size] = bytes([precinct]) * (levels + 1)
    return bytes(data)


def boxes(count: int) -> bytes:
    data = saved("JPEG2000")
    return data[:12] + struct.pack(">I4s", 8, b"free") * count + data[12:]


def tiles(kind: str, side: int) -> bytes:
    """A picture of a square of tiles, each an item of its own."""
    size = side * grids.SIDE
    return grids.file(kind, grids.Grid(side, side, size, size, shared=False))


BOMBS = {
    "scans": (lambda: jpeg(scans=EMPTY_SCAN * 1000), "100 scans"),
    "scans with tables between": (
        lambda: jpeg(scans=(b"\xff\xc4\0\2" + EMPTY_SCAN) * 1000),
        "100 scans",
    ),
    "scans behind padding": (lambda: jpeg(scans=(b"\xff\xff\xff" + EMPTY_SCAN) * 200), "scans"),
    "comments": (lambda: jpeg(b"\xff\xfe\0\2" * 1_000_000), "segments"),
    "padding": (lambda: jpeg(b"\xff" * 4_000_000), "bytes between"),
    "stuffing": (lambda: jpeg(b"\xff\0" * 2_000_000), "bytes between"),
    "EXIF in a JPEG": (lambda: jpeg_exif(exif(4000, 4 * MEBIBYTE)), "directories"),
    "EXIF in one segment": (lambda: jpeg_exif(exif(2000, 30_000)), "directories"),
    "EXIF in a circle": (lambda: jpeg_exif(subdirectories()), "circle"),
    "EXIF in a PNG": (lambda: png(chunk(b"eXIf", exif(4000, 4 * MEBIBYTE))), "directories"),
    "EXIF behind the pixels": (
        lambda: png(after=chunk(b"eXIf", exif(4000, 4 * MEBIBYTE))),
        "directories",
    ),
    "EXIF in a WebP": (
        lambda: webp(b"EXIF" + struct.pack("<I", len(exif(4000, 4000))) + exif(4000, 4000)),
        "directories",
    ),
    "texts in a PNG": (lambda: png(chunk(b"tEXt") * 200_000), "chunks"),
    "pieces of a PNG": (lambda: png(chunk(b"IDAT") * 200_000), "chunks"),
    "chunks behind the pixels": (lambda: png(after=chunk(b"tESt") * 200_000), "chunks"),
    "a chain of directories": (lambda: chain(20_000), "100 frames"),
    "directories in a circle": (lambda: chain(50, last=8), "circle"),
    "a directory that is its own": (lambda: chain(1, last=8), "circle"),
    "entries of a TIFF": (
        lambda: HEAD + directory(PICTURE + [(40_000 + n, 3, 1, 0) for n in range(20_000)]),
        "entries",
    ),
    "entries that point at much": (lambda: exif(1000, 4 * MEBIBYTE), "directories"),
    "strips": (lambda: strips(200_000), "strips or tiles"),
    "frames of a GIF": (lambda: GIF_HEAD + GIF_FRAME * 100_000 + b";", "1000 frames"),
    "blocks of a GIF": (lambda: GIF_HEAD + b"!\xfe" + b"\1a" * 2_000_000 + b"\0;", "blocks"),
    "extensions of a GIF": (lambda: GIF_HEAD + b"!\xfe\0" * 2_000_000 + b";", "blocks"),
    "junk in a GIF": (lambda: GIF_HEAD + b"\1" * 2_000_000, "bytes between"),
    "chunks of a WebP": (lambda: webp(b"JUNK\0\0\0\0" * 200_000), "chunks"),
    "frames of a WebP": (lambda: webp(b"ANMF\0\0\0\0" * 2_000), "1000 frames"),
    "runs of a BMP": (lambda: bmp(3 * MEBIBYTE), "run lengths"),
    "layers": (lambda: jpeg2000(layers=65_535), "packets"),
    "precincts": (lambda: jpeg2000(layers=20, precinct=0x11), "packets"),
    "boxes": (lambda: boxes(200_000), "boxes"),
    "tiles of an AVIF": (lambda: tiles("AVIF", 240), "boxes"),
    "numbers as text": (lambda: b"P2\n3000 3000\n255\n" + b"1 " * 3_000_000, "as text"),
    "odd samples": (lambda: b"P6\n2000 2000\n254\n" + bytes(6_000_000), "samples up to 254"),
    "a long comment": (lambda: b"P6\n#" + b"a" * 5_000_000 + b"\n8 8\n255\n", "header"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_they_are_refused_before_a_decoder_sees_them(name: str, monkeypatch) -> None:
    make, word = BOMBS[name]
    data = make()
    assert len(data) < 32 * MEBIBYTE
    opened = []
    monkeypatch.setattr(Image, "open", lambda *_, **__: opened.append(1))
    with pytest.raises(PictureError, match=word):
        images.read(data)
    assert not opened


def test_compressed_exif_is_refused_when_it_is_unpacked() -> None:
    hexadecimal = exif(2000, 30_000).hex().encode()
    text = b"\nexif\n%8d\n" % (len(hexadecimal) // 2) + hexadecimal + b"\n"
    data = png(chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)))
    with pytest.raises(PictureError, match="directories"):
        images.read(data)


SOUND = {
    "JPEG": lambda: saved("JPEG"),
    "progressive": lambda: saved("JPEG", progressive=True),
    "restarts": lambda: saved("JPEG", (4000, 3000), restart_marker_blocks=1),
    "EXIF": lambda: jpeg_exif(exif(40, 1000)),
    "damaged EXIF": lambda: jpeg_exif(exif(3, 60_000)[:500]),
    "PNG": lambda: saved("PNG"),
    "a PNG with texts": lambda: png(chunk(b"tEXt", b"a\0b") * 5000),
    "WebP": lambda: saved("WEBP"),
    "TIFF": lambda: saved("TIFF"),
    "a strip for each row": lambda: strips(20_000),
    "GIF": lambda: saved("GIF"),
    "AVIF": lambda: saved("AVIF"),
    "AVIF in tiles": lambda: tiles("AVIF", 30),
    "JPEG 2000": lambda: saved("JPEG2000", (2000, 1500), tile_size=(256, 256)),
    "JPEG 2000 in layers": lambda: saved(
        "JPEG2000", (600, 400), quality_mode="dB", quality_layers=[30, 40, 50], num_resolutions=6
    ),
    "BMP": lambda: saved("BMP"),
    "PPM": lambda: saved("PPM", (2000, 1000)),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_programs_write_is_read(name: str) -> None:
    data = SOUND[name]()
    pixels = images.read(data).pixels
    warnings.simplefilter("ignore", UserWarning)  # Pillow's, of what EXIF data points at
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))


def test_a_jpeg_may_have_many_scans() -> None:
    bounds.check(jpeg(scans=EMPTY_SCAN * 80))


@pytest.mark.parametrize(
    ("suffix", "words"), [("gif", "an animation of 7 frames"), ("tiff", "7 pages; proface takes")]
)
def test_frames_are_still_counted_where_there_are_few(suffix: str, words: str) -> None:
    data = GIF_HEAD + GIF_FRAME * 7 + b";" if suffix == "gif" else chain(7)
    with pytest.raises(PictureError, match=words):
        images.read(data)


@pytest.mark.parametrize("name", SOUND)
def test_files_cut_anywhere_are_an_answer(name: str) -> None:
    data = SOUND[name]()
    if len(data) > 100_000:
        data = data[:4000]
    for end in range(0, len(data), max(1, len(data) // 40)):
        try:
            images.read(data[:end])
        except PictureError:
            continue

"""Bytes of our own in picture files: of any size, and read strictly."""

import struct
import zlib

import numpy as np
import pytest

import proface
from proface.errors import ManifestError, PictureError
from proface.files import chunks, images


def test_packed_seals_are_read_strictly():
    packed = chunks.pack([b"ab", b"", b"cde"])
    assert chunks.unpack(packed, 3) == [b"ab", b"", b"cde"]
    for count in (2, 4):
        with pytest.raises(ManifestError, match="sealed faces"):
            chunks.unpack(packed, count)
    for end in range(len(packed)):
        with pytest.raises(ManifestError):
            chunks.unpack(packed[:end], 3)
    for garbled in (packed + b"x", b"\2" + packed[1:], packed[:3] + b"\xff" * 4 + packed[7:]):
        with pytest.raises(ManifestError):
            chunks.unpack(garbled, 3)


def encoded(form: str) -> bytes:
    return images.encode(images.read(np.zeros((5, 7, 3), np.uint8)), form, None)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("size", [0, 1, 65_520, 65_521, 200_001])
def test_chunks_of_any_size(form, size):
    content = np.random.default_rng(size).bytes(size)
    plain = encoded(form)
    assert chunks.find(plain, "seals") is None
    data = chunks.insert(plain, "seals", content)
    assert chunks.find(data, "seals") == content
    np.testing.assert_array_equal(images.read(data).pixels, images.read(plain).pixels)


def test_damaged_chunks_are_noticed():
    png = chunks.insert(encoded("PNG"), "seals", b"content")
    with pytest.raises(PictureError, match="checksum"):
        chunks.find(png.replace(b"content", b"contend"), "seals")
    for form in ("PNG", "WEBP"):
        once = chunks.insert(encoded(form), "seals", b"content")
        with pytest.raises(PictureError, match="twice"):
            chunks.find(chunks.insert(once, "seals", b"more"), "seals")
    jpeg = chunks.insert(encoded("JPEG"), "seals", bytes(150_000))
    with pytest.raises(PictureError, match="garbled"):
        chunks.find(chunks.insert(jpeg, "seals", b"more"), "seals")
    start = jpeg.index(b"proface\0S") - 4
    with pytest.raises(PictureError, match="2 of 3 pieces"):
        chunks.find(jpeg[:start] + jpeg[start + 65_537 :], "seals")


def test_chunks_of_strangers_do_not_stop_a_photograph():
    junk = struct.pack(">I", 4) + b"pfSl" + b"junk" + struct.pack(">I", zlib.crc32(b"no"))
    data = images.encode(images.read(np.zeros((40, 40, 3), np.uint8)), "PNG", None)
    key = proface.Key.from_bytes(bytes(32))
    hidden = proface.protect(data[:-12] + junk + data[-12:], key, profile="sealed", faces="whole")
    assert any("checksum" in note for note in hidden.notes)

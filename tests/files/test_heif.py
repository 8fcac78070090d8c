"""HEIC pictures are read with pillow-heif; without it the message says what to install."""

import io
import sys

import numpy as np
import pytest
from PIL import Image
from skimage import data

from proface.errors import PictureError
from proface.files import images
from proface.files.kinds import is_video

pillow_heif = pytest.importorskip("pillow_heif")
ASTRONAUT = data.astronaut()[:256, 96:352]


def heic(image, **options):
    buffer = io.BytesIO()
    file = pillow_heif.from_pillow(image)
    file.save(buffer, quality=95, **options)
    return buffer.getvalue()


def test_a_heic_picture_is_read_as_pillow_heif_reads_it():
    content = heic(Image.fromarray(ASTRONAUT))
    photo = images.read(content)
    expected = np.asarray(pillow_heif.open_heif(content).to_pillow())
    assert np.array_equal(photo.pixels, expected)
    assert np.abs(photo.pixels - ASTRONAUT.astype(int)).mean() < 4
    assert (photo.format, photo.lossy, photo.notes) == ("HEIF", True, ())


def test_turned_transparent_and_grey_pictures():
    exif = Image.Exif()
    exif[274] = 6
    turned = images.read(heic(Image.fromarray(ASTRONAUT[:, :128]), exif=exif.tobytes()))
    assert turned.pixels.shape == (128, 256, 3)
    assert np.abs(np.rot90(ASTRONAUT[:, :128], -1) - turned.pixels.astype(int)).mean() < 4
    alpha = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    photo = images.read(heic(Image.fromarray(np.dstack([ASTRONAUT, alpha]))))
    assert np.abs(photo.alpha.astype(int) - alpha).max() < 16


def test_ten_bits_are_noted():
    deep = ASTRONAUT.astype(np.uint16) << 8
    file = pillow_heif.from_bytes("RGB;16", (256, 256), deep.tobytes())
    buffer = io.BytesIO()
    file.save(buffer, quality=95)
    photo = images.read(buffer.getvalue())
    assert any("bits a sample were reduced to 8" in note for note in photo.notes)


def test_several_pictures_in_a_file_are_noted():
    file = pillow_heif.from_pillow(Image.fromarray(ASTRONAUT))
    file.add_from_pillow(Image.fromarray(ASTRONAUT[:64, :64]))
    buffer = io.BytesIO()
    file.save(buffer)
    photo = images.read(buffer.getvalue())
    assert photo.pixels.shape == ASTRONAUT.shape
    assert "further pictures" in photo.notes[0]


def test_damaged_heic_files_are_refused():
    content = heic(Image.fromarray(ASTRONAUT))
    for size in (40, 300, len(content) // 2, len(content) - 10):
        with pytest.raises(PictureError) as caught:
            images.read(content[:size])
        assert "\n" not in str(caught.value)
    rng = np.random.default_rng(3)
    for _ in range(60):
        spoilt = bytearray(content)
        spoilt[rng.integers(12, len(spoilt))] ^= 0xFF
        try:
            assert images.read(bytes(spoilt)).pixels.dtype == np.uint8
        except PictureError:
            continue


def test_without_pillow_heif_the_message_says_what_to_install(monkeypatch):
    content = heic(Image.fromarray(ASTRONAUT))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PictureError, match=r"HEIC.*proface\[heic\]"):
        images.read(content)


def test_no_kind_of_heic_is_taken_for_a_video(tmp_path):
    path = tmp_path / "photo"
    for brand in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif", b"heim", b"hevx"):
        path.write_bytes(b"\0\0\0\x18ftyp" + brand + bytes(12))
        assert not is_video(path)
    path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(12))
    assert is_video(path)


def test_a_sequence_is_refused():
    content = heic(Image.fromarray(ASTRONAUT))
    with pytest.raises(PictureError, match="sequence"):
        images.read(content[:8] + b"hevc" + content[12:])

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
from tests.commandline import run_process
from tests.files import grids
from tests.files.grids import Grid

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


HUGE = 65_535
CLAIMS = {
    "a tile that covers all": Grid(1, 1, HUGE, HUGE),
    "a size that the header does not show": Grid(1, 1, HUGE, HUGE, shown=(64, 64)),
    "a size that only the header shows": Grid(1, 1, 64, 64, shown=(HUGE, HUGE)),
    "a tile in many places": Grid(255, 255, 16_320, 16_320),
    "a tile in many places, within the limit of pixels": Grid(240, 240, 15_360, 15_360),
    "a tile in many places, unseen": Grid(240, 240, 15_360, 15_360, shown=(64, 64)),
    "many tiles": Grid(240, 240, 15_360, 15_360, shared=False),
}
READ_IN_LITTLE = """
import resource, sys
from pathlib import Path
from proface.errors import PictureError
from proface.files import images
images.read(Path(sys.argv[1]))
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
busy = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
resource.setrlimit(resource.RLIMIT_CPU, (busy + 6, busy + 6))
for name in sys.argv[2:]:
    try:
        pixels = images.read(Path(name).read_bytes(), name).pixels
        print(f"{name} was read as {pixels.shape}")
    except PictureError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process as Linux does")
@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_files_that_claim_to_be_huge_are_refused_in_little_time_and_memory(kind, tmp_path):
    claims = {name: grids.file(kind, claim) for name, claim in CLAIMS.items()}
    claims["no grid"] = grids.with_size(grids.still(kind), HUGE, HUGE)
    sound = tmp_path / "sound"
    sound.write_bytes(grids.file(kind, Grid(2, 3, 192, 128, shared=False)))
    assert images.read(sound).pixels.shape == (128, 192, 3)
    for name, content in claims.items():
        assert len(content) < 4 * 2**20
        (tmp_path / name).write_bytes(content)
    done = run_process(sound, *(tmp_path / name for name in claims), code=READ_IN_LITTLE)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert len(said) == len(claims)
    for name, line in zip(claims, said, strict=True):
        assert line.startswith(f"{tmp_path / name} "), line
        assert "was read" not in line, line

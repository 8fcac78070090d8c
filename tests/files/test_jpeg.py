"""JPEG files that are damaged or cut short: what is there is read, with a note, or refused."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from skimage import data

import proface
from proface.errors import PictureError
from proface.files import images

ASTRONAUT = Image.fromarray(data.astronaut())
VISIBLE = 16
"""Levels by which a pixel differs for all to see."""


def jpeg(image=ASTRONAUT, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **({"quality": 92} | options))
    return buffer.getvalue()


BASELINE, PROGRESSIVE = jpeg(), jpeg(progressive=True)
KINDS = pytest.mark.parametrize("content", [BASELINE, PROGRESSIVE], ids=["baseline", "progressive"])


@pytest.mark.parametrize(
    "image", [ASTRONAUT, ASTRONAUT.convert("L"), ASTRONAUT.resize((1, 1)), ASTRONAUT.resize((9, 3))]
)
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_sound_files_get_no_note(image, options):
    assert images.read(jpeg(image, **options)).notes == ()
    assert images.read(jpeg(image, **options) + b"a clip behind it" * 100).notes == ()


def test_sound_cmyk_files_are_not_taken_for_damaged():
    (note,) = images.read(jpeg(ASTRONAUT.convert("CMYK"))).notes
    assert "CMYK" in note


@KINDS
def test_missing_last_bytes_are_no_reason_to_refuse(content):
    photo = images.read(content[:-2])
    assert np.array_equal(photo.pixels, images.read(content).pixels)
    (note,) = photo.notes
    assert ("the picture is whole" if content is BASELINE else "less sharp") in note


def test_of_a_file_that_is_cut_short_the_rest_is_read():
    photo = images.read(BASELINE[: len(BASELINE) * 9 // 10])
    whole = images.read(BASELINE).pixels
    assert np.array_equal(photo.pixels[:400], whole[:400])
    (note,) = photo.notes
    assert "cut short" in note
    assert "% of its rows" in note
    with pytest.raises(PictureError, match="more than half are needed"):
        images.read(BASELINE[: len(BASELINE) // 3])
    with pytest.raises(PictureError, match="cut short"):
        images.read(BASELINE[:300])


def test_a_turned_picture_that_is_cut_short_is_judged_by_its_own_rows():
    exif = Image.Exif()
    exif[274] = 6
    content = jpeg(exif=exif)
    photo = images.read(content[: len(content) * 9 // 10])
    assert "cut short" in photo.notes[0]
    with pytest.raises(PictureError, match="more than half are needed"):
        images.read(content[: len(content) // 3])


def test_missing_scans_are_not_called_a_whole_picture():
    scans = [match.start() for match in re.finditer(b"\xff\xda", PROGRESSIVE)]
    for last in scans[1:]:
        (note,) = images.read(PROGRESSIVE[:last]).notes
        assert "less sharp" in note
    (note,) = images.read(PROGRESSIVE[: scans[2]] + PROGRESSIVE[scans[3] :]).notes
    assert "damaged" in note


def cut(content, rng):
    return content[: rng.integers(len(content) // 10, len(content))]


def zero_tail(content, rng):
    place = rng.integers(len(content) // 10, len(content) - 10)
    return content[:place] + bytes(len(content) - place)


def lost(content, rng):
    place = rng.integers(len(content) // 10, len(content) - 600)
    return content[:place] + content[place + rng.integers(1, 512) :]


def zeros(content, rng):
    place = rng.integers(len(content) // 10, len(content) - 600)
    return content[:place] + bytes(500) + content[place + 500 :]


SMALL = ASTRONAUT.crop((128, 0, 320, 192))


@pytest.mark.parametrize(("spoil", "silent"), [(cut, 0), (zero_tail, 0), (lost, 30), (zeros, 30)])
@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
def test_of_100_corruptions_few_go_unseen(options, spoil, silent):
    """No decoder sees all: JPEG has no checksums. Bounds are above what was measured."""
    content = jpeg(SMALL, **options)
    rng, whole = np.random.default_rng(10), images.read(content).pixels.astype(int)
    unseen = refused = 0
    for _ in range(100):
        try:
            photo = images.read(spoil(content, rng))
        except PictureError:
            refused += 1
            continue
        changed = np.abs(photo.pixels - whole).max() > VISIBLE
        unseen += bool(changed) and not photo.notes
    assert unseen <= silent
    assert refused <= 60


def test_a_damaged_face_is_still_protected_with_the_note(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(BASELINE[: len(BASELINE) * 9 // 10])
    done = proface.protect(path, "tulip", profile="sealed")
    assert any("cut short" in note for note in done.notes)

"""The profile `sealed` from outside, through saved files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import proface
from proface import (
    Box,
    DamagedPictureError,
    Derivation,
    Key,
    Manifest,
    ManifestError,
    WrongKeyError,
)
from proface.files import images, output
from proface.files.authentication import authenticated, digest, scene_digest
from proface.files.manifest import Made
from proface.keys import DirectSlot
from proface.keys.slots import unwrap
from proface.profile.quality import psnr
from tests.commandline import pixels, write_face

KEY, OTHER = Key.from_bytes(bytes(range(32))), Key.from_bytes(bytes(32))
BOXES = (Box(20, 30, 64, 64), Box(120, 90, 64, 64), Box(10, 180, 40, 50))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face(tmp_path_factory.mktemp("face") / "face.png")


def protect(picture, **options) -> proface.Protected:
    return proface.protect(picture, KEY, profile="sealed", faces=BOXES, **options)


@pytest.fixture(scope="module")
def carried(original) -> Path:
    """Protected in pixels, saved."""
    path = original.with_name("carried.png")
    protect(original).save(path)
    return path


@pytest.fixture(scope="module")
def filed(original) -> Path:
    """Protected in the file, saved."""
    path = original.with_name("filed.png")
    protect(original, carrier="file").save(path)
    return path


def outside() -> np.ndarray:
    mask = np.ones((240, 240), bool)
    for box in BOXES:
        mask[box.window] = False
    return mask


def psnr_of_faces(first, second) -> float:
    return psnr(first[~outside()], second[~outside()])


# Forth and back


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
@pytest.mark.parametrize("manifest", ["embed", "detached"])
def test_pixels_carry_faces_through_lossless_files(original, tmp_path, suffix, manifest):
    path = tmp_path / f"protected.{suffix}"
    hidden = protect(original)
    hidden.save(path, manifest)
    before, shown = pixels(original), images.read(path).pixels
    assert (hidden.manifest.profile, hidden.manifest.carrier) == ("sealed", "pixels")
    np.testing.assert_array_equal(shown[outside()], before[outside()])
    assert psnr_of_faces(shown, before) < 30
    recovered = proface.recover(path, KEY)
    np.testing.assert_array_equal(recovered.pixels[outside()], before[outside()])
    assert psnr_of_faces(recovered.pixels, before) > 36
    assert sum("came back at" in note for note in recovered.notes) == len(BOXES)


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
@pytest.mark.parametrize("manifest", ["embed", "detached"])
def test_files_carry_faces_bit_for_bit(original, tmp_path, suffix, manifest):
    path = tmp_path / f"protected.{suffix}"
    protect(original, carrier="file").save(path, manifest)
    if manifest == "detached":
        assert b"urn:proface" not in path.read_bytes()
        assert b'"proface"' not in path.read_bytes()
    before = pixels(original)
    assert psnr_of_faces(pixels(path), before) < 30
    recovered = proface.recover(path, KEY).pixels
    np.testing.assert_array_equal(recovered[~outside()], before[~outside()])
    assert proface.inspect(path).problems == ()
    if suffix == "jpg":
        assert psnr(recovered[outside()], before[outside()]) > 35
    else:
        np.testing.assert_array_equal(recovered, before)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "L"])
@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_grey_and_transparent_pictures(original, tmp_path, mode, suffix):
    with Image.open(original) as image:
        source = image.convert(mode)
    if "A" in mode:
        source.putalpha(Image.linear_gradient("L").resize(source.size))
    path, back = tmp_path / f"protected.{suffix}", tmp_path / "back.png"
    protect(source, carrier="file").save(path)
    proface.recover(path, KEY).save(back)
    with Image.open(back) as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(source))


def test_edited_pixels_do_not_matter_to_the_file(filed, original, tmp_path):
    found = images.read(filed)
    edited = tmp_path / "edited.png"
    repainted = replace(found, pixels=np.full_like(found.pixels, 200))
    output.write(edited, images.encode(repainted, "PNG", found.manifest, found.seals), False)
    recovered = proface.recover(edited, KEY).pixels
    np.testing.assert_array_equal(recovered[~outside()], pixels(original)[~outside()])


def test_a_jpeg_needs_as_many_segments_as_the_faces_fill(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8)
    path = tmp_path / "noise.jpg"
    hidden = proface.protect(noise, KEY, profile="sealed", faces="whole", carrier="file")
    hidden.save(path)
    assert path.read_bytes().count(b"proface\0S") >= 5
    np.testing.assert_array_equal(proface.recover(path, KEY).pixels, noise)


def test_two_bits_recover_better_and_show_more(original):
    before = pixels(original)
    one, two = (protect(original, bits=bits) for bits in (1, 2))
    assert [face.extra["bits"] for face in two.manifest.faces] == [2, 2, 2]
    better = proface.recover(two.pixels, KEY, manifest=two.manifest).pixels
    good = proface.recover(one.pixels, KEY, manifest=one.manifest).pixels
    assert psnr_of_faces(better, before) > psnr_of_faces(good, before) + 3
    blurred = protect(original, carrier="file").pixels
    assert psnr_of_faces(two.pixels, blurred) + 3 < psnr_of_faces(one.pixels, blurred)
    assert psnr_of_faces(one.pixels, blurred) > 50


# Wrong passwords, damage


@pytest.mark.parametrize("kind", ["carried", "filed"])
def test_a_wrong_password_is_an_error_or_what_was_asked_for(kind, request):
    path = request.getfixturevalue(kind)
    shown = pixels(path)
    for options in ({}, {"accept_damage": True}):
        with pytest.raises(WrongKeyError, match="not made for this picture"):
            proface.recover(path, OTHER, **options)
    same = proface.recover(path, OTHER, wrong_recovery="obfuscated")
    np.testing.assert_array_equal(same.pixels, shown)
    assert same.key_matched is False
    noise = proface.recover(path, OTHER, wrong_recovery="noise").pixels
    np.testing.assert_array_equal(noise[outside()], shown[outside()])
    assert psnr_of_faces(noise, shown) < 12
    right = proface.recover(path, KEY, wrong_recovery="noise").pixels
    np.testing.assert_array_equal(right, proface.recover(path, KEY).pixels)


def test_damage_to_one_face_leaves_the_others(carried, original, tmp_path):
    damaged = tmp_path / "damaged.png"
    found = images.read(carried)
    shown = found.pixels.copy()
    shown[BOXES[1].y, BOXES[1].x] ^= 1
    data = images.encode(replace(found, pixels=shown), "PNG", found.manifest)
    damaged.write_bytes(data)
    with pytest.raises(DamagedPictureError, match="1 of 3 faces have changed"):
        proface.recover(damaged, KEY)
    recovered = proface.recover(damaged, KEY, accept_damage=True)
    assert any(note.startswith("face 1 stays as it is") for note in recovered.notes)
    np.testing.assert_array_equal(recovered.pixels[BOXES[1].window], shown[BOXES[1].window])
    for box in (BOXES[0], BOXES[2]):
        assert psnr(recovered.pixels[box.window], pixels(original)[box.window]) > 32


def test_a_file_that_lost_its_chunk_says_so(filed, tmp_path):
    stripped = tmp_path / "stripped.png"
    found = images.read(filed)
    stripped.write_bytes(images.encode(found, "PNG", found.manifest))
    with pytest.raises(DamagedPictureError, match="no longer carries the sealed faces"):
        proface.recover(stripped, KEY)
    [problem] = proface.inspect(stripped).problems
    assert "no longer carries" in problem


def test_a_file_with_too_few_seals_is_refused(original, tmp_path):
    path = tmp_path / "short.png"
    hidden = protect(original, carrier="file")
    replace(hidden, seals=hidden.seals[:2]).save(path)
    with pytest.raises(ManifestError, match="2 sealed faces, its manifest 3"):
        proface.recover(path, KEY)
    assert "2 sealed faces" in proface.inspect(path).problems[0]


# Nothing can be moved or changed unnoticed


def vouched(manifest: Manifest, shown: np.ndarray) -> Manifest:
    """The manifest as whoever has the key can make it, with everything but the seals that fits."""
    faces = [replace(face, sha256=digest(shown[face.box.window])) for face in manifest.faces]
    scene = scene_digest(shown, [face.box for face in faces])
    fitting = replace(manifest, faces=tuple(faces), scene=scene)
    return authenticated(fitting, unwrap(manifest.slots, KEY), None)


def opens(shown: np.ndarray, manifest: Manifest) -> list[bool]:
    """Which faces open, once all but the seals fits."""
    manifest = vouched(manifest, shown)
    try:
        back = proface.recover(shown, KEY, manifest=manifest, accept_damage=True)
    except DamagedPictureError:
        return [False] * len(manifest.faces)
    return [not np.array_equal(back.pixels[box.window], shown[box.window]) for box in back.faces]


def test_faces_swapped_between_places_do_not_open(original):
    hidden = protect(original)
    assert opens(hidden.pixels, hidden.manifest) == [True, True, True]
    first, second = BOXES[0].window, BOXES[1].window
    swapped = hidden.pixels.copy()
    swapped[first], swapped[second] = hidden.pixels[second], hidden.pixels[first]
    assert opens(swapped, hidden.manifest) == [False, False, True]
    # With the manifest's boxes swapped along, nothing opens: all boxes are authenticated.
    a, b, c = hidden.manifest.faces
    assert opens(swapped, replace(hidden.manifest, faces=(b, a, c))) == [False] * 3


def test_faces_moved_between_pictures_do_not_open(original):
    one, two = protect(original), protect(original)
    window = BOXES[0].window
    moved = one.pixels.copy()
    moved[window] = two.pixels[window]
    assert opens(moved, one.manifest) == [False, True, True]
    assert opens(one.pixels, two.manifest) == [False] * 3


@pytest.mark.parametrize(
    "change",
    [
        {"obfuscator": "pixelate"},
        {"strength": 3.0},
        {"grey": True},
        {"picture_id": bytes(16)},
        {"made": Made("2020-01-01T00:00:00Z", "0.1.0")},
        {"carrier": "file"},
    ],
)
def test_every_field_of_the_manifest_is_bound_to_the_seals(original, change):
    hidden = protect(original)
    manifest = replace(hidden.manifest, **change)
    if "carrier" in change:
        with pytest.raises(DamagedPictureError, match="no longer carries"):
            proface.recover(hidden.pixels, KEY, manifest=vouched(manifest, hidden.pixels))
    else:
        assert opens(hidden.pixels, manifest) == [False] * 3


def test_size_and_boxes_are_bound_to_the_seals(original):
    hidden = protect(original)
    taller = np.vstack([hidden.pixels, hidden.pixels[:1]])
    assert opens(taller, replace(hidden.manifest, height=241)) == [False] * 3
    faces = hidden.manifest.faces
    assert opens(hidden.pixels, replace(hidden.manifest, faces=faces[:2])) == [False] * 2
    bits = (replace(faces[0], extra={"codec": "deflate", "bits": 2}), *faces[1:])
    assert opens(hidden.pixels, replace(hidden.manifest, faces=bits)) == [False, True, True]
    codec = (replace(faces[0], extra={"codec": "none", "bits": 1}), *faces[1:])
    assert opens(hidden.pixels, replace(hidden.manifest, faces=codec)) == [True] * 3


def test_seals_in_files_do_not_open_elsewhere(original, tmp_path):
    hidden = protect(original, carrier="file")
    one, two, three = hidden.seals
    other = protect(original, carrier="file").seals
    for seals in ((two, one, three), (other[0], other[1], three)):
        path = tmp_path / "swapped.png"
        replace(hidden, seals=seals).save(path, overwrite=True)
        with pytest.raises(DamagedPictureError, match="the sealed face does not open"):
            proface.recover(path, KEY)
        back = proface.recover(path, KEY, accept_damage=True).pixels
        same = [np.array_equal(back[b.window], hidden.pixels[b.window]) for b in BOXES]
        assert same == [True, True, False]


def test_an_integer_strength_is_the_same_after_reading(original, tmp_path):
    path = tmp_path / "protected.png"
    protect(original, strength=12).save(path)
    assert proface.recover(path, KEY).faces == BOXES


# Bad manifests


@pytest.mark.parametrize(
    "bits", [None, 0, 5, -1, "1", 2**40], ids=["none", "zero", "five", "minus", "text", "huge"]
)
def test_bits_from_a_stranger_are_checked(original, bits):
    hidden = protect(original)
    extra = {} if bits is None else {"bits": bits}
    faces = (replace(hidden.manifest.faces[0], extra=extra), *hidden.manifest.faces[1:])
    manifest = vouched(replace(hidden.manifest, faces=faces), hidden.pixels)
    with pytest.raises(ManifestError, match="bits"):
        proface.recover(hidden.pixels, KEY, manifest=manifest)


def test_manifests_that_ask_for_what_the_profile_cannot(original):
    hidden = protect(original)
    direct = replace(hidden.manifest, slots=(DirectSlot(Derivation("none"), b"", bytes(16)),))
    with pytest.raises(ManifestError, match="do not go with 'sealed'"):
        proface.recover(hidden.pixels, KEY, manifest=direct)
    paper = replace(hidden.manifest, profile="paper-randwr")
    with pytest.raises(ManifestError, match="do not go with 'paper-randwr'"):
        proface.recover(hidden.pixels, KEY, manifest=paper)
    flow = replace(hidden.manifest, profile="paper-randwr", carrier="file")
    with pytest.raises(ManifestError, match="carrier 'file'"):
        proface.recover(hidden.pixels, KEY, manifest=flow)
    text = hidden.manifest.to_json().replace('"carrier":"pixels"', '"carrier":"cloud"')
    with pytest.raises(ManifestError, match="carrier"):
        Manifest.from_json(text)

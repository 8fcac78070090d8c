"""`proface.protect` and `proface.recover`, as a program would call them."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

import proface
from proface import (
    Box,
    DamagedPictureError,
    Derivation,
    Identity,
    Key,
    ManifestError,
    NoFaceError,
)
from proface.picture.pixels import better
from tests.shared import shared

CHEAP = Derivation(time_cost=1, memory_kib=8, lanes=1)
PASSWORD = "correct horse"
ANNA = Identity.generate()
FACE = Box(60, 30, 96, 112)
GOOD = 36
"""dB of a recovered face; this one is full of contrast, and key maps differ by a decibel."""


@pytest.fixture(scope="module")
def key():
    return Key.derive(PASSWORD, derivation=CHEAP)


@pytest.fixture(scope="module")
def picture():
    """The astronaut's head and shoulders, 220 x 201."""
    return np.ascontiguousarray(astronaut()[20:221, 110:330])


@pytest.fixture(scope="module")
def protected(picture, key):
    return proface.protect(picture, key, faces=[FACE])


def psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


def outside(pixels, boxes):
    kept = pixels.copy()
    for box in boxes:
        kept[box.window] = 0
    return kept


def saved(result, suffix=".png"):
    """What a reader finds in the saved file."""
    buffer = io.BytesIO()
    Image.fromarray(result.pixels).save(buffer, suffix[1:].upper())
    return buffer.getvalue()


def test_faces_are_hidden_and_come_back_and_all_else_stays(picture, key, protected):
    hidden = protected.pixels[FACE.window]
    assert psnr(hidden, picture[FACE.window]) < 30
    recovered = proface.recover(saved(protected), key, manifest=protected.manifest)
    assert psnr(recovered.pixels[FACE.window], picture[FACE.window]) >= GOOD
    for result in (protected, recovered):
        np.testing.assert_array_equal(
            outside(result.pixels, [FACE]), outside(picture, [FACE]), strict=True
        )
        assert result.faces == (FACE,)


def test_every_kind_of_source_is_welcome(picture, key, tmp_path):
    image = Image.fromarray(picture)
    image.save(tmp_path / "in.png")
    sources = [picture, image, tmp_path / "in.png", str(tmp_path / "in.png")]
    sources.append((tmp_path / "in.png").read_bytes())
    for number, source in enumerate(sources):
        out = tmp_path / f"{number}.png"
        proface.protect(source, key, faces=[FACE]).save(out)
        recovered = proface.recover(out, key)
        assert psnr(recovered.pixels[FACE.window], picture[FACE.window]) >= GOOD


def test_the_detector_finds_the_face_by_itself(picture):
    result = proface.protect(picture, PASSWORD)
    (found,) = result.faces
    assert found.x < 110 < found.right
    assert found.y < 90 < found.bottom
    recovered = proface.recover(result.pixels, PASSWORD, manifest=result.manifest)
    assert psnr(recovered.pixels[found.window], picture[found.window]) >= GOOD


def test_overlapping_faces_become_one_region(picture, key):
    boxes = [Box(40, 30, 60, 60), Box(80, 60, 60, 60)]
    result = proface.protect(picture, key, faces=boxes)
    assert result.faces == (Box(40, 30, 100, 90),)


def test_a_whole_picture_of_odd_size_is_one_face(picture, key):
    odd = picture[:111, :97]
    result = proface.protect(odd, key, faces="whole")
    recovered = proface.recover(result.pixels, key, manifest=result.manifest)
    assert recovered.pixels.shape == odd.shape
    assert psnr(recovered.pixels[:-8, :-8], odd[:-8, :-8]) >= GOOD


def test_a_grey_picture_comes_back_grey(picture, key, tmp_path):
    grey = Image.fromarray(picture).convert("L")
    proface.protect(grey, key, faces=[FACE]).save(tmp_path / "protected.png")
    proface.recover(tmp_path / "protected.png", key).save(tmp_path / "recovered.png")
    with Image.open(tmp_path / "recovered.png") as recovered:
        assert recovered.mode == "L"
        assert psnr(np.asarray(recovered)[FACE.window], np.asarray(grey)[FACE.window]) >= GOOD


def test_alpha_comes_back_bit_for_bit(picture, key, tmp_path):
    alpha = np.random.default_rng(0).integers(0, 256, picture.shape[:2], dtype=np.uint8)
    proface.protect(np.dstack([picture, alpha]), key, faces=[FACE]).save(tmp_path / "p.webp")
    proface.recover(tmp_path / "p.webp", key).save(tmp_path / "r.png")
    with Image.open(tmp_path / "r.png") as recovered:
        np.testing.assert_array_equal(np.asarray(recovered)[..., 3], alpha)


def test_one_key_never_gives_two_pictures_the_same_key_map(picture, key):
    first = proface.protect(picture, key, faces=[FACE])
    second = proface.protect(picture, key, faces=[FACE])
    assert first.manifest.picture_id != second.manifest.picture_id
    assert first.manifest.slots != second.manifest.slots
    assert not np.array_equal(first.pixels, second.pixels)


def test_a_raw_key_protects_and_recovers(picture):
    raw = Key.from_bytes(bytes(range(32)))
    result = proface.protect(picture, raw, faces=[FACE])
    recovered = proface.recover(result.pixels, raw, manifest=result.manifest)
    assert psnr(recovered.pixels[FACE.window], picture[FACE.window]) >= GOOD
    assert recovered.key_matched is True
    wrong = proface.recover(result.pixels, "a password", manifest=result.manifest)
    assert wrong.key_matched is False


def test_a_key_of_another_salt_is_another_key(protected):
    other = Key.derive(PASSWORD, derivation=CHEAP)
    with pytest.raises(proface.WrongKeyError, match="not made for this picture"):
        proface.recover(
            protected.pixels, other, manifest=protected.manifest, wrong_recovery="error"
        )


@pytest.mark.parametrize("profile", ["paper-randwr", "paper-obfswr", "randwr", "obfswr"])
def test_a_wrong_password_gives_what_the_mode_promises(picture, key, profile):
    wrong = Key.derive("wrong", key.salt, CHEAP)
    result = proface.protect(picture, key, faces=[FACE], profile=profile)
    hidden = result.pixels[FACE.window]
    seen = proface.recover(result.pixels, wrong, manifest=result.manifest)
    face = seen.pixels[FACE.window]
    if profile.endswith("randwr"):
        assert psnr(face, picture[FACE.window]) <= 11
    elif profile == "obfswr":
        np.testing.assert_array_equal(face, hidden)
    else:
        assert psnr(face, hidden) >= 30
    if profile.startswith("paper"):
        assert any("does not keep a picture secret" in note for note in result.notes)
        assert (seen.key_matched, seen.notes) == (None, ())
    else:
        assert result.notes == ()
        assert seen.key_matched is False
        assert any("the secret is wrong" in note for note in seen.notes)
    right = proface.recover(result.pixels, key, manifest=result.manifest)
    assert right.key_matched is (None if profile.startswith("paper") else True)


def test_the_paper_s_profiles_have_neither_tag_nor_commitment(picture, key):
    for profile in ("paper-randwr", "randwr"):
        manifest = proface.protect(picture, key, faces=[FACE], profile=profile).manifest
        size = 0 if profile.startswith("paper") else 32
        assert (len(manifest.tag), len(manifest.faces[0].commitment)) == (size, size)
    with pytest.raises(proface.RecipientError, match="passwords only"):
        proface.protect(
            picture, key, faces=[FACE], profile="paper-randwr", recipients=[ANNA.recipients[0]]
        )


def test_a_detached_manifest_leaves_no_sign_in_the_picture(picture, key, protected, tmp_path):
    protected.save(tmp_path / "p.png", manifest="detached")
    assert b"proface" not in (tmp_path / "p.png").read_bytes()
    recovered = proface.recover(tmp_path / "p.png", key)
    assert psnr(recovered.pixels[FACE.window], picture[FACE.window]) >= GOOD
    (tmp_path / "p.png.proface.json").rename(tmp_path / "elsewhere.json")
    with pytest.raises(ManifestError, match="carries no proface manifest"):
        proface.recover(tmp_path / "p.png", key)
    again = proface.recover(tmp_path / "p.png", key, manifest=tmp_path / "elsewhere.json")
    np.testing.assert_array_equal(again.pixels, recovered.pixels)


def test_jpeg_and_resizing_are_noticed(key, protected):
    with pytest.raises(DamagedPictureError, match="saved with loss, as JPEG"):
        proface.recover(saved(protected, ".jpeg"), key, manifest=protected.manifest)
    smaller = Image.fromarray(protected.pixels).resize((110, 100))
    with pytest.raises(DamagedPictureError, match="resized"):
        proface.recover(smaller, key, manifest=protected.manifest, accept_damage=True)


def test_an_edited_face_is_noticed_and_the_rest_recovered_on_request(picture, key, protected):
    edited = protected.pixels.copy()
    edited[40:70, 70:100] = 0
    with pytest.raises(DamagedPictureError, match="1 of 1 faces"):
        proface.recover(edited, key, manifest=protected.manifest)
    result = proface.recover(edited, key, manifest=protected.manifest, accept_damage=True)
    far = np.s_[-20:, -40:]
    blurred = protected.pixels[FACE.window][far]
    restored, original = result.pixels[FACE.window][far], picture[FACE.window][far]
    assert psnr(restored, original) >= psnr(blurred, original) + 6
    assert any("edited" in note for note in result.notes)


def test_edits_elsewhere_are_noticed_and_accepted_on_request(picture, key, protected):
    edited = protected.pixels.copy()
    edited[150:, 180:] = 0
    with pytest.raises(proface.AuthenticityError, match="around the faces was changed"):
        proface.recover(edited, key, manifest=protected.manifest)
    result = proface.recover(edited, key, manifest=protected.manifest, accept_damage=True)
    assert psnr(result.pixels[FACE.window], picture[FACE.window]) >= GOOD
    assert any("may have been in another scene" in note for note in result.notes)


def test_no_face_is_an_error(key):
    with pytest.raises(NoFaceError, match="Nothing was protected"):
        proface.protect(np.full((200, 200, 3), 90, np.uint8), key)
    with pytest.raises(NoFaceError, match="empty"):
        proface.protect(np.full((200, 200, 3), 90, np.uint8), key, faces=[])


def test_a_box_outside_the_picture_is_an_error(picture, key):
    with pytest.raises(proface.BoxError, match="outside"):
        proface.protect(picture, key, faces=[Box(200, 100, 50, 50)])


def test_progress_counts_the_faces(picture, key):
    seen = []
    boxes = [Box(0, 0, 16, 16), Box(50, 50, 16, 16)]
    proface.protect(
        picture, key, faces=boxes, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("name", ["img29.jpg", "img42.jpg"])
def test_photographs(name, key, tmp_path):
    source = shared("photos", name)
    result = proface.protect(source, key)
    result.save(tmp_path / "p.png")
    recovered = proface.recover(tmp_path / "p.png", key)
    with Image.open(source) as opened:
        original = np.asarray(opened.convert("RGB"))
    for box in result.faces:
        assert psnr(recovered.pixels[box.window], original[box.window]) >= 38
    np.testing.assert_array_equal(
        outside(recovered.pixels, result.faces), outside(original, result.faces)
    )


def test_what_would_keep_more_is_never_what_is_in_use():
    for obfuscator, profile, bits, beside in itertools.product(
        ("gaussian", "pixelate"), ("randwr", "sealed"), (1, 2, None), (True, False)
    ):
        advice = better(obfuscator, profile, bits, beside)
        assert "would keep more" in advice
        assert ("gaussian" in advice) == (obfuscator != "gaussian" and profile != "sealed")
        assert ("'sealed'" in advice) == (profile != "sealed")
        assert ("2 bits" in advice) == (profile == "sealed" and bits == 1)
        assert ("'file'" in advice) == (profile == "sealed" and beside)

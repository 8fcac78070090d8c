"""Whatever is changed in a protected picture is noticed, and nothing where nothing was."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

import proface
from proface import Box, DamagedPictureError, Identity, Key, WrongKeyError
from proface.files.manifest import Made
from proface.keys.signing import Signature, SigningKey
from proface.picture.results import Verification
from tests.keys.people import recipient
from tests.keys.signers import signing_key
from tests.picture.scenes import BOXES, CARRIERS, File, scene, with_alpha

KEY, ANNA = Key.from_bytes(b"k" * 32), Identity.generate()


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signers")
    signing_key(folder, "other")
    return signing_key(folder)


def protect(picture, signer, carrier, profile="sealed"):
    return proface.protect(
        picture,
        KEY,
        recipients=[recipient(ANNA)],
        sign_key=signer,
        profile=profile,
        carrier=carrier,
        faces=BOXES,
    )


@pytest.fixture(scope="module", params=CARRIERS)
def saved(request, tmp_path_factory, signer):
    suffix, carrier, where = CARRIERS[request.param]
    picture = scene() if suffix == "jpg" else with_alpha(scene())
    path = tmp_path_factory.mktemp("saved") / f"a.{suffix}"
    protect(picture, signer, carrier).save(path, where)
    return path.parent


@pytest.fixture
def file(saved, tmp_path):
    """A copy of a protected picture, free to be changed."""
    for path in saved.iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    [path] = [each for each in tmp_path.iterdir() if each.suffix != ".json"]
    return File.read(path)


def public(signer, name="sign"):
    return signer.with_name(f"{name}.pub.pem")


def check_good(path, signer):
    for secret in (KEY, ANNA):
        found = proface.verify(path, secret, signer=public(signer))
        assert found.problems == ()
        assert (found.is_authentic, found.authentic, found.scene) == (True, "yes", "unchanged")
        assert found.signature == "valid"
        assert all((face.opens, face.pixels) == ("yes", "unchanged") for face in found.faces)


def test_an_untouched_picture_is_authentic(file, signer):
    check_good(file.path, signer)
    for secret in (KEY, ANNA):
        recovered = proface.recover(file.path, secret)
        assert recovered.key_matched is True
        assert not any("changed" in note or "scene" in note for note in recovered.notes)
    without = proface.verify(file.path, signer=public(signer))
    assert (without.authentic, without.problems, without.is_authentic) == ("unknown", (), False)
    # Taken apart and put together as the tamperings are, it is as good as before.
    check_good(file.tampered(), signer)


@pytest.mark.parametrize("profile", ["randwr", "obfswr"])
def test_a_picture_of_a_trained_profile_is_authentic_too(profile, signer, tmp_path):
    file = File.save(protect(scene(), signer, "pixels", profile), tmp_path / "a.png")
    check_good(file.path, signer)
    path = file.tampered(pixels=touched(file, 0, 0))
    assert proface.verify(path, KEY).scene == "changed"
    with pytest.raises(proface.AuthenticityError, match="around the faces"):
        proface.recover(path, KEY)


def touched(file, y, x):
    pixels = file.photograph.pixels.copy()
    pixels[y, x] ^= 1
    return pixels


def faces_of(file, *faces):
    return {"manifest": replace(file.manifest, faces=faces)}


def moved(file):
    first, *others = file.manifest.faces
    box = Box(first.box.x + 1, first.box.y, first.box.width, first.box.height)
    return faces_of(file, replace(first, box=box), *others)


def exchanged(file):
    """Two faces change places, pixels, digests, seals and all."""
    first, second, third = file.manifest.faces
    pixels = file.photograph.pixels.copy()
    a, b = (pixels[face.box.window].copy() for face in (first, second))
    pixels[first.box.window], pixels[second.box.window] = b, a
    faces = (replace(second, box=first.box), replace(first, box=second.box), third)
    return faces_of(file, *faces) | {"pixels": pixels}


def commitments_exchanged(file):
    first, second, third = file.manifest.faces
    return faces_of(
        file,
        replace(first, commitment=second.commitment),
        replace(second, commitment=first.commitment),
        third,
    )


def other_signer(file):
    manifest = file.manifest
    forged = SigningKey(b"s" * 32).sign(b"proface/v2/signature\0" + manifest.vouched)
    return {"manifest": replace(manifest, signature=forged)}


def another_manifest(file):
    """Of a picture of the same size, under the same key, with the same boxes."""
    pixels = np.ascontiguousarray(scene()[::-1])
    other = proface.protect(pixels, KEY, profile="sealed", faces=BOXES)
    return {"manifest": replace(other.manifest, carrier=file.manifest.carrier)}


def anothers_slots(file):
    return {"manifest": replace(file.manifest, slots=another_manifest(file)["manifest"].slots)}


TAMPERINGS = {
    "a pixel of the scene": lambda file: {"pixels": touched(file, 5, 5)},
    "a pixel of a face": lambda file: {"pixels": touched(file, BOXES[0].y, BOXES[0].x)},
    "alpha": lambda file: {"alpha": file.photograph.alpha - 1},
    "the obfuscator's name": lambda file: {"manifest": replace(file.manifest, obfuscator="median")},
    "when it was made": lambda file: {
        "manifest": replace(file.manifest, made=Made("2020-01-01T00:00:00Z", "0.1.0"))
    },
    "a box": moved,
    "two faces": exchanged,
    "a face taken out": lambda file: faces_of(file, *file.manifest.faces[:2]),
    "the slots": anothers_slots,
    "the signature's value": lambda file: {
        "manifest": replace(
            file.manifest, signature=Signature(file.manifest.signature.signer, bytes(64))
        )
    },
    "no signature": lambda file: {"manifest": replace(file.manifest, signature=None)},
    "another signer": other_signer,
    "commitments": commitments_exchanged,
    "another picture's manifest": another_manifest,
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_every_tampering_is_noticed(file, signer, tampering):
    if tampering == "alpha" and file.photograph.alpha is None:
        pytest.skip("a JPEG has no alpha")
    file.tampered(**TAMPERINGS[tampering](file))
    found = proface.verify(file.path, KEY, signer=public(signer))
    assert not found.is_authentic
    changed_pixels = tampering in ("a pixel of the scene", "a pixel of a face")
    if not (changed_pixels and file.path.suffix == ".jpg"):  # all its pixels may have changed
        assert found.problems
    try:
        recovered = proface.recover(file.path, KEY)
    except DamagedPictureError:
        return
    # Where the file carries the faces, pixels may be what they like.
    assert file.manifest.carrier == "file"
    assert tampering in ("a pixel of the scene", "a pixel of a face", "alpha")
    in_face = tampering == "a pixel of a face" and file.path.suffix != ".jpg"
    assert in_face or any("scene" in note for note in recovered.notes)


def test_slots_of_another_picture_do_not_open_for_this_one_s_people(file):
    file.tampered(**anothers_slots(file))
    with pytest.raises(WrongKeyError):
        proface.verify(file.path, ANNA)
    with pytest.raises(proface.AuthenticityError, match="manifest is not authentic"):
        proface.recover(file.path, KEY, accept_damage=True)


def test_what_is_not_authentic_is_not_opened_even_where_damage_is_accepted(file):
    for tampering in ("the obfuscator's name", "a face taken out", "commitments"):
        file.tampered(**TAMPERINGS[tampering](file))
        with pytest.raises(proface.AuthenticityError, match="manifest is not authentic"):
            proface.recover(file.path, KEY, accept_damage=True)


def test_a_verdict_says_what_is_wrong(tmp_path, signer):
    file = File.save(protect(scene(), signer, "pixels"), tmp_path / "a.png")
    pixels = touched(file, 0, 0)
    pixels[BOXES[1].window] = 0
    found = proface.verify(file.tampered(pixels=pixels), KEY, signer=public(signer, "other"))
    assert (found.authentic, found.scene, found.signature) == ("yes", "changed", "another signer")
    assert [face.opens for face in found.faces] == ["yes", "no", "yes"]
    assert [face.pixels for face in found.faces] == ["unchanged", "changed", "unchanged"]
    assert found.problems == (
        "the picture around the faces is not what was protected",
        "the pixels of face 1 are not those that were written",
        f"face 1 does not open: {found.faces[1].why}",
        "somebody else signed the picture",
    )
    assert "does not open" in found.faces[1].why


def test_without_a_secret_the_signature_speaks(tmp_path, signer):
    file = File.save(protect(scene(), signer, "pixels"), tmp_path / "a.png")
    path = file.path

    def state(**options):
        return proface.verify(path, **options).signature

    assert state() == "unknown signer"
    assert state(signer=public(signer)) == "valid"
    assert state(signer=public(signer, "other")) == "another signer"
    file.tampered(manifest=replace(file.manifest, obfuscator="median"))
    found = proface.verify(path, signer=public(signer))
    assert found.signature == "invalid"
    assert found.problems == ("the signature does not fit the picture",)
    file.tampered(manifest=replace(file.manifest, signature=None))
    assert state() == "none"
    found = proface.verify(path, signer=public(signer))
    assert found.signature == "missing"
    assert found.problems == ("nobody signed the picture, though a signer was named",)


def test_a_resized_picture_is_changed(tmp_path, signer):
    file = File.save(protect(scene(), signer, "pixels"), tmp_path / "a.png")
    path = file.tampered(pixels=file.photograph.pixels[:-1])
    found = proface.verify(path, KEY)
    assert (found.authentic, found.scene) == ("yes", "changed")
    assert all("resized or cropped" in face.why for face in found.faces)
    with pytest.raises(DamagedPictureError, match="resized or cropped"):
        proface.recover(path, KEY)


def test_a_jpeg_saved_again_cannot_be_judged(tmp_path, signer):
    file = File.save(protect(scene(), signer, "file"), tmp_path / "a.jpg")
    path = file.tampered(pixels=file.photograph.pixels[:, ::-1])
    found = proface.verify(path, KEY)
    assert (found.scene, found.problems, found.is_authentic) == ("unknown", (), False)
    assert [(face.opens, face.pixels) for face in found.faces] == [("yes", "unknown")] * 3
    assert any("cannot be said" in note for note in proface.recover(path, KEY).notes)


def test_the_paper_s_profiles_prove_nothing(tmp_path):
    path = tmp_path / "a.png"
    hidden = proface.protect(scene(), KEY, profile="paper-randwr", faces=BOXES)
    hidden.save(path)
    found = proface.verify(path, KEY)
    assert isinstance(found, Verification)
    assert (found.authentic, found.scene, found.is_authentic) == ("unknown", "unchanged", False)
    assert {face.opens for face in found.faces} == {"unknown"}


@pytest.mark.parametrize("alpha", [0, 255, 128])
@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_an_even_alpha_is_no_tampering(tmp_path, suffix, alpha):
    picture = np.dstack([scene(), np.full(scene().shape[:2], alpha, np.uint8)])
    path = tmp_path / f"a.{suffix}"
    proface.protect(picture, KEY, profile="sealed", faces=BOXES).save(path)
    assert proface.verify(path, KEY).is_authentic
    grey = tmp_path / f"grey.{suffix}"
    proface.protect(scene()[..., 0], KEY, profile="sealed", faces=BOXES).save(grey)
    assert proface.verify(grey, KEY).is_authentic

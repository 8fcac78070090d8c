"""Recipients, grants and rekeying, through saved pictures."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

import proface
from proface import (
    Access,
    AuthenticityError,
    Grant,
    GrantError,
    Identity,
    Key,
    ManifestError,
    PasswordError,
    RecipientError,
    WrongKeyError,
)
from proface.picture import sharing
from proface.profile.quality import psnr
from tests.keys.people import cheap_key, recipient, ssh_key
from tests.keys.signers import signing_key
from tests.picture.scenes import BOXES, File, scene

ANNA, BERTA, COURT = Identity.generate(), Identity.generate(), Identity.generate()
KEY = Key.from_bytes(b"k" * 32)
PROFILES = ("sealed", "randwr")


def protect(password=KEY, recipients=(), **options):
    chosen = {"profile": "sealed", "faces": BOXES} | options
    return proface.protect(scene(), password, recipients=recipients, **chosen)


def recovered_faces(pixels):
    """Which faces show the original, or nearly."""
    return [psnr(pixels[box.window], scene()[box.window]) > 33 for box in BOXES]


@pytest.fixture
def file(tmp_path):
    """For a password and two recipients, signed."""
    both = [recipient(ANNA), recipient(BERTA)]
    hidden = protect(cheap_key("tulip"), both, sign_key=signing_key(tmp_path))
    return File.save(hidden, tmp_path / "a.png")


# Recipients


@pytest.mark.parametrize("profile", PROFILES)
def test_a_password_and_each_of_two_recipients_recover(tmp_path, profile):
    key, people = cheap_key("tulip"), [recipient(ANNA), recipient(BERTA)]
    protect(key, people, profile=profile).save(tmp_path / "a.png")
    results = [
        proface.recover(tmp_path / "a.png", secret, allow_weak=True)
        for secret in (key, "tulip", ANNA, BERTA)
    ]
    for result in results:
        assert result.key_matched is True
        assert recovered_faces(result.pixels) == [True] * 3
        np.testing.assert_array_equal(result.pixels, results[0].pixels)
    with pytest.raises(WrongKeyError, match="of no recipient"):
        proface.recover(tmp_path / "a.png", COURT, wrong_recovery="error")


@pytest.mark.parametrize("kind", [("ed25519",), ("rsa", "-b", "2048")])
def test_an_ssh_key_recovers(tmp_path, kind):
    path, public = ssh_key(tmp_path, *kind)
    protect(None, public).save(tmp_path / "a.png")
    back = proface.recover(tmp_path / "a.png", Identity.load(path))
    assert recovered_faces(back.pixels) == [True] * 3


def test_for_recipients_alone_nothing_that_opens_stays_behind(monkeypatch):
    """Of a camera: the picture's key is drawn, used, and gone."""
    keys = []
    generate = proface.PictureKey.generate
    monkeypatch.setattr(proface.PictureKey, "generate", lambda: keys.append(generate()) or keys[-1])
    access = Access.make(None, [recipient(ANNA)])
    hidden = proface.protect(scene(), recipients=[recipient(ANNA)], profile="sealed", faces=BOXES)
    [key] = keys
    left = (hidden, hidden.manifest, access)
    secrets = [key.to_bytes(), *(key.face(index).secret for index in range(3))]
    for thing in left:
        for secret in secrets:
            assert secret not in pickle.dumps(thing)
            assert secret.hex() not in repr(thing)
            assert repr(secret)[2:-1] not in repr(thing)
    for secret in ("tulip", KEY, BERTA):
        with pytest.raises(WrongKeyError):
            proface.recover(hidden.pixels, secret, manifest=hidden.manifest)
    assert proface.recover(hidden.pixels, ANNA, manifest=hidden.manifest).key_matched


def test_where_a_jpeg_will_be_written_the_key_is_not_shown():
    """It has to be kept until then; see `Protected.save`."""
    hidden = protect(None, recipient(ANNA), carrier="file")
    assert "PictureKey" not in repr(hidden)


def test_somebody_must_be_able_to_open_it():
    with pytest.raises(PasswordError, match="nobody could open"):
        protect(None)
    with pytest.raises(PasswordError, match="empty"):
        protect("")
    with pytest.raises(RecipientError, match="'anna'"):
        protect(None, ["anna"])
    with pytest.raises(RecipientError, match="secret identity"):
        protect(None, [ANNA.to_text().splitlines()[-1]])
    with pytest.raises(RecipientError, match="65 recipients"):
        protect(None, [recipient(Identity.generate()) for _ in range(65)])


# Grants


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("faces", [[1], [0, 2]])
def test_a_grant_opens_its_faces_and_no_others(tmp_path, profile, faces):
    path = tmp_path / "a.png"
    hidden = protect(KEY, profile=profile)
    hidden.save(path)
    granted = proface.grant(path, KEY, faces, recipient(COURT))
    back = proface.recover(path, Grant.open(granted, COURT))
    assert recovered_faces(back.pixels) == [index in faces for index in range(3)]
    closed = [box for index, box in enumerate(BOXES) if index not in faces]
    for box in closed:
        np.testing.assert_array_equal(back.pixels[box.window], hidden.pixels[box.window])
    others = ", ".join(str(index) for index in range(3) if index not in faces)
    assert f"these faces are not granted, and stay as they are: {others}" in back.notes
    found = proface.verify(path, Grant.open(granted, COURT))
    assert [face.opens for face in found.faces] == [
        "yes" if index in faces else "unknown" for index in range(3)
    ]
    assert (found.authentic, found.scene, found.problems) == ("yes", "unchanged", ())


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_a_grant_opens_a_face_that_the_file_carries(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    protect(KEY, carrier="file").save(path)
    grant = Grant.open(proface.grant(path, KEY, [2], recipient(COURT)), COURT)
    back = proface.recover(path, grant).pixels
    np.testing.assert_array_equal(back[BOXES[2].window], scene()[BOXES[2].window])
    assert recovered_faces(back) == [False, False, True]


def test_who_may_grant(file):
    for secret in ("tulip", ANNA, BERTA):
        assert proface.grant(file.path, secret, [0], recipient(COURT), allow_weak=True)
    with pytest.raises(PasswordError, match="weak"):
        proface.grant(file.path, "tulip", [0], recipient(COURT))
    for secret in (COURT, KEY, "rose"):
        with pytest.raises(WrongKeyError):
            proface.grant(file.path, secret, [0], recipient(COURT), allow_weak=True)


def test_what_cannot_be_granted(file, tmp_path):
    for faces in ([3], [-1], [0, 4096]):
        with pytest.raises(GrantError, match=r"no face .*faces 0 to 2"):
            proface.grant(file.path, ANNA, faces, recipient(COURT))
    with pytest.raises(GrantError, match="at least one face"):
        proface.grant(file.path, ANNA, [], recipient(COURT))
    with pytest.raises(RecipientError):
        proface.grant(file.path, ANNA, [0], ["nobody"])
    paper = tmp_path / "paper.png"
    protect(KEY, profile="paper-randwr").save(paper)
    with pytest.raises(ManifestError, match="no grants of its faces"):
        proface.grant(paper, KEY, [0], recipient(COURT))


def test_a_grant_for_another_picture_is_refused(file, tmp_path):
    other = File.save(protect(KEY), tmp_path / "other.png")
    grant = Grant.open(proface.grant(other.path, KEY, [0], recipient(COURT)), COURT)
    for use in (proface.recover, proface.verify):
        with pytest.raises(GrantError, match="for another picture"):
            use(file.path, grant)


def test_regions_of_several_faces_are_told_of():
    boxes = [BOXES[0], proface.Box(BOXES[0].x + 30, BOXES[0].y, 64, 64), BOXES[2]]
    manifest = protect(KEY, faces=boxes).manifest
    assert [face.members for face in manifest.faces] == [2, 1]
    [sentence] = sharing.shared(manifest, [0, 1])
    assert "region 0 holds 2 faces" in sentence


# Other slots


def test_other_slots_open_and_those_before_do_not(file, tmp_path):
    grant = Grant.open(proface.grant(file.path, ANNA, [1], recipient(COURT)), COURT)
    before = file.photograph.pixels
    access = Access.make(KEY, [recipient(COURT)])
    rekeyed = sharing.rekeyed(file.manifest, ANNA, access)
    assert (rekeyed.faces, rekeyed.signature) == (file.manifest.faces, file.manifest.signature)
    path = file.tampered(manifest=rekeyed)
    for secret in (KEY, COURT):
        found = proface.verify(path, secret, signer=tmp_path / "sign.pub.pem")
        assert (found.is_authentic, found.signature) == (True, "valid")
        assert recovered_faces(proface.recover(path, secret).pixels) == [True] * 3
    for secret in ("tulip", ANNA, BERTA):
        with pytest.raises(WrongKeyError):
            proface.recover(path, secret, allow_weak=True)
    # What was granted before still opens; and the old copy keeps its slots.
    assert recovered_faces(proface.recover(path, grant).pixels) == [False, True, False]
    assert proface.recover(before, ANNA, manifest=file.manifest).key_matched
    # The pixels are as they were.
    np.testing.assert_array_equal(File.read(path).photograph.pixels, before)


def test_slots_that_opened_before_do_not_fit_the_new_manifest(file):
    rekeyed = sharing.rekeyed(file.manifest, ANNA, Access.make(KEY))
    slots = (*file.manifest.slots, *rekeyed.slots)
    path = file.tampered(manifest=replace(rekeyed, slots=slots))
    for secret in (ANNA, KEY):
        with pytest.raises(AuthenticityError, match="manifest is not authentic"):
            proface.recover(path, secret)


def test_who_may_exchange_slots(file):
    access = Access.make(KEY)
    with pytest.raises(WrongKeyError):
        sharing.rekeyed(file.manifest, COURT, access)
    with pytest.raises(PasswordError, match="weak"):
        sharing.rekeyed(file.manifest, "tulip", access)
    assert sharing.rekeyed(file.manifest, "tulip", access, allow_weak=True)
    for change in ({"obfuscator": "median"}, {"tag": b""}, {"signature": None}):
        other = replace(file.manifest, **change)
        with pytest.raises(AuthenticityError):
            sharing.rekeyed(other, ANNA, access)
    paper = protect(KEY, profile="paper-randwr").manifest
    with pytest.raises(ManifestError, match="password cannot be changed"):
        sharing.rekeyed(paper, KEY, access)

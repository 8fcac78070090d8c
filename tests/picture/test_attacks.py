"""Attacks on format 1 that succeeded, and why each fails."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

import proface
from proface import (
    AuthenticityError,
    Box,
    DamagedPictureError,
    Derivation,
    Grant,
    Key,
    Manifest,
    ManifestError,
    PasswordError,
    PictureKey,
    WrongKeyError,
)
from proface.files import chunks, images
from proface.files.authentication import authenticated, digest, scene_digest
from proface.files.manifest import FaceEntry
from proface.keys import DirectSlot, PasswordSlot, keystream
from proface.keys.slots import wrap
from proface.profile.sealed import frame, jpeg2000
from proface.profile.sealed.codec import Coded
from tests.files.manifests import BASE
from tests.picture.scenes import BOXES, File, scene

PASSWORD = "sunflower42"
KEY = Key.from_bytes(b"k" * 32)
FACE = Box(60, 30, 96, 112)


# A weaker key derivation, so that what recovery shows finds the password out


@pytest.fixture(scope="module")
def protected():
    return proface.protect(scene(), PASSWORD, profile="randwr", faces=[FACE])


def weakened(protected, **costs):
    """The text of a manifest that anyone can edit."""
    content = json.loads(protected.manifest.to_json())
    content["slots"][0] |= costs
    return json.dumps(content)


def test_a_weakened_derivation_is_refused_before_anything_is_derived(protected, monkeypatch):
    text = weakened(protected, time_cost=1, memory_kib=8, lanes=1)
    weak = Manifest.from_json(text)
    derived = []
    monkeypatch.setattr(Key, "derive", lambda *arguments: derived.append(arguments))
    for use in (proface.recover, proface.verify):
        with pytest.raises(
            PasswordError, match=r"weak key derivation.*1 pass over 8 KiB"
        ) as caught:
            use(protected.pixels, PASSWORD, manifest=weak)
        assert not isinstance(caught.value, WrongKeyError)
    assert derived == []


def test_the_papers_derivation_is_refused(protected):
    with pytest.raises(ManifestError, match="paper's profiles only"):
        Manifest.from_json(weakened(protected, algorithm="paper", salt=""))
    slots = (DirectSlot(Derivation("paper"), b"", bytes(16)),)
    direct = replace(protected.manifest, slots=slots)
    with pytest.raises(ManifestError, match="do not go with 'randwr'"):
        proface.recover(protected.pixels, PASSWORD, manifest=direct)
    paper = replace(direct, profile="paper-randwr")
    with pytest.raises(PasswordError, match="weak key derivation"):
        proface.recover(protected.pixels, PASSWORD, manifest=paper)


def test_even_where_weak_ones_are_allowed_noise_tells_nothing_of_the_password(protected):
    weak = Manifest.from_json(weakened(protected, time_cost=1, memory_kib=8, lanes=1))
    shown = []
    for password in (PASSWORD, PASSWORD, "another"):
        found = proface.recover(protected.pixels, password, manifest=weak, allow_weak=True)
        assert found.key_matched is False
        shown.append(found.pixels[FACE.window])
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert np.mean(shown[first] == shown[second]) < 0.02  # 1 of 256 by chance
    counts = np.bincount(np.stack(shown).reshape(-1), minlength=256)
    expected = counts.sum() / 256
    assert np.sum((counts - expected) ** 2 / expected) < 255 + 6 * np.sqrt(510)


def test_whoever_weakened_it_themselves_is_let_in_only_when_allowed():
    cheap = Derivation(time_cost=1, memory_kib=8, lanes=1)
    key = Key.derive(PASSWORD, derivation=cheap)
    hidden = proface.protect(scene(), key, profile="sealed", faces=[FACE])
    with pytest.raises(PasswordError, match="weak"):
        proface.recover(hidden.pixels, PASSWORD, manifest=hidden.manifest)
    back = proface.recover(hidden.pixels, PASSWORD, manifest=hidden.manifest, allow_weak=True)
    assert back.key_matched is True


# A true face in a false scene


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_face_carried_by_pixels_does_not_open_in_another_scene(tmp_path, suffix):
    hidden = proface.protect(scene(), KEY, profile="sealed", faces=BOXES)
    file = File.save(hidden, tmp_path / f"a.{suffix}")
    other = np.random.default_rng(0).integers(0, 256, scene().shape, dtype=np.uint8)
    for box in BOXES:
        other[box.window] = file.photograph.pixels[box.window]
    path = file.tampered(pixels=other)
    with pytest.raises(AuthenticityError, match="may have been in another scene"):
        proface.recover(path, KEY)
    found = proface.verify(path, KEY)
    assert (found.scene, found.is_authentic) == ("changed", False)
    # A digest that fits the new scene is not authentic.
    scene_of_other = scene_digest(other, list(BOXES))
    path = file.tampered(pixels=other, manifest=replace(file.manifest, scene=scene_of_other))
    with pytest.raises(AuthenticityError, match="manifest is not authentic"):
        proface.recover(path, KEY, accept_damage=True)


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_a_face_carried_by_the_file_is_not_said_to_belong_to_another_scene(tmp_path, suffix):
    hidden = proface.protect(scene(), KEY, profile="sealed", faces=BOXES, carrier="file")
    file = File.save(hidden, tmp_path / f"a.{suffix}")
    other = np.random.default_rng(0).integers(0, 256, scene().shape, dtype=np.uint8)
    path = file.tampered(pixels=other)
    notes = proface.recover(path, KEY).notes
    assert any("scene" in note for note in notes)
    found = proface.verify(path, KEY)
    assert (found.scene, found.is_authentic) == ("unknown" if suffix == "jpg" else "changed", False)


@pytest.mark.parametrize("profile", ["randwr", "sealed"])
def test_a_face_cannot_be_taken_out_of_a_manifest(profile):
    hidden = proface.protect(scene(), KEY, profile=profile, faces=BOXES)
    fewer = replace(hidden.manifest, faces=hidden.manifest.faces[:2])
    with pytest.raises(AuthenticityError, match="manifest is not authentic"):
        proface.recover(hidden.pixels, KEY, manifest=fewer)


# One file that opens to two faces under two keys


def seal_key(key: PictureKey, seal_id: bytes, side: int) -> bytes:
    info = b"proface/v2/seal\0" + seal_id
    return HKDFExpand(SHA256(), 32, info).derive(key.face(0).subkey("sealed", side, side))


def evaluate(r: int, text: bytes) -> int:
    """Poly1305's polynomial (RFC 8439) over whole blocks."""
    value = 0
    for start in range(0, len(text), 16):
        value = (value + int.from_bytes(text[start : start + 16] + b"\1", "little")) * r % PRIME
    return value


PRIME = 2**130 - 5


def opens_under_both(plaintext: bytes, free: int, keys: list[bytes], associated: bytes) -> bytes:
    """A ciphertext and a tag that both keys accept; under the first it is the plaintext.

    ChaCha20-Poly1305 does not commit to its key: 32 bytes from ``free`` on are enough to make the
    two tags equal.
    """
    one_time = [keystream(key, 32) for key in keys]
    mask = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    r = [int.from_bytes(each[:16], "little") & mask for each in one_time]
    s = [int.from_bytes(each[16:], "little") for each in one_time]
    stream = keystream(keys[0], 64 + len(plaintext))[64:]
    text = bytearray(a ^ b for a, b in zip(plaintext, stream, strict=True))
    padded = associated + bytes(-len(associated) % 16)
    lengths = struct.pack("<QQ", len(associated), len(text))
    after = (len(text) - free) // 16  # blocks behind the one that is solved for, and the lengths
    powers = [pow(each, after, PRIME) for each in r]
    for attempt in range(1000):
        text[free - 16 : free] = attempt.to_bytes(16, "big")
        text[free : free + 16] = bytes(16)
        whole = padded + bytes(text) + bytes(-len(text) % 16) + lengths
        # The block is 2^128 plus its content, which has to be found, times a power of r.
        sums = [
            (evaluate(each, whole) - (power * each % PRIME) * 2**128) % PRIME
            for each, power in zip(r, powers, strict=True)
        ]
        slopes = [power * each % PRIME for each, power in zip(r, powers, strict=True)]
        inverse = pow(slopes[0] - slopes[1], -1, PRIME)
        for carry in range(-4, 5):
            block = (sums[1] - sums[0] + s[1] - s[0] + carry * 2**128) * inverse % PRIME
            tags = [
                ((total + block * slope) % PRIME + each) % 2**128
                for total, slope, each in zip(sums, slopes, s, strict=True)
            ]
            if 2**128 <= block < 2**129 and tags[0] == tags[1]:
                text[free : free + 16] = (block - 2**128).to_bytes(16, "little")
                return bytes(text) + tags[0].to_bytes(16, "little")
    raise AssertionError("no collision found")


SIDE = 32


@pytest.fixture(scope="module")
def two_keys():
    """A file that opens under two keys as far as the cipher goes, its keys, and its face."""
    face = np.ascontiguousarray(scene()[40:72, 80:112])
    shown = np.full_like(face, 128)
    keys = PictureKey(b"1" * 32), PictureKey(b"2" * 32)
    slots = (*wrap(keys[0], MASTERS[0], ()), *wrap(keys[1], MASTERS[1], ()))
    box = Box(0, 0, SIDE, SIDE)
    draft = replace(
        BASE,
        width=SIDE,
        height=SIDE,
        carrier="file",
        scene=scene_digest(shown, [box]),
        faces=(FaceEntry(box, digest(shown)),),
        slots=slots,
        signature=None,
    )
    # Where a comment of the code stream is, nothing reads what the collision needs.
    stream = jpeg2000.encode_lossless(face)
    header = stream.index(b"\xff\x90")
    comment = b"\xff\x64" + struct.pack(">HH", 68, 1) + bytes(64)
    coded = Coded(stream[:header] + comment + stream[header:], "jpeg2000", None)
    plaintext = frame.pack(coded, 0)
    plaintext = plaintext.ljust(frame.padded_size(len(plaintext)), b"\0")
    content = plaintext.index(comment) + 6
    free = -(-(content + 16) // 16) * 16
    seal_id = bytes(range(16))
    both = [seal_key(key, seal_id, SIDE) for key in keys]
    sealed = seal_id + opens_under_both(plaintext, free, both, draft.associated(0))
    return draft, sealed, keys, face, shown


MASTERS = Key.from_bytes(b"a" * 32), Key.from_bytes(b"b" * 32)


def as_file(manifest, sealed, shown):
    photograph = images.read(shown)
    return images.encode(photograph, "PNG", manifest.to_json(), chunks.pack([sealed]))


def test_the_cipher_alone_accepts_two_keys(two_keys):
    draft, sealed, keys, _, _ = two_keys
    texts = {
        ChaCha20Poly1305(seal_key(key, sealed[:16], SIDE)).decrypt(
            bytes(12), sealed[16:], draft.associated(0)
        )
        for key in keys
    }
    assert len(texts) == 2


def test_a_seal_that_opens_under_two_keys_opens_for_one_secret_only(two_keys):
    draft, sealed, keys, face, shown = two_keys
    for first, second in ((0, 1), (1, 0)):
        data = as_file(authenticated(draft, keys[first], None), sealed, shown)
        with pytest.raises(AuthenticityError, match="manifest is not authentic"):
            proface.recover(data, MASTERS[second], accept_damage=True)
        assert proface.verify(data, MASTERS[second]).authentic == "no"
    data = as_file(authenticated(draft, keys[0], None), sealed, shown)
    np.testing.assert_array_equal(proface.recover(data, MASTERS[0]).pixels, face)


def test_the_commitment_is_checked_before_a_seal_is_opened(two_keys, monkeypatch):
    """With grants there is no tag: the commitment alone stands between the two keys."""
    draft, sealed, keys, face, shown = two_keys
    manifest = authenticated(draft, keys[0], None)
    data = as_file(manifest, sealed, shown)
    grants = [Grant(manifest.identifier.hex(), {0: key.face(0)}) for key in keys]
    np.testing.assert_array_equal(proface.recover(data, grants[0]).pixels, face)
    opened = []
    decrypt = "proface.profile.sealed.sealing.unseal"
    monkeypatch.setattr(decrypt, lambda *arguments: opened.append(arguments))
    with pytest.raises(AuthenticityError, match="face 0 is not authentic: its key is another"):
        proface.recover(data, grants[1], accept_damage=True)
    # Commitments to the second key, under a tag of the first: no way either.
    other = authenticated(draft, keys[1], None)
    mixed = replace(authenticated(draft, keys[0], None), faces=other.faces)
    for secret in (*MASTERS, grants[0]):
        with pytest.raises(DamagedPictureError, match="not authentic"):
            proface.recover(as_file(mixed, sealed, shown), secret, accept_damage=True)
    assert opened == []


def test_a_slot_that_wraps_another_key_opens_nothing():
    """Of the password's owner's own making, in a picture of somebody else."""
    hidden = proface.protect(scene(), KEY, profile="sealed", faces=BOXES)
    mine = PasswordSlot(Derivation("none"), b"", MASTERS[0].wrap(PictureKey.generate()))
    forged = replace(hidden.manifest, slots=(*hidden.manifest.slots, mine))
    for secret in (KEY, MASTERS[0]):
        with pytest.raises(AuthenticityError, match="manifest is not authentic"):
            proface.recover(hidden.pixels, secret, manifest=forged)

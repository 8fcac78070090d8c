"""Passwords and master keys, as a caller meets them."""

import hashlib
import hmac
import pickle

import numpy as np
import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import Derivation, Key, ManifestError, PasswordError, PictureKey
from proface.keys import Keyring, key_from
from proface.keys.master import KEYRING_SIZE, WRAPPED_BYTES

CHEAP = Derivation(time_cost=1, memory_kib=8, lanes=1)
SALT = bytes(range(16))
INFO = b"proface/v2/master\0"


def hkdf(salt, secret, info):
    """RFC 5869 with SHA-256, for 32 bytes, written out."""
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")


def test_a_password_s_picture_key_is_the_documented_chain_of_primitives():
    master = hash_secret_raw(
        b"swordfish",
        SALT,
        time_cost=3,
        memory_cost=65_536,
        parallelism=4,
        hash_len=32,
        type=Type.ID,
    )
    expected = hkdf(bytes(16), master, INFO + b"picture")
    assert Key.derive("swordfish", SALT).for_picture(bytes(16)).to_bytes() == expected


def test_a_key_of_32_bytes_is_its_own_master_key():
    secret = bytes(range(32))
    expected = hkdf(SALT, secret, INFO + b"picture")
    assert Key.from_bytes(secret).for_picture(SALT).to_bytes() == expected


def test_what_is_wrapped_is_the_documented_format():
    secret = bytes(range(32))
    wrapped = Key.from_bytes(secret).wrap(PictureKey(b"p" * 32))
    cipher = ChaCha20Poly1305(hkdf(wrapped[:16], secret, INFO + b"slot"))
    assert cipher.decrypt(bytes(12), wrapped[16:], None) == b"p" * 32
    assert len(wrapped) == WRAPPED_BYTES


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_what_is_wrapped_is_unwrapped_by_its_key_alone(master, picture):
    key, wrapped = Key.from_bytes(master), Key.from_bytes(master).wrap(PictureKey(picture))
    assert key.unwrap(wrapped) == PictureKey(picture)
    other = Key.from_bytes(bytes(byte ^ 1 for byte in master))
    assert other.unwrap(wrapped) is None
    assert key.wrap(PictureKey(picture)) != wrapped  # a salt of its own each time


def test_every_bit_of_a_wrapped_key_counts():
    key = Key.from_bytes(bytes(32))
    wrapped = key.wrap(PictureKey.generate())
    for position in range(8 * len(wrapped)):
        spoilt = bytearray(wrapped)
        spoilt[position // 8] ^= 1 << position % 8
        assert key.unwrap(bytes(spoilt)) is None
    for size in (0, 15, 16, 31, 63, 65):
        assert key.unwrap((wrapped + b"\0")[:size]) is None


def test_pictures_keys_differ_between_passwords_salts_and_pictures():
    keys = [
        Key.derive(password, salt, CHEAP).for_picture(picture).to_bytes()
        for password in ("swordfish", "swordfisi")
        for salt in (SALT, bytes(16))
        for picture in (SALT, bytes(16))
    ]
    assert len(set(keys)) == len(keys)


@settings(max_examples=20, deadline=None)
@given(password=st.text(min_size=1, max_size=40), bit=st.integers(0, 6))
def test_a_changed_character_gives_an_unrelated_key(password, bit):
    other = chr(ord(password[0]) ^ (1 << bit)) + password[1:]
    try:
        keys = [Key.derive(word, SALT, CHEAP).for_picture(SALT) for word in (password, other)]
    except PasswordError:  # lone surrogates are no text
        return
    maps = [key.face(0).map(64, 64) for key in keys]
    if not np.array_equal(maps[0], maps[1]):
        # 4,096 fair coins: five standard deviations are 160 agreements.
        assert abs(int((maps[0] == maps[1]).sum()) - 2048) < 160


def test_fresh_salts_differ_and_are_shown():
    first, second = Key.derive("a", derivation=CHEAP), Key.derive("a", derivation=CHEAP)
    assert len(first.salt) == 16
    assert first.salt != second.salt


def test_equal_passwords_and_salts_give_equal_keys():
    assert Key.derive("a", SALT, CHEAP) == Key.derive("a", SALT, CHEAP)


def test_an_accent_may_be_composed_either_way():
    assert Key.derive("caf\u00e9", SALT, CHEAP) == Key.derive("cafe\u0301", SALT, CHEAP)


def test_no_key_shows_its_secret():
    key = Key.from_bytes(b"s" * 32)
    picture = key.for_picture(SALT)
    for secret in (key, picture, picture.face(0), PictureKey(b"s" * 32)):
        assert "ssss" not in repr(secret)
        assert repr(picture.to_bytes())[2:10] not in repr(secret)


@pytest.mark.parametrize(
    ("password", "salt"), [("", SALT), ("a", b"short"), ("a", bytes(17)), ("\ud800", SALT)]
)
def test_bad_passwords_and_salts_are_refused(password, salt):
    with pytest.raises(PasswordError):
        Key.derive(password, salt, CHEAP)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_raw_key_has_32_bytes(size):
    with pytest.raises(PasswordError):
        Key.from_bytes(bytes(size))
    with pytest.raises(PasswordError):
        PictureKey.from_bytes(bytes(size))


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_picture_s_salt_has_16_bytes(size):
    with pytest.raises(PasswordError, match="salt"):
        Key.from_bytes(bytes(32)).for_picture(bytes(size))


@pytest.mark.parametrize(
    "asked",
    [
        {"memory_kib": 100_000_000},
        {"memory_kib": 4},
        {"time_cost": 0},
        {"time_cost": 10_000},
        {"lanes": 1_000},
        {"time_cost": True},
        {"time_cost": 2.0},
        {"algorithm": "md5"},
    ],
)
def test_absurd_derivations_are_refused(asked):
    with pytest.raises(ManifestError):
        Derivation(**asked)


@pytest.mark.parametrize(
    ("derivation", "weak"),
    [
        (Derivation(), False),
        (Derivation(time_cost=4), False),
        (Derivation(memory_kib=131_072), False),
        (Derivation(time_cost=2), True),
        (Derivation(memory_kib=65_535), True),
        (Derivation(time_cost=16, memory_kib=65_535), True),
        (Derivation(lanes=16), False),
        (Derivation("paper"), True),
        (Derivation("none", time_cost=1, memory_kib=8, lanes=1), False),
    ],
)
def test_a_derivation_is_weak_where_a_guess_costs_less_than_by_default(derivation, weak):
    assert derivation.is_weak == weak


def test_the_papers_derivation_is_what_the_paper_says():
    key = Key.derive("swordfish", derivation=Derivation("paper"))
    stream = hashlib.pbkdf2_hmac("sha256", b"swordfish", b"PRO-Face S", 10, 8)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8)).reshape(8, 8).astype(int) * 2 - 1
    picture = key.for_picture(SALT)
    for face in (picture.face(0), picture.face(5), picture.face(0).frame(3).attempt(2)):
        np.testing.assert_array_equal(face.map(8, 8), bits)
    with pytest.raises(PasswordError, match="paper's profiles only"):
        key.wrap(PictureKey.generate())


def test_a_ring_derives_each_key_once_and_forgets_the_oldest(monkeypatch):
    derived = []
    derive = Key.derive.__func__
    monkeypatch.setattr(
        Key, "derive", classmethod(lambda *args: derived.append(args) or derive(*args))
    )
    ring = Keyring("password")
    for _ in range(2):
        assert ring.key(SALT, CHEAP) is ring.key(SALT, CHEAP)
    assert len(derived) == 1
    for number in range(KEYRING_SIZE):
        ring.key(number.to_bytes(16, "big"), CHEAP)
    ring.key(SALT, CHEAP)
    assert len(derived) == KEYRING_SIZE + 2
    again = pickle.loads(pickle.dumps(ring))
    assert again.key(SALT, CHEAP) == ring.key(SALT, CHEAP)


def test_a_password_becomes_a_key_and_a_key_stays_itself():
    key = Key.derive("password", SALT, CHEAP)
    assert key_from(key) is key
    assert key_from("password", SALT) == Key.derive("password", SALT)

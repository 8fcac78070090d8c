"""Passwords, keys and key maps, as a caller meets them."""

import hashlib
import hmac

import numpy as np
import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import Derivation, Key, ManifestError, PasswordError
from proface.keys import keystream

CHEAP = Derivation(time_cost=1, memory_kib=8, lanes=1)
SALT = bytes(range(16))


def test_a_map_is_the_documented_chain_of_primitives():
    master = hash_secret_raw(
        b"swordfish",
        SALT,
        time_cost=3,
        memory_cost=65_536,
        parallelism=4,
        hash_len=32,
        type=Type.ID,
    )
    info = b"proface/key-map/v1\0" + b"".join(n.to_bytes(4, "big") for n in (2, 6, 10))
    subkey = HKDFExpand(SHA256(), 32, info).derive(master)
    stream = Cipher(algorithms.ChaCha20(subkey, bytes(16)), None).encryptor().update(bytes(8))
    bits = np.unpackbits(np.frombuffer(stream, np.uint8))[:60].reshape(6, 10)
    key_map = Key.derive("swordfish", SALT).map(2, 6, 10)
    np.testing.assert_array_equal(key_map, bits.astype(int) * 2 - 1)
    assert key_map.dtype == np.int8


def test_keystream_is_rfc_8439():
    # RFC 8439, appendix A.1, test vector 1: zero key, zero nonce, counter 0.
    expected = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
    assert keystream(bytes(32), 32).hex() == expected


@settings(max_examples=20, deadline=None)
@given(password=st.text(min_size=1, max_size=40), bit=st.integers(0, 6))
def test_a_changed_character_gives_an_unrelated_map(password, bit):
    other = chr(ord(password[0]) ^ (1 << bit)) + password[1:]
    try:
        maps = [Key.derive(word, SALT, CHEAP).map(0, 64, 64) for word in (password, other)]
    except PasswordError:  # lone surrogates are no text
        return
    if not np.array_equal(maps[0], maps[1]):
        # 4,096 fair coins: five standard deviations are 160 agreements.
        assert abs(int((maps[0] == maps[1]).sum()) - 2048) < 160


def test_maps_differ_between_faces_sizes_salts_and_pictures():
    key = Key.derive("swordfish", SALT, CHEAP)
    other_salt = Key.derive("swordfish", bytes(16), CHEAP)
    maps = [
        key.map(0, 32, 32),
        key.map(1, 32, 32),
        key.map(0, 32, 34)[:, :32],
        other_salt.map(0, 32, 32),
        key.for_picture(bytes(16)).map(0, 32, 32),
        key.for_picture(SALT).map(0, 32, 32),
    ]
    assert len({m.tobytes() for m in maps}) == len(maps)


def test_a_map_is_balanced():
    total = int(Key.from_bytes(bytes(32)).map(0, 512, 512).sum())
    assert abs(total) < 5 * 512


def test_fresh_salts_differ_and_are_shown():
    first, second = Key.derive("a", derivation=CHEAP), Key.derive("a", derivation=CHEAP)
    assert len(first.salt) == 16
    assert first.salt != second.salt


def test_equal_passwords_and_salts_give_equal_keys():
    assert Key.derive("a", SALT, CHEAP) == Key.derive("a", SALT, CHEAP)


def test_an_accent_may_be_composed_either_way():
    assert Key.derive("caf\u00e9", SALT, CHEAP) == Key.derive("cafe\u0301", SALT, CHEAP)


def test_a_key_does_not_show_its_secret():
    assert "secret" not in repr(Key.from_bytes(b"s" * 32))
    assert "ssss" not in repr(Key.from_bytes(b"s" * 32))


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


def test_the_papers_derivation_is_what_the_paper_says():
    key = Key.derive("swordfish", derivation=Derivation("paper"))
    stream = hashlib.pbkdf2_hmac("sha256", b"swordfish", b"PRO-Face S", 10, 8)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8)).reshape(8, 8)
    np.testing.assert_array_equal(key.map(0, 8, 8), bits.astype(int) * 2 - 1)
    np.testing.assert_array_equal(key.map(0, 8, 8), key.for_picture(SALT).map(5, 8, 8))


@pytest.mark.parametrize("number", [0, 1, 2**32, 2**64 - 1])
def test_every_frame_of_a_clip_has_a_key_of_its_own(number):
    key = Key.from_bytes(bytes(32))
    frame = key.for_frame(number)
    assert frame == key.for_frame(number)
    others = [key, key.for_picture(bytes(16)), key.for_frame(number ^ 1), frame.for_frame(number)]
    for other in others:
        assert frame.subkey("key-map/v1", 0, 8, 8) != other.subkey("key-map/v1", 0, 8, 8)
    assert (frame.salt, frame.derivation) == (key.salt, key.derivation)


def test_the_key_of_a_frame_does_not_change_between_versions():
    """HKDF-SHA256 (RFC 5869) with the frame's number as 8 bytes for a salt; computed by hand."""
    secret = bytes(range(32))
    extracted = hmac.digest((7).to_bytes(8, "big"), secret, "sha256")
    expected = hmac.digest(extracted, b"proface/frame/v1\x01", "sha256")
    assert Key.from_bytes(secret).for_frame(7) == Key.from_bytes(expected)


def test_the_paper_s_derivation_has_one_key_for_all_frames():
    key = Key.derive("password", derivation=Derivation("paper"))
    assert key.for_frame(3) is key

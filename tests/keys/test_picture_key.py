"""The key schedule of one picture: what the documentation says, and one way only."""

import hmac

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from hypothesis import given
from hypothesis import strategies as st

from proface import PictureKey
from proface.errors import PasswordError
from proface.keys import FaceKey, keystream, noise

SECRET = bytes(range(32))
KEY = PictureKey(SECRET)
NUMBERS = st.integers(0, 2**32 - 1)


def expand(secret, info):
    """HKDF-Expand (RFC 5869) for one block, written out."""
    return hmac.digest(secret, b"proface/v2/" + info + b"\x01", "sha256")


def big(*numbers, size=4):
    return b"".join(number.to_bytes(size, "big") for number in numbers)


def test_keystream_is_rfc_8439():
    # RFC 8439, appendix A.1, test vector 1: zero key, zero nonce, counter 0.
    expected = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
    assert keystream(bytes(32), 32).hex() == expected


@given(index=NUMBERS, frame=st.integers(0, 2**64 - 1), attempt=st.integers(1, 2**32 - 1))
def test_keys_are_the_documented_chain_of_primitives(index, frame, attempt):
    face = expand(SECRET, b"face\0" + big(index))
    assert KEY.face(index) == FaceKey(face)
    assert KEY.subkey("manifest") == expand(SECRET, b"picture\0manifest")
    assert KEY.face(index).frame(frame).secret == expand(face, b"frame\0" + big(frame, size=8))
    assert KEY.face(index).attempt(attempt).secret == expand(face, b"attempt\0" + big(attempt))
    assert KEY.face(index).attempt(0) == KEY.face(index)
    assert KEY.face(index).subkey("sealed", 6, 10) == expand(face, b"subkey\0sealed\0" + big(6, 10))


def test_a_map_is_the_documented_chain_of_primitives():
    subkey = expand(KEY.face(2).secret, b"subkey\0key-map\0" + big(6, 10))
    stream = Cipher(algorithms.ChaCha20(subkey, bytes(16)), None).encryptor().update(bytes(8))
    bits = np.unpackbits(np.frombuffer(stream, np.uint8))[:60].reshape(6, 10)
    key_map = KEY.face(2).map(6, 10)
    np.testing.assert_array_equal(key_map, bits.astype(int) * 2 - 1)
    assert key_map.dtype == np.int8


def test_keys_do_not_change_between_versions():
    """Faces that are protected must open with every later version."""
    assert KEY.subkey("manifest").hex() == (
        "929ec458f64471480f1f2a257d2647ff39d0eef8b4549d2a8ecbaf2c9fbad92a"
    )
    assert KEY.face(3).frame(7).subkey("sealed", 1, 2).hex() == (
        "a27c15a433938d9cdd7ca458b1043510b9549f5a087bae1c7e3dc6d29fc3126c"
    )


def test_all_keys_of_a_picture_are_unrelated():
    """Every way down from two pictures, each taken once, gives another key."""
    found = []
    for picture in (KEY, PictureKey(bytes(32))):
        found += [picture.subkey("manifest"), picture.subkey("frame\0")]
        for face in (*map(picture.face, (0, 1, 2**32 - 1)), FaceKey(picture.to_bytes())):
            for key in (face, face.frame(0), face.frame(2**64 - 1), face.attempt(1)):
                found += [key.secret, key.frame(1).secret, key.attempt(2).secret]
                found += [key.subkey("a"), key.subkey("b"), key.subkey("a", 1), key.subkey("a", 0)]
    assert len(set(found)) == len(found)
    drawn = [key for key in found if key not in (SECRET, bytes(32))]  # those two are the test's own
    bits = np.unpackbits(np.frombuffer(b"".join(drawn), np.uint8)).reshape(len(drawn), 256)
    signs = bits.astype(int) * 2 - 1
    products = signs @ signs.T - 256 * np.eye(len(drawn), dtype=int)
    # Of 256 fair coins each, with a deviation of 16.
    assert np.abs(products).max() < 7 * 16


def test_a_face_key_has_no_way_back_to_the_picture():
    """What it holds is 32 bytes that HKDF gave, and nothing that refers to the picture's key."""
    face = KEY.face(4)
    assert vars(face) == {"secret": face.secret}
    assert SECRET not in face.secret
    ways = [name for name in dir(face) if not name.startswith("_")]
    assert ways == ["attempt", "frame", "map", "secret", "subkey"]
    for name in ("face", "to_bytes", "generate"):
        assert not hasattr(face, name)


def test_maps_differ_between_faces_sizes_and_pictures():
    maps = [
        KEY.face(0).map(32, 32),
        KEY.face(1).map(32, 32),
        KEY.face(0).map(32, 34)[:, :32],
        KEY.face(0).frame(0).map(32, 32),
        KEY.face(0).attempt(1).map(32, 32),
        PictureKey(bytes(32)).face(0).map(32, 32),
    ]
    assert len({m.tobytes() for m in maps}) == len(maps)


def test_a_map_is_balanced():
    assert abs(int(KEY.face(0).map(512, 512).sum())) < 5 * 512


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_has_32_bytes(size):
    for kind in (FaceKey, PictureKey):
        with pytest.raises(PasswordError, match="32 bytes"):
            kind(bytes(size))


def test_generated_keys_differ():
    assert len({PictureKey.generate().to_bytes() for _ in range(1000)}) == 1000


def test_noise_is_uniform_and_never_the_same():
    first, second = noise(64, 48), noise(64, 48)
    assert (first.shape, first.dtype) == ((64, 48, 3), np.uint8)
    first[0, 0, 0] = 0  # it can be written to
    assert np.mean(first == second) < 0.02
    counts = np.bincount(noise(64, 64).reshape(-1), minlength=256)
    expected = 64 * 64 * 3 / 256
    assert np.sum((counts - expected) ** 2 / expected) < 255 + 6 * np.sqrt(510)

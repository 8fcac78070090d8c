import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from proface.errors import DamagedPictureError
from proface.keys import PictureKey
from proface.profile.sealed.encryption import OVERHEAD, SEAL_ID_BYTES, seal, unseal
from tests.profile.sealed.samples import KEY

PLACE = (40, 50)  # height, width
REFUSED = "the sealed face does not open"


def key_of(seal_id):
    """The key of one seal, written out from the primitives."""
    numbers = b"".join(number.to_bytes(4, "big") for number in PLACE)
    secret = expand(bytes(range(32)), b"face\0" + (3).to_bytes(4, "big"))
    return expand(expand(secret, b"subkey\0sealed\0" + numbers), b"seal\0" + seal_id)


def expand(secret, info):
    return HKDFExpand(SHA256(), 32, b"proface/v2/" + info).derive(secret)


def test_what_is_sealed_opens_with_the_primitives_called_directly():
    sealed = seal(b"a face", KEY, *PLACE, b"manifest")
    cipher = ChaCha20Poly1305(key_of(sealed[:SEAL_ID_BYTES]))
    assert cipher.decrypt(bytes(12), sealed[SEAL_ID_BYTES:], b"manifest") == b"a face"
    assert len(sealed) == len(b"a face") + OVERHEAD


def test_what_the_primitives_seal_opens():
    seal_id = bytes(range(100, 116))
    sealed = seal_id + ChaCha20Poly1305(key_of(seal_id)).encrypt(bytes(12), b"a face", b"manifest")
    assert unseal(sealed, KEY, *PLACE, b"manifest") == b"a face"


def test_known_answer():
    """Faces already sealed must open with every later version."""
    sealed = bytes.fromhex(
        "6465666768696a6b6c6d6e6f70717273132b6509a7ba3dde85752622f658c54f1c16740f39fa"
    )
    assert unseal(sealed, KEY, *PLACE, b"manifest") == b"a face"


def test_ten_thousand_seals_share_neither_seal_id_nor_keystream():
    ids, streams, texts = set(), set(), set()
    for _ in range(10_000):
        sealed = seal(bytes(64), KEY, 8, 8, b"")
        seal_id, text = sealed[:SEAL_ID_BYTES], sealed[SEAL_ID_BYTES:-16]
        ids.add(seal_id)
        streams.add(text)  # of zeros: the keystream itself
        texts.add(text[:16])
    assert len(ids) == len(streams) == len(texts) == 10_000


def test_the_keystream_is_chacha20s():
    sealed = seal(bytes(64), KEY, *PLACE, b"")
    key = key_of(sealed[:SEAL_ID_BYTES])
    counter_from_1 = (1).to_bytes(4, "little") + bytes(12)  # block 0 makes Poly1305's key
    encryptor = Cipher(algorithms.ChaCha20(key, counter_from_1), mode=None).encryptor()
    assert sealed[SEAL_ID_BYTES:-16] == encryptor.update(bytes(64))


def test_every_bit_of_a_sealed_text_counts():
    sealed = seal(b"a face", KEY, *PLACE, b"manifest")
    for position in range(8 * len(sealed)):
        spoilt = bytearray(sealed)
        spoilt[position // 8] ^= 1 << position % 8
        with pytest.raises(DamagedPictureError, match=REFUSED):
            unseal(bytes(spoilt), KEY, *PLACE, b"manifest")


def test_every_length_but_the_right_one_is_refused():
    sealed = seal(b"a face", KEY, *PLACE, b"manifest")
    for length in range(len(sealed)):
        with pytest.raises(DamagedPictureError, match=REFUSED):
            unseal(sealed[:length], KEY, *PLACE, b"manifest")
    with pytest.raises(DamagedPictureError, match=REFUSED):
        unseal(sealed + b"\0", KEY, *PLACE, b"manifest")


@pytest.mark.parametrize(
    ("key", "place", "associated"),
    [
        (PictureKey(bytes(32)).face(3), PLACE, b"manifest"),
        (PictureKey(bytes(range(32))).face(4), PLACE, b"manifest"),
        (KEY.frame(0), PLACE, b"manifest"),
        (KEY, (50, 40), b"manifest"),
        (KEY, (40, 51), b"manifest"),
        (KEY, PLACE, b"Manifest"),
        (KEY, PLACE, b""),
    ],
)
def test_anything_else_than_when_sealing_is_noticed(key, place, associated):
    sealed = seal(b"a face", KEY, *PLACE, b"manifest")
    with pytest.raises(DamagedPictureError, match=REFUSED):
        unseal(sealed, key, *place, associated)


def test_equal_faces_look_unlike():
    first, second = (seal(bytes(1000), KEY, *PLACE, b"") for _ in range(2))
    assert hashlib.sha256(first).digest() != hashlib.sha256(second).digest()
    same = sum(a == b for a, b in zip(first, second, strict=True))
    assert same < 20  # 1032 / 256 expected

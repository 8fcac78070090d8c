"""Authenticated encryption of a face (ChaCha20-Poly1305, RFC 8439).

    face key --HKDF("sealed", height, width)--> subkey
    subkey --HKDF("proface/v2/seal", seal id)--> 32-byte key of this one seal, nonce zero
    sealed = seal id (16 random bytes) | ciphertext | tag (16 bytes)

A face may be sealed again under its key, as after an exchange of its scene. A 12-byte random
nonce would begin to be risky after some billions of seals; a random seal id of 16 bytes costs 4
bytes more, and 2^32 seals of one face collide with a chance below 2^-64. As every seal has a key
of its own, its nonce is a constant.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from ...errors import DamagedPictureError
from ...keys import FaceKey

SEAL_ID_BYTES = 16
OVERHEAD = SEAL_ID_BYTES + 16
"""Bytes by which a sealed text is longer than the plain one."""

_NONCE = bytes(12)


def seal(plaintext: bytes, key: FaceKey, height: int, width: int, associated: bytes) -> bytes:
    """Encrypt and authenticate.

    Args:
        plaintext: any bytes.
        key: of the face.
        height: of the face, in pixels.
        width: of the face, in pixels.
        associated: what is not secret but must be the same when unsealing: the canonical
            manifest and the face's box.

    Returns:
        `OVERHEAD` bytes more than the plaintext, that look like random ones without the key.
    """
    seal_id = secrets.token_bytes(SEAL_ID_BYTES)
    cipher = _cipher(key, height, width, seal_id)
    return seal_id + cipher.encrypt(_NONCE, plaintext, associated)


def unseal(sealed: bytes, key: FaceKey, height: int, width: int, associated: bytes) -> bytes:
    """Check and decrypt what `seal` made of the same arguments.

    Raises:
        DamagedPictureError: anything is not as it was: the key, the face's size, the associated
            data, or any bit of the sealed text.
    """
    seal_id, ciphertext = sealed[:SEAL_ID_BYTES], sealed[SEAL_ID_BYTES:]
    try:
        return _cipher(key, height, width, seal_id).decrypt(_NONCE, ciphertext, associated)
    except InvalidTag as error:
        raise DamagedPictureError(
            "the sealed face does not open: the picture or its manifest was changed or exchanged "
            "after it was protected"
        ) from error


def _cipher(key: FaceKey, height: int, width: int, seal_id: bytes) -> ChaCha20Poly1305:
    info = b"proface/v2/seal\0" + seal_id
    subkey = HKDFExpand(SHA256(), 32, info).derive(key.subkey("sealed", height, width))
    return ChaCha20Poly1305(subkey)

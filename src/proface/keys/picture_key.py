"""The key of one picture, and those of its faces.

    picture key, 32 random bytes
      --HKDF("picture", label)--> subkeys that authenticate the manifest
      --HKDF("face", face index)--> face key
    face key
      --HKDF("frame", number)--> key of a tracked face in one frame of a clip
      --HKDF(label, numbers)--> subkeys: seal, commitment, shuffle, key map

All derivations go one way (HKDF-Expand with SHA-256, RFC 5869): whoever has the key of a face
learns nothing of the picture's key or of another face's.
"""

import hashlib
import os
import secrets
import struct
from dataclasses import dataclass, field

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from numpy.typing import NDArray

from ..arrays import Picture
from ..errors import PasswordError
from ..timing import stage

SECRET_BYTES = 32
_PAPER_SALT = b"PRO-Face S"
_PAPER_ITERATIONS = 10


@dataclass(frozen=True)
class FaceKey:
    """The key of one face: it opens that face and no other."""

    secret: bytes = field(repr=False)
    """32 bytes, for a grant."""

    def __post_init__(self) -> None:
        _check_size(self.secret)

    def frame(self, number: int) -> "FaceKey":
        """The key of this face in one frame of a clip.

        Args:
            number: of the frame within its clip, from 0 to 2^64 - 1.
        """
        return FaceKey(expand(self.secret, b"frame\0" + struct.pack(">Q", number)))

    def subkey(self, label: str, *numbers: int) -> bytes:
        """32 bytes for one purpose.

        Args:
            label: what the bytes are for, such as ``key-map``.
            numbers: what they belong to, each from 0 to 2^32 - 1.
        """
        info = b"subkey\0" + label.encode() + b"\0" + struct.pack(f">{len(numbers)}I", *numbers)
        return expand(self.secret, info)

    def attempt(self, number: int) -> "FaceKey":
        """Another key of this face, for protecting it once more; itself for attempt 0."""
        if not number:
            return self
        return FaceKey(expand(self.secret, b"attempt\0" + struct.pack(">I", number)))

    @stage("key")
    def map(self, height: int, width: int) -> NDArray[np.int8]:
        """The key map **k** of the face (eq. 5).

        Args:
            height: of the face, in pixels.
            width: of the face, in pixels.

        Returns:
            int8, height x width, each entry -1 or 1 with equal chance.
        """
        count = height * width
        stream = keystream(self.subkey("key-map", height, width), (count + 7) // 8)
        return _signs(stream, height, width)


@dataclass(frozen=True)
class PictureKey:
    """The key of one picture or clip; make one with `PictureKey.generate`.

    It must protect one picture only: two faces under one face key can be told apart from noise,
    and with enough of them, everything that the key keeps.
    """

    _secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_size(self._secret)

    @classmethod
    def generate(cls) -> "PictureKey":
        """32 bytes from the operating system's random numbers."""
        return cls(secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def from_bytes(cls, secret: bytes) -> "PictureKey":
        """From the 32 bytes that a slot wraps.

        Raises:
            PasswordError: there are not exactly 32 bytes.
        """
        return cls(bytes(secret))

    def to_bytes(self) -> bytes:
        """The 32 bytes, for a slot to wrap. Whoever has them opens every face."""
        return self._secret

    def face(self, index: int) -> FaceKey:
        """The key of one face.

        Args:
            index: of the face in its picture, or of a tracked face in its clip; 0 to 2^32 - 1.
        """
        return FaceKey(expand(self._secret, b"face\0" + struct.pack(">I", index)))

    def subkey(self, label: str) -> bytes:
        """32 bytes for one purpose of the whole picture."""
        return expand(self._secret, b"picture\0" + label.encode())


class PaperFaceKey(FaceKey):
    """The paper's: a password, and the same key map for every face and picture."""

    def __post_init__(self) -> None:
        """Take a password of any length for the secret."""

    def frame(self, number: int) -> "FaceKey":
        """Itself, in every frame."""
        return self

    def attempt(self, number: int) -> "FaceKey":
        """Itself: there is one key map only."""
        return self

    def subkey(self, label: str, *numbers: int) -> bytes:
        """As for `FaceKey`, from the password's bytes."""
        info = b"subkey\0" + label.encode() + b"\0" + struct.pack(f">{len(numbers)}I", *numbers)
        return expand(_paper_stream(self.secret, SECRET_BYTES), info)

    def map(self, height: int, width: int) -> NDArray[np.int8]:
        """The key map, kept as the paper has it: PBKDF2 with a fixed salt (paper, sec. IV-A)."""
        return _signs(_paper_stream(self.secret, (height * width + 7) // 8), height, width)


@dataclass(frozen=True)
class PaperPictureKey(PictureKey):
    """The paper's key of every picture: the password."""

    def __post_init__(self) -> None:
        """Take a password of any length for the secret."""

    def face(self, index: int) -> FaceKey:
        """The same for every face."""
        return PaperFaceKey(self._secret)


def expand(secret: bytes, info: bytes) -> bytes:
    """32 bytes for one purpose: HKDF-Expand with SHA-256, version 2 of the format."""
    return HKDFExpand(SHA256(), SECRET_BYTES, b"proface/v2/" + info).derive(secret)


def keystream(subkey: bytes, size: int) -> bytes:
    """The first ``size`` bytes of ChaCha20's keystream under a 32-byte subkey, counter from 0.

    A subkey is used for one stream only, so the nonce is zero (RFC 8439).
    """
    encryptor = Cipher(algorithms.ChaCha20(subkey, bytes(16)), mode=None).encryptor()
    return encryptor.update(bytes(size))


def noise(height: int, width: int) -> Picture:
    """Uniform noise from the operating system, for who has no key: it tells nothing of any key.

    Returns:
        uint8, height x width x 3.
    """
    samples = np.frombuffer(os.urandom(height * width * 3), np.uint8)
    return samples.reshape(height, width, 3).copy()


def _check_size(secret: bytes) -> None:
    if len(secret) != SECRET_BYTES:
        raise PasswordError(f"a key has {SECRET_BYTES} bytes, not {len(secret)}")


def _paper_stream(password: bytes, size: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password, _PAPER_SALT, _PAPER_ITERATIONS, size)


def _signs(stream: bytes, height: int, width: int) -> NDArray[np.int8]:
    bits = np.unpackbits(np.frombuffer(stream, np.uint8), count=height * width)
    return (bits.astype(np.int8) * 2 - 1).reshape(height, width)

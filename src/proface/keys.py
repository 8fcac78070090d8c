"""From a password to the key maps of single faces.

    password, salt --Argon2id--> 32-byte master key
    master key, picture's salt --HKDF-SHA256--> 32-byte key of one picture
    key --HKDF-SHA256(label, face, height, width)--> 32-byte subkey
    subkey --ChaCha20 keystream--> key map in {-1, 1}

Argon2id makes every guess at a password cost memory and time (RFC 9106); HKDF gives unrelated
subkeys for every purpose, face and size (RFC 5869); ChaCha20 stretches a subkey to any length
(RFC 8439). Every picture has a salt of its own, so no two faces ever share a key map.
"""

import hashlib
import secrets
import struct
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from numpy.typing import NDArray

from .arrays import Picture
from .errors import ManifestError, PasswordError
from .timing import stage

SALT_BYTES = 16
SECRET_BYTES = 32
KEYRING_SIZE = 64
"""Most keys that a `Keyring` keeps; the oldest go first."""
_PAPER_SALT = b"PRO-Face S"
_PAPER_ITERATIONS = 10

Algorithm = Literal["argon2id", "paper", "none"]


@dataclass(frozen=True)
class Derivation:
    """How a password becomes a key. The defaults are RFC 9106's second recommendation."""

    algorithm: Algorithm = "argon2id"
    """``argon2id``; ``paper`` for PBKDF2 with a fixed salt and 10 iterations, which anyone can
    search and which is here for reproduction only; ``none`` for a key given as 32 bytes."""
    time_cost: int = 3
    """Passes over the memory, 1 to 16."""
    memory_kib: int = 65_536
    """Memory in KiB, from 8 per lane up to 1 GiB."""
    lanes: int = 4
    """Parallel lanes, 1 to 16."""

    def __post_init__(self) -> None:
        """Refuse costs that a hostile file might ask for.

        Raises:
            ManifestError: the algorithm is unknown or a cost out of bounds.
        """
        if self.algorithm not in ("argon2id", "paper", "none"):
            raise ManifestError(f"unknown key derivation '{self.algorithm}'")
        bounds = {
            "time_cost": (1, 16),
            "lanes": (1, 16),
            "memory_kib": (8 * self.lanes, 1_048_576),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ManifestError(
                    f"key derivation asks for {name} = {value!r}; allowed are {low} to {high}"
                )


@dataclass(frozen=True)
class Key:
    """The secret that protects and recovers; make one with `derive` or `from_bytes`."""

    salt: bytes
    """16 public bytes that make equal passwords give unrelated keys; empty if there is none."""
    derivation: Derivation
    """How the key was made, for the manifest."""
    _secret: bytes = field(repr=False)

    @classmethod
    @stage("key")
    def derive(
        cls, password: str, salt: bytes | None = None, derivation: Derivation | None = None
    ) -> "Key":
        """A key from a password.

        Args:
            password: any characters, any length but 0; compared in Unicode's NFC form, so that
                it matters not how a keyboard composes an accent.
            salt: 16 bytes; None for fresh random ones, to be read at ``key.salt``.
            derivation: the cost; None for the default.

        Raises:
            PasswordError: the password is empty, the salt is not 16 bytes, or there is not
                enough memory for the derivation.
        """
        derivation = derivation or Derivation()
        encoded = _encode(password)
        if derivation.algorithm == "none":
            raise PasswordError("these faces were protected with a raw key, not a password")
        if derivation.algorithm == "paper":
            return cls(b"", derivation, encoded)
        salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
        if len(salt) != SALT_BYTES:
            raise PasswordError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
        try:
            secret = hash_secret_raw(
                encoded,
                salt,
                time_cost=derivation.time_cost,
                memory_cost=derivation.memory_kib,
                parallelism=derivation.lanes,
                hash_len=SECRET_BYTES,
                type=Type.ID,
            )
        except HashingError as error:
            raise PasswordError(f"the key could not be derived: {error}") from error
        return cls(salt, derivation, secret)

    @classmethod
    def from_bytes(cls, secret: bytes) -> "Key":
        """A key from 32 random bytes, as a program would keep them; nothing is derived.

        The flow uses such a key as it is: number the faces on, or start from
        `Key.for_picture`, so that no two faces share a key map. `proface.protect` does so.

        Raises:
            PasswordError: there are not exactly 32 bytes.
        """
        if len(secret) != SECRET_BYTES:
            raise PasswordError(f"a raw key has {SECRET_BYTES} bytes, not {len(secret)}")
        return cls(b"", Derivation("none"), bytes(secret))

    @stage("key")
    def for_picture(self, picture_salt: bytes) -> "Key":
        """The key of one picture: HKDF-SHA256 with the picture's own salt.

        However many pictures one key protects, no two of their faces share a key map. The
        paper's derivation has no such salt, and returns itself.

        Args:
            picture_salt: 16 public random bytes, kept in the picture's manifest.
        """
        if self.derivation.algorithm == "paper":
            return self
        hkdf = HKDF(SHA256(), SECRET_BYTES, picture_salt, b"proface/picture/v1")
        return replace(self, _secret=hkdf.derive(self._secret))

    def for_frame(self, number: int) -> "Key":
        """The key of one frame of a clip: HKDF-SHA256 with the frame's number for a salt.

        Faces are numbered within their frame; no two frames share a key, so no two faces of a clip
        share a key map. The paper's derivation returns itself.

        Args:
            number: of the frame within its clip, from 0 to 2^64 - 1.
        """
        if self.derivation.algorithm == "paper":
            return self
        hkdf = HKDF(SHA256(), SECRET_BYTES, struct.pack(">Q", number), b"proface/frame/v1")
        return replace(self, _secret=hkdf.derive(self._secret))

    @cached_property
    def _expander(self) -> bytes:
        """The pseudorandom key that HKDF expands."""
        if self.derivation.algorithm == "paper":
            return hashlib.pbkdf2_hmac("sha256", self._secret, _PAPER_SALT, _PAPER_ITERATIONS)
        return self._secret

    def subkey(self, label: str, *numbers: int) -> bytes:
        """32 bytes for one purpose: HKDF-Expand with the label and the numbers as info.

        Args:
            label: what the bytes are for, such as ``key-map/v1``.
            numbers: what they belong to, each from 0 to 2^32 - 1.
        """
        info = b"proface/" + label.encode() + b"\0" + struct.pack(f">{len(numbers)}I", *numbers)
        return HKDFExpand(SHA256(), SECRET_BYTES, info).derive(self._expander)

    @stage("key")
    def map(self, face: int, height: int, width: int) -> NDArray[np.int8]:
        """The key map **k** of one face (eq. 5).

        Args:
            face: the face's index within its picture, from 0.
            height: of the face, in pixels.
            width: of the face, in pixels.

        Returns:
            int8, height x width, each entry -1 or 1 with equal chance.
        """
        count = height * width
        if self.derivation.algorithm == "paper":
            # One map for every face and picture: the paper's fixed salt, kept as it is.
            size = (count + 7) // 8
            stream = hashlib.pbkdf2_hmac(
                "sha256", self._secret, _PAPER_SALT, _PAPER_ITERATIONS, size
            )
        else:
            stream = keystream(self.subkey("key-map/v1", face, height, width), (count + 7) // 8)
        bits = np.unpackbits(np.frombuffer(stream, np.uint8), count=count)
        return (bits.astype(np.int8) * 2 - 1).reshape(height, width)


class Keyring:
    """A password, and the keys that were derived from it lately: each is derived only once.

    Can be pickled, with the password and all; the keys stay behind.
    """

    def __init__(self, password: str) -> None:
        self._password = password
        self._keys: dict[tuple[bytes, Derivation], Key] = {}

    def key(self, salt: bytes, derivation: Derivation) -> Key:
        """The key for a manifest's salt and derivation.

        Raises:
            PasswordError: as for `Key.derive`.
        """
        wanted = (salt, derivation)
        if wanted not in self._keys:
            if len(self._keys) >= KEYRING_SIZE:
                self._keys.pop(next(iter(self._keys)))
            self._keys[wanted] = Key.derive(self._password, salt or None, derivation)
        return self._keys[wanted]

    def __reduce__(self) -> "tuple[type[Keyring], tuple[str]]":
        return Keyring, (self._password,)


def key_from(password: str | Key, salt: bytes | None = None) -> Key:
    """A key as it is, or the one that is derived from a password.

    Args:
        password: or the key.
        salt: for a password; None for a fresh one.

    Raises:
        PasswordError: as for `Key.derive`.
    """
    return password if isinstance(password, Key) else Key.derive(password, salt)


def keystream(subkey: bytes, size: int) -> bytes:
    """The first ``size`` bytes of ChaCha20's keystream under a 32-byte subkey, counter from 0.

    A subkey is used for one stream only, so the nonce is zero.
    """
    encryptor = Cipher(algorithms.ChaCha20(subkey, bytes(16)), mode=None).encryptor()
    return encryptor.update(bytes(size))


def _encode(password: str) -> bytes:
    if not password:
        raise PasswordError("the password is empty")
    try:
        return unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError as error:
        raise PasswordError("the password is not valid Unicode text") from error


def noise_like(key: Key, face: int, height: int, width: int) -> Picture:
    """Uniform noise from the key.

    Returns:
        uint8, height x width x 3, the same for the same key and face.
    """
    subkey = key.subkey("noise/v1", face, height, width)
    samples = np.frombuffer(keystream(subkey, height * width * 3), np.uint8)
    return samples.reshape(height, width, 3).copy()

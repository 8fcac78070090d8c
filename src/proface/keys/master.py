"""From a password to a key that opens any number of pictures.

    password, salt --Argon2id--> 32 bytes that wrap the keys of pictures

Argon2id makes every guess at a password cost memory and time (RFC 9106).
"""

import secrets
import unicodedata
from dataclasses import dataclass, field

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import PasswordError
from ..timing import stage
from .derivation import Derivation
from .picture_key import SECRET_BYTES, PaperPictureKey, PictureKey

SALT_BYTES = 16
WRAPPED_BYTES = SALT_BYTES + SECRET_BYTES + 16
"""Salt, ciphertext and tag of a wrapped key."""
KEYRING_SIZE = 64
"""Most keys that a `Keyring` keeps; the oldest go first."""
_NONCE = bytes(12)


@dataclass(frozen=True)
class Key:
    """A secret that opens any number of pictures; make one with `derive` or `from_bytes`.

    It never touches a face itself: every picture has a random key of its own, which this one
    wraps.
    """

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

        Raises:
            PasswordError: there are not exactly 32 bytes.
        """
        if len(secret) != SECRET_BYTES:
            raise PasswordError(f"a raw key has {SECRET_BYTES} bytes, not {len(secret)}")
        return cls(b"", Derivation("none"), bytes(secret))

    @stage("key")
    def for_picture(self, picture_salt: bytes) -> PictureKey:
        """The key of one picture, derived: HKDF-SHA256 with the picture's own salt.

        For `Flow`, and for the paper's profiles, whose files wrap no key. The paper's derivation
        has no such salt: its pictures all have the same key.

        Args:
            picture_salt: 16 public random bytes, never used for another picture.

        Raises:
            PasswordError: the salt is not 16 bytes.
        """
        if self.derivation.algorithm == "paper":
            return PaperPictureKey(self._secret)
        if len(picture_salt) != SALT_BYTES:
            raise PasswordError(f"a picture's salt has {SALT_BYTES} bytes, not {len(picture_salt)}")
        return PictureKey(self._expand(picture_salt, b"picture"))

    def wrap(self, key: PictureKey) -> bytes:
        """A picture's key encrypted with this one: `WRAPPED_BYTES` bytes.

        salt (16 random bytes) | ChaCha20-Poly1305 of the key, with a key from HKDF-SHA256(salt)

        Every salt gives a key of its own, so the nonce is zero.

        Raises:
            PasswordError: this is the paper's key, which wraps nothing.
        """
        if self.derivation.algorithm == "paper":
            raise PasswordError("the paper's key derivation is for the paper's profiles only")
        salt = secrets.token_bytes(SALT_BYTES)
        cipher = ChaCha20Poly1305(self._expand(salt, b"slot"))
        return salt + cipher.encrypt(_NONCE, key.to_bytes(), None)

    def unwrap(self, wrapped: bytes) -> PictureKey | None:
        """The picture's key that `wrap` encrypted; None if it was another key."""
        salt, ciphertext = wrapped[:SALT_BYTES], wrapped[SALT_BYTES:]
        try:
            cipher = ChaCha20Poly1305(self._expand(salt, b"slot"))
            return PictureKey(cipher.decrypt(_NONCE, ciphertext, None))
        except InvalidTag:
            return None

    def _expand(self, salt: bytes, purpose: bytes) -> bytes:
        info = b"proface/v2/master\0" + purpose
        return HKDF(SHA256(), SECRET_BYTES, salt, info).derive(self._secret)


class Keyring:
    """A password, and the keys that were derived from it lately: each is derived only once.

    Can be pickled, with the password and all; the keys stay behind.
    """

    def __init__(self, password: str) -> None:
        self._password = password
        self._keys: dict[tuple[bytes, Derivation], Key] = {}

    def key(self, salt: bytes, derivation: Derivation) -> Key:
        """The key for a slot's salt and derivation.

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


def _encode(password: str) -> bytes:
    if not password:
        raise PasswordError("the password is empty")
    try:
        return unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError as error:
        raise PasswordError("the password is not valid Unicode text") from error

"""Signatures (Ed25519, RFC 8032) of who protected a picture; keys in PEM files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ..errors import IdentityError
from .recipients import MAX_CHARACTERS, read_secret

SignatureState = Literal["none", "missing", "valid", "invalid", "unknown signer", "another signer"]
"""What a signature proves: ``unknown signer`` fits, but nobody said whose it should be; ``missing``
where there is none, but somebody was named."""

PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64


@dataclass(frozen=True)
class Signature:
    """Who vouches for a text, and the proof."""

    signer: bytes
    """The public key, 32 bytes."""
    value: bytes
    """64 bytes."""

    def fits(self, text: bytes) -> bool:
        """Whether the signer signed this text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.signer).verify(self.value, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private key that signs; make one with `load`. Can be pickled."""

    _secret: bytes = field(repr=False)

    @classmethod
    def load(cls, path: str | Path) -> "SigningKey":
        """From a PEM file (PKCS #8) that its owner alone may read, without a passphrase.

        ``openssl genpkey -algorithm ed25519 -out sign.pem`` makes one.

        Raises:
            IdentityError: it cannot be read, others may read it, it is encrypted, or it is no
                private key of Ed25519.
        """
        content = read_secret(Path(path))
        try:
            key = load_pem_private_key(content, password=None)
        except TypeError as error:
            raise IdentityError(
                f"the signing key {path} is encrypted with a passphrase; decrypt a copy first with "
                "`openssl pkey`"
            ) from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise IdentityError(f"{path} holds no private key in PEM: {error}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise IdentityError(f"the signing key {path} is not one of Ed25519")
        return cls(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))

    def sign(self, text: bytes) -> Signature:
        """Sign a text."""
        key = Ed25519PrivateKey.from_private_bytes(self._secret)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Signature(public, key.sign(text))


def state_of(signature: Signature | None, text: bytes, wanted: bytes | None) -> SignatureState:
    """What a signature proves.

    Args:
        signature: from a file of unknown origin; None if there is none.
        text: that it should be of.
        wanted: the public key of who should have signed; None where nobody is known.
    """
    if signature is None:
        return "none" if wanted is None else "missing"
    if not signature.fits(text):
        return "invalid"
    if wanted is None:
        return "unknown signer"
    return "valid" if signature.signer == wanted else "another signer"


def load_signer(source: str | Path | bytes) -> bytes:
    """The public key of a signer, 32 bytes, from a PEM file.

    ``openssl pkey -in sign.pem -pubout -out signer.pem`` makes one.

    Args:
        source: the file, or its bytes.

    Raises:
        IdentityError: it cannot be read, or is no public key of Ed25519.
    """
    try:
        if isinstance(source, bytes):
            name, content = "the signer's key", source
        else:
            name = str(source)
            with Path(source).open("rb") as file:
                content = file.read(MAX_CHARACTERS)
        key = load_pem_public_key(content)
    except OSError as error:
        raise IdentityError(f"cannot read {name}: {error.strerror or error}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise IdentityError(f"{name} holds no public key in PEM: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise IdentityError(f"{name} is not a public key of Ed25519")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)

"""Keys that sign, made by tests."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


def write_private(path: Path, key: object, encryption: KeySerializationEncryption) -> Path:
    """A private key as PEM that its owner alone may read."""
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    path.chmod(0o600)
    return path


def write_public(path: Path, key: object) -> Path:
    """The public key that belongs to a private one, as PEM."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path.write_bytes(pem)
    return path


def signing_key(folder: Path, name: str = "sign") -> Path:
    """A new key that signs, in ``NAME.pem``; who checks has ``NAME.pub.pem``."""
    key = Ed25519PrivateKey.generate()
    write_public(folder / f"{name}.pub.pem", key)
    return write_private(folder / f"{name}.pem", key, NoEncryption())

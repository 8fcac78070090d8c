"""What opens, or may open, the files of one run: made once, for all its workers."""

import hmac
from dataclasses import dataclass, field

from ..errors import GrantError, PasswordError
from ..keys import Access, Derivation, Grant, Identity, Key, Keyring, Secret, key_from

Given = Secret | Access
"""What a user gives: a password, a key, a ring of keys, an identity, or an access."""

WorkSecret = Access | Key | Keyring | Identity
"""What workers get; can be pickled. Of a password that protects, only its key is in it."""


@dataclass(frozen=True)
class SessionKey:
    """The key of a run's journal, which follows from the secret alone."""

    key: bytes = field(repr=False)
    """32 bytes, for `proface.folder.marks.KeyedMarks`."""
    salt: bytes
    """With which it was derived from a password; empty if it was not."""
    check: str
    """16 bits that tell another secret, other recipients or another signer; hexadecimal."""


def access_for(given: Given, salt: bytes | None) -> Access:
    """Who may open what a run protects.

    Args:
        given: a password, a key or an access.
        salt: of the run that is taken up; None for a fresh one.

    Raises:
        PasswordError: it is none of these, is empty, or its key was derived with another salt.
        GrantError: it is a grant.
    """
    _refuse_grant(given)
    if isinstance(given, Keyring | Identity):
        raise PasswordError(
            "a folder is protected with a password, a key or an access; to protect it for an "
            "identity, give the identity's recipient"
        )
    if not isinstance(given, Access):
        return Access(key_from(given, salt))
    if salt and given.key is not None and given.key.salt and given.key.salt != salt:
        raise PasswordError(
            "the key of this access was derived with another salt than that of the run that is "
            "taken up: give `Access.make` the salt of the `Batch`, or the password alone"
        )
    return given


def secret_for(given: Given) -> Key | Keyring | Identity:
    """What opens the files of a run; of a password each key is derived once in each worker.

    Raises:
        PasswordError: it is an access, which opens nothing.
        GrantError: it is a grant.
    """
    _refuse_grant(given)
    if isinstance(given, Access):
        raise PasswordError(
            "an access says who may open what is protected; what recovers is the password, the "
            "key or an identity"
        )
    return Keyring(given) if isinstance(given, str) else given


def session_key(secret: WorkSecret, salt: bytes, own: bytes) -> SessionKey | None:
    """The key of a run's journal; None for recipients alone, for whom nothing secret is here.

    Args:
        secret: what the workers get.
        salt: 16 bytes, for a password that recovers.
        own: 16 random bytes of the journal's own.

    Raises:
        PasswordError: as for `proface.Key.derive`.
    """
    others: tuple[bytes, ...] = ()
    master: Key | None = None
    if isinstance(secret, Identity):
        key, salt = hmac.digest(own, _canonical(secret), "sha256"), b""
    else:
        if isinstance(secret, Access):
            master, others = secret.key, _others(secret)
        else:
            master = secret if isinstance(secret, Key) else secret.key(salt, Derivation())
        if master is None:
            return None
        key, salt = master.for_picture(own).subkey("folder-journal"), master.salt
    check = hmac.digest(key, b"\0".join((b"check", *others)), "sha256")[:2].hex()
    return SessionKey(key, salt, check)


def _refuse_grant(given: object) -> None:
    if isinstance(given, Grant):
        raise GrantError(
            "a grant opens single faces of one file, and is not for a folder: recover that file "
            "alone"
        )


def _others(access: Access) -> tuple[bytes, ...]:
    """Who else may open, and who signs."""
    signer = access.signing_key.sign(b"").signer if access.signing_key else b""
    return signer, *(each.encode() for each in sorted(access.recipients))


def _canonical(identity: Identity) -> bytes:
    """The secrets of an identity, without its remarks, in an order of their own."""
    lines = {line.strip() for line in identity.to_text().splitlines()}
    return "\n".join(sorted(each for each in lines if not each.startswith("#"))).encode()

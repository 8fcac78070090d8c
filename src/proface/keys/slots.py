"""Slots: a picture's key wrapped for those who may open it.

    PasswordSlot  the key encrypted with a password's (Argon2id), or with a key of 32 bytes
    AgeSlot       an age file that holds the key, for one or more recipients
    DirectSlot    the paper's profiles: nothing is wrapped; the password's key is the picture's

A manifest has 1 to 64 slots, and any of them opens it. A direct slot stands alone, and tells
nobody whether a password is right.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import ManifestError, PasswordError, RecipientError, WrongKeyError
from .derivation import Derivation
from .master import SALT_BYTES, WRAPPED_BYTES, Key, Keyring
from .picture_key import SECRET_BYTES, PictureKey
from .recipients import Identity, count_recipients, encrypt

MAX_SLOTS = 64
MAX_AGE_BYTES = 64 * 1024
"""Of one age file in a slot."""
MAX_WORK = 16 * 2**20
"""Most KiB that all derivations of a manifest may fill together: as much as one may."""

Secret = str | Key | Keyring | Identity
"""What opens a picture: a password, a key, a ring of them, or an identity."""


@dataclass(frozen=True)
class PasswordSlot:
    """The key wrapped for a password, or for a key of 32 bytes (derivation ``none``).

    Raises:
        ManifestError: the salt or the wrapped key has another length, or the derivation is the
            paper's.
    """

    derivation: Derivation
    salt: bytes
    """Of the derivation: 16 bytes, or none where nothing is derived."""
    wrapped: bytes
    """See `Key.wrap`."""

    def __post_init__(self) -> None:
        if self.derivation.algorithm == "paper":
            raise ManifestError("the paper's key derivation is for the paper's profiles only")
        _check_salt(self.derivation, self.salt)
        if len(self.wrapped) != WRAPPED_BYTES:
            raise ManifestError(
                f"a slot wraps a key in {WRAPPED_BYTES} bytes, not {len(self.wrapped)}"
            )


@dataclass(frozen=True)
class AgeSlot:
    """The key in an age file.

    Raises:
        ManifestError: it is too long.
    """

    age_file: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.age_file) <= MAX_AGE_BYTES:
            raise ManifestError(
                f"an age file in a slot has 1 to {MAX_AGE_BYTES} bytes, not {len(self.age_file)}"
            )

    @property
    def recipients(self) -> int:
        """How many recipients its header names, which anyone may have written."""
        return count_recipients(self.age_file)


@dataclass(frozen=True)
class DirectSlot:
    """How a password becomes the key itself, for the paper's profiles.

    Raises:
        ManifestError: a salt has another length.
    """

    derivation: Derivation
    salt: bytes
    """Of the derivation: 16 bytes, or none where it has no use for it."""
    picture_salt: bytes
    """16 bytes, see `Key.for_picture`."""

    def __post_init__(self) -> None:
        _check_salt(self.derivation, self.salt)
        if len(self.picture_salt) != SALT_BYTES:
            raise ManifestError(
                f"a picture's salt has {SALT_BYTES} bytes, not {len(self.picture_salt)}"
            )


Slot = PasswordSlot | AgeSlot | DirectSlot


def check_slots(slots: Sequence[Slot]) -> None:
    """Refuse what no manifest may hold.

    Raises:
        ManifestError: there is none, there are too many, they ask for too much work, or a direct
            slot does not stand alone.
    """
    if not 1 <= len(slots) <= MAX_SLOTS:
        raise ManifestError(f"the manifest has {len(slots)} slots; 1 to {MAX_SLOTS} are possible")
    if len(slots) > 1 and any(isinstance(each, DirectSlot) for each in slots):
        raise ManifestError("the manifest has other slots beside a direct one")
    work = sum(each.work for each in derivations(slots))
    if work > MAX_WORK:
        raise ManifestError(
            f"the manifest's slots ask for {work // 2**20} GiB of work; at most "
            f"{MAX_WORK // 2**20} are allowed"
        )


def derivations(slots: Sequence[Slot]) -> list[Derivation]:
    """Of the slots that a password opens."""
    return [each.derivation for each in slots if not isinstance(each, AgeSlot)]


def wrap(key: PictureKey, master: Key | None, recipients: Sequence[str]) -> tuple[Slot, ...]:
    """Slots for a password's key, for recipients, or for both.

    Args:
        key: of the picture.
        master: from a password or from 32 bytes; None for recipients alone.
        recipients: see `proface.keys.recipients`.

    Raises:
        PasswordError: there is neither, or the master key is the paper's.
        RecipientError: a recipient is none, or there are too many.
    """
    slots: list[Slot] = []
    if master is not None:
        slots.append(PasswordSlot(master.derivation, master.salt, master.wrap(key)))
    if recipients:
        slots.append(AgeSlot(encrypt(key.to_bytes(), recipients)))
    if not slots:
        raise PasswordError("nobody could open the picture: give a password or recipients")
    return tuple(slots)


def direct(master: Key | None, recipients: Sequence[str]) -> tuple[PictureKey, tuple[Slot, ...]]:
    """The key of one picture for the paper's profiles, and the slot that says how it was made.

    Raises:
        PasswordError: there is no password.
        RecipientError: there are recipients.
    """
    if recipients:
        raise RecipientError("the paper's profiles know passwords only, and no recipients")
    if master is None:
        raise PasswordError("the paper's profiles need a password")
    slot = DirectSlot(master.derivation, master.salt, secrets.token_bytes(SALT_BYTES))
    return master.for_picture(slot.picture_salt), (slot,)


def unwrap(slots: Sequence[Slot], secret: Secret, allow_weak: bool = False) -> PictureKey:
    """The picture's key.

    Args:
        slots: of the manifest, from a file of unknown origin.
        secret: a password, a key, a ring of keys, or an identity.
        allow_weak: whether a password may be tried against a derivation that costs less than the
            default. A forger may have weakened it, to learn the password from what it gives.

    Raises:
        WrongKeyError: no slot opens with it.
        PasswordError: the password is empty, or the derivation is weak.
    """
    ring = Keyring(secret) if isinstance(secret, str) else secret
    for slot in slots:
        key = _try(slot, ring, allow_weak)
        if key is not None:
            return key
    raise WrongKeyError(_why(slots, ring))


def _try(slot: Slot, secret: Key | Keyring | Identity, allow_weak: bool) -> PictureKey | None:
    if isinstance(slot, AgeSlot):
        found = secret.decrypt(slot.age_file) if isinstance(secret, Identity) else None
        return PictureKey(found) if found is not None and len(found) == SECRET_BYTES else None
    if isinstance(secret, Identity):
        return None
    if isinstance(secret, Key):
        if (secret.salt, secret.derivation) != (slot.salt, slot.derivation):
            return None
        master = secret
    elif slot.derivation.algorithm == "none":
        return None
    else:
        if slot.derivation.is_weak and not allow_weak:
            raise PasswordError(
                f"the file asks for a weak key derivation ({slot.derivation}; usual is "
                f"{Derivation()}): whoever made or changed it may want to find out the password. "
                "Allow weak derivations only if you know that it was protected so"
            )
        master = secret.key(slot.salt, slot.derivation)
    if isinstance(slot, DirectSlot):
        return master.for_picture(slot.picture_salt)
    return master.unwrap(slot.wrapped)


def _why(slots: Sequence[Slot], secret: Key | Keyring | Identity) -> str:
    kinds = {type(slot) for slot in slots}
    if isinstance(secret, Identity):
        if AgeSlot not in kinds:
            return "the picture was protected with a password, and for no recipient"
        return "this identity is of no recipient of the picture"
    if kinds == {AgeSlot}:
        return "the picture was protected for recipients only: it opens with an identity"
    if isinstance(secret, Key):
        return "this key was not made for this picture"
    return "wrong password: the picture was protected with another one"


def _check_salt(derivation: Derivation, salt: bytes) -> None:
    saltless = derivation.algorithm != "argon2id" and not salt
    if len(salt) != SALT_BYTES and not saltless:
        raise ManifestError(f"a slot's salt has {SALT_BYTES} bytes, not {len(salt)}")

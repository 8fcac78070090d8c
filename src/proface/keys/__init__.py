"""Passwords, keys, recipients and signatures.

    password --Argon2id--> master key -+
    recipients --age-------------------+--> slots wrap the random picture key
    picture key --HKDF--> face keys --HKDF--> all that a face needs

`master` derives and wraps; `picture_key` has the key schedule; `slots` opens a manifest;
`recipients` speaks the age format; `grants` gives single faces away; `signing` signs; `access`
puts together who may open what is protected.
"""

from .access import Access
from .derivation import Algorithm, Derivation
from .grants import Grant
from .master import SALT_BYTES, Key, Keyring, key_from
from .picture_key import FaceKey, PictureKey, keystream, noise
from .recipients import Identity
from .signing import Signature, SigningKey
from .slots import AgeSlot, DirectSlot, PasswordSlot, Secret, Slot

__all__ = [
    "SALT_BYTES",
    "Access",
    "AgeSlot",
    "Algorithm",
    "Derivation",
    "DirectSlot",
    "FaceKey",
    "Grant",
    "Identity",
    "Key",
    "Keyring",
    "PasswordSlot",
    "PictureKey",
    "Secret",
    "Signature",
    "SigningKey",
    "Slot",
    "key_from",
    "keystream",
    "noise",
]

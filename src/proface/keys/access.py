"""Who may open what is protected, and who vouches for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import PasswordError
from .master import Key, key_from
from .picture_key import PictureKey
from .recipients import check_recipients
from .signing import SigningKey
from .slots import Slot, direct, wrap


@dataclass(frozen=True)
class Access:
    """Who may open what is protected, and who vouches for it; made once for many pictures.

    With recipients alone, nothing that opens a picture is kept on the machine that protects it.
    """

    key: Key | None = field(default=None, repr=False)
    """From a password, or of 32 bytes; None for recipients alone."""
    recipients: tuple[str, ...] = ()
    """``age1...``, ``ssh-ed25519 ...`` or ``ssh-rsa ...``."""
    signing_key: SigningKey | None = field(default=None, repr=False)
    """Signs the manifest; None for no signature."""

    @classmethod
    def make(
        cls,
        password: str | Key | None,
        recipients: str | Sequence[str] = (),
        sign_key: str | Path | SigningKey | None = None,
        salt: bytes | None = None,
    ) -> "Access":
        """From what a user gives; a password's key is derived here, in a tenth of a second.

        Args:
            password: or a `Key`; None for recipients alone.
            recipients: see `proface.keys.recipients`.
            sign_key: or the file that holds it.
            salt: 16 bytes, for a password whose key was derived before; None for fresh ones.

        Raises:
            PasswordError: there is neither a password nor a recipient, or the password is empty.
            RecipientError: a recipient is none, or there are too many.
            IdentityError: the signing key cannot be used.
        """
        if password is None and not recipients:
            raise PasswordError("nobody could open the result: give a password or recipients")
        if isinstance(sign_key, str | Path):
            sign_key = SigningKey.load(sign_key)
        key = None if password is None else key_from(password, salt)
        return cls(key, check_recipients(recipients), sign_key)

    @classmethod
    def of(cls, access: "str | Key | Access") -> "Access":
        """Itself, or the access that a password or a key gives.

        Raises:
            PasswordError: the password is empty.
        """
        return access if isinstance(access, Access) else cls.make(access)

    def new_picture(self, authenticated: bool) -> tuple[PictureKey, tuple[Slot, ...]]:
        """A fresh key for one more picture, and the slots that open it.

        Args:
            authenticated: whether the profile authenticates; the paper's profiles, which do not,
                wrap no key.

        Raises:
            ProfaceError: as for `proface.keys.slots.wrap` and `direct`.
        """
        if not authenticated:
            return direct(self.key, self.recipients)
        key = PictureKey.generate()
        return key, wrap(key, self.key, self.recipients)

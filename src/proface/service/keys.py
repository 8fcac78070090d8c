"""Whom a request protects a picture for, and what a request opens one with.

These go to a process through a pipe, and are made into keys there, within its limits: a key that
someone sends may take long to read.
"""

from dataclasses import dataclass, field

from ..errors import GrantError, IdentityError, OptionError, PasswordError
from ..keys import Access, Grant, Identity, Secret
from ..keys.recipients import MAX_CHARACTERS, parse_recipients


@dataclass(frozen=True)
class Audience:
    """Whom a picture is protected for."""

    password: str | None = field(repr=False)
    """None for recipients alone."""
    recipients: str
    """One a line."""

    def access(self) -> Access:
        """Who may open the picture; a password's key is derived here.

        Raises:
            PasswordError: there is neither a password nor a recipient.
            RecipientError: a recipient is none, or there are too many.
        """
        return Access.make(self.password, parse_recipients(self.recipients))


@dataclass(frozen=True)
class Opening:
    """What a picture is opened with."""

    password: str | None = field(default=None, repr=False)
    identity: bytes | None = field(default=None, repr=False)
    """The file's bytes."""
    grant: bytes | None = field(default=None, repr=False)
    """The file's bytes; it opens with the identity."""
    allow_weak: bool = False
    """Whether the password is tried against a derivation that costs less than the default."""

    def secret(self) -> Secret | Grant:
        """What opens the picture.

        Raises:
            PasswordError: there is none.
            OptionError: there are a password and an identity.
            IdentityError: the identity is none, or is encrypted.
            GrantError: the grant does not open with the identity, or there is no identity.
        """
        secret = self.secret_if_any()
        if secret is None:
            raise PasswordError("nothing opens the picture: give a password or an identity")
        return secret

    def secret_if_any(self) -> Secret | Grant | None:
        """What opens the picture; None if nothing was given. It raises what `secret` raises."""
        if self.identity is None:
            if self.grant is not None:
                raise GrantError("a grant opens with the identity of its recipient: give both")
            return self.password
        if self.password is not None:
            raise OptionError("give a password or an identity, not both")
        if len(self.identity) > MAX_CHARACTERS:
            raise IdentityError(f"the identity has more than {MAX_CHARACTERS} bytes")
        identity = Identity.parse(self.identity.decode("utf-8", "replace"))
        return identity if self.grant is None else Grant.open(self.grant, identity)

"""What opens a protected picture, as a command line names it: a password, identities, a grant."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import UsageError
from .password import PasswordSource

if TYPE_CHECKING:
    # Only here: these bring numpy, for which `proface --version` need not wait.
    from ..keys import Grant, Identity, Secret

Identities = Annotated[
    list[Path] | None,
    typer.Option(
        "--identity",
        "-i",
        help="Open it as a recipient: the file of an identity, as `proface keygen` writes it, or "
        "an OpenSSH private key; repeat it to try several. No password is asked for then.",
        metavar="FILE",
        show_default=False,
    ),
]
GrantFile = Annotated[
    Path | None,
    typer.Option(
        "--grant",
        help="With -i: open the faces of this grant alone, as `proface grant` writes it.",
        metavar="FILE",
        show_default=False,
    ),
]
AllowWeak = Annotated[
    bool,
    typer.Option(
        "--allow-weak-derivation",
        help="Try the password even where the file makes guessing it cheaper than usual. A forger "
        "may have done that, to find it out.",
    ),
]
WithPassword = Annotated[
    bool,
    typer.Option(
        "--with-password",
        help="Open it with the password: from the variable, or else a prompt.",
    ),
]


@dataclass(frozen=True)
class SecretOptions:
    """What opens a protected picture."""

    password: PasswordSource
    identities: list[Path] = field(default_factory=list)
    """Files; without them, the password opens."""
    grant: Path | None = None
    allow_weak: bool = False

    @property
    def inputs(self) -> list[Path]:
        """Files that no result may replace."""
        files = (self.password.file, self.grant, *self.identities)
        return [path for path in files if path is not None]

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            UsageError: a grant without an identity, or an identity beside a password.
        """
        self.password.check()
        if self.grant is not None and not self.identities:
            raise UsageError("--grant opens with the identity that it was made for; add -i FILE")
        if self.identities and self.password.given:
            raise UsageError("give either a password or an identity, not both")

    def obtain(self, source: Path) -> "Secret | Grant":
        """The secret, or the grant.

        Args:
            source: the picture.

        Raises:
            PasswordError: as for `PasswordSource.obtain`.
            IdentityError: an identity cannot be used.
            GrantError: the grant does not open.
            UsageError: options do not go together.
        """
        from ..keys import Grant

        self.check()
        if self.grant is None:
            return self.whole(source)
        return Grant.open(self.grant, self._identity())

    def whole(self, source: Path) -> "Secret":
        """The secret, for what no grant can do; raises as `obtain`."""
        self.check()
        return self._identity() if self.identities else self.password.obtain(source)

    def _identity(self) -> "Identity":
        from ..keys import Identity

        return Identity.joined([Identity.load(path) for path in self.identities])

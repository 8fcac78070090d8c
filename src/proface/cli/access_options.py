"""Who may open what is protected, as a command line names them: a password, recipients."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from .console import note
from .password import VARIABLE, PasswordSource

if TYPE_CHECKING:
    # Only here: these bring numpy, for which `proface --version` need not wait.
    from ..keys import Access, Slot

Recipients = Annotated[
    list[str] | None,
    typer.Option(
        "--recipient",
        "-r",
        help="Who may open it: age1..., 'ssh-ed25519 ...' or 'ssh-rsa ...'; repeat it for several.",
        metavar="KEY",
        show_default=False,
    ),
]
RecipientsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--recipients-file",
        "-R",
        help="File of such recipients, one a line; repeat it for several.",
        metavar="FILE",
        show_default=False,
    ),
]
WithPassword = Annotated[
    bool,
    typer.Option(
        "--with-password",
        help="Beside recipients: let a password open it, too, from the variable or a prompt. "
        "Without recipients, a password is always wanted.",
    ),
]
SignKey = Annotated[
    Path | None,
    typer.Option(
        help="Sign who protected it, with this Ed25519 key, as `openssl genpkey -algorithm "
        "ed25519` makes it.",
        metavar="FILE.pem",
        show_default=False,
    ),
]


class AccessMaker(Protocol):
    """Derives the key of a password that is at hand, and puts the access together."""

    def __call__(self, salt: bytes | None = None) -> "Access":
        """The access; with the salt of an earlier run, or a fresh one."""


@dataclass(frozen=True)
class AccessOptions:
    """Who may open what is protected."""

    password: PasswordSource
    with_password: bool = False
    recipients: list[str] = field(default_factory=list)
    recipients_files: list[Path] = field(default_factory=list)
    sign_key: Path | None = None

    @property
    def inputs(self) -> list[Path]:
        """Files that no result may replace."""
        files = (self.password.file, self.sign_key, *self.recipients_files)
        return [path for path in files if path is not None]

    def all_recipients(self) -> tuple[str, ...]:
        """Those of the options and those of the files.

        Raises:
            RecipientError: one is none, there are too many, or a file cannot be read.
        """
        from ..keys.recipients import check_recipients, read_recipients

        in_files = [each for path in self.recipients_files for each in read_recipients(path)]
        return check_recipients([*self.recipients, *in_files])

    def prepare(self, source: Path | None) -> "AccessMaker":
        """What makes the access: all is read and asked for, and only the key is still to derive.

        Args:
            source: the picture.

        Raises:
            RecipientError: a recipient is none, or there are too many.
            IdentityError: the signing key cannot be used.
            PasswordError: as for `PasswordSource.obtain`, and so is UsageError.
        """
        from ..keys import Access, SigningKey, key_from

        self.password.check()
        recipients = self.all_recipients()
        signing_key = None if self.sign_key is None else SigningKey.load(self.sign_key)
        password = None
        if not recipients or self.with_password or self.password.given:
            password = self.password.obtain(source, confirm=True)
        elif self.password.name == "password" and VARIABLE in os.environ:
            note([f"{VARIABLE} does not count beside recipients; --with-password adds it"])

        def make(salt: bytes | None = None) -> Access:
            key = None if password is None else key_from(password, salt)
            return Access(key, recipients, signing_key)

        return make


@dataclass(frozen=True)
class Openers:
    """Who can open something."""

    password: bool
    """Whether a password, or a key of 32 bytes, can."""
    recipients: int

    @classmethod
    def of(cls, slots: "tuple[Slot, ...]") -> "Openers":
        """Those of a manifest."""
        from ..keys import AgeSlot

        ages = [slot for slot in slots if isinstance(slot, AgeSlot)]
        return cls(len(ages) < len(slots), sum(slot.recipients for slot in ages))

    @property
    def sentence(self) -> str:
        """Who gives the faces back; empty where a password alone does, as usual."""
        if not self.recipients:
            return ""
        each = "recipient" if self.recipients == 1 else f"{self.recipients} recipients"
        if self.password:
            return f"the password gives the faces back, and so does an identity of the {each}"
        return (
            f"only an identity of the {each} gives the faces back: nobody on this machine can "
            "recover them, unless one is kept here"
        )

    @property
    def secret(self) -> str:
        """What opens it, in a few words."""
        ways = ["the password"] * self.password + ["an identity"] * bool(self.recipients)
        return " or ".join(ways)

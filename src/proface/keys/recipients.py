"""Recipients and identities in the age format (https://age-encryption.org/v1), by pyrage.

A recipient is public: who has it can encrypt to its owner. An identity is secret, and opens.
"""

import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pyrage

from ..errors import IdentityError, RecipientError

MAX_RECIPIENTS = 64
"""Most recipients of one file."""
MAX_CHARACTERS = 64 * 1024
"""Of a file of recipients or of an identity."""
_AGE, _SECRET = "age1", "AGE-SECRET-KEY-1"
_SSH = ("ssh-ed25519 ", "ssh-rsa ")
_PEM = re.compile(r"-----BEGIN (OPENSSH PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)
_STANZA = re.compile(rb"^-> (?:X25519|ssh-ed25519|ssh-rsa) ", re.MULTILINE)
_HEADER_END = b"\n--- "
_ENCRYPTED = ("age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----")
_Recipient: TypeAlias = pyrage.x25519.Recipient | pyrage.ssh.Recipient
_Identity: TypeAlias = pyrage.x25519.Identity | pyrage.ssh.Identity


def encrypt(secret: bytes, recipients: Sequence[str]) -> bytes:
    """An age file that each of the recipients can open.

    Args:
        secret: what it holds.
        recipients: 1 to 64 keys, ``age1...``, ``ssh-ed25519 ...`` or ``ssh-rsa ...``.

    Raises:
        RecipientError: there is none, there are too many, or one is no such key.
    """
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        raise RecipientError(
            f"there are {len(recipients)} recipients; 1 to {MAX_RECIPIENTS} are possible"
        )
    return bytes(pyrage.encrypt(secret, [_recipient(each) for each in recipients]))


def count_recipients(age_file: bytes) -> int:
    """How many recipients an age file names; what pads its header does not count."""
    return len(_STANZA.findall(age_file.partition(_HEADER_END)[0]))


def check_recipients(recipients: str | Iterable[str]) -> tuple[str, ...]:
    """The recipients, each once, in order, without surrounding blanks.

    Args:
        recipients: several, or one.

    Raises:
        RecipientError: one is no key, or there are more than 64.
    """
    if isinstance(recipients, str):
        recipients = (recipients,)
    found = tuple(dict.fromkeys(each.strip() for each in recipients))
    for each in found:
        _recipient(each)
    if len(found) > MAX_RECIPIENTS:
        raise RecipientError(f"there are {len(found)} recipients; {MAX_RECIPIENTS} are possible")
    return found


def read_recipients(path: Path) -> tuple[str, ...]:
    """The recipients in a file, one a line; empty lines and those that begin with # do not count.

    Raises:
        RecipientError: the file cannot be read, is too long, has none, or a line is no recipient.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except (OSError, ValueError) as error:
        raise RecipientError(f"cannot read the recipients in {path}: {error}") from error
    if len(text) > MAX_CHARACTERS:
        raise RecipientError(f"{path} is too long for a list of recipients")
    try:
        found = parse_recipients(text)
    except RecipientError as error:
        raise RecipientError(f"{path}: {error}") from error
    if not found:
        raise RecipientError(f"{path} holds no recipient")
    return found


def parse_recipients(text: str) -> tuple[str, ...]:
    """The recipients in a text, one a line; empty lines and those that begin with # do not count.

    Raises:
        RecipientError: a line is no recipient, or there are more than 64.
    """
    lines = [line.strip() for line in text.splitlines()]
    return check_recipients(line for line in lines if line and not line.startswith("#"))


@dataclass(frozen=True)
class Identity:
    """The secret of a recipient; make one with `generate`, `load` or `parse`. Can be pickled."""

    _text: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no identity.

        Raises:
            IdentityError: as for `parse`.
        """
        self._keys()

    @classmethod
    def generate(cls) -> "Identity":
        """A fresh one, of X25519."""
        return cls(str(pyrage.x25519.Identity.generate()))

    @classmethod
    def parse(cls, text: str) -> "Identity":
        """From the text of files as ``age-keygen`` writes them, or of OpenSSH private keys.

        Raises:
            IdentityError: it holds none, or is encrypted with a passphrase.
        """
        return cls(text)

    @classmethod
    def load(cls, path: str | Path) -> "Identity":
        """From a file that its owner alone may read.

        Raises:
            IdentityError: it cannot be read, others may read it, or as for `parse`.
        """
        path = Path(path)
        text = read_secret(path).decode("utf-8", "replace")
        try:
            return cls(text)
        except IdentityError as error:
            raise IdentityError(f"{path}: {error}") from error

    @classmethod
    def joined(cls, identities: Iterable["Identity"]) -> "Identity":
        """One that opens whatever any of these opens.

        Raises:
            IdentityError: there is none.
        """
        return cls("\n".join(each._text for each in identities))

    @property
    def recipients(self) -> tuple[str, ...]:
        """Of the keys of age in it; an SSH key's recipient is in its ``.pub`` file."""
        keys = [each for each in self._keys() if isinstance(each, pyrage.x25519.Identity)]
        return tuple(str(each.to_public()) for each in keys)

    def to_text(self) -> str:
        """The identity as ``age-keygen`` writes it: keep it secret."""
        if len(self.recipients) < len(self._keys()):
            return self._text
        made = datetime.now(UTC).replace(microsecond=0).isoformat()
        keys = [str(each) for each in self._keys()]
        public = "\n".join(f"# public key: {each}" for each in self.recipients)
        return f"# created: {made}\n{public}\n" + "\n".join(keys) + "\n"

    def decrypt(self, age_file: bytes) -> bytes | None:
        """What an age file holds; None if it is for others, or damaged."""
        try:
            return bytes(pyrage.decrypt(age_file, self._keys()))
        except pyrage.DecryptError:
            return None

    def _keys(self) -> list[_Identity]:
        text = self._text.strip()
        if text.startswith(_ENCRYPTED):
            raise IdentityError(
                "the identity is encrypted with a passphrase; decrypt it first with `age -d`"
            )
        keys: list[_Identity] = [_ssh_identity(each[0]) for each in _PEM.finditer(text)]
        lines = [line.strip() for line in _PEM.sub("", text).splitlines()]
        keys += [_age_identity(line) for line in lines if line and not line.startswith("#")]
        if not keys:
            raise IdentityError("there is no identity in it")
        return keys


def read_secret(path: Path) -> bytes:
    """A small file that holds a secret, if none but its owner may read it.

    Raises:
        IdentityError: it cannot be read, is too long, or its group or others may read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        raise IdentityError(f"cannot read {path}: {error.strerror or error}") from error
    if os.name == "posix" and stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise IdentityError(
            f"{path} holds a secret, and others may read it (mode {stat.S_IMODE(mode):04o}); "
            f"say `chmod 600 {path}`"
        )
    if len(content) > MAX_CHARACTERS:
        raise IdentityError(f"{path} is too long for a key")
    return content


def _recipient(text: str) -> _Recipient:
    kind = pyrage.x25519.Recipient if text.startswith(_AGE) else pyrage.ssh.Recipient
    if any(sign in text.upper() for sign in (_SECRET, "PRIVATE KEY-----")):  # not to be shown
        raise RecipientError(
            "a secret identity was given as a recipient; give its public key, age1... or ssh-..., "
            "instead, and make a new identity if others have seen it"
        )
    if not text.startswith((_AGE, *_SSH)):
        raise RecipientError(
            f"{text[:80]!r} is no recipient; give age1..., ssh-ed25519 ... or ssh-rsa ..."
        )
    if len(text.splitlines()) > 1:  # only the first would count
        raise RecipientError(f"{text[:80]!r} has several lines; give one recipient at a time")
    try:
        return kind.from_str(text)
    except (pyrage.RecipientError, UnicodeError) as error:
        raise RecipientError(f"{text[:80]!r} is no valid recipient: {error}") from error


def _age_identity(line: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(line)
    except (pyrage.IdentityError, UnicodeError) as error:
        # The line is not shown: it may be a secret with a typing error.
        raise IdentityError(
            "there is no identity in it: wanted is AGE-SECRET-KEY-1..., or an OpenSSH private key"
        ) from error


def _ssh_identity(text: str) -> pyrage.ssh.Identity:
    try:
        return pyrage.ssh.Identity.from_buffer(text.encode() + b"\n")
    except (pyrage.IdentityError, UnicodeError) as error:
        raise IdentityError(
            f"the SSH key cannot be used: {error}; a copy without a passphrase, or an identity of "
            "age, can"
        ) from error

"""Where passwords come from: a file, standard input, the environment or a prompt."""

import getpass
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from ..errors import PasswordError
from . import pipes
from .console import UsageError, note

VARIABLE = "PROFACE_PASSWORD"
LONGEST = 4096
"""Bytes; a longer first line is a file that was not meant."""


@dataclass(frozen=True)
class PasswordSource:
    """Where a command's password comes from."""

    file: Path | None = None
    """Its first line is the password."""
    stdin: bool = False
    """Whether to read a line from standard input."""
    name: str = "password"
    """What it is called; only `password` may come from the variable."""

    @property
    def given(self) -> bool:
        """Whether an option says where the password is."""
        return self.file is not None or self.stdin

    def check(self) -> None:
        """Refuse two sources.

        Raises:
            UsageError: there are two.
        """
        if self.file is not None and self.stdin:
            raise UsageError("give either --password-file or --password-stdin, not both")

    def obtain(self, source: Path | None, confirm: bool = False) -> str:
        """The password, from the first of: file, standard input, variable, prompt.

        Args:
            source: the picture. If standard input holds it, a prompt asks on the terminal that
                standard error is, if it is one.
            confirm: whether a prompt asks twice.

        Raises:
            PasswordError: the source cannot be read, is empty or not UTF-8, or the two answers
                differ.
            UsageError: two sources were asked for, there is none, or standard input holds the
                picture.
        """
        self.check()
        piped = source is not None and pipes.is_standard_input(source)
        if self.file is not None:
            return _from_file(self.file)
        if self.stdin:
            return _from_stdin(piped)
        if self.name == "password" and VARIABLE in os.environ:
            return _checked(os.environ[VARIABLE], f"the variable {VARIABLE}")
        asking = sys.stderr if piped else sys.stdin
        if asking is not None and asking.isatty():
            return _ask(f"{self.name.capitalize()}: ", confirm)
        if self.name != "password":
            option = f"--{self.name.replace(' ', '-')}-file"
            raise UsageError(f"no {self.name}: there is no terminal to ask on; use {option}")
        raise UsageError(
            "no password: there is no terminal to ask on; use --password-file, --password-stdin or "
            f"the variable {VARIABLE}; with a recipient (-r) or an identity (-i) none is needed"
        )


def _from_stdin(piped: bool) -> str:
    if piped:
        raise UsageError(
            f"standard input holds the picture; use --password-file or the variable {VARIABLE}"
        )
    if sys.stdin is None:
        raise PasswordError("standard input is closed; no password can be read from it")
    return _decode(sys.stdin.buffer.readline(LONGEST + 2), "standard input")


def _from_file(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            line = stream.readline(LONGEST + 2)
            more = stream.readline(LONGEST)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PasswordError(f"the password file {file} cannot be read: {reason}") from error
    password = _decode(line, f"the password file {file}")
    if more:
        note([f"{file} has more than one line; the password is the first"])
    return password


def _decode(line: bytes, source: str) -> str:
    # Some editors begin a file with a byte order mark; nobody types one at the prompt.
    encoded = line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n").removesuffix(b"\r")
    if len(encoded) > LONGEST:
        raise PasswordError(
            f"{source} has more than {LONGEST} bytes in its first line; is it the right one?"
        )
    try:
        return _checked(encoded.decode(), source)
    except UnicodeDecodeError as error:
        raise PasswordError(f"{source} is not UTF-8 text") from error


def _checked(password: str, source: str) -> str:
    if not password:
        raise PasswordError(f"{source} is empty where the password should be")
    return password


def _ask(prompt: str, confirm: bool) -> str:
    try:
        password = _checked(getpass.getpass(prompt), "the answer")
        if confirm and getpass.getpass("The same again: ") != password:
            raise PasswordError("the two passwords differ; nothing was done")
    except EOFError as error:
        raise PasswordError("no password was given") from error
    return password

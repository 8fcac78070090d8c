"""Where passwords come from: a file, standard input, the environment or a prompt."""

import getpass
import os
import sys
from pathlib import Path

from ..errors import PasswordError
from .console import UsageError, note

VARIABLE = "PROFACE_PASSWORD"
LONGEST = 4096
"""Bytes; a longer first line is a file that was not meant."""


def obtain(file: Path | None, stdin: bool, confirm: bool = False, piped: bool = False) -> str:
    """The password, from the first of: file, standard input, variable, prompt.

    Args:
        file: its first line is the password.
        stdin: whether to read a line from standard input.
        confirm: whether a prompt asks twice.
        piped: whether standard input holds the picture; a prompt then asks on the terminal that
            standard error is, if it is one.

    Raises:
        PasswordError: the source cannot be read, is empty or not UTF-8, or the two answers differ.
        UsageError: two sources were asked for, or there is none.
    """
    if file is not None and stdin:
        raise UsageError("give either --password-file or --password-stdin, not both")
    if file is not None:
        return _from_file(file)
    if stdin:
        if sys.stdin is None:
            raise PasswordError("standard input is closed; no password can be read from it")
        return _decode(sys.stdin.buffer.readline(LONGEST + 2), "standard input")
    if VARIABLE in os.environ:
        return _checked(os.environ[VARIABLE], f"the variable {VARIABLE}")
    asking = sys.stderr if piped else sys.stdin
    if asking is not None and asking.isatty():
        return _ask(confirm)
    raise UsageError(
        "no password: there is no terminal to ask on; use --password-file, --password-stdin or "
        f"the variable {VARIABLE}"
    )


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


def _ask(confirm: bool) -> str:
    try:
        password = _checked(getpass.getpass("Password: "), "the answer")
        if confirm and getpass.getpass("The same again: ") != password:
            raise PasswordError("the two passwords differ; nothing was done")
    except EOFError as error:
        raise PasswordError("no password was given") from error
    return password

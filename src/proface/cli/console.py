"""What the command line says: results to standard output, all else to standard error.

This is the only place of the package that prints.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from ..errors import (
    AuthenticityError,
    NoFaceError,
    OptionError,
    ProfaceError,
    WrongKeyError,
)


class Code(IntEnum):
    """What a command ends with; Typer adds 130 for Ctrl-C."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    WRONG_KEY = 3
    """The password, key or identity is another one."""
    NO_FACE = 4
    NOT_AUTHENTIC = 5


class UsageError(Exception):
    """Options contradict each other, or one is missing; exit code 2."""


_CODES: dict[type[Exception], Code] = {
    UsageError: Code.USAGE,
    OptionError: Code.USAGE,
    WrongKeyError: Code.WRONG_KEY,
    NoFaceError: Code.NO_FACE,
    AuthenticityError: Code.NOT_AUTHENTIC,
}
"""All other errors are `Code.FAILED`."""


def code_of(error: Exception) -> Code:
    """What a command ends with for an error."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), Code.FAILED)


class Group(TyperGroup):
    """Commands whose foreseeable failures end in one line and a `Code`, not a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's own signature
        """Run the command; if it fails, print ``proface: <what went wrong>`` and exit."""
        code = Code.FAILED
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read our output has left, as `head` does; Typer ends quietly.
            raise
        except (UsageError, ProfaceError, OSError) as error:
            message, code = str(error), code_of(error)
        except MemoryError:
            message = "there is not enough memory for this picture"
        typer.echo(f"proface: {printable(message)}", err=True)
        raise typer.Exit(code)


def say(text: str, aside: bool = False) -> None:
    """Print one line of a result; aside, where standard output is for the result itself."""
    typer.echo(printable(text), err=aside)


def say_json(result: Mapping[str, object]) -> None:
    """Print the one JSON object of a command."""
    typer.echo(json.dumps(result, indent=2))


def note(sentences: Iterable[str]) -> None:
    """Tell what the user should know, beside the result."""
    for sentence in sentences:
        typer.echo(f"note: {printable(sentence)}", err=True)


def wrong_secret(out: str) -> NoReturn:
    """End a command whose result shows what a wrong secret gives.

    Raises:
        Exit: with `Code.WRONG_KEY`.
    """
    text = f"warning: no face came back in {out}; try another password or identity"
    typer.echo(printable(text), err=True)
    raise typer.Exit(Code.WRONG_KEY)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar of faces on standard error, if that is a terminal; yields what moves it."""
    from tqdm import tqdm

    with tqdm(unit="face", leave=False, disable=None, delay=0.5) as bar:

        def move(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield move


def printable(text: str) -> str:
    r"""The text on one line, without control characters.

    File names and manifests come from strangers; they must not steer the terminal.

    >>> printable("red\x1b[31m")
    'red\\x1b[31m'
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )

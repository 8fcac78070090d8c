"""``-`` for standard input and output: pictures that go through without a file."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import OutputError, PictureError
from .console import UsageError

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    from ..files.images import Photograph

STANDARD = Path("-")
"""What stands for standard input, or output; a file of that name is ``$PWD/-``."""


def is_standard_input(source: Path) -> bool:
    """Whether a path is standard input, under whatever name."""
    if source == STANDARD:
        return True
    try:
        return os.path.samestat(source.stat(), os.fstat(sys.stdin.fileno()))
    except (OSError, ValueError, AttributeError):  # no such file; standard input is none or closed
        return False


def check_output(out: Path, as_json: bool, detached: bool = False) -> bool:
    """Whether a picture goes to standard output, and may.

    Args:
        out: where the user wants it.
        as_json: whether the result shall be told as JSON, which goes there, too.
        detached: whether a manifest shall lie beside it.

    Raises:
        UsageError: standard output is a terminal, or wanted for something else as well.
    """
    if out != STANDARD:
        return False
    if as_json:
        raise UsageError("-o - and --json both write to standard output; choose one")
    if detached:
        raise UsageError("a picture on standard output has no name to lay its manifest beside")
    if sys.stdout is None or sys.stdout.isatty():
        raise UsageError(
            "-o - writes a picture, and standard output is a terminal or closed; send it to a file "
            "or a program, or name a file"
        )
    return True


def label(out: Path) -> str:
    """What a result is called in messages."""
    return "standard output" if out == STANDARD else str(out)


def read(source: Path) -> "Path | Photograph":
    """The picture from standard input, decoded, or the path of another.

    Raises:
        PictureError: it cannot be read, or standard input is a terminal.
    """
    if source != STANDARD:
        return source
    from ..files import images

    if sys.stdin is None or sys.stdin.isatty():
        raise PictureError("standard input is a terminal or closed; send a picture to it")
    try:
        data = sys.stdin.buffer.read(images.MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PictureError(f"cannot read standard input: {error}") from error
    if len(data) > images.MAX_FILE_BYTES:
        raise PictureError(f"standard input has more than {images.MAX_FILE_BYTES} bytes")
    return images.read(data, "standard input")


def write(data: bytes) -> None:
    """Write a picture's file to standard output.

    Raises:
        OutputError: it cannot be written.
        BrokenPipeError: whoever read it has left.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write to standard output: {error}") from error


def refuse(source: Path, out: Path | None = None) -> None:
    """``-`` and pipes are for pictures; a folder or a video is read more than once.

    Raises:
        UsageError: one of the two is ``-``.
        PictureError: the source is a pipe.
    """
    if STANDARD in (source, out):
        raise UsageError("- is for pictures only; give a video or a folder a name, and its result")
    if not source.is_dir() and not source.is_file():
        raise PictureError(
            f"{source} is a pipe, and only pictures can come from one; save it first"
        )

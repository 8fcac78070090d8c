"""What can be refused before any slow work and before a password is asked for."""

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import OutputError, PictureError


def check_photo(path: Path) -> None:
    """Refuse a picture that is not there.

    Raises:
        PictureError: there is no such file.
    """
    if not path.exists():
        raise PictureError(f"there is no picture at {path}")


def check_output(path: Path, overwrite: bool, inputs: Sequence[Path]) -> None:
    """Refuse a file that could not be written in the end.

    Raises:
        OutputError: the file exists and must not be replaced, is one of the inputs or a folder,
            or its folder is missing or closed to us.
    """
    if any(path.resolve() == source.resolve() for source in inputs):
        raise OutputError(f"{path} is the input; write to another file")
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists; choose another name or add --overwrite")
    if not path.parent.is_dir():
        raise OutputError(f"{path} cannot be written: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"{path} cannot be written: the folder {path.parent} is read-only")

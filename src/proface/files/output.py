"""Files written as a whole or not at all, and never over one that was not to be replaced."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import OutputError
from .atomic import replace_all


def check_output(path: Path, overwrite: bool, inputs: Sequence[Path] = ()) -> None:
    """Refuse a file that could not be written in the end, before any slow work.

    Args:
        path: where a file shall be written.
        overwrite: whether an existing file may be replaced.
        inputs: files that must not be replaced even so, under whatever name.

    Raises:
        OutputError: the file exists, is one of the inputs or a folder, or its folder is missing
            or closed to us.
    """
    try:
        for given in inputs:
            if path.exists() and given.exists() and path.samefile(given):
                raise OutputError(f"{path} is the input itself; choose another name")
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file in it")
        if not overwrite and os.path.lexists(path):
            raise OutputError(f"{path} exists already; choose another name, or allow overwriting")
        if not path.parent.is_dir():
            raise OutputError(f"the folder {path.parent} does not exist; create it first")
    except (OSError, ValueError) as error:  # ValueError: the name holds a zero byte
        raise OutputError(f"cannot write {path}: {error}") from error
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"cannot write {path}: the folder {path.parent} is read-only")


def write(path: Path, data: bytes, overwrite: bool, inputs: Sequence[Path] = ()) -> None:
    """Write a file as a whole or not at all; as `write_all`."""
    write_all({path: data}, overwrite, inputs)


def write_all(files: Mapping[Path, bytes], overwrite: bool, inputs: Sequence[Path] = ()) -> None:
    """Write files that belong together, as a whole or not at all, see `replace_all`.

    Args:
        files: content by path.
        overwrite: whether existing files may be replaced.
        inputs: files that must not be replaced even so, under whatever name.

    Raises:
        OutputError: as for `check_output`, or the disk is full; nothing has changed then.
    """
    for path in files:
        check_output(path, overwrite, inputs)
    try:
        replace_all(files)
    except (OSError, ValueError) as error:  # ValueError: the name holds a zero byte
        raise OutputError(f"cannot write {' and '.join(map(str, files))}: {error}") from error

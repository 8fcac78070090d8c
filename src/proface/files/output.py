"""Files written as a whole or not at all, and never over one that was not to be replaced."""

import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import OutputError
from .atomic import NewFiles


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
        refuse_folder(path)
        if not overwrite and os.path.lexists(path):
            raise OutputError(f"{path} exists already; choose another name, or allow overwriting")
        if not path.parent.is_dir():
            raise OutputError(f"the folder {path.parent} does not exist; create it first")
        os.lstat(path)  # a name that is too long has to be found out here
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:  # ValueError: the name holds a zero byte
        raise OutputError(f"cannot write {path}: {reason(error)}") from error
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"cannot write {path}: the folder {path.parent} is read-only")


def check_outputs(paths: Sequence[Path], overwrite: bool, inputs: Sequence[Path] = ()) -> None:
    """Refuse files of one command that could not be written in the end, or of which two are one.

    Raises:
        OutputError: as for `check_output` and `check_apart`.
    """
    check_apart(paths)
    for path in paths:
        check_output(path, overwrite, inputs)


def check_apart(paths: Sequence[Path]) -> None:
    """Refuse paths of which two lead to one file, so that one result would replace another.

    Names that differ in case, or in how accents are composed, count as one on every system, for
    results travel. Links, hard or symbolic, are followed.

    Raises:
        OutputError: two are one.
    """
    taken: dict[object, int] = {}
    for index, path in enumerate(paths):
        for sign in _signs(path):
            first = taken.setdefault(sign, index)
            if first != index:
                raise OutputError(
                    f"{paths[first]} and {path} would be one file, but two are to be written; "
                    "choose another name for one"
                )


def is_one_of(path: Path, others: Iterable[Path]) -> bool:
    """Whether a path leads to one file with another, as `check_apart` sees it."""
    signs = set(_signs(path))
    return any(not signs.isdisjoint(_signs(other)) for other in others)


def refuse_folder(path: Path) -> None:
    """Refuse a folder where a file is to be written; before anything is said of its suffix.

    Raises:
        OutputError: it is one.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it")


def shown(path: Path) -> str:
    """A path for a message; in full where it has no name of its own, as ``.`` has none."""
    return str(path if path.name not in ("", "..") else path.resolve())


def write(
    path: Path,
    data: bytes,
    overwrite: bool,
    inputs: Sequence[Path] = (),
    private: bool = False,
) -> None:
    """Write a file as a whole or not at all; as `write_all`."""
    write_all({path: data}, overwrite, inputs, private)


def write_all(
    files: Mapping[Path, bytes],
    overwrite: bool,
    inputs: Sequence[Path] = (),
    private: bool = False,
) -> None:
    """Write files that belong together, as a whole or not at all, see `NewFiles`.

    Args:
        files: content by path; first those without which the others are of no use.
        overwrite: whether existing files may be replaced.
        inputs: files that must not be replaced even so, under whatever name.
        private: whether only the owner may read them.

    Raises:
        OutputError: as for `check_outputs`, a file has appeared at one of the places meanwhile, or
            the disk is full; nothing has changed then.
    """
    check_outputs(tuple(files), overwrite, inputs)
    try:
        with NewFiles(overwrite, private) as new:
            for path, data in files.items():
                new.begin(path).write(data)
    except (OSError, ValueError) as error:  # ValueError: the name holds a zero byte
        names = " and ".join(map(str, files))
        raise OutputError(f"cannot write {names}: {reason(error)}") from error


def reason(error: Exception) -> str:
    """What went wrong with a file, in the system's words, without number and path."""
    return str(getattr(error, "strerror", None) or error)


def _signs(path: Path) -> list[object]:
    """What two paths have in common if they lead to one file."""
    signs: list[object] = []
    try:
        places = {path.parent.resolve() / path.name, path.resolve()}
        signs += sorted({fold(str(place)) for place in places})
        found = path.stat()
        signs.append((found.st_dev, found.st_ino))
    except (OSError, ValueError, RuntimeError):  # nothing is there; RuntimeError: a loop of links
        pass
    return signs


def fold(name: str) -> str:
    """A name as file systems compare it that ignore case and how accents are composed."""
    return unicodedata.normalize("NFC", name).casefold()

"""Results on their way: finished beside their places first, then put there by one process.

A worker writes what belongs to a file into a folder of its own, ``.proface-*.part``, beside the
place of the result. Whoever gives out the work notes in the journal what is there, and only then
puts it in place. So a run that was killed at any moment knows which files are its own.
"""

import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import OutputError
from ..files.atomic import part_beside, put_in_place
from ..files.output import reason
from .marks import Marks

_PART = re.compile(r"\.proface-[0-9a-f]{16}\.part")


def is_part(name: str) -> bool:
    """Whether a file or folder of this name is one that proface has not finished."""
    return bool(_PART.fullmatch(name))


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A new folder for results, for the owner alone; gone again after an error.

    Args:
        folder: where the results shall go; made if need be.

    Raises:
        OutputError: it cannot be made.
    """
    place = part_beside(folder / "result")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o700)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {reason(error)}") from error
    try:
        yield place
    except BaseException:
        discard(place)
        raise


def discard(place: Path) -> None:
    """Remove a staging folder, or a file that was not finished; what cannot be removed stays."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
        return
    with suppress(OSError):
        place.unlink(missing_ok=True)


def place_results(
    staged: Path, out: Path, outputs: Iterable[str], ours: Collection[str] | None, marks: Marks
) -> None:
    """Move finished results to their places, all or none.

    Args:
        staged: the folder that holds them.
        out: the output folder.
        outputs: their names, relative to it; moved in this order.
        ours: marks of what earlier runs wrote there, which may be replaced; None where anything may
            be.
        marks: how those are told.

    Raises:
        OSError: one cannot be moved, or would replace a file that proface did not write.
    """
    places = {staged / Path(name).name: out / name for name in outputs}
    replaceable = {path for path in places.values() if ours is None or marks.is_result(path, ours)}
    put_in_place(places, replaceable)
    discard(staged)


def remove_parts(folders: set[Path], before: float) -> int:
    """Remove what a killed run has not finished: only files and folders of our own naming.

    Args:
        folders: where results go.
        before: a time at which nobody of this run was writing; what is younger is left.

    Returns:
        How many were removed.
    """
    removed = 0
    for folder in folders:
        with suppress(OSError):  # a folder that is not there yet, or has an impossible name
            for entry in list(os.scandir(folder)):
                if is_part(entry.name) and entry.stat(follow_symlinks=False).st_mtime < before:
                    discard(Path(entry.path))
                    removed += 1
    return removed

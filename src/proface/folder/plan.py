"""What a folder holds, and which file becomes which: settled before any work is done."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from string import Formatter

from ..errors import OptionError, OutputError
from ..files.kinds import VIDEOS, FileKind
from ..picture.results import DETACHED_SUFFIXES

PATTERNS: dict[FileKind, str] = {"picture": "{stem}.png", "video": "{stem}.mkv"}
"""What results are called, for each kind of file that can be worked on."""

# HEIC and others that cannot be read are in the list, so that nobody thinks they were protected.
_PICTURES = """.jpg .jpeg .jpe .jfif .png .webp .tif .tiff .bmp .dib .gif .avif .jp2 .j2k .jpx .jpf
.ppm .pgm .pbm .pnm .heic .heif .jxl"""
KINDS: dict[str, FileKind] = {
    **dict.fromkeys(_PICTURES.split(), "picture"),
    **dict.fromkeys(VIDEOS, "video"),
}
"""What a file is, by its suffix in lower case."""

JOURNAL_NAME = "proface-journal.jsonl"
_FIELDS = {"stem", "name"}
_BESIDE = tuple(DETACHED_SUFFIXES.values())


@dataclass(frozen=True)
class Item:
    """A file to work on, and where the result goes."""

    name: str
    """Relative to the folder, with forward slashes."""
    output: str
    """Relative to the output folder, likewise."""
    kind: FileKind


@dataclass(frozen=True)
class Plan:
    """A folder's files."""

    source: Path
    out: Path
    items: tuple[Item, ...]
    """By name."""
    skipped: dict[str, str]
    """Files and folders that are left alone, and why."""
    unreadable: dict[str, str]
    """Folders that could not be searched, and why."""


def plan(source: Path, out: Path, patterns: Mapping[FileKind, str] = PATTERNS) -> Plan:
    """Search a folder with all its sub-folders, and settle what each file is called afterwards.

    Hidden files and folders, and links to folders, are skipped; so no loop of links is entered.

    Args:
        source: the folder.
        out: the output folder; it need not exist.
        patterns: name of a result for each kind of file, in which ``{stem}`` stands for a file's
            name without its last suffix, and ``{name}`` for the whole name.

    Raises:
        OptionError: the folder or a pattern is none, the output folder lies in the folder, two
            files would become one, or there is nothing to do.
        OutputError: the output folder is a file.
    """
    for pattern in patterns.values():
        _check_pattern(pattern)
    _check_folders(source, out)
    items: list[Item] = []
    skipped: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for name, reason in _search(source, unreadable):
        kind = KINDS.get(PurePosixPath(name).suffix.lower())
        if reason or kind is None:
            skipped[name] = reason or "no picture or video, by its suffix"
        else:
            items.append(Item(name, _result_name(name, patterns[kind]), kind))
    if not items and not unreadable:
        raise OptionError(f"{source} holds nothing to work on, nor do its sub-folders")
    _refuse_collisions(items)
    return Plan(source, out, tuple(items), skipped, unreadable)


def _check_pattern(pattern: str) -> None:
    try:
        fields = [field for _, field, _, _ in Formatter().parse(pattern) if field is not None]
        example = pattern.format(stem="photo", name="photo.jpg")
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise OptionError(
            f"the pattern '{pattern}' is malformed; it may hold {{stem}} and {{name}}"
        ) from error
    if not fields or not set(fields) <= _FIELDS:
        raise OptionError(
            f"the pattern '{pattern}' must hold {{stem}} or {{name}}, and nothing else in braces"
        )
    if "/" in example or "\\" in example or "\0" in example:
        raise OptionError(f"the pattern '{pattern}' is for names, and cannot hold a folder")


def _check_folders(source: Path, out: Path) -> None:
    if not source.is_dir():
        raise OptionError(f"{source} is no folder")
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder for the results")
    inner, outer = out.resolve(), source.resolve()
    if inner == outer or outer in inner.parents:
        raise OptionError(
            f"the output folder {out} lies in {source} itself: its results would be taken for "
            "pictures next time; choose one beside it"
        )


def _search(source: Path, unreadable: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every file's name, and why it is skipped if it is; folders that are skipped too."""

    def note(error: OSError) -> None:
        folder = Path(error.filename).relative_to(source).as_posix()
        unreadable[folder] = f"the folder cannot be searched: {error.strerror}"

    for folder, subfolders, files in os.walk(source, onerror=note):
        here = Path(folder)
        for name in sorted(subfolders):
            path = here / name
            if name.startswith(".") or path.is_symlink():
                reason = "a hidden folder" if name.startswith(".") else "a link to a folder"
                yield path.relative_to(source).as_posix(), reason
        subfolders[:] = sorted(
            name
            for name in subfolders
            if not name.startswith(".") and not (here / name).is_symlink()
        )
        for name in sorted(files):
            if name != JOURNAL_NAME and not name.endswith(_BESIDE):
                yield (here / name).relative_to(source).as_posix(), _obstacle(here / name)


def _obstacle(path: Path) -> str:
    """Why a file is not even opened: a pipe, for one, would be waited for without end."""
    if path.name.startswith("."):
        return "a hidden file"
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""  # a broken link, say: a failure that is told when it is opened
    return "" if stat.S_ISREG(mode) else "no regular file"


def _result_name(name: str, pattern: str) -> str:
    path = PurePosixPath(name)
    return (path.parent / pattern.format(stem=path.stem, name=path.name)).as_posix()


def _refuse_collisions(items: Iterable[Item]) -> None:
    folded = sys.platform in ("win32", "darwin")  # a.png and A.png are one file there
    taken: dict[str, Item] = {}
    for item in items:
        place = item.output.casefold() if folded else item.output
        if place in taken:
            raise OptionError(
                f"{taken[place].name} and {item.name} would both become {item.output}; rename "
                f"one, or keep them apart with the pattern '{{name}}{Path(item.output).suffix}'"
            )
        taken[place] = item
    for place, item in taken.items():
        for parent in PurePosixPath(place).parents:
            if other := taken.get(parent.as_posix()):
                raise OptionError(
                    f"{other.name} would become {other.output}, which must be a folder for "
                    f"{item.output}; rename one, or take another pattern"
                )

"""What a folder holds, and which file becomes which: settled before any work is done."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import OptionError, OutputError
from ..files.kinds import FileKind
from ..files.output import shown
from .names import check_pattern, name_results, some
from .search import search

PATTERNS: dict[FileKind, str] = {"picture": "{stem}.png", "video": "{stem}.mkv"}
"""What results are called, for each kind of file that can be worked on."""


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
    patterns: dict[FileKind, str]
    items: tuple[Item, ...]
    """By name."""
    skipped: dict[str, str]
    """Files and folders that are left alone, and why."""
    left_open: tuple[str, ...]
    """Those of them that may show a face."""
    unreadable: dict[str, str]
    """Folders that could not be searched, and files whose results can have no name; and why."""

    def ignoring_case(self) -> "Plan":
        """The plan for an output folder in which ``a.png`` and ``A.png`` are one file."""
        return _named(self, folded=True)


def plan(source: Path, out: Path, patterns: Mapping[FileKind, str] = PATTERNS) -> Plan:
    """Search a folder with all its sub-folders, and settle what each file is called afterwards.

    Args:
        source: the folder; see `proface.folder.search.search` for what is left alone.
        out: the output folder; it need not exist.
        patterns: name of a result for each kind of file, in which ``{stem}`` stands for a file's
            name without its last suffix, and ``{name}`` for the whole name. Where that makes one of
            two files, see `proface.folder.names.name_results`.

    Raises:
        OptionError: the folder or a pattern is none, the output folder lies in the folder, or there
            is nothing to do.
        OutputError: the output folder is a file.
    """
    for pattern in patterns.values():
        check_pattern(pattern)
    _check_folders(source, out)
    unreadable: dict[str, str] = {}
    found = list(search(source, unreadable))
    items = tuple(Item(each.name, "", each.kind) for each in found if each.kind is not None)
    skipped = {each.name: each.reason for each in found if each.kind is None}
    left_open = tuple(each.name for each in found if each.may_show_a_face)
    if not items and not unreadable:
        such = f": {some(left_open)} cannot be worked on" if left_open else ""
        raise OptionError(f"{shown(source)} holds nothing to work on, nor do its sub-folders{such}")
    drafted = Plan(source, out, dict(patterns), items, skipped, left_open, unreadable)
    return _named(drafted, folded=sys.platform in ("win32", "darwin"))


def _named(drafted: Plan, folded: bool) -> Plan:
    kinds = {item.name: item.kind for item in drafted.items}
    results, reasons = name_results(kinds, drafted.patterns, folded)
    items = tuple(Item(name, output, kinds[name]) for name, output in sorted(results.items()))
    return replace(drafted, items=items, unreadable=drafted.unreadable | reasons)


def _check_folders(source: Path, out: Path) -> None:
    if not source.is_dir():
        raise OptionError(f"{source} is no folder")
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder for the results")
    inner, outer = out.resolve(), source.resolve()
    if inner == outer or outer in inner.parents:
        raise OptionError(
            f"the output folder {shown(out)} lies in {shown(source)} itself: its results would be "
            "taken for pictures next time; choose one beside it"
        )

"""What results are called: two files never become one, and no name refuses a folder."""

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from string import Formatter

from ..errors import OptionError
from ..files.kinds import FileKind
from ..files.output import fold

_FIELDS = {"stem", "name"}


def check_pattern(pattern: str) -> None:
    """Refuse what is no pattern for names.

    Raises:
        OptionError: it is malformed, holds a folder, or neither ``{stem}`` nor ``{name}``.
    """
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


def name_results(
    files: Mapping[str, FileKind], patterns: Mapping[FileKind, str], folded: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """What each file is called afterwards, each by another name.

    Files that the pattern would make one, such as a photograph that a camera kept as ``a.heic`` and
    ``a.jpg``, get their whole names in place of ``{stem}``: ``a.heic.png`` and ``a.jpg.png``. So
    does one whose result would stand where another's folder must be.

    Args:
        files: kind by name, relative to the folder, with forward slashes.
        patterns: names of results by kind, see `check_pattern`.
        folded: whether names that differ in case alone are one.

    Returns:
        Results by name, and why some can have none: then the pattern cannot keep them apart.
    """
    names, whole = sorted(files), set[str]()
    reasons: dict[str, str] = {}
    while True:
        results = {
            name: _result_name(name, patterns[files[name]], name in whole)
            for name in names
            if name not in reasons
        }
        clashes = _clashes(results, folded)
        if not clashes:
            return results, reasons
        if clashes.keys() <= whole:
            last = max(clashes)
            reasons[last] = (
                f"its result would be {results[last]}, which clashes with that of {clashes[last]}; "
                "rename one"
            )
        whole |= clashes.keys()


def _result_name(name: str, pattern: str, whole: bool) -> str:
    path = PurePosixPath(name)
    stem = path.name if whole else path.stem
    return (path.parent / pattern.format(stem=stem, name=path.name)).as_posix()


def _clashes(results: Mapping[str, str], folded: bool) -> dict[str, str]:
    """Files whose results cannot stand beside those of others, each with one of these."""
    clashes: dict[str, str] = {}
    taken: dict[str, str] = {}
    places = {name: fold(result) if folded else result for name, result in results.items()}
    for name, place in places.items():
        if (other := taken.setdefault(place, name)) != name:
            clashes[name] = other
            clashes.setdefault(other, name)
    for name, place in places.items():
        for parent in PurePosixPath(place).parents:
            if (file := taken.get(parent.as_posix())) is not None:
                clashes.setdefault(file, name)
    return clashes


def some(names: Collection[str], most: int = 5) -> str:
    """Names for a message; of many the first, and how many more.

    >>> some(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(list(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

"""What a folder and its sub-folders hold, and what of it is left alone."""

import os
import stat
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..files.images import READABLE
from ..files.kinds import VIDEOS, FileKind, is_video
from ..files.output import reason
from ..picture.results import DETACHED_SUFFIXES
from .staging import is_part

JOURNAL_NAME = "proface-journal.jsonl"

# HEIC and others that may not be readable are in the list, so that nobody thinks they were
# protected: each that cannot be read is told.
_PICTURES = """.jpg .jpeg .jpe .jfif .jif .png .apng .webp .tif .tiff .bmp .dib .gif .avif .avifs
.jp2 .j2k .j2c .jpc .jpx .jpf .ppm .pgm .pbm .pnm .mpo .heic .heics .heif .heifs .hif .jxl"""
KINDS: dict[str, FileKind] = {
    **dict.fromkeys(_PICTURES.split(), "picture"),
    **dict.fromkeys(VIDEOS, "video"),
}
"""What a file is, by its suffix in lower case."""
_FOREIGN_SUFFIXES = """.psd .psb .xcf .kra .pdf .ps .eps .ai .svg .tga .pcx .exr .hdr .jxr .wdp
.icns .raw .dng .cr2 .cr3 .crw .nef .nrw .arw .sr2 .srf .orf .rw2 .raf .pef .srw .x3f .3fr .iiq .rwl
.mrw .dcr .kdc .erf .mef .mos .r3d .braw .insp .insv .lrv .rm .rmvb .swf"""
_FOREIGN = frozenset(_FOREIGN_SUFFIXES.split())
"""Of files that may show a face, and that proface does not read."""
_BESIDE = tuple(DETACHED_SUFFIXES.values())
_BRANDED = 8  # bytes of a file of ISO's family before its brand


@dataclass(frozen=True)
class Found:
    """A file, or a folder that is left alone."""

    name: str
    """Relative to the folder, with forward slashes."""
    kind: FileKind | None = None
    """What it is; None for what is left alone."""
    reason: str = ""
    """Why it is left alone."""
    may_show_a_face: bool = False
    """Whether what is left alone may do so."""


def search(source: Path, unreadable: dict[str, str]) -> Iterator[Found]:
    """Every file of a folder, and sub-folders that are not entered.

    Hidden files and folders, and links to folders, are left alone; so no loop of links is entered.
    proface's own journals, detached manifests and half-written files are passed over.

    Args:
        source: the folder.
        unreadable: folders that cannot be searched are put here, with the reason.
    """

    def note(error: OSError) -> None:
        folder = Path(error.filename).relative_to(source).as_posix()
        unreadable[folder] = f"the folder cannot be searched: {error.strerror}"

    for folder, subfolders, files in os.walk(source, onerror=note):
        here = Path(folder)
        entered = []
        for name in sorted(subfolders):
            path = here / name
            found = path.relative_to(source).as_posix()
            if is_part(name):
                continue
            if path.is_symlink():
                outside = not _is_within(path, source)
                yield Found(found, None, "a link to a folder", outside and _shows_any(path))
            elif name.startswith("."):
                yield Found(found, None, "a hidden folder", _shows_any(path))
            else:
                entered.append(name)
        subfolders[:] = entered
        for name in sorted(files):
            if name != JOURNAL_NAME and not is_part(name):
                yield from _judged(here / name, (here / name).relative_to(source).as_posix())


def kind_of(path: Path) -> FileKind | None:
    """What a file is, as for a file that is given alone: by suffix, and else by its content.

    Whoever opens it will say if it cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in _FOREIGN and is_video(path):  # raw data of cameras looks like video
        return "video"
    return KINDS.get(suffix) or ("picture" if _looks_like_a_picture(path) else None)


def _judged(path: Path, name: str) -> Iterator[Found]:
    obstacle = _obstacle(path)
    if obstacle:
        yield Found(name, None, obstacle, _suffix_shows(path))
        return
    kind = kind_of(path)
    if path.name.startswith("."):
        # By its content alone: other systems leave notes beside pictures, under names like theirs.
        shows = kind == "video" or _looks_like_a_picture(path)
        yield Found(name, None, "a hidden file", shows)
    elif kind is not None:
        if not path.name.endswith(_BESIDE) or kind == "picture":
            yield Found(name, kind)
    elif path.suffix.lower() in _FOREIGN:
        yield Found(name, None, "a format that cannot be read, and may show a face", True)
    elif not path.name.endswith(_BESIDE):
        closed = _why_closed(path)
        yield Found(name, None, closed or "neither a picture nor a video", bool(closed))


def _obstacle(path: Path) -> str:
    """Why a file is not even opened: a pipe, for one, would be waited for without end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""  # a broken link, say: a failure that is told when it is opened
    return "" if stat.S_ISREG(mode) else "no regular file"


def _why_closed(path: Path) -> str:
    """Why nobody can tell what a file is; empty if one can, or if nothing is there."""
    try:
        path.open("rb").close()
    except FileNotFoundError:  # a broken link
        return ""
    except OSError as error:
        return f"it cannot be opened ({reason(error)})"
    return ""


def _looks_like_a_picture(path: Path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as of many pixels, which is told when it is read
        try:
            with path.open("rb") as file:
                head = file.read(_BRANDED)
                if head[4:] == b"ftyp":  # of no video, for these were told before
                    return path.suffix.lower() not in _FOREIGN
                file.seek(0)
                Image.open(file, formats=READABLE)
        except Image.DecompressionBombError:
            return True
        except Exception:  # of a file that is anything else, decoders say so in many ways
            return False
    return True


def _suffix_shows(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in KINDS or suffix in _FOREIGN


def _shows_any(folder: Path) -> bool:
    """Whether a folder holds a picture or video, by suffix, or cannot be searched."""
    failed: list[OSError] = []
    for _, _, files in os.walk(folder, onerror=failed.append):
        if any(_suffix_shows(Path(name)) and not name.startswith("._") for name in files):
            return True
    return bool(failed)


def _is_within(link: Path, source: Path) -> bool:
    place, root = link.resolve(), source.resolve()
    return place == root or root in place.parents

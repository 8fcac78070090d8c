"""Which files are videos, told without opening them; light, for the command line asks it first."""

from pathlib import Path
from typing import Literal

FileKind = Literal["picture", "video"]

VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mts", ".m2ts", ".ts"})
VIDEOS |= {".mpg", ".mpeg", ".vob", ".wmv", ".asf", ".flv", ".3gp", ".3g2", ".ogv", ".mxf", ".dv"}
"""Of names that are taken for videos, whatever is in the file."""

_PICTURE_BRANDS = frozenset(
    {b"avif", b"avis", b"mif1", b"mif2", b"miaf", b"1pic", b"msf1", b"jp2 "}
)
_PICTURE_BRANDS |= {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"jxl "}
_HEAD = 12


def is_video(path: Path) -> bool:
    """Whether a file is a video, by its suffix or else by its first bytes.

    A file that cannot be read is none; whoever opens it will say so. Nothing is read from a pipe,
    which gives its bytes once.
    """
    if path.suffix.lower() in VIDEOS:
        return True
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return begins_video(file.read(_HEAD))
    except (OSError, ValueError):
        return False


def begins_video(head: bytes) -> bool:
    """Whether a file that begins with these bytes, 12 or more, is a video."""
    head = head[:_HEAD]
    return (
        head.startswith((b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75"))
        or (head[:4] == b"RIFF" and head[8:] == b"AVI ")
        or (head[4:8] == b"ftyp" and head[8:] not in _PICTURE_BRANDS)
    )

"""BMP and PPM: the kinds that Pillow decodes pixel by pixel, in Python."""

import re

from ...errors import PictureError

MAX_SLOW_BYTES = 2**22
"""Longest file of such a kind. A second at most; photographs are not stored in them."""
DIB_SIZES = (b"\x0c", b"\x28", b"\x34", b"\x38", b"\x40", b"\x6c", b"\x7c")
"""First byte of a bitmap without a file's header: the length of what it has instead."""

PPM_KINDS = tuple(b"%c" % each for each in b"0123456fy")
"""What stands behind the P of a file that Pillow takes for one of this family."""

_RUN_LENGTHS = (1, 2)  # RLE8, RLE4
_LONGEST_HEAD = 4096
_FILE_HEADER = 14
# Kind, width, height and the largest value of a sample, between white space and comments.
_GAP = rb"(?:\s|#[^\r\n]*[\r\n])"
_HEAD = re.compile(
    rb"P(\w+)" + _GAP + rb"+\d+\s" + _GAP + rb"*\d+\s" + _GAP + rb"*([-+.\de]*)", re.ASCII
)
_QUICK = (b"255", b"65535")


def check_bmp(data: bytes) -> None:
    """Bound the work on a BMP file, or on one without its first header.

    Raises:
        PictureError: as for `bounds.check`.
    """
    start = _FILE_HEADER if data.startswith(b"BM") else 0
    compression = int.from_bytes(data[start + 16 : start + 20], "little")
    if compression in _RUN_LENGTHS and len(data) > MAX_SLOW_BYTES:
        raise _too_long("run lengths")


def check_ppm(data: bytes) -> None:
    """Bound the work on a PPM file or its kin.

    Raises:
        PictureError: as for `bounds.check`.
    """
    if len(data) <= MAX_SLOW_BYTES:
        return
    head = _HEAD.match(data[:_LONGEST_HEAD])
    if head is None:
        raise PictureError(f"has no sound header in its first {_LONGEST_HEAD} bytes")
    kind, largest = head[1], head[2]
    if kind in (b"1", b"2", b"3"):
        raise _too_long("numbers as text")
    if kind not in (b"4", b"f") and largest not in _QUICK:
        raise _too_long(f"samples up to {largest.decode()[:9]}")


def _too_long(what: str) -> PictureError:
    return PictureError(
        f"has {what} and more than {MAX_SLOW_BYTES // 2**20} MiB; save it as PNG first"
    )

"""JPEG files that are damaged or cut short: what is there is read, and the user is told.

Pillow keeps the warnings of libjpeg to itself. simplejpeg, which is libjpeg-turbo too, ends at the
first one when asked to; at an eighth of the size that takes a third of the time of decoding.
JPEG has no checksums: a changed bit that leaves a valid code goes unseen by any decoder.
"""

import numpy as np
import simplejpeg

from ..arrays import Picture
from ..errors import PictureError

START = b"\xff\xd8\xff"
END = b"\xff\xd9"
"""Marker of the end. Behind a file that was cut short it makes libjpeg fill what is missing with
one colour; without it, it would wait for more."""

_LEAST_ROWS = 0.5
"""Share of a picture's rows that must be there."""


def is_damaged(data: bytes) -> bool:
    """Whether libjpeg warns of a JPEG file that it decodes all the same."""
    if _decodes(data, strict=True):
        return False
    return _decodes(data, strict=False)  # or it is of a kind that simplejpeg does not know


def note_damage(pixels: Picture, cut_short: bool, damaged: bool, progressive: bool) -> str | None:
    """What to tell the user of a JPEG file that may be damaged; None of a sound one.

    Args:
        pixels: as decoded, before they were turned upright: uint8, H x W x 3.
        cut_short: whether the file has no end, so that `END` was put behind it.
        damaged: see `is_damaged`.
        progressive: whether every scan adds detail; of scans that are missing as a whole, nothing
            in the file tells.

    Raises:
        PictureError: half of the picture or more is missing.
    """
    if not damaged and not cut_short:
        return None
    if not damaged and progressive:
        return "the file's last bytes are missing; the picture may be less sharp than it was"
    if not damaged:
        return "the file's last bytes are missing; the picture is whole"
    there = 1 - _filled(pixels) / len(pixels)
    if there <= _LEAST_ROWS:
        raise PictureError(
            f"is damaged or cut short: {there:.0%} of its rows are there, and more than half are "
            "needed; take another copy of the file"
        )
    kept = f"the first {there:.0%} of its rows are there, the rest is one colour"
    reason = "is cut short" if cut_short else "is damaged"
    if there == 1:
        kept = "parts of the picture may be wrong, or less sharp"
    return f"the JPEG file {reason}: {kept}. What was read was taken as it is"


def _decodes(data: bytes, strict: bool) -> bool:
    try:
        simplejpeg.decode_jpeg(data, "GRAY", min_height=1, min_width=1, strict=strict)
    except ValueError:
        return False
    return True


def _filled(pixels: Picture) -> int:
    """Rows at the bottom that are all of one colour, the same in each."""
    others = np.flatnonzero((pixels != pixels[-1, -1]).any(axis=(1, 2)))
    return len(pixels) - 1 - int(others[-1]) if others.size else len(pixels)

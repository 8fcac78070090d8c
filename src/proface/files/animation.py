"""Which files are animations, told without decoding them."""

from contextlib import suppress
from pathlib import Path

from PIL import Image

FORMATS = ("GIF", "PNG", "WEBP", "AVIF")
"""Pillow's names of the formats that hold animations. Frames of a TIFF or MPO are pages."""


def is_animation(path: Path) -> bool:
    """Whether a file is an animation: GIF, PNG, WebP or AVIF of several frames.

    A file that cannot be read is none; whoever opens it will say so. Nothing is read from a pipe,
    which gives its bytes once.
    """
    with suppress(Exception):  # damaged files make decoders raise nearly anything
        if path.is_file():
            with Image.open(path, formats=FORMATS) as image:
                return int(getattr(image, "n_frames", 1)) > 1
    return False

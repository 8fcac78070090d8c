"""Which files are animations, told without decoding them."""

import warnings
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
            with open_image(path) as image:
                return int(getattr(image, "n_frames", 1)) > 1
    return False


def open_image(path: Path) -> Image.Image:
    """Open an animation, or a still of the same formats, without Pillow's warnings.

    Raises:
        Exception: it cannot be read; decoders raise nearly anything.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(path, formats=FORMATS)

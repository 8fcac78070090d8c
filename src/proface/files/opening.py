"""Opening a picture's file: what it is, whether its size is allowed, and its decoder."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import RLock

from PIL import Image, UnidentifiedImageError

from ..errors import PictureError
from . import bounds, heif, jpeg, tiff
from .kinds import begins_video

MAX_PIXELS = 250_000_000
"""Most pixels of a picture: telephones take 200 megapixels, which take 2.3 GB of memory."""

# Only these decoders see the data; some of Pillow's others start programs or parse much more.
# HEIC comes beside them, see `heif`.
READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "JPEG2000", "PPM")

_PILLOWS_LIMIT = 89_478_485
"""Pillow's own: it warns above, and refuses files of more than twice as many pixels."""
_LOCK = RLock()


def open_image(data: bytes) -> Image.Image:
    """Open a picture's file; its pixels are not read yet.

    Raises:
        PictureError: it is empty, has too many pixels or none, or cannot be read.
        Exception: it is damaged; decoders raise nearly anything.
    """
    with _room():
        check_size(*size(data))
        if heif.is_heif(data):
            return heif.open_image(data)
        readable = tiff.readable(data) if tiff.is_tiff(data) else data
        return _open(readable)


def size(data: bytes) -> tuple[int, int]:
    """Width and height of a picture by its file's header.

    Raises:
        PictureError: it is empty, no picture that can be read, or asks for work out of proportion
            to its size (see `bounds`).
        Exception: it is damaged; decoders raise nearly anything.
    """
    if not data:
        raise PictureError("is empty")
    bounds.check(data)  # opening a file may go through all of it
    if tiff.is_tiff(data):
        return tiff.size(data)
    with _room(), heif.open_image(data) if heif.is_heif(data) else _open(data) as image:
        return image.size


def check_size(width: int, height: int) -> None:
    """Refuse a picture of too many pixels, or of none.

    Raises:
        PictureError: it has.
    """
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"has {width} x {height} pixels, which is more than {MAX_PIXELS // 10**6} megapixels; "
            "save it smaller in a photo editor, or cut it into parts, and protect those"
        )
    if not width or not height:
        raise PictureError("has no pixels")


def load(image: Image.Image, data: bytes | None) -> tuple[Image.Image, bool]:
    """Read an opened picture's pixels.

    Args:
        image: as `open_image` gave it, or another.
        data: the file itself, if it is at hand.

    Returns:
        The picture; whether its JPEG file was cut short, and what is missing was filled.

    Raises:
        Exception: it is damaged; decoders raise nearly anything.
    """
    large = image.width * image.height > _PILLOWS_LIMIT
    with _room() if large else nullcontext():  # of TIFF files, Pillow asks again here
        try:
            image.load()
        except OSError:
            if data is None or not data.startswith(jpeg.START):
                raise
            image.close()  # and its pixels are given back
            completed = _open(data + jpeg.END)
            completed.load()
            return completed, True
    return image, False


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=READABLE)
    except UnidentifiedImageError as error:
        if begins_video(data):
            raise PictureError(
                "is a video; give it as a file, and write .mkv: a pipe and the picture's functions "
                "take pictures only"
            ) from error
        if tiff.is_tiff(data):
            raise PictureError(
                "is a TIFF file of a layout or compression that cannot be read; convert it to RGB "
                "with 8 bits a sample first"
            ) from error
        raise PictureError(
            "is not a picture that can be read; JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, HEIC, "
            "JPEG 2000 and PPM can"
        ) from error


@contextmanager
def _room() -> Iterator[None]:
    """Pillow's limit of pixels, raised to ours, unless the program that uses us has lowered it."""
    with _LOCK:
        known = Image.MAX_IMAGE_PIXELS
        if known is not None and known >= _PILLOWS_LIMIT:
            Image.MAX_IMAGE_PIXELS = max(known, MAX_PIXELS)
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = known

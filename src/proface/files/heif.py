"""HEIC pictures, as telephones take them: read by the package pillow-heif, where it is there."""

import io

from PIL import Image

from ..errors import PictureError

BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"miaf", b"1pic"})
"""Of files that hold still pictures; those of the first and of AVIF may share the general ones."""
SEQUENCES = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})
"""Of files that hold a sequence of pictures."""


def is_heif(data: bytes) -> bool:
    """Whether a file begins as HEIC pictures do; AVIF has brands of its own."""
    if data[4:8] != b"ftyp":
        return False
    brands = {data[place : place + 4] for place in (8, *range(16, _head(data), 4))}
    return not brands & {b"avif", b"avis"} and bool(brands & (BRANDS | SEQUENCES))


def open_image(data: bytes) -> Image.Image:
    """A HEIC picture as Pillow's; turned as the file says, with 8 bits a sample.

    Raises:
        PictureError: pillow-heif is not installed, or the file holds a sequence.
    """
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(
            "is a HEIC picture, which takes the package pillow-heif: pip install 'proface[heic]'"
        ) from error
    if data[8:12] in SEQUENCES:
        raise PictureError("is a sequence of HEIC pictures; proface takes a still: export one")
    image: Image.Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
    return image


def _head(data: bytes) -> int:
    """Where the first box ends, which lists the brands; not far, whatever it says."""
    return min(int.from_bytes(data[:4], "big"), 256, len(data))

"""A face as bytes: without loss where they fit, else as good as the room allows.

Recovered PSNR in dB on held-out faces of 112 x 112 with one bit a sample, 4,668 bytes:

                                          CelebA   LFW    FFHQ
    JPEG 2000, 9-7 wavelet, no markers     46.82  48.41  42.57   1,000 faces each
    the same                               46.85  48.25  42.36   30 faces each
    AVIF, 4:4:4, tune=psnr, speed 4        45.13  45.90  42.27   the same 30
    AVIF, were its container free          45.43  46.09  42.76   the same 30

JPEG 2000 loses only on FFHQ's fine textures, and there little; it takes less time and has no 300
bytes of container, which small faces cannot spare. So it is the only lossy codec here.
"""

import math
import zlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from PIL import Image

from ...arrays import Picture
from ...errors import DamagedPictureError, PictureError
from ..quality import psnr
from . import jpeg2000

FaceCodec = Literal["deflate", "jpeg2000", "jpeg2000-bare", "thumbnail"]
"""Raw samples deflated (lossless); a JPEG 2000 code stream (lossless or not); a lossy one without
its markers; a grid of colours, for faces too small for anything better."""

CODECS: tuple[FaceCodec, ...] = get_args(FaceCodec)


@dataclass(frozen=True)
class Coded:
    """A coded face."""

    data: bytes
    codec: FaceCodec
    quality: int | None
    """PSNR of the decoded face in whole dB, 1 to 255; None where it is the original bit for bit."""


def encode_lossless(face: Picture) -> Coded:
    """A face without loss, in as few bytes as possible.

    Args:
        face: uint8, H x W x 3, RGB.

    Raises:
        ProfaceError: Pillow was built without JPEG 2000.
    """
    deflated = zlib.compress(face.tobytes(), 9)
    stream = jpeg2000.encode_lossless(face)
    if len(deflated) <= len(stream):
        return Coded(deflated, "deflate", None)
    return Coded(stream, "jpeg2000", None)


def encode(face: Picture, capacity: int) -> Coded:
    """A face in at most ``capacity`` bytes.

    Args:
        face: uint8, H x W x 3, RGB.
        capacity: bytes there are.

    Raises:
        PictureError: there is not even room for one colour.
        ProfaceError: Pillow was built without JPEG 2000.
    """
    lossless = encode_lossless(face)
    if len(lossless.data) <= capacity:
        return lossless
    candidates = [
        candidate for candidate in (_wavelet(face, capacity), _grid(face, capacity)) if candidate
    ]
    if not candidates:
        raise PictureError(
            f"a face of {face.shape[1]} x {face.shape[0]} pixels has no room for itself in its "
            "own pixels; protect more around it (a larger mask scale), or use --carrier file"
        )
    return max(candidates, key=lambda candidate: candidate.quality or 256)


def decode(data: bytes, codec: FaceCodec, height: int, width: int) -> Picture:
    """The face that `encode` coded; never more pixels than asked for, whatever the data say.

    Args:
        data: as coded.
        codec: one of `CODECS`.
        height: of the face, in pixels.
        width: of the face, in pixels.

    Returns:
        uint8, height x width x 3, RGB.

    Raises:
        DamagedPictureError: the data are not a face of this size in this codec.
    """
    if codec == "deflate":
        return _inflate(data, height, width)
    if codec == "thumbnail":
        return _enlarge(data, height, width)
    stream = jpeg2000.restore(data, height, width) if codec == "jpeg2000-bare" else data
    return jpeg2000.decode(stream, height, width)


def _rated(face: Picture, data: bytes, codec: FaceCodec) -> Coded:
    """A lossy coding with the quality it decodes to."""
    quality = psnr(decode(data, codec, *face.shape[:2]), face)
    return Coded(data, codec, None if math.isinf(quality) else max(1, round(quality)))


def _wavelet(face: Picture, capacity: int) -> Coded | None:
    stream = jpeg2000.encode_within(face, capacity)
    if stream is None:
        return None
    data = jpeg2000.strip(stream, *face.shape[:2])
    return _rated(face, data, "jpeg2000-bare" if len(data) < len(stream) else "jpeg2000")


def _grid(face: Picture, capacity: int) -> Coded | None:
    """The mean colours of as fine a grid as fits, after a byte with its number of rows."""
    height, width = face.shape[:2]
    cells = (capacity - 1) // 3
    if cells < 1:
        return None
    rows = max(1, min(height, cells, 255, round(math.sqrt(cells * height / width))))
    columns = min(width, cells // rows)
    grid = Image.fromarray(face).resize((columns, rows), Image.Resampling.BOX)
    return _rated(face, bytes((rows,)) + grid.tobytes(), "thumbnail")


def _enlarge(data: bytes, height: int, width: int) -> Picture:
    rows = data[0] if data else 0
    columns = (len(data) - 1) // (3 * rows) if rows else 0
    if not (0 < rows <= height and 0 < columns <= width and len(data) == 1 + 3 * rows * columns):
        raise DamagedPictureError(f"a sealed face's thumbnail has {len(data)} bytes, {rows} rows")
    grid = Image.frombytes("RGB", (columns, rows), data[1:])
    return np.array(grid.resize((width, height), Image.Resampling.BICUBIC))


def _inflate(data: bytes, height: int, width: int) -> Picture:
    size = height * width * 3
    inflater = zlib.decompressobj()
    try:
        samples = inflater.decompress(data, size + 1)  # one more shows that there is more
    except zlib.error as error:
        raise DamagedPictureError(f"a sealed face cannot be inflated ({error})") from error
    if len(samples) != size or not inflater.eof:
        raise DamagedPictureError(f"a sealed face of {width} x {height} pixels has another size")
    return np.frombuffer(samples, np.uint8).reshape(height, width, 3).copy()

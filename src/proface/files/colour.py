"""From the colours of a picture file to 8-bit RGB."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin

from ..arrays import Picture
from ..errors import PictureError
from . import tiff

Bytes8 = Picture

_BAND = 512  # rows


@dataclass(frozen=True)
class Samples:
    """What the file says of its samples, and Pillow's image does not."""

    reduced: bool = False
    """Whether Pillow has silently reduced more than 8 bits to 8."""
    top: int = 65_535
    """The largest value of samples that Pillow gives as it found them."""


def planes(
    image: Image.Image, icc: bytes | None, samples: Samples, notes: list[str]
) -> tuple[Bytes8, Bytes8 | None, bool]:
    """The pixels of a Pillow image.

    Args:
        image: loaded and upright.
        icc: the profile of its colours; only CMYK is converted by it.
        samples: see `find_samples`.
        notes: sentences for the user are appended here.

    Returns:
        RGB, uint8, H x W x 3; alpha, uint8, H x W, or None; whether the picture is grey.

    Raises:
        PictureError: 8-bit RGB cannot hold the picture.
    """
    mode = image.mode
    if mode.startswith("I"):
        values = from_sixteen_bits(np.asarray(image), notes, samples.top)
        key = image.info.get("transparency")
        alpha = None if key is None else np.where(np.asarray(image) == key, 0, 255)
        return from_grey(values), None if alpha is None else alpha.astype(np.uint8), True
    if samples.reduced:
        notes.append("16 bits a sample were reduced to 8")
    if mode == "CMYK":
        return np.array(_cmyk_to_srgb(image, icc, notes)), None, False
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        pixels, alpha8 = _array(image, "RGBA")
        return pixels, alpha8, mode in ("1", "L", "LA", "La")
    if mode in ("1", "L", "P", "RGB", "RGBX", "YCbCr", "HSV"):
        return _array(image, "RGB")[0], None, mode in ("1", "L")
    kinds = {"F": "floating-point samples"}
    raise PictureError(
        f"has {kinds.get(mode, f'the mode {mode}')}, which 8-bit RGB cannot hold; convert it to "
        "8 bits a sample first"
    )


def from_sixteen_bits(values: NDArray[np.generic], notes: list[str], top: int = 65_535) -> Bytes8:
    """Samples of any shape from 0 to ``top``, at most 65535, on the scale of 0 to 255, rounded.

    Raises:
        PictureError: there are values beyond 16 bits.
    """
    if values.size and (values.min() < 0 or values.max() > 65_535):
        raise PictureError("has 32 bits a sample; convert it to 8 bits a sample first")
    notes.append(f"{top.bit_length()} bits a sample were reduced to 8")
    wide = np.minimum(values, top).astype(np.uint32)
    reduced: Bytes8 = ((wide * 255 + top // 2) // top).astype(np.uint8)
    return reduced


def from_grey(grey: Bytes8) -> Bytes8:
    """H x W as H x W x 3 with equal channels."""
    return np.repeat(grey[:, :, None], 3, axis=2)


def find_samples(image: Image.Image, data: bytes | None) -> Samples:
    """What can be told of the samples of a file that Pillow opened.

    Args:
        image: as it was opened.
        data: the file itself, if it is at hand.
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits = tiff.bits(image)
        return Samples(bits > 8, 4095 if bits == 12 else 65_535)
    return Samples(image.format == "PNG" and data is not None and data[24] == 16)


def profile_fits(icc: bytes | None, grey: bool) -> bool:
    """Whether bytes look like an ICC profile, of the colour space that is written."""
    if not isinstance(icc, bytes) or len(icc) < 128 or icc[36:40] != b"acsp":
        return False
    return bytes(icc[16:20]) == (b"GRAY" if grey else b"RGB ")


def _array(image: Image.Image, mode: str) -> tuple[Bytes8, Bytes8]:
    """RGB, H x W x 3, and alpha, H x W, of zeros in size where the mode is ``RGB``.

    By bands: so large pictures are not in memory once more than they must be.
    """
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    alpha = np.empty((height, width) if mode == "RGBA" else (0, 0), np.uint8)
    for top in range(0, height, _BAND):
        bottom = min(top + _BAND, height)
        band = np.asarray(image.crop((0, top, width, bottom)).convert(mode))
        pixels[top:bottom] = band[:, :, :3]
        if mode == "RGBA":
            alpha[top:bottom] = band[:, :, 3]
    return pixels, alpha


def _cmyk_to_srgb(image: Image.Image, icc: bytes | None, notes: list[str]) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(icc or b"")),
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError):  # no profile, or a damaged one
        converted = None
    if converted is None:
        notes.append("CMYK colours were converted to RGB without a colour profile")
        return image.convert("RGB")
    notes.append("CMYK colours were converted to sRGB by their colour profile")
    return converted

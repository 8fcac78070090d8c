"""From the colours of a picture file to 8-bit RGB."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin

from ..arrays import Picture
from ..errors import PictureError

Bytes8 = Picture

_TIFF_BITS = 258


def planes(
    image: Image.Image, icc: bytes | None, deep: bool, notes: list[str]
) -> tuple[Bytes8, Bytes8 | None, bool]:
    """The pixels of a Pillow image.

    Args:
        image: loaded and upright.
        icc: the profile of its colours; only CMYK is converted by it.
        deep: whether its samples have been reduced from 16 bits.
        notes: sentences for the user are appended here.

    Returns:
        RGB, uint8, H x W x 3; alpha, uint8, H x W, or None; whether the picture is grey.

    Raises:
        PictureError: 8-bit RGB cannot hold the picture.
    """
    mode = image.mode
    if mode.startswith("I"):
        values = from_sixteen_bits(np.asarray(image), notes)
        key = image.info.get("transparency")
        alpha = None if key is None else np.where(np.asarray(image) == key, 0, 255)
        return from_grey(values), None if alpha is None else alpha.astype(np.uint8), True
    if deep:
        notes.append("16 bits a sample were reduced to 8")
    if mode == "CMYK":
        return np.array(_cmyk_to_srgb(image, icc, notes)), None, False
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        planes = np.array(image.convert("RGBA"))
        pixels, alpha8 = np.ascontiguousarray(planes[:, :, :3]), planes[:, :, 3].copy()
        return pixels, alpha8, mode in ("1", "L", "LA", "La")
    if mode in ("1", "L", "P", "RGB", "RGBX", "YCbCr", "HSV"):
        return np.array(image.convert("RGB")), None, mode in ("1", "L")
    kinds = {"F": "floating-point samples"}
    raise PictureError(
        f"has {kinds.get(mode, f'the mode {mode}')}, which 8-bit RGB cannot hold; convert it to "
        "8 bits a sample first"
    )


def from_sixteen_bits(values: NDArray[np.generic], notes: list[str]) -> Bytes8:
    """Samples of any shape from 0 to 65535 on the scale of 0 to 255, rounded.

    Raises:
        PictureError: there are values beyond 16 bits.
    """
    if values.size and (values.min() < 0 or values.max() > 65_535):
        raise PictureError("has 32 bits a sample; convert it to 8 bits a sample first")
    notes.append("16 bits a sample were reduced to 8")
    return ((values.astype(np.uint32) * 255 + 32_767) // 65_535).astype(np.uint8)


def from_grey(grey: Bytes8) -> Bytes8:
    """H x W as H x W x 3 with equal channels."""
    return np.repeat(grey[:, :, None], 3, axis=2)


def was_reduced(image: Image.Image, data: bytes | None) -> bool:
    """Whether Pillow has silently reduced 16 bits a sample to 8, as far as can be told."""
    if image.format == "PNG" and data:
        return data[24] == 16
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return bool(max(image.tag_v2.get(_TIFF_BITS, (8,))) > 8)
    return False


def profile_fits(icc: bytes | None, grey: bool) -> bool:
    """Whether bytes look like an ICC profile, of the colour space that is written."""
    if not isinstance(icc, bytes) or len(icc) < 128 or icc[36:40] != b"acsp":
        return False
    return bytes(icc[16:20]) == (b"GRAY" if grey else b"RGB ")


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

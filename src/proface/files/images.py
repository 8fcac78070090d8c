"""Picture files: decoding whatever users have, encoding without loss, and writing safely.

Orientation is applied and every other piece of metadata dropped, but for the colour profile and
our own manifest: a thumbnail in the EXIF data would show the face.
"""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, TiffImagePlugin

from ..arrays import Picture
from ..errors import OutputError, PictureError
from . import bounds, chunks, colour, colour_space, jpeg, metadata, opening, tiff
from .colour import Bytes8
from .manifest import Carrier
from .metadata import Format
from .opening import MAX_PIXELS, READABLE

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "READABLE",
    "Photograph",
    "PictureSource",
    "encode",
    "format_for",
    "read",
]

MAX_FILE_BYTES = 2**30
"""Most bytes of a picture's file."""

_FORMATS: dict[str, Format] = {".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
_JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")
_LOSSY_SUFFIXES = (*_JPEG_SUFFIXES, ".avif", ".heic", ".heif", ".hif", ".jp2", ".jxl")
_MAX_WEBP_SIDE = 16_383


@dataclass(frozen=True, eq=False)
class Photograph:
    """A decoded picture, upright."""

    pixels: Bytes8
    """uint8, H x W x 3, RGB."""
    alpha: Bytes8 | None = None
    """uint8, H x W, 0 transparent to 255 opaque; None for a picture without."""
    grey: bool = False
    """Whether the file has one channel; `encode` then writes one, the mean of the three."""
    icc: bytes | None = None
    """The ICC profile of the colours."""
    format: str | None = None
    """Pillow's name of the file's format; None for arrays."""
    lossy: bool = False
    """Whether the format loses information when it stores a picture."""
    manifest: str | None = None
    """The text of the manifest in the file, unchecked."""
    seals: bytes | None = None
    """The sealed faces in the file, see `chunks.unpack`, unchecked."""
    notes: tuple[str, ...] = ()
    """Sentences that the user should read."""


PictureSource = str | Path | bytes | Image.Image | Picture | NDArray[np.uint16] | Photograph
"""A path, a file's bytes, a Pillow image, an array, or a picture already read (see `read`)."""


def read(source: PictureSource, name: str | None = None) -> Photograph:
    """Decode a picture of any usual kind.

    Args:
        source: a path, a file's bytes, a Pillow image, or an array: H x W grey, H x W x 3 RGB or
            H x W x 4 RGBA, uint8, or uint16 to be reduced to 8 bits. A `Photograph` is returned.
        name: of the picture in messages; None for its path.

    Raises:
        PictureError: the file cannot be read, is empty, damaged or no image, is animated, has more
            than `MAX_PIXELS` pixels, asks for work out of proportion to them (see `bounds`), or is
            of a kind that 8-bit RGB cannot hold. A damaged JPEG file is read, with a note, where
            more than half of its rows are there.
    """
    if isinstance(source, Photograph):
        return source
    if isinstance(source, np.ndarray):
        return _from_array(source)
    data: bytes | None = None
    if isinstance(source, Image.Image):
        name = name or "the image"
    elif isinstance(source, bytes):
        name, data = name or "the data", source
    else:
        name, data = name or str(source), _load(Path(source))
    # Our limit of pixels stands in for Pillow's warning; its other warnings are of no use here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = source if isinstance(source, Image.Image) else opening.open_image(data or b"")
            return _from_image(image, data)
        except PictureError as error:
            raise PictureError(f"{name} {error}") from error
        except (Image.DecompressionBombError, MemoryError) as error:
            raise PictureError(f"{name} has too many pixels: {error}") from error
        except Exception as error:  # damaged files make decoders raise nearly anything
            reason = " ".join(str(error).split())  # of several lines, some
            raise PictureError(f"{name} is damaged or cut short: {reason}") from error


def encode(
    photo: Photograph,
    format: Format,  # noqa: A002
    manifest: str | None,
    seals: bytes | None = None,
) -> bytes:
    """Encode a picture, with no metadata but its colour profile and what is given.

    Args:
        photo: what to encode; its own `Photograph.manifest` and `Photograph.seals` are not used.
        format: ``PNG``, ``WEBP`` (which has no grey pictures, and forgets an alpha channel that
            is opaque everywhere) or ``TIFF``, all without loss; ``JPEG``, of quality 95 with
            colours at full resolution.
        manifest: printable ASCII text to put into the file, or None.
        seals: sealed faces to put into the file, or None; not into a TIFF file.

    Raises:
        OutputError: the format cannot hold the picture or the text.
    """
    if manifest is not None:
        metadata.check_text(manifest)
    if format == "WEBP" and max(photo.pixels.shape) > _MAX_WEBP_SIDE:
        raise OutputError(f"WebP allows at most {_MAX_WEBP_SIDE} pixels a side; write .png instead")
    mean = (photo.pixels.sum(axis=2, dtype=np.uint16) + 1) // 3 if photo.grey else None
    pixels = photo.pixels if mean is None else mean.astype(np.uint8)[:, :, None]
    if format == "JPEG" and photo.alpha is not None:
        raise OutputError("JPEG has no transparency, and this picture has; write .png or .webp")
    planes = pixels if photo.alpha is None else np.dstack([pixels, photo.alpha])
    image = Image.fromarray(np.squeeze(planes, 2) if planes.shape[2] == 1 else planes)
    options: dict[str, object] = {}
    if colour.profile_fits(photo.icc, photo.grey and format != "WEBP"):
        options["icc_profile"] = photo.icc
    buffer = io.BytesIO()
    try:
        image.save(buffer, format, **options, **metadata.options(format, manifest))
    except (OSError, ValueError, MemoryError) as error:
        raise OutputError(f"the picture cannot be encoded as {format}: {error}") from error
    data = buffer.getvalue()
    if seals is not None:
        data = chunks.insert(data, "seals", seals)
    if manifest is not None and format == "JPEG":
        data = chunks.insert(data, "manifest", manifest.encode())
    return data


def format_for(path: Path, carrier: Carrier = "pixels", recovered: bool = False) -> Format:
    """The format that goes with a path's suffix, and can carry protected or recovered faces.

    Args:
        path: where a picture shall be written.
        carrier: ``pixels`` allows lossless formats only; ``file`` also JPEG, but not TIFF.
        recovered: whether the picture has its faces back; lossless formats then, too.

    Raises:
        OutputError: the suffix is of another format.
    """
    suffix = path.suffix.lower()
    if carrier == "file":
        if suffix in _JPEG_SUFFIXES:
            return "JPEG"
        if _FORMATS.get(suffix) not in chunks.FORMATS:
            raise OutputError(f"{path.name}: the carrier 'file' takes .png, .webp or .jpg")
    if recovered and suffix in _LOSSY_SUFFIXES:
        raise OutputError(
            f"{path.name}: {suffix} files lose information, and recovered faces are written as "
            "they were; write .png, .webp (lossless) or .tif, and make a copy in another format "
            "from that"
        )
    if suffix in _LOSSY_SUFFIXES:
        raise OutputError(
            f"{path.name}: {suffix} files lose information, and with it the originals, which "
            "could never be recovered; write .png, .webp (lossless) or .tif"
        )
    if suffix not in _FORMATS:
        raise OutputError(f"{path.name}: the suffix must be .png, .webp, .tif or .tiff")
    return _FORMATS[suffix]


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PictureError(f"cannot read the picture {path}: {error}") from error
    if len(data) > MAX_FILE_BYTES:
        raise PictureError(f"{path} has more than {MAX_FILE_BYTES} bytes")
    return data


def _from_image(image: Image.Image, data: bytes | None) -> Photograph:
    opening.check_size(image.width, image.height)
    if data is None and isinstance(image, TiffImagePlugin.TiffImageFile):
        tiff.check_opened(image)
    notes: list[str] = []
    _check_frames(image, notes)
    image, cut_short = opening.load(image, data)
    if data is not None and data.startswith(jpeg.START):
        _note_damage(image, data, cut_short, notes)
    manifest = metadata.find_manifest(image, data, notes)
    seals = metadata.find_seals(data, notes)
    icc = image.info.get("icc_profile")
    samples = colour.find_samples(image, data)
    pixels, alpha, grey = colour.planes(_upright(image, notes), icc, samples, notes)
    keeps_profile = image.mode != "CMYK" and colour.profile_fits(icc, grey)
    notes += colour_space.notes(image, data)
    return Photograph(
        pixels,
        alpha,
        grey,
        icc if keeps_profile else None,
        image.format,
        metadata.is_lossy(image, data),
        manifest,
        seals,
        tuple(notes),
    )


def _check_frames(image: Image.Image, notes: list[str]) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames == 1:
        return
    if image.format in ("MPO", "HEIF"):  # a phone's photograph with a preview behind it
        notes.append("the file holds further pictures, which were dropped; its main one was taken")
    elif image.format == "TIFF":
        raise PictureError(f"has {frames} pages; proface takes a still: extract one")
    else:
        raise PictureError(
            f"is an animation of {frames} frames, which no still can hold; protect it by itself as "
            "a video, into a file that ends in .mkv"
        )


def _note_damage(image: Image.Image, data: bytes, cut_short: bool, notes: list[str]) -> None:
    damaged = jpeg.is_damaged(data + jpeg.END if cut_short else data)
    if damaged or cut_short:
        rows = np.asarray(image).reshape(image.height, image.width, -1)
        progressive = bool(image.info.get("progressive"))
        note = jpeg.note_damage(rows, cut_short, damaged, progressive)
        notes += [note] if note else []


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    bounds.check_exif(metadata.find_exif(image))
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF data raises nearly anything; the pixels are sound
        notes.append("the orientation in the metadata is damaged and was not applied")
        return image


def _from_array(array: Picture | NDArray[np.uint16]) -> Photograph:
    shape = array.shape
    usual = array.ndim == 2 or (array.ndim == 3 and shape[2] in (3, 4))
    if not usual or array.dtype not in (np.uint8, np.uint16):
        raise PictureError(
            f"an array of {array.dtype} {shape} is no picture; give uint8 (or uint16), H x W, "
            "H x W x 3 or H x W x 4"
        )
    try:
        opening.check_size(shape[1], shape[0])
    except PictureError as error:
        raise PictureError(f"the array {error}") from error
    notes: list[str] = []
    deep = array.dtype == np.uint16
    values = colour.from_sixteen_bits(array, notes) if deep else array.astype(np.uint8)
    if array.ndim == 2:
        return Photograph(colour.from_grey(values), grey=True, notes=tuple(notes))
    alpha = values[:, :, 3].copy() if shape[2] == 4 else None
    return Photograph(np.ascontiguousarray(values[:, :, :3]), alpha, notes=tuple(notes))

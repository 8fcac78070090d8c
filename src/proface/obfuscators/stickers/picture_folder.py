"""Stickers from a folder: pictures with transparency, or upon a plain background."""

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ...arrays import Picture
from ...errors import ObfuscatorError
from .placing import INNER_BOTTOM, INNER_CENTRE, INNER_TOP, INNER_WIDTH, Mask

MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_PIXELS = 16_000_000
"""Of one sticker's file."""

_SUFFIXES = (".png", ".webp", ".gif", ".avif", ".tif", ".tiff", ".jpg", ".jpeg")
_READABLE = ("PNG", "WEBP", "GIF", "AVIF", "TIFF", "JPEG")
_LARGEST = 1024
"""Longer side to which stickers are reduced, in pixels."""
_PLAIN = 24
"""Largest difference of a background's samples from its colour."""

_CARTOONSET = re.compile(r"cs\d+\.png", re.IGNORECASE)
"""Names of Google's CartoonSet, whose pictures have 500 x 500 pixels and all heads in one place."""
_CARTOONSET_SIDE, _CARTOONSET_CENTRE, _CARTOONSET_UNIT = 500, 250.0, 91.0
"""Where that place is: the middle of the inner face, and the unit, in pixels."""


@dataclass(frozen=True, eq=False)
class Sticker:
    """A picture, and how it lies over a face."""

    pixels: Picture
    """uint8, H x W x 4: RGB times alpha, and alpha."""
    x: float
    y: float
    """Where the face's (0, 0) lies upon the sticker, in pixels from its upper left corner."""
    unit: float
    """The face's unit, in the sticker's pixels."""


class StickerFolder:
    """The pictures of a folder, decoded when they are needed."""

    def __init__(self, folder: Path) -> None:
        """List a folder, and see that it holds a picture that can be used.

        Args:
            folder: with PNG, WebP, GIF, AVIF, TIFF or JPEG files; others, and folders within it,
                are passed over.

        Raises:
            ObfuscatorError: there is no such folder, or none of its pictures can be used.
        """
        self._files = _list(folder)
        self._load = lru_cache(maxsize=32)(_try)
        reasons = []
        for path in self._files:
            loaded = self._load(path)
            if isinstance(loaded, Sticker):
                return
            reasons.append(f"{path.name} {loaded}")
        raise ObfuscatorError(
            f"none of the {len(reasons)} pictures in {folder} can be a sticker; the first, "
            f"{reasons[0]}. Give pictures with transparency, for example PNG"
        )

    def choose(self, seed: int, face_index: int) -> Sticker:
        """The sticker of a face: the folder is shuffled by the seed and dealt by the face index.

        Pictures that cannot be used are passed over.

        Args:
            seed: 0 to 2^32 - 1.
            face_index: of the face within its picture.

        Raises:
            ObfuscatorError: the pictures have gone since the folder was listed.
        """
        order = np.random.default_rng(seed).permutation(len(self._files))
        for index in np.roll(order, -(face_index % len(order))):
            sticker = self._load(self._files[index])
            if isinstance(sticker, Sticker):
                return sticker
        raise ObfuscatorError(f"the stickers in {self._files[0].parent} can no longer be read")

    def draw(
        self, seed: int, face_index: int, matrix: NDArray[np.float64], height: int, width: int
    ) -> Picture:
        """The sticker of a face, drawn into a crop.

        Args:
            seed: as for `choose`.
            face_index: as for `choose`.
            matrix: 2 x 3, from the face's coordinates to the crop's pixels.
            height: of the crop, in pixels.
            width: of the crop, in pixels.

        Returns:
            uint8, H x W x 4: RGB times alpha, and alpha.

        Raises:
            ObfuscatorError: as for `choose`.
        """
        sticker = self.choose(seed, face_index)
        pixels, side = sticker.pixels, float(np.hypot(*matrix[:, 0]))
        # Warping takes single pixels; what is much reduced must be averaged first.
        share = min(1.0, max(2 * side / sticker.unit, 1 / min(pixels.shape[:2])))
        full = pixels.shape
        pixels = _reduced(pixels, share)
        across, down = pixels.shape[1] / full[1], pixels.shape[0] / full[0]
        to_face = np.array(
            [
                [1 / (across * sticker.unit), 0, -sticker.x / sticker.unit],
                [0, 1 / (down * sticker.unit), -sticker.y / sticker.unit],
                [0, 0, 1],
            ]
        )
        both = matrix @ to_face
        both[:, 2] += both[:, :2] @ [0.5, 0.5] - 0.5  # OpenCV counts from the pixels' centres
        warped = cv2.warpAffine(pixels, both, (width, height), flags=cv2.INTER_LINEAR)
        return np.minimum(warped, warped[:, :, 3:])


def _list(folder: Path) -> list[Path]:
    try:
        if not folder.is_dir():
            raise ObfuscatorError(
                f"there is no folder {folder}; give one with pictures that have transparency"
            )
        files = sorted(
            each
            for each in folder.iterdir()
            if each.suffix.lower() in _SUFFIXES and not each.name.startswith(".") and each.is_file()
        )
    except (OSError, ValueError) as error:  # ValueError: the name holds a zero byte
        raise ObfuscatorError(f"cannot read the stickers in {folder}: {error}") from error
    if not files:
        raise ObfuscatorError(
            f"there are no pictures in {folder}; put some with transparency there, for example PNG"
        )
    return files


class _UnusableError(Exception):
    """Why a file is no sticker."""


def _try(path: Path) -> Sticker | str:
    """A sticker, or why the file is none."""
    try:
        return _load(path)
    except _UnusableError as error:
        return str(error)
    except (Image.DecompressionBombError, MemoryError):
        return "has too many pixels"
    except Exception as error:  # damaged files make decoders raise nearly anything
        return f"cannot be read: {error}"


def _load(path: Path) -> Sticker:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise _UnusableError(f"has more than {MAX_FILE_BYTES // 2**20} MiB")
    # Our limit of pixels stands in for Pillow's warning; its other warnings are of no use here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path, formats=_READABLE) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _UnusableError(f"has more than {MAX_PIXELS // 10**6} megapixels")
            full = np.asarray(ImageOps.exif_transpose(image).convert("RGBA"), np.uint8)
    if full[:, :, 3].min() == 255:
        full = _cut_out(full)
    from_cartoonset = _CARTOONSET.fullmatch(path.name) and full.shape[:2] == (_CARTOONSET_SIDE,) * 2
    alpha = full[:, :, 3:].astype(np.uint16)
    pixels = np.dstack([(full[:, :, :3] * alpha + 127) // 255, alpha]).astype(np.uint8)
    if from_cartoonset:
        return Sticker(pixels, _CARTOONSET_CENTRE, _CARTOONSET_CENTRE, _CARTOONSET_UNIT)
    pixels = _reduced(pixels, min(1.0, _LARGEST / max(pixels.shape[:2])))
    return Sticker(pixels, *_where(pixels[:, :, 3] > 127))


def _reduced(pixels: Picture, share: float) -> Picture:
    """A picture with a share of its sides, 0 to 1, at least one pixel each."""
    size = (max(1, round(pixels.shape[1] * share)), max(1, round(pixels.shape[0] * share)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cut_out(pixels: Picture) -> Picture:
    """Give a picture without transparency some: its plain background, from the border inwards.

    Raises:
        _UnusableError: the border is not of one colour.
    """
    border = np.vstack([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])[:, :3].astype(np.int16)
    plain = np.median(border, axis=0)
    if np.mean(np.abs(border - plain).max(axis=1) <= _PLAIN) < 0.95:
        raise _UnusableError("has neither transparency nor a background of one colour")
    alike = (np.abs(pixels[:, :, :3] - plain).max(axis=2) <= _PLAIN).astype(np.uint8)
    _, parts = cv2.connectedComponents(alike, connectivity=4)
    edges = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    background = np.isin(parts, np.unique(edges[edges > 0]))
    # The outermost pixels are mixed with the background: they go too, and the next are softened.
    inside = cv2.erode((~background).astype(np.uint8) * 255, np.ones((3, 3), np.uint8))
    soft = np.minimum(cv2.blur(inside, (3, 3)), inside)
    return np.dstack([pixels[:, :, :3], soft]).astype(np.uint8)


def _where(opaque: Mask) -> tuple[float, float, float]:
    """Where upon a sticker a face's (0, 0) belongs, and the unit: x, y, unit, in its pixels.

    It is the largest place at which the sticker covers an ellipse of the inner face's height and
    width; the face is then where the sticker is broadest, whatever hair or hat it has.

    Raises:
        _UnusableError: nothing is opaque.
    """
    if not opaque.any():
        raise _UnusableError("is transparent everywhere")
    tall = (INNER_TOP + INNER_BOTTOM) / 2
    # Stretched in width, the ellipse is a circle.
    stretched = cv2.resize(
        opaque.astype(np.uint8),
        (max(1, round(opaque.shape[1] * tall / INNER_WIDTH)), opaque.shape[0]),
        interpolation=cv2.INTER_NEAREST,
    )
    framed = cv2.copyMakeBorder(stretched, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    radius = float(distance.max())
    rows, columns = np.nonzero(distance >= radius - 0.5)
    # A thin or ragged sticker covers little wherever it lies; it shall not become huge.
    height = int(np.ptp(np.nonzero(opaque.any(axis=1))[0])) + 1
    unit = max(radius / tall, height / 8)
    middle = float(rows.mean()) + 0.5 - (INNER_CENTRE + (INNER_BOTTOM - INNER_TOP) / 2) * unit
    return (float(columns.mean()) + 0.5) * opaque.shape[1] / stretched.shape[1], middle, unit

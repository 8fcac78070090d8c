"""What a tenth of a face painted over does to the profiles, in one figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ...arrays import Picture
from ...errors import DamagedPictureError
from ...faces.boxes import Box
from ...keys import Key
from ...picture import protection
from .metrics import psnr

SHARE = 0.1
"""Of the face's area that is painted over."""
PAINT = (235, 190, 40)
_KEY = Key.from_bytes(bytes(range(32)))


@dataclass(frozen=True)
class Damaged:
    """A face that was protected, painted over, and recovered as far as could be."""

    profile: str
    original: Picture
    painted: Picture
    recovered: Picture
    opened: bool
    """Whether anything of the face came back."""
    psnr: float
    """Of the recovered to the original face outside the paint, in dB."""


def damage(picture: Picture, box: Box, profile: str) -> Damaged:
    """Protect a face of a picture, uint8, H x W x 3; paint a rectangle over its middle; recover.

    Raises:
        ProfaceError: as `proface.protect` and `proface.recover`, but for faces that do not open.
    """
    protected = protection.protect(picture, _KEY, profile=profile, faces=[box])
    face = protected.faces[0]
    side = SHARE**0.5
    height, width = round(face.height * side), round(face.width * side)
    top, left = face.y + (face.height - height) // 2, face.x + (face.width - width) // 2
    pixels = protected.pixels.copy()
    pixels[top : top + height, left : left + width] = PAINT
    opened = True
    try:
        result = protection.recover(
            pixels, _KEY, manifest=protected.manifest, accept_damage=True
        ).pixels
    except DamagedPictureError:
        opened, result = False, pixels
    kept = np.ones(pixels.shape[:2], bool)
    kept[top : top + height, left : left + width] = False
    kept = kept[face.window]
    original, recovered = picture[face.window], result[face.window]
    error = psnr(recovered[kept][None, None], original[kept][None, None])
    return Damaged(profile, original, pixels[face.window], recovered, opened, float(error.mean()))


def draw(results: Sequence[Damaged], path: Path) -> None:
    """A row for each profile: original, painted over, recovered. Writes a PNG."""
    figure = Figure(figsize=(8.4, 2.9 * len(results)), layout="constrained")
    grid = figure.subplots(len(results), 3, squeeze=False)
    for row, result in zip(grid, results, strict=True):
        outcome = (
            f"recovered, {result.psnr:.1f} dB outside the paint"
            if result.opened
            else "does not open: nothing comes back"
        )
        titles = ("original", f"{result.profile}, a tenth painted over", outcome)
        pictures = (result.original, result.painted, result.recovered)
        for axes, title, picture in zip(row, titles, pictures, strict=True):
            axes.imshow(picture)
            axes.set_title(title, fontsize=9)
            axes.axis("off")
    figure.savefig(path, dpi=110)

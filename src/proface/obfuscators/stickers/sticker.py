"""A cartoon face laid over the inner face: the masking of PRO-Face S (section V-A2)."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ..base import Material, Obfuscator, Target, register
from . import cartoon
from .cartoon import canvas
from .picture_folder import StickerFolder
from .placing import Mask, Place, place

Layer = Picture
"""uint8, H x W x 4: RGB times alpha, and alpha."""

Indices = tuple[NDArray[np.intp], ...]

Art = Callable[[int, int, NDArray[np.float64], int, int], Layer]
"""(seed, face_index, matrix, height, width) -> the sticker of a face, where the matrix puts it."""

_REACH = 3.0
"""How far a sticker may go from the middle of the face, in the face's unit."""
_RIM = 2
"""Pixels around a sticker that are obfuscated too, so that its edge can be soft on both sides."""
_SOFTNESS = 0.85
"""Deviation in pixels of what a camera would have made of the sticker's lines. A network carries
lines that are sharper than any photograph's badly."""
_ROOM = 6
"""Levels that stay free above black and below white, for what a profile keeps in the pixels."""


def lay_stickers(art: Art, target: Target, strength: float, scale: float) -> Picture:
    """Lay a sticker over every face.

    The obfuscated pixels do not depend on the original ones: with any others beneath, the result
    would be the same, bit for bit. Where an edge is smooth, or a sticker leaves a gap in the inner
    face, the colours come from the nearest pixels that stay to be seen. Lines are as soft as a
    photograph's, and neither black nor white are full.

    Args:
        art: what draws stickers.
        target: the crop and its faces.
        strength: without use.
        scale: without use.

    Returns:
        uint8, H x W x 3, RGB.
    """
    height, width = target.pixels.shape[:2]
    layer, inside = np.zeros((height, width, 4), np.uint8), np.zeros((height, width), np.bool_)
    for index, landmarks in enumerate(target.landmarks):
        where = place(landmarks, height, width)
        inside |= where.inner_face(height, width)
        _add(layer, art, where, target.seed, target.face_index + index)
    alpha = np.ascontiguousarray(layer[:, :, 3])
    rim = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * _RIM + 1, 2 * _RIM + 1))
    inside |= cv2.dilate(alpha, rim) > 0
    result = target.pixels.copy()
    cv2.copyTo(cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB), inside.view(np.uint8), result)
    soft = np.nonzero(inside & (alpha < 255))
    through = surroundings(target.pixels, inside, soft) * (255.0 - alpha[soft][:, None]) / 255
    result[soft] += through.astype(np.uint8)
    cv2.copyTo(_softened(result), inside.view(np.uint8), result)
    return result


def _softened(pixels: Picture) -> Picture:
    """A picture as a camera would have seen it, with some room above and below."""
    blurred = cv2.GaussianBlur(pixels, (0, 0), _SOFTNESS)
    squeezed = cv2.convertScaleAbs(blurred, alpha=1 - 2 * _ROOM / 255, beta=_ROOM)
    return np.asarray(squeezed, dtype=np.uint8)


def _add(layer: Layer, art: Art, where: Place, seed: int, face_index: int) -> None:
    """Lay the sticker of one face over those of the others; changes the layer in place."""
    window = where.window(layer.shape[0], layer.shape[1], _REACH)
    below = layer[window]
    if not below.size:
        return
    matrix = where.matrix - np.array([[0, 0, window[1].start], [0, 0, window[0].start]])
    above = art(seed, face_index, matrix, below.shape[0], below.shape[1])
    if below.any():
        rest = below.astype(np.uint16) * (255 - above[:, :, 3:]) // 255
        above = above + rest.astype(np.uint8)
    layer[window] = above


def surroundings(pixels: Picture, inside: Mask, wanted: Indices) -> Floats:
    """The mean colour of the nearest pixels outside a mask.

    Args:
        pixels: uint8, H x W x 3.
        inside: bool, H x W: the mask. Nothing of its pixels goes into the result.
        wanted: rows and columns of N pixels where the result is needed.

    Returns:
        float32, N x 3, 0 to 255; grey where the mask is everywhere.
    """
    result = np.full((len(wanted[0]), 3), 128, np.float32)
    visible = (~inside).astype(np.float32)
    colours = pixels * visible[:, :, None]
    missing = np.full(len(result), bool(visible.any()))
    size = 3
    while missing.any():
        share = cv2.blur(visible, (size, size), borderType=cv2.BORDER_CONSTANT)[wanted]
        total = cv2.blur(colours, (size, size), borderType=cv2.BORDER_CONSTANT)[wanted]
        near = missing & (share > 0.5 / size**2)  # at least one pixel; less is rounding
        result[near] = np.minimum(total[near] / share[near, None], 255)
        missing &= ~near
        size = 2 * size + 1
    return result


def _drawn(
    seed: int, face_index: int, matrix: NDArray[np.float64], height: int, width: int
) -> Layer:
    return canvas.paint(cartoon.face(seed, face_index), matrix, height, width)


register(
    Obfuscator(
        name="sticker",
        summary="A cartoon face over the inner face",
        guarantee=(
            "nothing of the original shows through the sticker, which covers eyes with brows, "
            "nose, mouth and chin; around it the original stays: hair, ears, outline, neck"
        ),
        function=partial(lay_stickers, _drawn),
        uses_landmarks=True,
        sources={
            "stickers": Material(
                lambda folder: partial(lay_stickers, StickerFolder(folder).draw),
                "a folder of pictures with transparency, or upon a background of one colour",
            )
        },
    )
)

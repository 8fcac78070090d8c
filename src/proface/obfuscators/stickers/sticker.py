"""A cartoon face laid over the inner face: the paper's masking (V-A2)."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ..base import Function, Material, Obfuscator, Target, register
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
"""Pixels around a sticker that are covered too, so that its edge can be soft on both sides."""
_SOFTNESS = 0.85
"""Deviation in pixels of what a camera would have made of the sticker's lines. A network carries
lines that are sharper than any photograph's badly."""
_ROOM = 6
"""Levels that stay free below black and above white for what is hidden in them."""


def cover(art: Art, target: Target, strength: float, scale: float) -> Picture:
    """Lay a sticker over every face.

    What is covered is no function of the pixels beneath: they could be any others, and the result
    would be the same, bit for bit. Where an edge is smooth, or a sticker leaves a gap in the inner
    face, the colours come from the nearest pixels that stay to be seen. Lines are as soft as a
    photograph's, and neither black nor white are full.

    Args:
        art: what draws stickers.
        target: the crop and its faces.
        strength: without use.
        scale: without use.
    """
    height, width = target.pixels.shape[:2]
    layer, hidden = np.zeros((height, width, 4), np.uint8), np.zeros((height, width), np.bool_)
    for index, landmarks in enumerate(target.landmarks):
        where = place(landmarks, height, width)
        hidden |= where.inner_face(height, width)
        _add(layer, art, where, target.seed, target.face_index + index)
    alpha = np.ascontiguousarray(layer[:, :, 3])
    rim = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * _RIM + 1, 2 * _RIM + 1))
    hidden |= cv2.dilate(alpha, rim) > 0
    result = target.pixels.copy()
    cv2.copyTo(cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB), hidden.view(np.uint8), result)
    soft = np.nonzero(hidden & (alpha < 255))
    through = surroundings(target.pixels, hidden, soft) * (255.0 - alpha[soft][:, None]) / 255
    result[soft] += through.astype(np.uint8)
    cv2.copyTo(_softened(result), hidden.view(np.uint8), result)
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


def surroundings(pixels: Picture, hidden: Mask, wanted: Indices) -> Floats:
    """The mean colour of the nearest pixels that are not hidden.

    Args:
        pixels: uint8, H x W x 3.
        hidden: bool, H x W; of these pixels nothing goes into the result.
        wanted: rows and columns of N pixels where the result is needed.

    Returns:
        float32, N x 3, 0 to 255; grey where every pixel is hidden.
    """
    result = np.full((len(wanted[0]), 3), 128, np.float32)
    visible = (~hidden).astype(np.float32)
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


def _from_folder(folder: Path) -> Function:
    return partial(cover, StickerFolder(folder).draw)


STICKER = register(
    Obfuscator(
        name="sticker",
        summary="A cartoon face over the inner face",
        guarantee=(
            "nothing of the original shows through the sticker, which covers eyes with brows, "
            "nose, mouth and chin; around it the original stays: hair, ears, outline, neck"
        ),
        function=partial(cover, _drawn),
        uses_landmarks=True,
        sources={
            "stickers": Material(
                _from_folder,
                "a folder of pictures with transparency, or upon a background of one colour",
            )
        },
    )
)

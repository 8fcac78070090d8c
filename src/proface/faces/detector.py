"""The faces of a picture, found by CenterFace."""

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Picture
from ..errors import BoxError, PictureError
from ..timing import stage
from . import centerface
from .boxes import MAX_FACES, Box


@dataclass(frozen=True, eq=False)
class Detection:
    """A face that the detector found."""

    box: Box
    landmarks: Floats
    """float32, 5 x 2 of (x, y) in the picture's pixels: left eye, right eye, nose, left and right
    corner of the mouth; left and right as they are seen in the picture."""


def detect(picture: Picture, threshold: float = 0.2) -> list[Box]:
    """The faces of a picture, the surest first.

    Args:
        picture: uint8, H x W x 3, RGB.
        threshold: smallest score, between 0 and 1.

    Raises:
        PictureError: the array is of another kind.
        BoxError: the threshold is not between 0 and 1.
        ModelError: the detector cannot be loaded.
    """
    return [detection.box for detection in detect_with_landmarks(picture, threshold)]


@stage("detect")
def detect_with_landmarks(picture: Picture, threshold: float = 0.2) -> list[Detection]:
    """The faces of a picture with five landmarks each, the surest first.

    Args:
        picture: uint8, H x W x 3, RGB.
        threshold: smallest score, between 0 and 1.

    Raises:
        PictureError: the array is of another kind.
        BoxError: the threshold is not between 0 and 1.
        ModelError: the detector cannot be loaded.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise PictureError(
            f"faces are searched in uint8 H x W x 3, not {picture.dtype} {picture.shape}"
        )
    if not 0 < threshold < 1:
        raise BoxError(f"the detection threshold is {threshold}, but must lie between 0 and 1")
    height, width = picture.shape[:2]
    merged = centerface.find(picture, threshold)[:MAX_FACES]
    return [d for row in merged if (d := _detection(row, height, width)) is not None]


def _detection(row: Floats, height: int, width: int) -> Detection | None:
    left, top = max(0, math.floor(row[0])), max(0, math.floor(row[1]))
    right, bottom = min(width, math.ceil(row[2])), min(height, math.ceil(row[3]))
    if left >= right or top >= bottom:
        return None
    box = Box(left, top, right - left, bottom - top, float(row[4]))
    return Detection(box, row[5:].reshape(5, 2))

"""From shapes to pixels: smooth edges at every size."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ....arrays import Picture
from .curves import Shape

_FRACTION_BITS = 6
_FINE = 1024
"""Pixels a side up to which shapes are painted larger and reduced, for the best of edges."""


def paint(shapes: Sequence[Shape], place: NDArray[np.float64], height: int, width: int) -> Picture:
    """Paint shapes, one over the other, with smooth edges.

    Args:
        shapes: in the face's unit.
        place: 2 x 3, from there to pixels; whole numbers are the pixels' upper left corners.
        height: of the picture, in pixels.
        width: of the picture, in pixels.

    Returns:
        uint8, H x W x 4: RGB times alpha, and alpha.
    """
    times = max(1, min(8, _FINE // max(height, width)))
    pixels = np.zeros((height * times, width * times, 4), np.uint8)
    for each in shapes:
        # OpenCV takes whole coordinates for the pixels' centres.
        outlines = [
            np.rint(((points @ place[:, :2].T + place[:, 2]) * times - 0.5) * 2**_FRACTION_BITS)
            for points in each.outlines
        ]
        corners = [points.astype(np.int32) for points in outlines]
        cv2.fillPoly(pixels, corners, (*each.colour, 255), cv2.LINE_AA, _FRACTION_BITS)
    if times == 1:
        return pixels
    return np.asarray(
        cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )

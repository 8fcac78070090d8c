"""Where a face is, by its five landmarks: its upright, its unit, and the part that tells most.

A face's own coordinates: x to its right, y down, as they are seen in the picture; (0, 0) lies in
the middle between eyes and mouth, whose distance is the unit. An upright face has its eyes at
y = -0.5, its mouth at y = 0.5 and its chin at about y = 1.15.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats
from ..base import USUAL_LANDMARKS, usual_landmarks

Mask = NDArray[np.bool_]

EYES_APART, MOUTH_WIDE = 1.0, 1.0
"""Largest distance of the eyes, and of the corners of a smiling mouth, in a frontal face."""
EYES_TO_NOSE, NOSE_TO_MOUTH = 0.8, 0.7
"""Largest distances to the tip of the nose, however a head is turned."""

INNER_CENTRE = 0.1
"""Where the inner face is widest."""
INNER_WIDTH, INNER_TOP, INNER_BOTTOM = 0.97, 1.25, 1.17
"""How far the inner face reaches from there: to both sides, over the brows, below the chin."""

_BESIDE = 1.0
"""Width of a face beside its outermost landmarks, both sides together: the ends of the brows."""
_PROFILE = 0.75
"""Width of a profile, as a share of a frontal face's."""
_FRACTION_BITS = 6
_MOST = 4.0
"""Largest unit, in longer sides of the crop; the crop lies wholly within such a face."""


@dataclass(frozen=True, eq=False)
class Place:
    """A face in a crop."""

    x: float
    y: float
    """The face's (0, 0), in pixels; (0, 0) is the crop's upper left corner."""
    unit: float
    """In pixels."""
    cosine: float
    sine: float
    """Of the angle by which the face is turned, clockwise."""
    narrow: float = 1.0
    """Its width, as a share of a frontal face's: less where the head looks sideways."""

    @property
    def matrix(self) -> NDArray[np.float64]:
        """2 x 3, from the face's coordinates to the crop's pixels."""
        right, down = self.unit * self.cosine, self.unit * self.sine
        return np.array([[right * self.narrow, -down, self.x], [down * self.narrow, right, self.y]])

    def window(self, height: int, width: int, reach: float) -> tuple[slice, slice]:
        """The rows and columns of a crop within a reach of the face's (0, 0); perhaps none.

        Args:
            height: of the crop, in pixels.
            width: of the crop, in pixels.
            reach: in the face's unit.
        """
        far = reach * self.unit + 2
        rows, columns = (
            slice(min(max(math.floor(at - far), 0), size), min(max(math.ceil(at + far), 0), size))
            for at, size in ((self.y, height), (self.x, width))
        )
        return rows, columns

    def inner_face(self, height: int, width: int) -> Mask:
        """Which pixels the inner face touches: eyes with brows, nose, mouth and chin.

        Returns:
            bool, H x W.
        """
        # A pixel that the outline touches has its centre less than 0.71 pixels from it.
        outline = (
            _inner_outline(0.75 / (self.unit * self.narrow)) @ self.matrix[:, :2].T
            + self.matrix[:, 2]
        )
        corners = np.rint((outline - 0.5) * 2**_FRACTION_BITS).astype(np.int32)
        inside = np.zeros((height, width), np.uint8)
        cv2.fillPoly(inside, [corners], 1, cv2.LINE_8, _FRACTION_BITS)
        return inside.view(np.bool_)


def _inner_outline(more: float) -> NDArray[np.float64]:
    """The inner face, grown at all sides, in the face's unit: N x 2.

    It is flatter above, where the brows end, and an ellipse below.
    """
    angles = np.arange(128) * (np.pi / 64)
    cosine, sine = np.cos(angles), np.sin(angles)
    power = np.where(sine < 0, 2 / 3, 1.0)
    down = np.where(sine < 0, INNER_TOP + more, INNER_BOTTOM + more)
    x = (INNER_WIDTH + more) * np.sign(cosine) * np.abs(cosine) ** power
    y = down * np.sign(sine) * np.abs(sine) ** power + INNER_CENTRE
    return np.stack([x, y], axis=1)


def place(landmarks: Floats, height: int, width: int) -> Place:
    """Where a face is.

    Its upright is the mean of three directions: the eyes', the mouth's, and the way from eyes to
    mouth. Its unit is the largest that any of five distances speaks for, because some of them
    shrink in a turned or nodding head.

    Args:
        landmarks: 5 x 2, see `proface.arrays.Landmarks`. Where they make no face (points
            that coincide, lie far outside, or are no numbers), the usual ones stand in.
        height: of the crop, in pixels.
        width: of the crop, in pixels.
    """
    found = _place(np.asarray(landmarks, np.float64), height, width)
    if found is not None:
        return found
    usual = _place(usual_landmarks(height, width)[0].astype(np.float64), height, width)
    if usual is not None:
        return usual
    # A crop of a few pixels, or a sliver: all of it is the face.
    return Place(width / 2, height / 2, max(height, width), 1.0, 0.0)


def _place(points: NDArray[np.float64], height: int, width: int) -> Place | None:
    if points.shape != (len(USUAL_LANDMARKS), 2) or not np.isfinite(points).all():
        return None
    left_eye, right_eye, nose, left_corner, right_corner = points
    eyes, mouth = (left_eye + right_eye) / 2, (left_corner + right_corner) / 2
    down = mouth - eyes
    unit = max(
        math.dist(eyes, mouth),
        math.dist(left_eye, right_eye) / EYES_APART,
        math.dist(left_corner, right_corner) / MOUTH_WIDE,
        math.dist(eyes, nose) / EYES_TO_NOSE,
        math.dist(mouth, nose) / NOSE_TO_MOUTH,
    )
    if unit < 1:
        return None
    upright = np.array([down[1], -down[0]])
    sideways = right_eye - left_eye + right_corner - left_corner
    # Landmarks whose sides were confused say nothing but where up is.
    right = upright + sideways if upright @ sideways >= 0 else upright
    length = float(np.hypot(*right))
    cosine, sine = right / length if length > 1e-6 else (1.0, 0.0)
    # A profile's nose and brow lie to one side of its eyes and mouth.
    shares = (points - (eyes + mouth) / 2) @ np.array([cosine, sine])
    shift, spread = (shares.max() + shares.min()) / 2, np.ptp(shares) / unit
    narrow = min(1.0, max(_PROFILE, (spread + _BESIDE) / (EYES_APART + _BESIDE)))
    x, y = (eyes + mouth) / 2 + shift * np.array([cosine, sine])
    unit = min(unit, _MOST * max(height, width))
    found = Place(float(x), float(y), unit, float(cosine), float(sine), float(narrow))
    return found if found.inner_face(height, width).any() else None

"""Put a new face in place of an original, so that nothing of the original shows but its light.

In the frame of the model face an oval, the hull, covers brows, eyes, cheeks, nose, mouth and chin.
Within it every pixel is the new face's. Twelve numbers are taken from the original: a quadratic of
its lightness and a plane for each of its two colours, fitted over the hull. Around the hull lies a
seam, where the new face and the original are mixed.

Colours are CIE L*a*b*, in which a change of light is nearly a factor on all three.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from .average_faces import MODEL, SIDE, SourceFace
from .warp import FaceMap, Field, Points

Window = tuple[slice, slice]

_CENTRE = (float(MODEL[2, 0]), 104.0)
_HALF_WIDTH, _ABOVE, _BELOW = 53.0, 68.0, 69.0
"""Of the hull from its centre, in pixels of the model."""
_POWER_ABOVE, _POWER_BELOW = 4.0, 2.1
"""Of the superellipse: 2 is an ellipse; above the brows it is squarer."""
SEAM = 1.18
"""Where the seam ends; the hull ends at 1."""
_COARSE = 48
"""Side of the pictures that shading is fitted on."""
_OUTLIER = 7.0
"""Distance from the shading, in L*, at which a pixel counts half: hair, glasses, eyes."""
_FITS = 5
_STIFF, _STIFF_COLOUR = (0, 0.01, 0.01, 0.03, 0.03, 0.03), (0, 0.1, 0.1)
"""How slopes and curves of lightness and colours are held back, for faces that show little skin."""
_DARKEST, _BRIGHTEST = 20.0, 95.0
"""Bounds of the lightness by which the new face's contrast goes."""
_MOST_COLOURFUL = 1.3
"""Bound of the factor on the new face's own colours; 0 in a picture without colours."""


def reach(points: Field) -> Floats:
    """How far from the hull's centre points are: 1 on its rim, SEAM where the seam ends.

    Args:
        points: float32, ... x 2 of (x, y), in the model's pixels.

    Returns:
        float32, of the points' shape without the last axis.
    """
    across = np.abs(points[..., 0] - _CENTRE[0]) / _HALF_WIDTH
    down = points[..., 1] - _CENTRE[1]
    above, below = (
        (across**power + far**power) ** (1 / power)
        for far, power in (
            (-down.clip(None, 0) / _ABOVE, _POWER_ABOVE),
            (down.clip(0, None) / _BELOW, _POWER_BELOW),
        )
    )
    return np.asarray(np.where(down < 0, above, below), np.float32)


def window_of(face: FaceMap, height: int, width: int) -> Window | None:
    """Rows and columns that hull and seam lie in; None if they are outside the picture."""
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    rim = np.stack([np.cos(turns) * _HALF_WIDTH, np.sin(turns) * max(_ABOVE, _BELOW)], axis=1)
    # Half as wide again as the seam: the square's corners, and what the landmarks' rests add.
    rim = face.back(1.5 * SEAM * rim + _CENTRE)
    left, top = np.floor(rim.min(axis=0)).astype(int).clip(0, None)
    right, bottom = np.ceil(rim.max(axis=0)).astype(int) + 1
    right, bottom = min(right, width), min(bottom, height)
    if left >= right or top >= bottom:
        return None
    return slice(int(top), int(bottom)), slice(int(left), int(right))


def exchange(picture: Picture, landmarks: Points, new: SourceFace, onto: Picture) -> None:
    """Put a new face in place of one of a picture's; nothing happens where it lies outside.

    Args:
        picture: uint8, H x W x 3, RGB; whose light is taken.
        landmarks: 5 x 2, of the original face.
        new: the face to put there, in the frame of the model face.
        onto: uint8, H x W x 3, changed in place: the picture's copy, or what others made of it.
    """
    height, width = picture.shape[:2]
    face = FaceMap.between(landmarks, new.landmarks, height, width)
    window = window_of(face, height, width)
    if window is None:
        return
    field = face.field(window)
    shading = Shading.of(*_upright(picture, face, window))
    blend(onto, window, _lit(new, field, shading), reach(field))


def blend(onto: Picture, window: Window, colours: Floats, distance: Floats) -> None:
    """Lay colours over a picture: wholly within the hull, less and less through the seam.

    Args:
        onto: uint8, H x W x 3, changed in place.
        window: where the colours belong.
        colours: float32, h x w x 3, from 0 to 255.
        distance: float32, h x w, from `reach`.
    """
    share = ((SEAM - distance) / (SEAM - 1)).clip(0, 1)
    share = (share * share * (3 - 2 * share))[..., None]
    under = onto[window]
    mixed = under + share * (colours - under)
    under[:] = np.rint(mixed).clip(0, 255)


@dataclass(frozen=True, eq=False)
class Shading:
    """Twelve numbers that say how light falls on a face."""

    lightness: NDArray[np.float64]
    """Of L*: factors of 1, u, v, u^2, u v, v^2, where (u, v) is 0 at the hull's centre."""
    colour: NDArray[np.float64]
    """Of a* and b*: factors of 1, u, v; 3 x 2."""

    @classmethod
    def of(cls, upright: Floats, known: NDArray[np.bool_]) -> "Shading":
        """The shading of a face, without regard to hair, glasses, eyes and mouth.

        Args:
            upright: float32, 48 x 48 x 3, L*a*b*, in the model's frame.
            known: bool, 48 x 48; which of its pixels are in the picture.
        """
        distance = reach(_GRID)
        where = (distance < SEAM) & known
        if where.sum() < 12:
            where = known if known.any() else np.ones_like(known)
        terms, colours = _terms(_GRID[where]), upright[where].astype(np.float64)
        # Skin is about the nose; from there on, what the fit finds strange counts little.
        weights = np.exp(-((distance[where] / 0.5) ** 2))
        weights *= np.where(_GRID[where][:, 1] < MODEL[0, 1] + 12, 0.2, 1.0)
        for _ in range(_FITS):
            lightness = _solve(terms, colours[:, 0], weights, _STIFF)
            colour = _solve(terms[:, :3], colours[:, 1:], weights, _STIFF_COLOUR)
            rest = (colours[:, 0] - terms @ lightness) ** 2
            rest += ((colours[:, 1:] - terms[:, :3] @ colour) ** 2).sum(axis=1)
            weights = 1 / (1 + rest / _OUTLIER**2) ** 2
        return cls(lightness, colour)

    def at(self, points: Field) -> Floats:
        """L*a*b* at points of the model: float32, ... x 3."""
        terms = _terms(points)
        values = [terms @ self.lightness, *np.moveaxis(terms[..., :3] @ self.colour, -1, 0)]
        return np.stack(values, axis=-1).astype(np.float32)

    @property
    def chroma(self) -> float:
        """Distance of the hull's centre from grey."""
        return float(np.hypot(*self.colour[0]))


def _lit(new: SourceFace, field: Field, shading: Shading) -> Floats:
    """The new face at each pixel, in a shading: float32, h x w x 3, RGB from 0 to 255."""
    own = Shading.of(_coarse(new.pixels), np.ones((_COARSE, _COARSE), np.bool_))
    height, width = field.shape[:2]
    # Model pixels for each of the picture's, where it is more than one.
    pace = float(np.hypot(*(field[-1, -1] - field[0, 0]))) / max(1.0, np.hypot(height, width))
    pixels = new.pixels
    if pace > 1:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.5 * pace), np.uint8)
    have = own.at(_whole())
    details = (_to_lab(pixels) - have) / have[..., :1].clip(1, None)
    details[..., 1:] *= min(_MOST_COLOURFUL, shading.chroma / max(own.chroma, 1.0))
    details = _sample(details, field, cv2.INTER_CUBIC)
    want = shading.at(field)
    return _to_rgb(want + details * want[..., :1].clip(_DARKEST, _BRIGHTEST))


def _upright(picture: Picture, face: FaceMap, window: Window) -> tuple[Floats, NDArray[np.bool_]]:
    """A face in the model's frame, coarse, as L*a*b*; and which of it is in the picture."""
    part = picture[window]
    height, width = part.shape[:2]
    reduction = max(1.0, max(height, width) / (2 * _COARSE))
    size = max(1, round(width / reduction)), max(1, round(height / reduction))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    points = face.back(_GRID.reshape(-1, 2)).reshape(_GRID.shape)
    points -= [window[1].start, window[0].start]
    known = ((points >= -0.5) & (points <= [width - 0.5, height - 0.5])).all(axis=-1)
    scaled = ((points + 0.5) * [size[0] / width, size[1] / height] - 0.5).astype(np.float32)
    sampled = _sample(small, scaled, cv2.INTER_LINEAR)
    return _to_lab(np.asarray(sampled, np.uint8)), np.asarray(known, np.bool_)


def _sample(values: NDArray[Any], field: Field, kind: int) -> NDArray[Any]:
    across, down = cv2.split(field)
    return np.asarray(cv2.remap(values, across, down, kind, borderMode=cv2.BORDER_REPLICATE))


def _coarse(pixels: Picture) -> Floats:
    small = cv2.resize(pixels, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    return _to_lab(np.asarray(small, np.uint8))


def _whole() -> Field:
    """Every pixel of the model."""
    return np.stack(np.meshgrid(*[np.arange(SIDE, dtype=np.float32)] * 2), axis=-1)


_GRID: Field = (
    np.stack(np.meshgrid(*[np.arange(_COARSE, dtype=np.float32)] * 2), axis=-1) + 0.5
) * (SIDE / _COARSE) - 0.5
"""The model's point for each pixel of a coarse picture."""


def _terms(points: Field) -> NDArray[np.float64]:
    u, v = np.moveaxis((points.astype(np.float64) - _CENTRE) / [_HALF_WIDTH, _ABOVE], -1, 0)
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=-1)


def _solve(
    terms: NDArray[np.float64],
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    stiff: Sequence[float],
) -> NDArray[np.float64]:
    """Weighted least squares, in which slopes are held back."""
    weighted = terms * weights[:, None]
    ridge = weights.sum() * np.diag(stiff)
    return np.asarray(np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ values))


def _to_lab(pixels: Picture) -> Floats:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _to_rgb(lab: Floats) -> Floats:
    """RGB from 0 to 255, within the range."""
    lab[..., 0] = lab[..., 0].clip(0, 100)
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).clip(0, 1) * 255, np.float32)

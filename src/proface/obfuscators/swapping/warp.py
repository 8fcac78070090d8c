"""Smooth maps that bring one face's landmarks to another's, seen from the front.

Four steps: a similarity; a bounded stretch; the turn of the head, as that of a cylinder; then the
rest of each landmark, spread by a Gaussian. Every step is bounded, so that senseless landmarks give
a plain picture and no torn one.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats
from ..base import usual_landmarks

Points = NDArray[np.floating]
"""N x 2 of (x, y)."""
Affine = NDArray[np.float64]
"""2 x 3: what (x, y, 1) is multiplied by."""
Field = Floats
"""float32, H x W x 2: for each pixel a point of another picture."""

_LEAST_STRETCH, _MOST_STRETCH = 0.85, 1.2
"""Bounds on how much longer a face is than the model, along any direction."""
_RADIUS = 1.2
"""Radius of the head, as a cylinder, in distances of the eyes."""
_NOSE = 0.44
"""Height of the nose's tip over the eyes, in distances of the eyes."""
_STEEPEST = 4 / 3
"""Slope at which the cylinder goes on as a plane."""
_MOST_TURNED = math.radians(35)
"""Largest turn that is followed; beyond it that plane would lie behind the head."""
_REACH = 0.55
"""Deviation of the Gaussian that spreads a landmark's rest, in distances of the eyes."""
_LARGEST_REST = 0.3
"""Longest rest of a landmark that is followed, in distances of the eyes."""
_RIDGE = 0.1
"""What keeps weights small where landmarks fall together."""
_STEP = 8
"""Maps are computed at every eighth pixel of large faces and interpolated between."""


def similarity(source: Points, target: Points) -> Affine | None:
    """The rotation, scale and shift that brings points nearest to others, in least squares.

    After Umeyama, Least-squares estimation of transformation parameters between two point patterns,
    1991, without mirroring. In the plane it is a division of complex numbers.

    Args:
        source: N x 2 of (x, y).
        target: N x 2 of (x, y): where each of them should be.

    Returns:
        2 x 3; None if all points of a side are one, or nothing but a mirror image fits.
    """
    one, other = (
        points[:, 0].astype(np.float64) + 1j * points[:, 1] for points in (source, target)
    )
    from_, to = one - one.mean(), other - other.mean()
    size = float(np.vdot(from_, from_).real)
    if not size > 1e-6:
        return None
    factor = np.vdot(from_, to) / size
    if not abs(factor) > 1e-6:
        return None
    shift = other.mean() - factor * one.mean()
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]]
    )


def invert(affine: Affine) -> Affine:
    """The affine map back: 2 x 3."""
    return np.asarray(cv2.invertAffineTransform(affine), np.float64)


@dataclass(frozen=True, eq=False)
class FaceMap:
    """From the pixels of a picture to those of a model face; see `between`."""

    affine: Affine
    """From the picture to the turned model."""
    turn: "Turn"
    """From the turned model to the model."""
    centres: Points
    """Landmarks in the model's pixels, 5 x 2, by `affine` and `turn`."""
    weights: Points
    """5 x 2: what each of them adds to points near it."""
    reach: float
    """Deviation of the Gaussian, in the model's pixels."""

    @classmethod
    def between(cls, landmarks: Points, model: Points, height: int, width: int) -> "FaceMap":
        """The map that brings a face's landmarks near those of a model.

        Args:
            landmarks: 5 x 2, of the face. Where they make no sense, because they fall together, are
                not finite or are mirrored, those of a face that fills its picture stand in.
            model: 5 x 2, of the model: upright, and seen from the front.
            height: of the face's picture, in pixels.
            width: of the face's picture, in pixels.

        Raises:
            ValueError: the model's landmarks fall together.
        """
        usual = usual_landmarks(height, width)[0]
        if not _make_sense(landmarks):
            landmarks = usual
        turn = Turn.of(landmarks, model)
        turned: Points = turn.forth(model)
        affine = similarity(landmarks, turned)
        if affine is None:
            landmarks, turn, turned = usual, Turn(turn.axis, turn.radius, 0.0), model
            affine = similarity(landmarks, turned)
        if affine is None:
            raise ValueError("the model's landmarks fall together")
        affine = _stretched(affine, landmarks, turned)
        eyes = float(np.linalg.norm(model[1] - model[0]))
        centres = turn.back(landmarks @ affine[:, :2].T + affine[:, 2])
        rest = model - centres
        length = np.linalg.norm(rest, axis=1, keepdims=True)
        rest *= np.minimum(1, _LARGEST_REST * eyes / np.maximum(length, 1e-6))
        reach = _REACH * eyes
        gauss = _gauss(centres, centres, reach)
        weights = np.linalg.solve(gauss + _RIDGE * np.eye(len(gauss)), rest)
        return cls(affine, turn, centres.astype(np.float32), weights.astype(np.float32), reach)

    def field(self, window: tuple[slice, slice]) -> Field:
        """The model's point for the centre of each pixel of a window.

        Args:
            window: rows and columns of the picture.

        Returns:
            float32, H x W x 2 of (x, y), of the window's size.
        """
        rows, columns = window
        height, width = rows.stop - rows.start, columns.stop - columns.start
        step = _STEP if min(height, width) > 16 * _STEP else 1
        down = np.arange(rows.start, rows.stop + step, step, dtype=np.float64)
        across = np.arange(columns.start, columns.stop + step, step, dtype=np.float64)
        grid = np.stack(np.meshgrid(across, down), axis=-1)
        coarse = self.forth(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)
        if step == 1:
            return np.ascontiguousarray(coarse[:height, :width])
        fine_x, fine_y = np.meshgrid(
            np.arange(width, dtype=np.float32) / np.float32(step),
            np.arange(height, dtype=np.float32) / np.float32(step),
        )
        return np.asarray(cv2.remap(coarse, fine_x, fine_y, cv2.INTER_LINEAR), np.float32)

    def forth(self, points: Points) -> NDArray[np.float64]:
        """The model's points for points of the picture, N x 2."""
        moved = self.turn.back(points @ self.affine[:, :2].T + self.affine[:, 2])
        spread = _gauss(moved, self.centres, self.reach) @ self.weights
        return np.asarray(moved + spread, np.float64)

    def back(self, points: Points) -> NDArray[np.float64]:
        """Roughly the picture's points for points of the model, N x 2: the rests are left out."""
        inverse = invert(self.affine)
        turned = self.turn.forth(points, surface=True)
        return turned @ inverse[:, :2].T + inverse[:, 2]


@dataclass(frozen=True)
class Turn:
    """A head's turn to the side, as that of a cylinder with a nose."""

    axis: float
    """Column of the model that it turns about."""
    radius: float
    """In the model's pixels."""
    angle: float
    """In radians, positive to the right."""

    @classmethod
    def of(cls, landmarks: Points, model: Points) -> "Turn":
        """How far a face is turned, by how far its nose is from the middle of eyes and mouth."""
        eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
        across, down = landmarks[1] - landmarks[0], mouth - eyes
        # The nose lies at eyes + aside * across + along * down.
        axes = np.column_stack([across, down]).astype(np.float64)
        aside = np.linalg.lstsq(axes, landmarks[2] - eyes, rcond=None)[0][0]
        angle = float(np.clip(np.arctan(aside / _NOSE), -_MOST_TURNED, _MOST_TURNED))
        width = float(np.linalg.norm(model[1] - model[0]))
        middle = float(np.concatenate([model[:2], model[3:]])[:, 0].mean())
        return cls(middle, _RADIUS * width, angle)

    def forth(self, points: NDArray[np.floating], surface: bool = False) -> NDArray[np.float64]:
        """Points of the model where they are in the turned one, N x 2.

        Args:
            points: five landmarks, of which the third is the tip of the nose; on the surface, any
                points.
            surface: whether all of them lie on the cylinder.
        """
        aside = points[:, 0].astype(np.float64) - self.axis
        depth = self._depth(aside)
        if not surface:
            depth[2] = self._depth(aside[:2]).mean() + _NOSE / _RADIUS * self.radius
        across = aside * math.cos(self.angle) + (depth - self._rest) * math.sin(self.angle)
        return np.column_stack([across + self.axis, points[:, 1]])

    def back(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points of the turned model where they are in the model, N x 2."""
        aside = np.linspace(-6, 6, 241) * self.radius
        table = self.forth(np.column_stack([aside + self.axis, aside]), surface=True)[:, 0]
        across = np.interp(points[:, 0], table, aside + self.axis)
        return np.column_stack([across, points[:, 1]])

    @property
    def _rest(self) -> float:
        """Depth that stays where it is: that of the eyes."""
        return float(self._depth(np.array([self.radius / (2 * _RADIUS)]))[0])

    def _depth(self, aside: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far the cylinder is in front of its axis; it goes on as a plane where it is steep."""
        edge = self.radius * _STEEPEST / math.hypot(1, _STEEPEST)
        near = np.minimum(np.abs(aside), edge)
        depth = np.sqrt(self.radius**2 - near**2) - _STEEPEST * (np.abs(aside) - near)
        return np.asarray(depth, np.float64)


def _make_sense(landmarks: Points) -> bool:
    """Whether eyes are above the mouth and left of each other, whichever way the face is turned."""
    if not np.isfinite(landmarks).all():
        return False
    across = landmarks[1] - landmarks[0] + landmarks[4] - landmarks[3]
    down = landmarks[3:].sum(axis=0) - landmarks[:2].sum(axis=0)
    area = float(across[0] * down[1] - across[1] * down[0])
    return area > 0.05 * float(down @ down) > 0


def _gauss(points: NDArray[np.floating], centres: Points, reach: float) -> NDArray[np.float64]:
    squares = ((points[:, None].astype(np.float64) - centres[None]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-squares / (2 * reach**2)), np.float64)


def _stretched(affine: Affine, landmarks: Points, model: NDArray[np.floating]) -> Affine:
    """A similarity with a bounded stretch, for faces that are longer or wider than the model."""
    moved = landmarks @ affine[:, :2].T + affine[:, 2]
    centre = moved.mean(axis=0)
    from_, to = moved - centre, model - model.mean(axis=0)
    ridge = 0.1 * float((to**2).sum() / 2) * np.eye(2)
    linear = np.linalg.solve(from_.T @ from_ + ridge, from_.T @ to + ridge).T
    left, stretch, right = np.linalg.svd(linear)
    linear = left @ np.diag(stretch.clip(_LEAST_STRETCH, _MOST_STRETCH)) @ right
    if np.linalg.det(linear) <= 0:
        return affine
    shift = model.mean(axis=0) - linear @ centre
    return np.column_stack([linear @ affine[:, :2], linear @ affine[:, 2] + shift])

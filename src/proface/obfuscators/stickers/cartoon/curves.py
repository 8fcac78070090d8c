"""Curves of a drawn face, as polygons: float64, N x 2 of (x, y), in the face's unit.

The unit and the axes are those of `proface.obfuscators.stickers.placing`: a face's eyes lie around
y = -0.5, its mouth around y = 0.5; x grows to the right, y down.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Colour = tuple[int, int, int]
"""RGB, 0 to 255."""

_STEPS = 14
"""Points that a curve has between two given ones; at 3,000 pixels of face still no corner shows."""


@dataclass(frozen=True, eq=False)
class Shape:
    """An area of one colour; where its outlines enclose each other, a hole."""

    colour: Colour
    outlines: tuple[Points, ...]


def shape(colour: Colour, *outlines: Points) -> Shape:
    """An area of one colour within outlines."""
    return Shape(colour, outlines)


def curve(points: Sequence[tuple[float, float]]) -> Points:
    """A smooth curve through points: a uniform Catmull-Rom spline, ends included."""
    knots = np.array([points[0], *points, points[-1]], np.float64)
    return np.vstack([_spline(knots), knots[-1:]])


def loop(points: Sequence[tuple[float, float]]) -> Points:
    """A smooth closed curve through points."""
    return _spline(np.array([points[-1], *points, *points[:2]], np.float64))


def symmetric(right: Sequence[tuple[float, float]]) -> Points:
    """A smooth closed curve from its right half, top to bottom; both ends lie on the axis."""
    left = [(-x, y) for x, y in right[-2:0:-1]]
    return loop([*right, *left])


def _spline(knots: Points) -> Points:
    before, start, end, after = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    t = np.arange(_STEPS)[None, :, None] / _STEPS
    path = start + t / 2 * (
        end
        - before
        + t * (2 * before - 5 * start + 4 * end - after + t * (3 * (start - end) + after - before))
    )
    return path.reshape(-1, 2)


def flipped(points: Points) -> Points:
    """The mirror image, left for right."""
    mirrored: Points = points * np.array([-1.0, 1.0])
    return mirrored


def moved(points: Points, x: float, y: float) -> Points:
    """The same curve elsewhere."""
    elsewhere: Points = points + np.array([x, y])
    return elsewhere


def ellipse(x: float, y: float, across: float, down: float, turn: float = 0) -> Points:
    """An ellipse from its centre, half axes and turn in degrees."""
    angles = np.arange(48) * (np.pi / 24)
    ring = np.stack([across * np.cos(angles), down * np.sin(angles)], axis=1)
    sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
    turned: Points = ring @ np.array([[cosine, sine], [-sine, cosine]])
    return moved(turned, x, y)


def cloud(x: float, y: float, across: float, down: float, bumps: int, depth: float) -> Points:
    """An ellipse whose outline goes in bumps."""
    angles = np.arange(bumps * 10) * (2 * np.pi / (bumps * 10))
    swell = 1 + depth * (np.abs(np.sin(angles * bumps / 2)) - 0.6)
    ring = np.stack([across * np.cos(angles), down * np.sin(angles)], axis=1) * swell[:, None]
    return moved(ring, x, y)


def rounded(x: float, y: float, across: float, down: float, power: float = 4) -> Points:
    """A superellipse: a rectangle with round corners, from its centre and half sides."""
    angles = np.arange(64) * (np.pi / 32)
    cosine, sine = np.cos(angles), np.sin(angles)
    ring = np.stack(
        [
            across * np.sign(cosine) * np.abs(cosine) ** (2 / power),
            down * np.sign(sine) * np.abs(sine) ** (2 / power),
        ],
        axis=1,
    )
    return moved(ring, x, y)


def stroke(path: Points, width: float, ends: float = 1) -> Points:
    """The outline of a line of a pen along a path.

    Args:
        path: N x 2.
        width: in the middle.
        ends: width of the rounded ends, as a share of it.
    """
    along = np.gradient(path, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    middle = np.sin(np.linspace(0, np.pi, len(path))) ** 0.7
    half = (width / 2 * (ends + (1 - ends) * middle))[:, None]
    turn = np.linspace(0, np.pi, 9)[1:-1, None]
    last = path[-1] + half[-1] * (np.cos(turn) * across[-1] + np.sin(turn) * along[-1] / length[-1])
    first = path[0] - half[0] * (np.cos(turn) * across[0] + np.sin(turn) * along[0] / length[0])
    return np.vstack([path + across * half, last, (path - across * half)[::-1], first])

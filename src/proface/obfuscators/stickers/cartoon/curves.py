"""Curves of a drawn face, as polygons: float64, N x 2 of (x, y), in the face's unit.

The unit and the axes are those of `proface.obfuscators.stickers.placing`: a face's eyes lie around
y = -0.5, its mouth around y = 0.5; x grows to the right, y down. Points are written as in SVG:
``"-0.3,0.1 0,0.2 0.3,0.1"``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Path = str | Sequence[tuple[float, float]]
"""Points that a curve is drawn through, as text or one by one."""
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


def points(path: Path) -> list[tuple[float, float]]:
    """The points of a path, one by one."""
    if not isinstance(path, str):
        return list(path)
    pairs = (pair.split(",") for pair in path.split())
    return [(float(x), float(y)) for x, y in pairs]


def mirrored(left: Path) -> list[tuple[float, float]]:
    """A path across the axis from its left half, whose last point lies on the axis."""
    half = points(left)
    return [*half, *((-x, y) for x, y in half[-2::-1])]


def curve(path: Path) -> Points:
    """A smooth curve through points: a uniform Catmull-Rom spline, ends included."""
    through = points(path)
    knots = np.array([through[0], *through, through[-1]], np.float64)
    return np.vstack([_spline(knots), knots[-1:]])


def joined(*paths: Path) -> Points:
    """Smooth curves, end to end, with corners where they meet."""
    return np.vstack([curve(path) for path in paths])


def loop(path: Path) -> Points:
    """A smooth closed curve through points."""
    through = points(path)
    return _spline(np.array([through[-1], *through, *through[:2]], np.float64))


def symmetric(right: Path) -> Points:
    """A smooth closed curve from its right half, top to bottom; both ends lie on the axis."""
    half = points(right)
    return loop([*half, *((-x, y) for x, y in half[-2:0:-1])])


def _spline(knots: Points) -> Points:
    before, start, end, after = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    t = np.arange(_STEPS)[None, :, None] / _STEPS
    path = start + t / 2 * (
        end
        - before
        + t * (2 * before - 5 * start + 4 * end - after + t * (3 * (start - end) + after - before))
    )
    return path.reshape(-1, 2)


def flipped(outline: Points) -> Points:
    """The mirror image, left for right."""
    return np.asarray(outline * [-1.0, 1.0])


def moved(outline: Points, x: float, y: float) -> Points:
    """The same curve elsewhere."""
    return np.asarray(outline + np.array([x, y]))


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
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ring = [across, down] * np.sign(ring) * np.abs(ring) ** (2 / power)
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


def line(colour: Colour, path: Path, width: float, ends: float = 1) -> Shape:
    """A line of a pen along a smooth curve; see `stroke`."""
    return shape(colour, stroke(curve(path), width, ends))

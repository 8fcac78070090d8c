"""The long styles of hair of a drawn face."""

import numpy as np

from .curves import Colour, cloud, curve, ellipse, flipped, shape, symmetric
from .hair import Hair, Path, Style, cap, mirrored, shadow, strands
from .palette import Skin, mixed

_SIDE: Path = ((-1.34, 0.1), (-1.34, -0.55), (-1.18, -1.26), (-0.7, -1.72), (0, -1.86))


def _long(colour: Colour, skin: Skin, hairline: Path, bottom: Path, *more: Path) -> Hair:
    """Hair that hangs at both sides, from the crown to the bottom: right half, downwards."""
    back = symmetric([(0, -1.86), (0.7, -1.72), (1.2, -1.22), (1.36, -0.5), *bottom])
    return Hair(
        [shape(mixed(colour, (40, 20, 40), 0.16), back)],
        [
            shadow(skin, [(x, y) for x, y in hairline if y < -0.4]),
            shape(colour, cap(mirrored(_SIDE), hairline)),
            *strands(colour, *more),
        ],
        ears=False,
    )


def bob(colour: Colour, skin: Skin) -> Hair:
    """To the chin, with a fringe."""
    hairline = [(-1.12, 0.1), (-1.02, -0.5), (-0.86, -0.72), (-0.3, -0.66), (0.3, -0.66)]
    hairline += [(0.86, -0.72), (1.02, -0.5), (1.12, 0.1)]
    bottom = [(1.42, 0.3), (1.4, 0.94), (1.1, 1.16), (0.6, 1.1), (0, 1.1)]
    lines = (
        [(-0.3, -0.76), (-0.3, -1.0), (-0.24, -1.2)],
        [(0.36, -0.76), (0.38, -1.0), (0.34, -1.2)],
    )
    hair = _long(colour, skin, hairline, bottom, *lines)
    locks = curve([(1.36, 0.0), (1.42, 0.5), (1.36, 0.98), (1.14, 1.1)])
    lock = np.vstack([locks, curve([(1.14, 1.1), (1.06, 0.6), (1.1, 0.1), (1.08, 0.0)])])
    return Hair(
        hair.behind, [shape(colour, lock), shape(colour, flipped(lock)), *hair.before], ears=False
    )


def centre_part(colour: Colour, skin: Skin) -> Hair:
    """Long and straight, parted in the middle."""
    hairline = [(-1.1, 0.1), (-1.02, -0.5), (-0.7, -0.96), (-0.2, -1.32), (0, -1.44)]
    bottom = [(1.42, 0.3), (1.42, 0.9), (1.3, 1.4), (0.9, 1.5), (0, 1.46)]
    part = [(0, -1.46), (0, -1.66), (0, -1.84)]
    return _long(
        colour,
        skin,
        mirrored(hairline),
        bottom,
        part,
        [(-0.3, -1.36), (-0.76, -1.08), (-1.06, -0.7)],
        [(0.3, -1.36), (0.76, -1.08), (1.06, -0.7)],
    )


def waves(colour: Colour, skin: Skin) -> Hair:
    """Long waves, parted at one side."""
    hairline = [(-1.1, 0.1), (-1.0, -0.56), (-0.8, -0.96), (-0.46, -1.26), (0.1, -1.02)]
    hairline += [(0.66, -0.86), (0.98, -0.56), (1.1, 0.1)]
    bottom = [
        (1.32, 0.0),
        (1.45, 0.4),
        (1.32, 0.8),
        (1.44, 1.16),
        (1.24, 1.42),
        (0.9, 1.5),
        (0, 1.46),
    ]
    return _long(
        colour,
        skin,
        hairline,
        bottom,
        [(-0.42, -1.4), (0.1, -1.26), (0.7, -1.12), (1.1, -0.76)],
        [(-0.36, -1.52), (0.2, -1.5), (0.8, -1.36), (1.14, -1.04)],
    )


def bun(colour: Colour, skin: Skin) -> Hair:
    """Combed back into a bun on top."""
    hairline = mirrored([(-1.08, -0.3), (-1.04, -0.74), (-0.7, -1.1), (0, -1.22)])
    outside = mirrored([(-1.2, -0.3), (-1.22, -0.8), (-0.98, -1.3), (-0.56, -1.58), (0, -1.68)])
    return Hair(
        [shape(colour, ellipse(0, -1.64, 0.44, 0.3))],
        [
            shadow(skin, hairline[1:6], 0.07),
            shape(colour, cap(outside, hairline)),
            *strands(
                colour,
                [(-0.4, -1.64), (0, -1.56), (0.4, -1.64)],
                [(-0.56, -1.22), (-0.4, -1.42), (-0.24, -1.54)],
                [(0.56, -1.22), (0.4, -1.42), (0.24, -1.54)],
            ),
        ],
    )


def puffs(colour: Colour, skin: Skin) -> Hair:
    """Two puffs."""
    hairline = mirrored([(-1.08, -0.34), (-1.02, -0.8), (-0.6, -1.14), (0, -1.26)])
    outside = mirrored([(-1.2, -0.34), (-1.2, -0.8), (-0.98, -1.26), (-0.56, -1.56), (0, -1.66)])
    puff = cloud(1.02, -1.36, 0.46, 0.46, 11, 0.12)
    return Hair(
        [shape(colour, puff), shape(colour, flipped(puff))],
        [
            shadow(skin, hairline[1:6], 0.07),
            shape(colour, cap(outside, hairline)),
            *strands(colour, [(0, -1.27), (0, -1.45), (0, -1.64)], width=0.04),
        ],
    )


def plaits(colour: Colour, skin: Skin) -> Hair:
    """Two plaits, tied with ribbons."""
    hairline = mirrored([(-1.08, -0.2), (-1.0, -0.66), (-0.6, -1.0), (0, -1.3)])
    outside = mirrored([(-1.26, -0.2), (-1.24, -0.8), (-1.0, -1.32), (-0.58, -1.66), (0, -1.78)])
    behind = []
    for side in (1, -1):
        for step, size in enumerate((0.23, 0.22, 0.21, 0.19)):
            tone = colour if step % 2 else mixed(colour, (40, 20, 40), 0.14)
            behind.append(shape(tone, ellipse(1.24 * side, 0.36 + 0.29 * step, size, 0.2)))
        behind.append(shape((239, 100, 97), ellipse(1.24 * side, 1.38, 0.13, 0.08)))
        behind.append(shape(colour, ellipse(1.24 * side, 1.54, 0.12, 0.15)))
    return Hair(
        behind,
        [
            shadow(skin, hairline[1:6], 0.08),
            shape(colour, cap(outside, hairline)),
            *strands(colour, [(0, -1.32), (0, -1.54), (0, -1.76)], width=0.04),
        ],
    )


def tail(colour: Colour, skin: Skin) -> Hair:
    """A tail over one shoulder."""
    hairline = [(-1.08, -0.3), (-1.03, -0.72), (-0.7, -1.06), (0.1, -1.06), (0.7, -0.86)]
    hairline += [(1.03, -0.6), (1.08, -0.3)]
    outside = [
        (-1.22, -0.3),
        *mirrored([(-1.24, -0.8), (-1.0, -1.34), (-0.58, -1.68), (0, -1.8)]),
        (1.22, -0.3),
    ]
    path = [(0.9, -1.3), (1.34, -0.9), (1.4, 0.0), (1.3, 0.9), (1.36, 1.5)]
    inner = [(1.36, 1.5), (1.06, 1.1), (1.0, 0.3), (0.96, -0.6), (0.9, -1.3)]
    return Hair(
        [shape(mixed(colour, (40, 20, 40), 0.14), np.vstack([curve(path), curve(inner)]))],
        [
            shadow(skin, hairline[1:6]),
            shape(colour, cap(outside, hairline)),
            *strands(
                colour,
                [(-0.66, -1.18), (-0.1, -1.3), (0.6, -1.2), (1.02, -0.94)],
                [(-0.5, -1.46), (0.1, -1.52), (0.7, -1.38), (1.06, -1.14)],
            ),
        ],
    )


STYLES: tuple[Style, ...] = (bob, centre_part, bun, waves, puffs, tail, plaits)

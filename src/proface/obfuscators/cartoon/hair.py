"""Hair of a drawn face, and what is worn instead: what lies behind the head, and before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .curves import (
    Colour,
    Points,
    Shape,
    cloud,
    curve,
    ellipse,
    flipped,
    moved,
    shape,
    stroke,
    symmetric,
)
from .palette import Skin, mixed, shade_of


@dataclass(frozen=True, eq=False)
class Hair:
    """What lies behind a head, and what before it."""

    behind: Sequence[Shape]
    before: Sequence[Shape]
    ears: bool = True
    """Whether the ears are to be seen."""


Style = Callable[[Colour, Skin], Hair]
"""(colour, skin) -> hair of that colour."""

Path = Sequence[tuple[float, float]]

_CROWN: Path = ((-1.27, -0.62), (-1.14, -1.28), (-0.68, -1.72), (0, -1.86))
"""The outside of short hair, left half."""


def _mirrored(left: Path) -> list[tuple[float, float]]:
    return [*left, *((-x, y) for x, y in left[-2::-1])]


def _cap(outside: Path, hairline: Path) -> Points:
    """Hair between its outside and the hairline, both from left to right."""
    return np.vstack([curve(outside), curve(hairline)[::-1]])


def _shadow(skin: Skin, hairline: Path, depth: float = 0.1) -> Shape:
    """What hair throws on the forehead; the hairline from left to right, within the head."""
    edge = curve(hairline)
    return shape(skin.shade, np.vstack([edge, moved(edge, 0, depth)[::-1]]))


def _strands(colour: Colour, *paths: Path, width: float = 0.05) -> list[Shape]:
    return [shape(shade_of(colour), stroke(curve(path), width, 0.3)) for path in paths]


def bald(colour: Colour, skin: Skin) -> Hair:
    """None, and a highlight."""
    shine = curve([(-0.72, -1.1), (-0.52, -1.32), (-0.26, -1.45)])
    return Hair((), [shape(mixed(skin.base, (255, 255, 255), 0.4), stroke(shine, 0.1, 0.6))])


def buzz(colour: Colour, skin: Skin) -> Hair:
    """Shaven to a few millimetres, with sharp edges."""
    tone = mixed(colour, skin.base, 0.22)
    outside = _mirrored([(-1.19, -0.4), (-1.19, -0.75), (-1.04, -1.2), (-0.62, -1.56), (0, -1.68)])
    corners = [(-1.07, -0.4), (-1.03, -0.7), (-0.86, -0.76), (-0.7, -1.0)]
    inside = np.array([*corners, *((-x, y) for x, y in corners[::-1])])
    return Hair((), [shape(tone, np.vstack([curve(outside), inside[::-1]]))])


def side_part(colour: Colour, skin: Skin) -> Hair:
    """Short and combed to one side."""
    outside = [(-1.22, -0.3), *_CROWN, (0.72, -1.74), (1.18, -1.3), (1.29, -0.62), (1.22, -0.3)]
    hairline = [(-1.08, -0.3), (-1.04, -0.7), (-0.9, -1.0), (-0.6, -1.2), (-0.1, -0.98)]
    hairline += [(0.5, -0.86), (0.94, -0.8), (1.05, -0.55), (1.08, -0.3)]
    return Hair(
        (),
        [
            _shadow(skin, hairline[2:7]),
            shape(colour, _cap(outside, hairline)),
            *_strands(
                colour,
                [(-0.56, -1.3), (-0.1, -1.18), (0.5, -1.1), (0.98, -0.98)],
                [(-0.5, -1.42), (0, -1.42), (0.6, -1.36), (1.02, -1.2)],
            ),
        ],
    )


def quiff(colour: Colour, skin: Skin) -> Hair:
    """Short at the sides, swept up in front."""
    sides = _mirrored([(-1.21, -0.35), (-1.22, -0.8), (-1.0, -1.25), (-0.6, -1.5), (0, -1.6)])
    edge = [(-1.09, -0.35), (-1.05, -0.75), (-0.84, -1.04), (0, -1.14), (0.84, -1.04)]
    edge += [(1.05, -0.75), (1.09, -0.35)]
    wave = [(-0.98, -1.02), (-1.16, -1.4), (-0.8, -1.74), (-0.1, -1.9), (0.62, -1.92)]
    wave += [(1.08, -1.68), (1.14, -1.3), (0.96, -1.02)]
    under = [(-0.98, -1.02), (-0.5, -1.18), (0.1, -1.16), (0.6, -1.02), (0.96, -1.02)]
    return Hair(
        (),
        [
            _shadow(skin, edge[2:5]),
            shape(mixed(colour, skin.base, 0.25), _cap(sides, edge)),
            shape(colour, _cap(wave, under)),
            *_strands(
                colour,
                [(-0.72, -1.24), (-0.5, -1.5), (0.1, -1.66), (0.7, -1.66)],
                [(-0.2, -1.28), (0.2, -1.42), (0.6, -1.42), (0.9, -1.36)],
            ),
        ],
    )


def fringe(colour: Colour, skin: Skin) -> Hair:
    """A bowl cut, straight over the brows."""
    outside = [(-1.3, -0.1), *_mirrored(_CROWN), (1.3, -0.1)]
    hairline = [(-1.06, -0.1), (-1.02, -0.6), (-0.8, -0.74), (0, -0.7), (0.8, -0.74)]
    hairline += [(1.02, -0.6), (1.06, -0.1)]
    return Hair(
        (),
        [
            _shadow(skin, hairline[1:6]),
            shape(colour, _cap(outside, hairline)),
            *_strands(
                colour,
                [(-0.44, -0.8), (-0.4, -1.05), (-0.3, -1.25)],
                [(0.3, -0.8), (0.32, -1.0), (0.28, -1.18)],
                width=0.045,
            ),
        ],
    )


def spikes(colour: Colour, skin: Skin) -> Hair:
    """Short, in points."""
    tips = [
        (-1.2, -0.3),
        (-1.29, -0.9),
        (-1.12, -1.0),
        (-1.16, -1.42),
        (-0.86, -1.4),
        (-0.76, -1.78),
    ]
    tips += [
        (-0.42, -1.62),
        (-0.16, -1.98),
        (0.12, -1.68),
        (0.5, -1.92),
        (0.66, -1.56),
        (1.06, -1.62),
    ]
    tips += [(1.04, -1.26), (1.31, -1.08), (1.18, -0.8), (1.2, -0.3)]
    line = [(1.07, -0.3), (1.04, -0.74), (0.84, -0.94), (0.6, -0.84), (0.42, -1.0), (0.1, -0.82)]
    line += [
        (-0.14, -1.02),
        (-0.48, -0.84),
        (-0.7, -1.0),
        (-0.98, -0.8),
        (-1.05, -0.6),
        (-1.07, -0.3),
    ]
    edge = np.array(line[2:-2])
    return Hair(
        (),
        [
            shape(skin.shade, np.vstack([edge, moved(edge, 0, 0.08)[::-1]])),
            shape(colour, np.array(tips + line)),
        ],
    )


def curls(colour: Colour, skin: Skin) -> Hair:
    """Short curls."""
    locks = [(-1.14, -0.5), (-1.16, -0.86), (-0.98, -1.2), (-0.66, -1.46), (-0.24, -1.58)]
    locks = _mirrored([*locks, (0, -1.6)])
    front = [(-0.86, -1.06), (-0.5, -1.14), (-0.14, -1.2), (0.24, -1.14), (0.6, -1.1), (0.9, -1.02)]
    dots = [shape(colour, ellipse(x, y, 0.27, 0.27)) for x, y in (*locks, *front)]
    hairline = [(-0.98, -0.84), (-0.5, -0.92), (0, -0.96), (0.5, -0.92), (0.98, -0.84)]
    rings = [
        (-0.8, -1.32),
        (-0.3, -1.42),
        (0.3, -1.38),
        (0.78, -1.28),
        (0.02, -1.14),
        (-0.56, -1.02),
    ]
    arcs = [
        [(x - 0.12, y + 0.02), (x - 0.04, y - 0.09), (x + 0.09, y - 0.06), (x + 0.11, y + 0.06)]
        for x, y in rings
    ]
    return Hair((), [_shadow(skin, hairline, 0.08), *dots, *_strands(colour, *arcs, width=0.055)])


def afro(colour: Colour, skin: Skin) -> Hair:
    """A round afro."""
    ball = cloud(0, -0.62, 1.5, 1.42, 17, 0.07)
    hairline = [(-1.06, -0.3), (-1.02, -0.78), (-0.76, -1.04), (0, -1.12), (0.76, -1.04)]
    hairline += [(1.02, -0.78), (1.06, -0.3)]
    outside = _mirrored([(-1.3, -0.3), (-1.3, -0.9), (-1.0, -1.4), (-0.5, -1.6), (0, -1.66)])
    return Hair(
        [shape(colour, ball)],
        [
            _shadow(skin, hairline[1:6]),
            shape(colour, _cap(outside, hairline)),
            *_strands(
                colour,
                [(-0.94, -1.3), (-0.86, -1.42), (-0.74, -1.4)],
                [(-0.36, -1.64), (-0.26, -1.72), (-0.14, -1.68)],
                [(0.34, -1.46), (0.44, -1.56), (0.56, -1.52)],
                [(0.94, -1.12), (1.02, -1.22), (1.14, -1.18)],
                [(-0.1, -1.32), (0, -1.4), (0.12, -1.36)],
            ),
        ],
        ears=False,
    )


_SIDE: Path = ((-1.34, 0.1), (-1.34, -0.55), (-1.18, -1.26), (-0.7, -1.72), (0, -1.86))


def _long(colour: Colour, skin: Skin, hairline: Path, bottom: Path, *more: Path) -> Hair:
    """Hair that hangs at both sides, from the crown to the bottom: right half, downwards."""
    back = symmetric([(0, -1.86), (0.7, -1.72), (1.2, -1.22), (1.36, -0.5), *bottom])
    return Hair(
        [shape(mixed(colour, (40, 20, 40), 0.16), back)],
        [
            _shadow(skin, [(x, y) for x, y in hairline if y < -0.4]),
            shape(colour, _cap(_mirrored(_SIDE), hairline)),
            *_strands(colour, *more),
        ],
        ears=False,
    )


def bob(colour: Colour, skin: Skin) -> Hair:
    """To the chin, with a fringe."""
    hairline = [(-1.12, 0.1), (-1.02, -0.5), (-0.86, -0.72), (-0.3, -0.66), (0.3, -0.66)]
    hairline += [(0.86, -0.72), (1.02, -0.5), (1.12, 0.1)]
    bottom = [(1.42, 0.3), (1.4, 0.94), (1.1, 1.16), (0.6, 1.1), (0, 1.1)]
    strands = (
        [(-0.3, -0.76), (-0.3, -1.0), (-0.24, -1.2)],
        [(0.36, -0.76), (0.38, -1.0), (0.34, -1.2)],
    )
    hair = _long(colour, skin, hairline, bottom, *strands)
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
        _mirrored(hairline),
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
    hairline = _mirrored([(-1.08, -0.3), (-1.04, -0.74), (-0.7, -1.1), (0, -1.22)])
    outside = _mirrored([(-1.2, -0.3), (-1.22, -0.8), (-0.98, -1.3), (-0.56, -1.58), (0, -1.68)])
    return Hair(
        [shape(colour, ellipse(0, -1.64, 0.44, 0.3))],
        [
            _shadow(skin, hairline[1:6], 0.07),
            shape(colour, _cap(outside, hairline)),
            *_strands(
                colour,
                [(-0.4, -1.64), (0, -1.56), (0.4, -1.64)],
                [(-0.56, -1.22), (-0.4, -1.42), (-0.24, -1.54)],
                [(0.56, -1.22), (0.4, -1.42), (0.24, -1.54)],
            ),
        ],
    )


def puffs(colour: Colour, skin: Skin) -> Hair:
    """Two puffs."""
    hairline = _mirrored([(-1.08, -0.34), (-1.02, -0.8), (-0.6, -1.14), (0, -1.26)])
    outside = _mirrored([(-1.2, -0.34), (-1.2, -0.8), (-0.98, -1.26), (-0.56, -1.56), (0, -1.66)])
    puff = cloud(1.02, -1.36, 0.46, 0.46, 11, 0.12)
    return Hair(
        [shape(colour, puff), shape(colour, flipped(puff))],
        [
            _shadow(skin, hairline[1:6], 0.07),
            shape(colour, _cap(outside, hairline)),
            *_strands(colour, [(0, -1.27), (0, -1.45), (0, -1.64)], width=0.04),
        ],
    )


def plaits(colour: Colour, skin: Skin) -> Hair:
    """Two plaits, tied with ribbons."""
    hairline = _mirrored([(-1.08, -0.2), (-1.0, -0.66), (-0.6, -1.0), (0, -1.3)])
    outside = _mirrored([(-1.26, -0.2), (-1.24, -0.8), (-1.0, -1.32), (-0.58, -1.66), (0, -1.78)])
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
            _shadow(skin, hairline[1:6], 0.08),
            shape(colour, _cap(outside, hairline)),
            *_strands(colour, [(0, -1.32), (0, -1.54), (0, -1.76)], width=0.04),
        ],
    )


def tail(colour: Colour, skin: Skin) -> Hair:
    """A tail over one shoulder."""
    hairline = [(-1.08, -0.3), (-1.03, -0.72), (-0.7, -1.06), (0.1, -1.06), (0.7, -0.86)]
    hairline += [(1.03, -0.6), (1.08, -0.3)]
    outside = [
        (-1.22, -0.3),
        *_mirrored([(-1.24, -0.8), (-1.0, -1.34), (-0.58, -1.68), (0, -1.8)]),
        (1.22, -0.3),
    ]
    path = [(0.9, -1.3), (1.34, -0.9), (1.4, 0.0), (1.3, 0.9), (1.36, 1.5)]
    inner = [(1.36, 1.5), (1.06, 1.1), (1.0, 0.3), (0.96, -0.6), (0.9, -1.3)]
    return Hair(
        [shape(mixed(colour, (40, 20, 40), 0.14), np.vstack([curve(path), curve(inner)]))],
        [
            _shadow(skin, hairline[1:6]),
            shape(colour, _cap(outside, hairline)),
            *_strands(
                colour,
                [(-0.66, -1.18), (-0.1, -1.3), (0.6, -1.2), (1.02, -0.94)],
                [(-0.5, -1.46), (0.1, -1.52), (0.7, -1.38), (1.06, -1.14)],
            ),
        ],
    )


def mohawk(colour: Colour, skin: Skin) -> Hair:
    """A strip over the crown."""
    strip = curve(
        [
            (-0.4, -1.02),
            (-0.52, -1.5),
            (-0.4, -1.86),
            (0, -2.0),
            (0.4, -1.86),
            (0.52, -1.5),
            (0.4, -1.02),
        ]
    )
    sides = buzz(mixed(colour, skin.base, 0.5), skin)
    return Hair(
        (),
        [
            *sides.before,
            shape(
                colour,
                np.vstack(
                    [strip, curve([(0.4, -1.02), (0.14, -0.9), (-0.14, -0.92), (-0.4, -1.02)])]
                ),
            ),
            *_strands(
                colour,
                [(-0.16, -1.1), (-0.18, -1.4), (-0.12, -1.74)],
                [(0.14, -1.1), (0.18, -1.4), (0.14, -1.74)],
            ),
        ],
    )


STYLES: tuple[Style, ...] = (
    side_part,
    bob,
    curls,
    centre_part,
    quiff,
    afro,
    fringe,
    bun,
    buzz,
    waves,
    spikes,
    puffs,
    tail,
    bald,
    plaits,
    mohawk,
)

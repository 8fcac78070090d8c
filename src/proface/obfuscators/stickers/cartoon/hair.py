"""Hair of a drawn face: what lies behind the head, and before it. The short styles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .curves import (
    Colour,
    Path,
    Points,
    Shape,
    cloud,
    curve,
    ellipse,
    joined,
    line,
    mirrored,
    moved,
    points,
    shape,
)
from .palette import WHITE, Skin, mixed, shade_of


@dataclass(frozen=True, eq=False)
class Hair:
    """What lies before a head, and behind it."""

    before: Sequence[Shape]
    behind: Sequence[Shape] = ()
    ears: bool = True
    """Whether the ears are to be seen."""


Style = Callable[[Colour, Skin], Hair]
"""(colour, skin) -> hair of that colour."""

_CROWN = "-1.27,-0.62 -1.14,-1.28 -0.68,-1.72 0,-1.86"
"""The outside of short hair, left half."""


def cap(outside: Path, hairline: Path) -> Points:
    """Hair between its outside and the hairline, both from left to right."""
    return np.vstack([curve(outside), curve(hairline)[::-1]])


def shadow(skin: Skin, hairline: Path, depth: float = 0.1) -> Shape:
    """What hair throws on the forehead; the hairline from left to right, within the head."""
    edge = curve(hairline)
    return shape(skin.shade, np.vstack([edge, moved(edge, 0, depth)[::-1]]))


def strands(colour: Colour, *paths: Path, width: float = 0.05) -> list[Shape]:
    """Lines in the hair."""
    return [line(shade_of(colour), path, width, 0.3) for path in paths]


def combed(
    colour: Colour, shade: Shape, outside: Path, hairline: Path, *lines: Path, width: float = 0.05
) -> list[Shape]:
    """Hair upon its shadow, with lines in it; outside and hairline from left to right."""
    return [shade, shape(colour, cap(outside, hairline)), *strands(colour, *lines, width=width)]


def bald(colour: Colour, skin: Skin) -> Hair:
    """None, and a highlight."""
    shine = "-0.72,-1.1 -0.52,-1.32 -0.26,-1.45"
    return Hair([line(mixed(skin.base, WHITE, 0.4), shine, 0.1, 0.6)])


def buzz(colour: Colour, skin: Skin) -> Hair:
    """Shaven to a few millimetres, with sharp edges."""
    outside = mirrored("-1.19,-0.4 -1.19,-0.75 -1.04,-1.2 -0.62,-1.56 0,-1.68")
    corners = points("-1.07,-0.4 -1.03,-0.7 -0.86,-0.76 -0.7,-1")
    inside = np.array([*corners, *((-x, y) for x, y in corners[::-1])])
    area = np.vstack([curve(outside), inside[::-1]])
    return Hair([shape(mixed(colour, skin.base, 0.22), area)])


def side_part(colour: Colour, skin: Skin) -> Hair:
    """Short and combed to one side."""
    outside = f"-1.22,-0.3 {_CROWN} 0.72,-1.74 1.18,-1.3 1.29,-0.62 1.22,-0.3"
    forehead = "-0.9,-1 -0.6,-1.2 -0.1,-0.98 0.5,-0.86 0.94,-0.8"
    hairline = f"-1.08,-0.3 -1.04,-0.7 {forehead} 1.05,-0.55 1.08,-0.3"
    lines = ("-0.56,-1.3 -0.1,-1.18 0.5,-1.1 0.98,-0.98", "-0.5,-1.42 0,-1.42 0.6,-1.36 1.02,-1.2")
    return Hair(combed(colour, shadow(skin, forehead), outside, hairline, *lines))


def quiff(colour: Colour, skin: Skin) -> Hair:
    """Short at the sides, swept up in front."""
    sides = mirrored("-1.21,-0.35 -1.22,-0.8 -1,-1.25 -0.6,-1.5 0,-1.6")
    forehead = "-0.84,-1.04 0,-1.14 0.84,-1.04"
    edge = f"-1.09,-0.35 -1.05,-0.75 {forehead} 1.05,-0.75 1.09,-0.35"
    wave = "-0.98,-1.02 -1.16,-1.4 -0.8,-1.74 -0.1,-1.9 0.62,-1.92 1.08,-1.68 1.14,-1.3 0.96,-1.02"
    under = "-0.98,-1.02 -0.5,-1.18 0.1,-1.16 0.6,-1.02 0.96,-1.02"
    lines = (
        "-0.72,-1.24 -0.5,-1.5 0.1,-1.66 0.7,-1.66",
        "-0.2,-1.28 0.2,-1.42 0.6,-1.42 0.9,-1.36",
    )
    return Hair(
        [
            *combed(mixed(colour, skin.base, 0.25), shadow(skin, forehead), sides, edge),
            shape(colour, cap(wave, under)),
            *strands(colour, *lines),
        ]
    )


def fringe(colour: Colour, skin: Skin) -> Hair:
    """A bowl cut, straight over the brows."""
    outside = [(-1.3, -0.1), *mirrored(_CROWN), (1.3, -0.1)]
    forehead = "-1.02,-0.6 -0.8,-0.74 0,-0.7 0.8,-0.74 1.02,-0.6"
    hairline = f"-1.06,-0.1 {forehead} 1.06,-0.1"
    lines = ("-0.44,-0.8 -0.4,-1.05 -0.3,-1.25", "0.3,-0.8 0.32,-1 0.28,-1.18")
    return Hair(combed(colour, shadow(skin, forehead), outside, hairline, *lines, width=0.045))


def spikes(colour: Colour, skin: Skin) -> Hair:
    """Short, in points."""
    tips = points(
        "-1.2,-0.3 -1.29,-0.9 -1.12,-1 -1.16,-1.42 -0.86,-1.4 -0.76,-1.78 -0.42,-1.62 "
        "-0.16,-1.98 0.12,-1.68 0.5,-1.92 0.66,-1.56 1.06,-1.62 1.04,-1.26 1.31,-1.08 "
        "1.18,-0.8 1.2,-0.3"
    )
    below = points(
        "1.07,-0.3 1.04,-0.74 0.84,-0.94 0.6,-0.84 0.42,-1 0.1,-0.82 -0.14,-1.02 "
        "-0.48,-0.84 -0.7,-1 -0.98,-0.8 -1.05,-0.6 -1.07,-0.3"
    )
    edge = np.array(below[2:-2])
    shade = shape(skin.shade, np.vstack([edge, moved(edge, 0, 0.08)[::-1]]))
    return Hair([shade, shape(colour, np.array(tips + below))])


def curls(colour: Colour, skin: Skin) -> Hair:
    """Short curls."""
    locks = mirrored("-1.14,-0.5 -1.16,-0.86 -0.98,-1.2 -0.66,-1.46 -0.24,-1.58 0,-1.6")
    front = points("-0.86,-1.06 -0.5,-1.14 -0.14,-1.2 0.24,-1.14 0.6,-1.1 0.9,-1.02")
    dots = [shape(colour, ellipse(x, y, 0.27, 0.27)) for x, y in locks + front]
    hairline = "-0.98,-0.84 -0.5,-0.92 0,-0.96 0.5,-0.92 0.98,-0.84"
    arcs = [
        [(x - 0.12, y + 0.02), (x - 0.04, y - 0.09), (x + 0.09, y - 0.06), (x + 0.11, y + 0.06)]
        for x, y in points("-0.8,-1.32 -0.3,-1.42 0.3,-1.38 0.78,-1.28 0.02,-1.14 -0.56,-1.02")
    ]
    return Hair([shadow(skin, hairline, 0.08), *dots, *strands(colour, *arcs, width=0.055)])


def afro(colour: Colour, skin: Skin) -> Hair:
    """A round afro."""
    outside = mirrored("-1.3,-0.3 -1.3,-0.9 -1,-1.4 -0.5,-1.6 0,-1.66")
    forehead = "-1.02,-0.78 -0.76,-1.04 0,-1.12 0.76,-1.04 1.02,-0.78"
    hairline = f"-1.06,-0.3 {forehead} 1.06,-0.3"
    lines = (
        "-0.94,-1.3 -0.86,-1.42 -0.74,-1.4",
        "-0.36,-1.64 -0.26,-1.72 -0.14,-1.68",
        "0.34,-1.46 0.44,-1.56 0.56,-1.52",
        "0.94,-1.12 1.02,-1.22 1.14,-1.18",
        "-0.1,-1.32 0,-1.4 0.12,-1.36",
    )
    ball = shape(colour, cloud(0, -0.62, 1.5, 1.42, 17, 0.07))
    before = combed(colour, shadow(skin, forehead), outside, hairline, *lines)
    return Hair(before, [ball], ears=False)


def mohawk(colour: Colour, skin: Skin) -> Hair:
    """A strip over the crown."""
    strip = joined(
        "-0.4,-1.02 -0.52,-1.5 -0.4,-1.86 0,-2 0.4,-1.86 0.52,-1.5 0.4,-1.02",
        "0.4,-1.02 0.14,-0.9 -0.14,-0.92 -0.4,-1.02",
    )
    sides = buzz(mixed(colour, skin.base, 0.5), skin)
    lines = ("-0.16,-1.1 -0.18,-1.4 -0.12,-1.74", "0.14,-1.1 0.18,-1.4 0.14,-1.74")
    return Hair([*sides.before, shape(colour, strip), *strands(colour, *lines)])


STYLES: tuple[Style, ...] = (side_part, curls, quiff, afro, fringe, buzz, spikes, bald, mohawk)

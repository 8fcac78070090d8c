"""Eyes, brows, nose and mouth of a drawn face."""

from collections.abc import Callable, Iterator

from .curves import (
    Colour,
    Shape,
    curve,
    ellipse,
    flipped,
    joined,
    line,
    loop,
    moved,
    shape,
    stroke,
)
from .palette import INK, IRISES, THROAT, TONGUE, WHITE, Chance, Skin, mixed, scaled

EYE_X, EYE_Y = 0.46, -0.12
"""Where the right eye is."""

Eye = Callable[[Colour, Skin], list[Shape]]
"""(iris, skin) -> the right eye about its centre (0, 0), the inner corner at the left."""


def _dot(iris: Colour, skin: Skin) -> list[Shape]:
    return [
        shape(INK, ellipse(0, 0, 0.135, 0.18)),
        shape(WHITE, ellipse(0.045, -0.07, 0.048, 0.055)),
    ]


def _open(iris: Colour, skin: Skin) -> list[Shape]:
    return [
        shape(WHITE, ellipse(0, 0, 0.26, 0.225)),
        shape(iris, ellipse(-0.015, 0.01, 0.15, 0.155)),
        shape(INK, ellipse(-0.015, 0.01, 0.085, 0.09)),
        shape(WHITE, ellipse(0.04, -0.055, 0.045, 0.045)),
    ]


def _almond(iris: Colour, skin: Skin) -> list[Shape]:
    lid = "-0.27,0.06 -0.13,-0.13 0.09,-0.16 0.3,-0.04"
    return [
        shape(WHITE, joined(lid, "0.3,-0.04 0.12,0.13 -0.1,0.15 -0.27,0.06")),
        shape(iris, ellipse(0.01, -0.005, 0.14, 0.14)),
        shape(INK, ellipse(0.01, -0.005, 0.08, 0.08)),
        shape(WHITE, ellipse(0.06, -0.05, 0.04, 0.04)),
        line(INK, lid, 0.07, 0.35),
    ]


def _lashes(iris: Colour, skin: Skin) -> list[Shape]:
    return [
        *_open(iris, skin),
        line(INK, "-0.26,0.05 -0.15,-0.17 0.08,-0.21 0.27,-0.03", 0.07, 0.4),
        line(INK, "0.22,-0.08 0.3,-0.12 0.36,-0.19", 0.05, 0.5),
        line(INK, "0.12,-0.17 0.18,-0.23 0.22,-0.29", 0.05, 0.5),
    ]


def _sleepy(iris: Colour, skin: Skin) -> list[Shape]:
    edge = "-0.255,-0.07 0,-0.115 0.255,-0.07"
    x, start, top = 0.255, -0.07, -0.25
    over = [(x, start), (x * 0.6, top * 0.85), (0, top), (-x * 0.6, top * 0.85), (-x, start)]
    lid = shape(skin.shade, joined(edge, over))
    return [*_open(iris, skin)[:3], lid, line(INK, edge, 0.06, 0.5)]


def _happy(iris: Colour, skin: Skin) -> list[Shape]:
    return [line(INK, "-0.21,0.07 -0.12,-0.08 0,-0.13 0.12,-0.08 0.21,0.07", 0.085)]


EYES: tuple[Eye, ...] = (_dot, _open, _dot, _almond, _lashes, _happy, _open, _dot, _sleepy, _almond)


def eyes(skin: Skin, chance: Chance) -> Iterator[Shape]:
    """Both eyes; now and then one of them winks."""
    kind, iris = chance.deal(EYES), chance.pick(IRISES)
    size = chance.between(0.98, 1.14)
    winks = kind in (_open, _dot) and chance.occurs(0.12)
    for side in (1, -1):
        for part in (_happy if winks and side < 0 else kind)(iris, skin):
            yield _placed(part, side, EYE_X, EYE_Y, size)


def brows(colour: Colour, skin: Skin, chance: Chance) -> Iterator[Shape]:
    """Both brows: thin or bushy, straight or arched."""
    arch, tilt = chance.between(0.03, 0.13), chance.between(-0.07, 0.05)
    lift = chance.between(0, 0.05)
    path = [(-0.26, -tilt), (-0.05, -arch), (0.12, -arch), (0.3, tilt + 0.02)]
    brow = line(colour, path, chance.between(0.08, 0.14), 0.6)
    for side in (1, -1):
        yield _placed(brow, side, EYE_X + 0.01, EYE_Y - 0.39 - lift, 1)


def nose(skin: Skin, chance: Chance) -> Iterator[Shape]:
    """A nose, as little as says so."""
    kind, size = chance.pick(("bow", "button", "wedge", "bridge")), chance.between(0.9, 1.1)
    if kind == "bow":
        path = curve("-0.14,0.25 -0.08,0.33 0.06,0.34 0.13,0.25")
        yield shape(skin.line, stroke(path * size, 0.065, 0.8))
    elif kind == "button":
        yield shape(skin.shade, ellipse(0, 0.27, 0.17 * size, 0.12 * size))
        yield shape(mixed(skin.base, WHITE, 0.35), ellipse(0.04, 0.22, 0.055, 0.035))
    elif kind == "wedge":
        wedge = loop("0,0.02 0.08,0.14 0.17,0.29 0,0.36 -0.1,0.3 -0.04,0.14")
        yield shape(skin.shade, wedge)
    else:
        bridge = "-0.07,-0.02 -0.09,0.12 -0.15,0.27 -0.06,0.34 0.08,0.33"
        yield line(skin.line, bridge, 0.055, 0.7)


def mouth(skin: Skin, chance: Chance, bearded: bool) -> Iterator[Shape]:
    """A mouth, mostly a friendly one."""
    kind = chance.deal(MOUTHS)
    if bearded and kind in (_lips, _small):
        kind = _smile
    wide = chance.between(0.92, 1.1)
    for part in kind(skin):
        yield Shape(part.colour, tuple(moved(each * [wide, 1], 0, 0.72) for each in part.outlines))


Mouth = Callable[[Skin], list[Shape]]
"""skin -> the mouth about its centre."""


def _pen(skin: Skin) -> Colour:
    """The pen for mouths; dark enough upon dark skin."""
    return mixed(skin.line, INK, 0.45 if sum(skin.base) > 400 else 0.85)


def _smile(skin: Skin) -> list[Shape]:
    return [line(_pen(skin), "-0.36,-0.08 -0.2,0.06 0,0.11 0.2,0.06 0.36,-0.08", 0.075)]


def _laugh(skin: Skin) -> list[Shape]:
    throat = joined(
        "-0.42,-0.13 -0.2,-0.09 0,-0.085 0.2,-0.09 0.42,-0.13",
        "0.42,-0.13 0.32,0.13 0.14,0.27 -0.14,0.27 -0.32,0.13 -0.42,-0.13",
    )
    teeth = joined(
        "-0.385,-0.1 -0.2,-0.07 0,-0.065 0.2,-0.07 0.385,-0.1",
        "0.36,-0.02 0.2,0.03 0,0.05 -0.2,0.03 -0.36,-0.02",
    )
    tongue = loop("-0.2,0.18 0,0.12 0.2,0.18 0.12,0.245 -0.12,0.245")
    return [shape(THROAT, throat), shape(TONGUE, tongue), shape(WHITE, teeth)]


def _grin(skin: Skin) -> list[Shape]:
    teeth = joined(
        "-0.4,-0.1 -0.2,-0.05 0,-0.04 0.2,-0.05 0.4,-0.1",
        "0.4,-0.1 0.3,0.09 0.12,0.16 -0.12,0.16 -0.3,0.09 -0.4,-0.1",
    )
    return [shape(WHITE, teeth), shape(_pen(skin), teeth * 1.12 - [0, 0.006], teeth)]


def _lips(skin: Skin) -> list[Shape]:
    upper = joined(
        "-0.3,0 -0.18,-0.06 -0.08,-0.12 0,-0.085 0.08,-0.12 0.18,-0.06 0.3,0",
        "0.3,0 0.14,0.03 0,0.035 -0.14,0.03 -0.3,0",
    )
    lower = joined(
        "-0.3,0 -0.14,0.03 0,0.035 0.14,0.03 0.3,0",
        "0.3,0 0.17,0.12 0,0.16 -0.17,0.12 -0.3,0",
    )
    between = "-0.3,-0.005 -0.14,0.025 0,0.03 0.14,0.025 0.3,-0.005"
    return [
        shape(mixed(skin.lips, skin.base, 0.22), lower),
        shape(skin.lips, upper),
        line(scaled(skin.lips, 0.72), between, 0.035, 0.6),
    ]


def _smirk(skin: Skin) -> list[Shape]:
    return [line(_pen(skin), "-0.26,0.04 -0.05,0.08 0.16,0.04 0.34,-0.11", 0.075)]


def _small(skin: Skin) -> list[Shape]:
    return [
        shape(THROAT, ellipse(0, 0.05, 0.15, 0.16)),
        shape(TONGUE, ellipse(0, 0.13, 0.1, 0.065)),
    ]


MOUTHS: tuple[Mouth, ...] = (_smile, _laugh, _lips, _grin, _smile, _laugh, _smirk, _lips, _small)


def _placed(part: Shape, side: int, x: float, y: float, size: float) -> Shape:
    outlines = tuple(moved(each * size, x, y) for each in part.outlines)
    return Shape(part.colour, outlines if side > 0 else tuple(map(flipped, outlines)))

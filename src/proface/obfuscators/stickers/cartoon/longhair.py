"""The long styles of hair of a drawn face."""

from .curves import (
    Colour,
    Path,
    cloud,
    ellipse,
    flipped,
    joined,
    mirrored,
    points,
    shape,
    symmetric,
)
from .hair import Hair, Style, combed, shadow
from .palette import Skin, mixed

_SIDE = "-1.34,0.1 -1.34,-0.55 -1.18,-1.26 -0.7,-1.72 0,-1.86"
"""The outside of long hair, left half."""


def _long(colour: Colour, skin: Skin, hairline: Path, bottom: str, *lines: Path) -> Hair:
    """Hair that hangs at both sides, from the crown to the bottom: right half, downwards."""
    back = symmetric(f"0,-1.86 0.7,-1.72 1.2,-1.22 1.36,-0.5 {bottom}")
    shade = shadow(skin, [(x, y) for x, y in points(hairline) if y < -0.4])
    before = combed(colour, shade, mirrored(_SIDE), hairline, *lines)
    return Hair(before, [shape(_dark(colour, 0.16), back)], ears=False)


def _dark(colour: Colour, share: float) -> Colour:
    return mixed(colour, (40, 20, 40), share)


def bob(colour: Colour, skin: Skin) -> Hair:
    """To the chin, with a fringe."""
    hairline = "-1.12,0.1 -1.02,-0.5 -0.86,-0.72 -0.3,-0.66 0.3,-0.66 0.86,-0.72 1.02,-0.5 1.12,0.1"
    bottom = "1.42,0.3 1.4,0.94 1.1,1.16 0.6,1.1 0,1.1"
    lines = ("-0.3,-0.76 -0.3,-1 -0.24,-1.2", "0.36,-0.76 0.38,-1 0.34,-1.2")
    hair = _long(colour, skin, hairline, bottom, *lines)
    lock = joined("1.36,0 1.42,0.5 1.36,0.98 1.14,1.1", "1.14,1.1 1.06,0.6 1.1,0.1 1.08,0")
    locks = [shape(colour, lock), shape(colour, flipped(lock))]
    return Hair([*locks, *hair.before], hair.behind, ears=False)


def centre_part(colour: Colour, skin: Skin) -> Hair:
    """Long and straight, parted in the middle."""
    hairline = mirrored("-1.1,0.1 -1.02,-0.5 -0.7,-0.96 -0.2,-1.32 0,-1.44")
    bottom = "1.42,0.3 1.42,0.9 1.3,1.4 0.9,1.5 0,1.46"
    lines = (
        "0,-1.46 0,-1.66 0,-1.84",
        "-0.3,-1.36 -0.76,-1.08 -1.06,-0.7",
        "0.3,-1.36 0.76,-1.08 1.06,-0.7",
    )
    return _long(colour, skin, hairline, bottom, *lines)


def waves(colour: Colour, skin: Skin) -> Hair:
    """Long waves, parted at one side."""
    hairline = "-1.1,0.1 -1,-0.56 -0.8,-0.96 -0.46,-1.26 0.1,-1.02 0.66,-0.86 0.98,-0.56 1.1,0.1"
    bottom = "1.32,0 1.45,0.4 1.32,0.8 1.44,1.16 1.24,1.42 0.9,1.5 0,1.46"
    lines = (
        "-0.42,-1.4 0.1,-1.26 0.7,-1.12 1.1,-0.76",
        "-0.36,-1.52 0.2,-1.5 0.8,-1.36 1.14,-1.04",
    )
    return _long(colour, skin, hairline, bottom, *lines)


def bun(colour: Colour, skin: Skin) -> Hair:
    """Combed back into a bun on top."""
    outside = mirrored("-1.2,-0.3 -1.22,-0.8 -0.98,-1.3 -0.56,-1.58 0,-1.68")
    hairline = mirrored("-1.08,-0.3 -1.04,-0.74 -0.7,-1.1 0,-1.22")
    lines = (
        "-0.4,-1.64 0,-1.56 0.4,-1.64",
        "-0.56,-1.22 -0.4,-1.42 -0.24,-1.54",
        "0.56,-1.22 0.4,-1.42 0.24,-1.54",
    )
    before = combed(colour, shadow(skin, hairline[1:6], 0.07), outside, hairline, *lines)
    return Hair(before, [shape(colour, ellipse(0, -1.64, 0.44, 0.3))])


def puffs(colour: Colour, skin: Skin) -> Hair:
    """Two puffs."""
    outside = mirrored("-1.2,-0.34 -1.2,-0.8 -0.98,-1.26 -0.56,-1.56 0,-1.66")
    hairline = mirrored("-1.08,-0.34 -1.02,-0.8 -0.6,-1.14 0,-1.26")
    parting = "0,-1.27 0,-1.45 0,-1.64"
    shade = shadow(skin, hairline[1:6], 0.07)
    puff = cloud(1.02, -1.36, 0.46, 0.46, 11, 0.12)
    return Hair(
        combed(colour, shade, outside, hairline, parting, width=0.04),
        [shape(colour, puff), shape(colour, flipped(puff))],
    )


def plaits(colour: Colour, skin: Skin) -> Hair:
    """Two plaits, tied with ribbons."""
    outside = mirrored("-1.26,-0.2 -1.24,-0.8 -1,-1.32 -0.58,-1.66 0,-1.78")
    hairline = mirrored("-1.08,-0.2 -1,-0.66 -0.6,-1 0,-1.3")
    parting = "0,-1.32 0,-1.54 0,-1.76"
    shade = shadow(skin, hairline[1:6], 0.08)
    behind = []
    for side in (1, -1):
        for step, size in enumerate((0.23, 0.22, 0.21, 0.19)):
            tone = colour if step % 2 else _dark(colour, 0.14)
            behind.append(shape(tone, ellipse(1.24 * side, 0.36 + 0.29 * step, size, 0.2)))
        behind.append(shape((239, 100, 97), ellipse(1.24 * side, 1.38, 0.13, 0.08)))
        behind.append(shape(colour, ellipse(1.24 * side, 1.54, 0.12, 0.15)))
    return Hair(combed(colour, shade, outside, hairline, parting, width=0.04), behind)


def tail(colour: Colour, skin: Skin) -> Hair:
    """A tail over one shoulder."""
    crown = mirrored("-1.24,-0.8 -1,-1.34 -0.58,-1.68 0,-1.8")
    outside = [(-1.22, -0.3), *crown, (1.22, -0.3)]
    forehead = "-1.03,-0.72 -0.7,-1.06 0.1,-1.06 0.7,-0.86 1.03,-0.6"
    hairline = f"-1.08,-0.3 {forehead} 1.08,-0.3"
    lines = (
        "-0.66,-1.18 -0.1,-1.3 0.6,-1.2 1.02,-0.94",
        "-0.5,-1.46 0.1,-1.52 0.7,-1.38 1.06,-1.14",
    )
    down = "0.9,-1.3 1.34,-0.9 1.4,0 1.3,0.9 1.36,1.5"
    behind = joined(down, "1.36,1.5 1.06,1.1 1,0.3 0.96,-0.6 0.9,-1.3")
    before = combed(colour, shadow(skin, forehead), outside, hairline, *lines)
    return Hair(before, [shape(_dark(colour, 0.14), behind)])


STYLES: tuple[Style, ...] = (bob, centre_part, bun, waves, puffs, tail, plaits)

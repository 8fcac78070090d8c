"""What is worn on a drawn head: scarf, turban, beanie, cap, headband; glasses; beards."""

import numpy as np

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
    rounded,
    shape,
    stroke,
    symmetric,
)
from .hair import Hair, strands
from .palette import WHITE, Skin, mixed, scaled, shade_of


def scarf(colour: Colour, skin: Skin) -> Hair:
    """A headscarf around the face."""
    outside = symmetric("0,-1.84 0.72,-1.7 1.22,-1.16 1.38,-0.2 1.34,0.8 1.12,1.46 0,1.7")
    opening = symmetric("0,-1.06 0.62,-0.96 0.98,-0.5 1.04,0.1 0.92,0.72 0.54,1.14 0,1.3")
    rim = opening * [1.075, 1.07] + [0, -0.01]
    folds = (
        "1.06,0.62 0.8,1.16 0.3,1.5",
        "-0.96,0.84 -0.6,1.26 0.1,1.56",
        "0.98,-0.9 0.56,-1.36 0,-1.5",
    )
    drawn = [
        shape(skin.shade, moved(opening * [0.99, 1.0], 0, 0.07), opening * [0.985, 0.985]),
        shape(colour, outside, opening),
        shape(shade_of(colour), rim, opening),
        *strands(colour, *folds),
    ]
    return Hair(drawn, ears=False)


def turban(colour: Colour, skin: Skin) -> Hair:
    """A turban with a pleat in the middle."""
    dome = symmetric("0,-1.96 0.66,-1.86 1.2,-1.5 1.36,-1.04 1.2,-0.72 0.6,-0.86 0,-1.02")
    wraps = (
        "-1.3,-0.98 -0.7,-1.2 0.1,-1.74 0.5,-1.88",
        "1.3,-0.98 0.7,-1.2 -0.1,-1.74 -0.5,-1.88",
        "-1.24,-0.78 -0.6,-1 0,-1.3",
        "1.24,-0.78 0.6,-1 0,-1.3",
    )
    shade = shape(skin.shade, ellipse(0, -0.86, 1.02, 0.2))
    return Hair([shade, shape(colour, dome), *strands(colour, *wraps, width=0.055)])


def beanie(colour: Colour, skin: Skin) -> Hair:
    """A woollen hat."""
    dome = curve("-1.2,-0.84 -1.18,-1.34 -0.8,-1.76 0,-1.94 0.8,-1.76 1.18,-1.34 1.2,-0.84")
    ribs = ([(x, -1.0), (x * 1.02, -0.86), (x, -0.72)] for x in np.linspace(-1.05, 1.05, 9))
    return Hair(
        [
            shape(skin.shade, ellipse(0, -0.66, 1.06, 0.13)),
            shape(colour, dome),
            shape(mixed(colour, WHITE, 0.24), rounded(0, -0.86, 1.29, 0.22, 5)),
            *(line(mixed(colour, WHITE, 0.08), rib, 0.04, 0.8) for rib in ribs),
        ]
    )


def cap(colour: Colour, skin: Skin) -> Hair:
    """A cap with its visor to the front."""
    dome = joined(
        "-1.22,-0.8 -1.2,-1.3 -0.8,-1.72 0,-1.88 0.8,-1.72 1.2,-1.3 1.22,-0.8",
        "1.22,-0.8 0,-0.9 -1.22,-0.8",
    )
    visor = loop("-1.16,-0.86 -0.6,-1.06 0,-1.12 0.6,-1.06 1.16,-0.86 0.9,-0.68 0,-0.78 -0.9,-0.68")
    seams = (
        "0,-1.1 0,-1.5 0,-1.86",
        "-0.66,-1.04 -0.56,-1.4 -0.3,-1.78",
        "0.66,-1.04 0.56,-1.4 0.3,-1.78",
    )
    return Hair(
        [
            shape(skin.shade, ellipse(0, -0.72, 1.06, 0.16)),
            shape(colour, dome),
            *(line(shade_of(colour), seam, 0.035) for seam in seams),
            shape(scaled(colour, 0.8), visor),
            shape(shade_of(colour), ellipse(0, -1.88, 0.11, 0.06)),
        ]
    )


HATS = (scarf, beanie, cap, turban)


def glasses(kind: str, frame: Colour) -> list[Shape]:
    """Glasses: round, square, cat, or dark (sunglasses)."""
    lens = {
        "round": ellipse(0, 0, 0.37, 0.37),
        "square": rounded(0, 0.0, 0.39, 0.31, 4),
        "cat": loop("-0.36,-0.12 0.1,-0.24 0.48,-0.34 0.42,0.06 0.14,0.29 -0.2,0.24"),
        "dark": rounded(0, 0.02, 0.42, 0.33, 3),
    }[kind]
    drawn = []
    for side in (1, -1):
        outside, inside = moved(lens, 0.48, -0.1), moved(lens * 0.84, 0.48, -0.1)
        if side < 0:
            outside, inside = flipped(outside), flipped(inside)
        if kind == "dark":
            drawn.append(shape(frame, outside))
            drawn.append(shape(mixed(scaled(frame, 0.8), (90, 96, 120), 0.35), inside))
            # Light comes from one side: the glare is moved to the other glass, and not mirrored.
            glare = moved(curve("0.26,0.02 0.36,-0.16 0.5,-0.26"), 0 if side > 0 else -0.96, 0)
            drawn.append(shape(mixed(frame, WHITE, 0.55), stroke(glare, 0.06, 0.4)))
        else:
            drawn.append(shape(frame, outside, inside))
        drawn.append(
            line(frame, [(0.86 * side, -0.16), (1.0 * side, -0.2), (1.14 * side, -0.2)], 0.06)
        )
    drawn.append(line(frame, "-0.13,-0.14 0,-0.19 0.13,-0.14", 0.065))
    return drawn


def beard(kind: str, colour: Colour, jaw: float, chin: float) -> list[Shape]:
    """A beard before the mouth is drawn: full, goatee or moustache.

    Args:
        kind: which.
        colour: of the hair.
        jaw: half the head's width at the mouth.
        chin: half its width below.
    """
    moustache = shape(colour, symmetric("0,0.44 0.2,0.42 0.42,0.54 0.52,0.68 0.3,0.66 0,0.58"))
    if kind == "moustache":
        return [moustache]
    if kind == "goatee":
        return [moustache, shape(colour, symmetric("0,0.92 0.3,0.98 0.36,1.22 0.2,1.46 0,1.52"))]
    outside = [(1.18, -0.2), (1.2, 0.24), (jaw + 0.04, 0.84), (chin + 0.06, 1.32), (0, 1.54)]
    outer, inner = curve(outside), curve("0,0.46 0.44,0.46 0.74,0.52 0.98,0.24 1.08,-0.2")
    around = np.vstack([outer, flipped(outer)[::-1], flipped(inner)[::-1], inner])
    return [shape(colour, around)]

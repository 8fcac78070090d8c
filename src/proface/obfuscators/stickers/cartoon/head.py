"""The head of a drawn face: outline, shading, ears, cheeks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .curves import Points, Shape, ellipse, flipped, moved, shape, symmetric
from .palette import CLOTHS, GOLD, Chance, Skin, mixed

TOP, CHIN = -1.62, 1.4
"""Where every head begins and ends."""


@dataclass(frozen=True, eq=False)
class Head:
    """The form of a head."""

    jaw: float
    """Half its width at the mouth."""
    chin: float
    """Half its width below the mouth."""

    @property
    def outline(self) -> Points:
        """The whole outline, without ears."""
        above = [(0, TOP), (0.62, TOP + 0.12), (1.02, -1.12), (1.17, -0.45), (1.16, 0.2)]
        return symmetric([*above, (self.jaw, 0.78), (self.chin, 1.22), (0, CHIN)])


def choose(chance: Chance) -> Head:
    """A head: rounder, longer or squarer."""
    jaw = chance.between(0.97, 1.08)
    return Head(jaw, chin=chance.between(0.56, 0.56 + (jaw - 0.9)))


def draw(head: Head, skin: Skin) -> Iterator[Shape]:
    """The head and its shading."""
    outline = head.outline
    yield shape(skin.shade, outline)
    lit = outline * np.array([0.955, 0.965]) - np.array([0.045, 0.035])
    yield shape(skin.base, lit)


def ears(skin: Skin, chance: Chance) -> Iterator[Shape]:
    """Both ears, perhaps with rings or studs."""
    ring = chance.pick(("none", "none", "none", "none", "stud", "hoop", "drop"))
    jewel = chance.pick((GOLD, GOLD, (236, 236, 240), *CLOTHS))
    for side in (1.0, -1.0):
        turn = 8 * side
        yield shape(skin.base, ellipse(1.17 * side, -0.02, 0.17, 0.26, turn))
        yield shape(skin.shade, ellipse(1.18 * side, -0.01, 0.09, 0.16, turn))
        if ring == "stud":
            yield shape(jewel, ellipse(1.2 * side, 0.25, 0.07, 0.07))
        elif ring == "hoop":
            x, y = 1.2 * side, 0.42
            yield shape(jewel, ellipse(x, y, 0.15, 0.18), ellipse(x, y, 0.1, 0.13))
        elif ring == "drop":
            yield shape(jewel, ellipse(1.2 * side, 0.25, 0.05, 0.05))
            yield shape(jewel, ellipse(1.2 * side, 0.44, 0.08, 0.13))


def cheeks(skin: Skin, chance: Chance) -> Iterator[Shape]:
    """Blush and freckles."""
    if chance.occurs(0.75):
        for side in (1.0, -1.0):
            yield shape(skin.blush, ellipse(0.7 * side - 0.02, 0.4, 0.2, 0.13))
    if chance.occurs(0.2):
        spots = ((0.5, 0.24), (0.64, 0.17), (0.77, 0.25), (0.58, 0.34), (0.71, 0.36))
        tone = mixed(skin.shade, skin.line, 0.45)
        dot = ellipse(0, 0, 0.028, 0.028)
        for x, y in spots:
            spot = moved(dot, x, y)
            yield shape(tone, spot)
            yield shape(tone, flipped(spot))

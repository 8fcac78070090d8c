"""A whole drawn face."""

from functools import lru_cache

from . import features, hair, hats, head, longhair
from .curves import Colour, Shape
from .palette import (
    BOLD_HAIRS,
    CLOTHS,
    FRAMES,
    HAIRS,
    SKINS,
    Chance,
    Skin,
    differs,
    mixed,
    scaled,
    skin,
)

_STYLES = (*hair.STYLES, *longhair.STYLES)
_COVERINGS = (*_STYLES, *hats.HATS, *_STYLES)
_SHORT = (hair.side_part, hair.quiff, hair.buzz, hair.spikes, hair.curls, hair.bald, hair.mohawk)
_BEARDED = (*_SHORT, hats.turban, hats.beanie, hats.cap)
"""Coverings that beards go with."""


@lru_cache(maxsize=256)
def face(seed: int, face_index: int) -> tuple[Shape, ...]:
    """A face; equal seeds and face indices give equal ones, neighbours differ.

    Args:
        seed: 0 to 2^32 - 1.
        face_index: of the face in its picture.

    Returns:
        Its shapes in the order in which they are painted.
    """
    chance = Chance(seed, face_index)
    tones = skin(chance.deal(SKINS))
    covering = chance.deal(_COVERINGS)
    hat = covering in hats.HATS
    colour = _hair_colour(chance, tones, bold=not hat)
    worn = covering(chance.deal(CLOTHS) if hat else colour, tones)
    form = head.choose(chance)
    shapes: list[Shape] = [*worn.behind]
    ears = list(head.ears(tones, chance))  # drawn always: what chance gives next depends on it
    shapes += ears if worn.ears else ()
    shapes += head.draw(form, tones)
    shapes += head.cheeks(tones, chance)
    bearded = covering in _BEARDED and colour in HAIRS and chance.occurs(0.42)
    kind = chance.pick(("full", "full", "goatee", "moustache"))
    if bearded:
        shapes += hats.beard(kind, mixed(colour, tones.base, 0.08), form.jaw, form.chin)
    shapes += features.mouth(tones, chance, bearded)
    shapes += features.nose(tones, chance)
    shapes += features.eyes(tones, chance)
    shapes += worn.before
    brow = mixed(scaled(colour, 0.74), (120, 60, 40), 0.25)
    shapes += features.brows(brow, tones, chance)
    if chance.occurs(0.36):
        lenses = chance.pick(("round", "round", "square", "square", "cat", "dark"))
        shapes += hats.glasses(lenses, chance.pick(FRAMES))
    return tuple(shapes)


def _hair_colour(chance: Chance, tones: Skin, bold: bool) -> Colour:
    """Mostly a natural colour, more often a dark one, and one that stands off from the skin."""
    natural = [each for each in (*HAIRS, *HAIRS[:4]) if differs(each, tones.base)]
    is_bold = chance.occurs(0.1) and bold
    return chance.pick(BOLD_HAIRS if is_bold else natural)

"""The colours of drawn faces, and the chance by which they are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .curves import Colour

Item = TypeVar("Item")

SKINS: tuple[Colour, ...] = (
    (255, 226, 205),
    (252, 210, 180),
    (244, 192, 152),
    (229, 170, 122),
    (205, 142, 95),
    (172, 112, 72),
    (142, 90, 60),
    (112, 70, 50),
)
HAIRS: tuple[Colour, ...] = (
    (44, 38, 44),
    (66, 46, 40),
    (96, 62, 44),
    (134, 84, 52),
    (158, 74, 46),
    (214, 112, 54),
    (196, 148, 84),
    (240, 200, 112),
    (246, 226, 176),
    (150, 152, 160),
    (228, 228, 232),
)
BOLD_HAIRS: tuple[Colour, ...] = ((240, 128, 160), (72, 168, 176), (138, 112, 206), (84, 126, 214))
CLOTHS: tuple[Colour, ...] = (
    (239, 100, 97),
    (250, 176, 75),
    (86, 176, 140),
    (74, 144, 206),
    (116, 104, 190),
    (232, 134, 168),
    (56, 78, 112),
    (122, 134, 150),
    (240, 226, 200),
    (70, 150, 160),
)
FRAMES: tuple[Colour, ...] = (
    (46, 42, 52),
    (46, 42, 52),
    (150, 84, 52),
    (214, 82, 84),
    (62, 104, 168),
    (232, 184, 92),
    (240, 240, 244),
)
IRISES: tuple[Colour, ...] = (
    (92, 62, 44),
    (120, 82, 50),
    (72, 128, 108),
    (76, 128, 186),
    (96, 110, 124),
)
INK: Colour = (44, 34, 42)
WHITE: Colour = (255, 255, 255)
GOLD: Colour = (244, 190, 84)
TONGUE: Colour = (238, 112, 112)
THROAT: Colour = (122, 40, 52)


@dataclass(frozen=True)
class Skin:
    """A skin, and what is painted upon it."""

    base: Colour
    shade: Colour
    line: Colour
    blush: Colour
    lips: Colour


def skin(base: Colour) -> Skin:
    """The tones that go with a skin."""
    return Skin(
        base,
        shade=mixed(scaled(base, 0.88), (200, 90, 60), 0.10),
        line=mixed(scaled(base, 0.66), (150, 50, 40), 0.22),
        blush=mixed(base, (240, 96, 96), 0.26),
        lips=mixed(scaled(base, 0.82), (204, 60, 76), 0.58),
    )


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """The first colour with a share of the second, 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def scaled(colour: Colour, factor: float) -> Colour:
    """A colour darker or, with a factor above 1, lighter."""
    red, green, blue = (min(255, round(value * factor)) for value in colour)
    return red, green, blue


def shade_of(colour: Colour) -> Colour:
    """The colour's shadow; dark colours get a light one, or it would not be seen."""
    return mixed(colour, WHITE, 0.13) if sum(colour) < 190 else mixed(colour, (60, 20, 50), 0.18)


class Chance:
    """Choices that depend on a seed and the index of a face.

    What is dealt comes from a shuffled deck: neighbours never get the same of it.
    """

    def __init__(self, seed: int, face_index: int) -> None:
        self._seed, self._face_index = seed, face_index
        self._generator = np.random.default_rng([seed, face_index])
        self._decks = 0

    def deal(self, options: Sequence[Item]) -> Item:
        """The option on the top of this face's turn at a deck."""
        self._decks += 1
        # A deck of its own for each question, the same for all faces of a seed.
        order = np.random.default_rng([self._seed, 1, self._decks]).permutation(len(options))
        return options[int(order[self._face_index % len(options)])]

    def pick(self, options: Sequence[Item]) -> Item:
        """One of the options, each as likely."""
        return options[int(self._generator.random() * len(options))]

    def occurs(self, probability: float) -> bool:
        """Whether something happens that has this probability."""
        return bool(self._generator.random() < probability)

    def between(self, low: float, high: float) -> float:
        """A number between two."""
        return float(low + (high - low) * self._generator.random())


def differs(first: Colour, second: Colour) -> bool:
    """Whether two colours can be told from each other side by side."""
    return sum(abs(a - b) for a, b in zip(first, second, strict=True)) > 100

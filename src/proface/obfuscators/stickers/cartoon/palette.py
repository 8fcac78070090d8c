"""The colours of drawn faces, and the chance by which they are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .curves import Colour

Item = TypeVar("Item")


def colours(text: str) -> tuple[Colour, ...]:
    """Colours from the web's notation, red, green and blue in hexadecimal: ``"ffe2cd fcd2b4"``."""
    return tuple((each[0], each[1], each[2]) for each in map(bytes.fromhex, text.split()))


SKINS = colours("ffe2cd fcd2b4 f4c098 e5aa7a cd8e5f ac7048 8e5a3c 704632")
HAIRS = colours("2c262c 422e28 603e2c 865434 9e4a2e d67036 c49454 f0c870 f6e2b0 9698a0 e4e4e8")
BOLD_HAIRS = colours("f080a0 48a8b0 8a70ce 547ed6")
CLOTHS = colours("ef6461 fab04b 56b08c 4a90ce 7468be e886a8 384e70 7a8696 f0e2c8 4696a0")
FRAMES = colours("2e2a34 2e2a34 965434 d65254 3e68a8 e8b85c f0f0f4")
IRISES = colours("5c3e2c 785232 48806c 4c80ba 606e7c")
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

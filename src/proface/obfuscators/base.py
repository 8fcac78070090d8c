"""What every obfuscator offers, and the registry that finds one by name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ObfuscatorError

Picture = NDArray[np.uint8]
"""A face or photograph: uint8, H x W x 3, RGB."""

REFERENCE_SIZE = 112
"""Pixels of face at which strengths are given; the paper's training and test size."""


@dataclass(frozen=True)
class Obfuscator:
    """One way of hiding a face.

    Strength is given for a face of 112 pixels and scales with the face's longer side, so that
    a face is hidden equally well at every resolution.
    """

    name: str
    """What users type."""
    summary: str
    """One line for a listing."""
    strength_name: str
    """What the strength measures, in pixels of a 112-pixel face."""
    default: float
    """Strength of the paper's test setting (V-A2)."""
    minimum: float
    """Smallest strength accepted."""
    maximum: float
    """Largest strength accepted."""
    training: tuple[float, float]
    """The paper's training range; drawn uniformly."""
    function: Callable[[Picture, float, float], Picture]
    """(face, strength, scale) -> obfuscated face; scale is the longer side over 112."""

    def apply(self, face: Picture, strength: float | None = None) -> Picture:
        """Obfuscate one face crop; deterministic.

        Args:
            face: uint8, H x W x 3, RGB, the whole of it is hidden.
            strength: at 112 pixels; None for the paper's test setting.

        Returns:
            uint8, H x W x 3, computed from the crop alone.

        Raises:
            ObfuscatorError: the strength is out of range or not a number.
        """
        strength = self.default if strength is None else float(strength)
        if not self.minimum <= strength <= self.maximum:
            raise ObfuscatorError(
                f"{self.name}: strength {strength:g} is out of range; {self.strength_name} "
                f"must lie between {self.minimum:g} and {self.maximum:g}"
            )
        return self.function(face, strength, max(face.shape[:2]) / REFERENCE_SIZE)

    def sample_strength(self, generator: np.random.Generator) -> float:
        """A strength from the paper's training range."""
        return float(generator.uniform(*self.training))


_registry: dict[str, Obfuscator] = {}


def register(obfuscator: Obfuscator) -> Obfuscator:
    """Make an obfuscator known by its name.

    Raises:
        ObfuscatorError: the name is taken.
    """
    if obfuscator.name in _registry:
        raise ObfuscatorError(f"an obfuscator named '{obfuscator.name}' is registered already")
    _registry[obfuscator.name] = obfuscator
    return obfuscator


def get(name: str) -> Obfuscator:
    """The obfuscator of that name.

    Raises:
        ObfuscatorError: there is none.
    """
    try:
        return _registry[name]
    except KeyError:
        known = ", ".join(names())
        raise ObfuscatorError(f"unknown obfuscator '{name}'; known are: {known}") from None


def names() -> list[str]:
    """Names of all obfuscators, in the order of registration."""
    return list(_registry)

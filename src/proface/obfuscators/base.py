"""What every obfuscator offers, and the registry that finds one by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..arrays import Landmarks, Picture
from ..errors import ObfuscatorError

REFERENCE_SIZE = 112
"""Pixels of face at which strengths are given; the paper's training and test size."""

USUAL_LANDMARKS: tuple[tuple[float, float], ...] = (
    (0.33, 0.39),
    (0.67, 0.39),
    (0.50, 0.57),
    (0.36, 0.74),
    (0.64, 0.74),
)
"""Where a face has its landmarks that fills its crop, in shares of the crop's width and height."""


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be hidden: a crop of a picture, and the faces in it."""

    pixels: Picture
    landmarks: Landmarks
    """Of at least one face; guessed where nobody knows them."""
    seed: int = 0
    """Which of many looks the faces get; equal seeds and indices give equal looks."""
    face_index: int = 0
    """Of the first face within its picture; the next one of this crop has the next index, so that
    neighbours differ."""


Function = Callable[[Target, float, float], Picture]
"""(target, strength, scale) -> obfuscated crop. The scale is the longer side over 112; the strength
is 0 for an obfuscator that has none."""


@dataclass(frozen=True)
class Strength:
    """How strongly an obfuscator hides, in pixels of a face of 112 pixels."""

    name: str
    """What it measures."""
    default: float
    """For users; see ``docs/results/attacks.md``, attack 9."""
    test: float
    """The paper's test setting (V-A2)."""
    minimum: float
    """Smallest value accepted."""
    maximum: float
    """Largest value accepted."""
    training: tuple[float, float]
    """The paper's training range; drawn uniformly."""


@dataclass(frozen=True)
class Material:
    """What a user may bring for an obfuscator to draw on."""

    load: Callable[[Path], Function]
    """Reads the file or folder, and gives the function that uses it."""
    summary: str
    """One line for a listing."""


@dataclass(frozen=True)
class Obfuscator:
    """One way of hiding a face.

    Strength is given for a face of 112 pixels and scales with the crop's longer side, so that
    a face is hidden equally well at every resolution.
    """

    name: str
    """What users type."""
    summary: str
    """One line for a listing."""
    guarantee: str
    """What can be relied upon: of which pixels nothing of the original shows through."""
    function: Function
    strength: Strength | None = None
    """None for one that hides in one way only."""
    uses_landmarks: bool = False
    """Whether it makes a difference to it where eyes, nose and mouth are."""
    sources: Mapping[str, Material] = field(default_factory=dict)
    """By name: ``stickers``, ``donor``."""
    needs: Callable[[], object] | None = None
    """Loads what it draws on and keeps it; None if there is nothing to load."""

    @property
    def test_strength(self) -> float | None:
        """The paper's test setting (V-A2), for `apply`."""
        return None if self.strength is None else self.strength.test

    def apply(
        self,
        face: Picture,
        strength: float | None = None,
        *,
        landmarks: Landmarks | None = None,
        seed: int = 0,
        face_index: int = 0,
    ) -> Picture:
        """Obfuscate one crop; deterministic.

        Args:
            face: uint8, H x W x 3, RGB.
            strength: at 112 pixels; None for the default.
            landmarks: float32, N x 5 x 2, of the faces in the crop; None if nobody knows them, for
                one face that has them at the usual places.
            seed: which of many looks faces get, 0 to 2^32 - 1.
            face_index: of the crop's first face within its picture.

        Returns:
            uint8, H x W x 3, computed from the crop alone.

        Raises:
            ObfuscatorError: the strength is out of range, not a face_index, or there is none to
                choose.
            ModelError: as for `prepare`.
        """
        if landmarks is None or not len(landmarks):
            landmarks = usual_landmarks(*face.shape[:2])
        scale = max(face.shape[:2]) / REFERENCE_SIZE
        return self.function(Target(face, landmarks, seed, face_index), self.check(strength), scale)

    def using(self, **paths: Path | None) -> "Obfuscator":
        """This obfuscator, drawing on what a user brings.

        Args:
            paths: by the names of `sources`; None for what is shipped.

        Raises:
            ObfuscatorError: the obfuscator has no use for it, or it cannot be used.
        """
        given = {name: path for name, path in paths.items() if path is not None}
        for name in given:
            if name not in self.sources:
                raise ObfuscatorError(f"{self.name} has no use for {name}")
        if not given:
            return self
        (name, path), *more = given.items()
        if more:
            raise ObfuscatorError(f"{self.name} takes either {name} or {more[0][0]}")
        return replace(self, function=self.sources[name].load(path), sources={})

    def prepare(self) -> None:
        """Load now what `apply` would load at its first face.

        Raises:
            ModelError: a network or an average face is missing or damaged.
        """
        if self.needs is not None:
            self.needs()

    def sample_strength(self, generator: np.random.Generator) -> float | None:
        """A strength from the paper's training range; None where there is none to choose."""
        if self.strength is None:
            return None
        return float(generator.uniform(*self.strength.training))

    def check(self, wanted: float | None) -> float:
        """The strength to use: the wanted one, or the default; 0 where there is none to choose.

        Raises:
            ObfuscatorError: it is out of range, not a face_index, or there is none to choose.
        """
        if self.strength is None:
            if wanted is not None:
                raise ObfuscatorError(f"{self.name} has no strength to choose")
            return 0.0
        value = self.strength.default if wanted is None else float(wanted)
        if not self.strength.minimum <= value <= self.strength.maximum:
            raise ObfuscatorError(
                f"{self.name}: strength {value:g} is out of range; {self.strength.name} must lie "
                f"between {self.strength.minimum:g} and {self.strength.maximum:g}"
            )
        return value


def usual_landmarks(height: int, width: int) -> Landmarks:
    """The landmarks of one face that fills a crop: 1 x 5 x 2."""
    return np.array([USUAL_LANDMARKS], np.float32) * np.array([width, height], np.float32)


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

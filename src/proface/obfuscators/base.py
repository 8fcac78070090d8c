"""What every obfuscator offers, and the registry that finds one by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..arrays import Landmarks, Picture
from ..errors import ObfuscatorError

REFERENCE_SIZE = 112
"""Side in pixels of a face at which strengths are given; the paper's training and test size."""

USUAL_LANDMARKS: tuple[tuple[float, float], ...] = (
    (0.33, 0.39),
    (0.67, 0.39),
    (0.50, 0.57),
    (0.36, 0.74),
    (0.64, 0.74),
)
"""Where a face that fills its crop has landmarks, in shares of the crop's width and height."""


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be obfuscated: a crop of a picture, and the faces in it."""

    pixels: Picture
    """The original crop: uint8, H x W x 3, RGB."""
    landmarks: Landmarks
    """float32, N x 5 x 2, in the crop's pixels, of at least one face; guessed where nobody knows
    them."""
    seed: int = 0
    """Which of many looks the faces get, 0 to 2^32 - 1; equal seeds and face indices give equal
    looks."""
    face_index: int = 0
    """Of the crop's first face within its picture. The next face has the next index, so that
    neighbours differ."""


Function = Callable[[Target, float, float], Picture]
"""(target, strength, scale) -> obfuscated crop. The scale is the crop's longer side over 112. The
strength is 0 for an obfuscator that has none."""


@dataclass(frozen=True)
class Strength:
    """The strengths of an obfuscator, in pixels of a face of 112 pixels."""

    name: str
    """What it measures."""
    default: float
    """For users; stronger than the paper's, because networks restore weakly obfuscated faces."""
    minimum: float
    """Smallest value accepted."""
    maximum: float
    """Largest value accepted."""


@dataclass(frozen=True)
class Material:
    """What a user may bring for an obfuscator to draw on."""

    load: Callable[[Path], Function]
    """Reads the file or folder, and gives the function that uses it; raises `ObfuscatorError`."""
    summary: str
    """One line for a listing."""


@dataclass(frozen=True)
class Obfuscator:
    """What makes the obfuscated face of an original.

    The strength is given for a face of 112 pixels. It scales with the crop's longer side, so that
    as little is left of a face at every resolution.
    """

    name: str
    """What users type."""
    summary: str
    """One line for a listing."""
    guarantee: str
    """What can be relied upon: in which pixels nothing of the original shows through."""
    function: Function
    """What does the work."""
    strength: Strength | None = None
    """None where there is none to choose."""
    uses_landmarks: bool = False
    """Whether its result depends on where eyes, nose and mouth are."""
    sources: Mapping[str, Material] = field(default_factory=dict)
    """What a user may bring, by name: ``stickers``, ``donor``."""
    needs: Callable[[], object] | None = None
    """Loads what the function draws on, and keeps it; None if there is nothing to load."""

    def apply(
        self,
        face: Picture,
        strength: float | None = None,
        *,
        landmarks: Landmarks | None = None,
        seed: int = 0,
        face_index: int = 0,
    ) -> Picture:
        """Obfuscate one crop. Equal arguments give equal results.

        Args:
            face: uint8, H x W x 3, RGB; left as it is.
            strength: in pixels of a face of 112 pixels; None for the default.
            landmarks: float32, N x 5 x 2, of the faces in the crop; None where nobody knows them,
                for one face with its landmarks at the usual places.
            seed: which of many looks faces get, 0 to 2^32 - 1.
            face_index: of the crop's first face within its picture.

        Returns:
            uint8, H x W x 3, RGB, computed from the crop alone.

        Raises:
            ObfuscatorError: the strength is out of range, or there is none to choose.
            ModelError: a network or an average face is missing or damaged.
        """
        if landmarks is None or not len(landmarks):
            landmarks = usual_landmarks(*face.shape[:2])
        scale = max(face.shape[:2]) / REFERENCE_SIZE
        return self.function(Target(face, landmarks, seed, face_index), self.check(strength), scale)

    def using(self, **paths: Path | None) -> "Obfuscator":
        """This obfuscator, drawing on what a user brings.

        Args:
            paths: by the names of `sources`, one at most; None for what is shipped.

        Raises:
            ObfuscatorError: the obfuscator has no use for it, two are given, or what is given
                cannot be used.
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
        """Load at once what `apply` would load at its first face.

        Raises:
            ModelError: a network or an average face is missing or damaged.
        """
        if self.needs is not None:
            self.needs()

    def check(self, wanted: float | None) -> float:
        """The strength to use: the wanted one, or the default; 0 where there is none to choose.

        Raises:
            ObfuscatorError: the wanted one is out of range, or there is none to choose.
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
    """The landmarks of one face that fills a crop: float32, 1 x 5 x 2, in its pixels."""
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

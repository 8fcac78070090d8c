"""How faces are hidden: all choices but the picture, its faces and the password."""

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import obfuscators
from ..files.manifest import Carrier
from ..obfuscators import Obfuscator
from ..profile.base import Profile
from ..profile.choice import for_protection
from .regions import Shape, check_shape

DEFAULT_PROFILE = "randwr"
DEFAULT_OBFUSCATOR = "gaussian"
DEFAULT_THRESHOLD = 0.2
DEFAULT_MASK_SCALE = 1.3


@dataclass(frozen=True)
class Hiding:
    """What `proface.protect` takes, as one value that serves many pictures; can be pickled."""

    profile: str = DEFAULT_PROFILE
    """One of `proface.profiles()`: a trained model, or ``sealed``."""
    obfuscator: str = DEFAULT_OBFUSCATOR
    """How faces are hidden, one of `proface.obfuscators.names()`."""
    strength: float | None = None
    """Of the obfuscator, in pixels of a 112-pixel face; None for its default."""
    shape: Shape = "box"
    """Which part of a face's box is hidden: all of it, or the ``ellipse`` in it."""
    seed: int = 0
    """Which of many looks faces get, where the obfuscator has several; 0 to 2^32 - 1."""
    stickers: Path | None = None
    """Folder of pictures with transparency for the obfuscator ``sticker``."""
    donor: Path | None = None
    """Picture of the face that a swapping obfuscator puts in place of all others."""
    threshold: float = DEFAULT_THRESHOLD
    """Smallest score of a detection, 0 to 1."""
    mask_scale: float = DEFAULT_MASK_SCALE
    """Factor on the sides of detected boxes; given boxes are taken as they are."""
    carrier: Carrier = "pixels"
    """``pixels`` hides the faces in their own pixels. ``file``, for ``sealed`` only, puts them
    beside, into the file that is saved."""
    bits: int | None = None
    """Bits a sample that ``sealed`` hides in pixels, 1 or 2; None for 1."""
    providers: tuple[str, ...] | None = None
    """ONNX Runtime providers in order of preference; None for the processor."""

    def method(self, key_algorithm: str = "") -> Profile:
        """What hides an original in an obfuscated face.

        Args:
            key_algorithm: how the password becomes a key, see `proface.keys.Derivation`.

        Raises:
            OptionError: the carrier or the bits do not go with the profile.
            PasswordError: the profile refuses the derivation.
            ModelError: the profile is unknown or damaged, or a provider is not installed.
        """
        return for_protection(self.profile, key_algorithm, self.carrier, self.bits, self.providers)

    def check(self) -> None:
        """Refuse at once what would be refused later.

        Raises:
            ProfaceError: as for `method` and `cover`, the strength or the shape cannot be had, or
                a network is not installed.
        """
        self.method()
        cover = self.cover()
        cover.check(self.strength)
        cover.prepare()
        check_shape(self.shape)

    def cover(self) -> Obfuscator:
        """What makes the obfuscated face; stickers and donor are read once for all pictures.

        Raises:
            ObfuscatorError: it is unknown, or cannot use the stickers or the donor.
        """
        return self._cover

    def __getstate__(self) -> dict[str, Any]:
        """The choices alone: another process reads stickers and donor for itself."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def _cover(self) -> Obfuscator:
        chosen = obfuscators.get(self.obfuscator)
        return chosen.using(stickers=self.stickers, donor=self.donor)

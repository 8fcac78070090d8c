"""The choices of a run: all but the picture, which of its faces, and the password."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from .. import obfuscators
from ..errors import ObfuscatorError
from ..files.manifest import Carrier
from ..obfuscators import Obfuscator
from ..profile.base import Profile
from ..profile.choice import for_protection

DEFAULT_PROFILE = "randwr"
DEFAULT_OBFUSCATOR = "gaussian"
DEFAULT_THRESHOLD = 0.2
DEFAULT_MASK_SCALE = 1.3

Shape = Literal["box", "ellipse"]


@dataclass(frozen=True)
class LookOptions:
    """What the obfuscated faces look like; can be pickled.

    Raises:
        ObfuscatorError: the shape is none.
    """

    obfuscator: str = DEFAULT_OBFUSCATOR
    """One of `proface.obfuscators.names()`."""
    strength: float | None = None
    """Of the obfuscator, in pixels of a 112-pixel face; None for its default."""
    shape: Shape = "box"
    """Which part of a face's box is obfuscated: all of it, or the ``ellipse`` in it,
    which goes on to the border where the box touches the picture's."""
    seed: int = 0
    """Which of many looks faces get, where the obfuscator has several; 0 to 2^32 - 1."""
    stickers: Path | None = None
    """Folder of pictures with transparency for the obfuscator ``sticker``."""
    donor: Path | None = None
    """Picture of the face that a swapping obfuscator puts in place of all others."""

    def __post_init__(self) -> None:
        if self.shape not in get_args(Shape):
            raise ObfuscatorError(
                f"the shape is '{self.shape}', but must be {' or '.join(get_args(Shape))}"
            )

    def check(self) -> None:
        """Refuse at once what would be refused later.

        Raises:
            ObfuscatorError: the obfuscator is unknown, or the strength, the stickers or the donor
                cannot be used.
            ModelError: a network or an average face is missing or damaged.
        """
        self.make_obfuscator().check(self.strength)
        self.make_obfuscator().prepare()

    def make_obfuscator(self) -> Obfuscator:
        """What makes the obfuscated faces; stickers and donor are read once for all pictures.

        Raises:
            ObfuscatorError: it is unknown, or cannot use the stickers or the donor.
        """
        return self._made

    def __getstate__(self) -> dict[str, Any]:
        """The choices alone: another process reads stickers and donor for itself."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def _made(self) -> Obfuscator:
        chosen = obfuscators.get(self.obfuscator)
        return chosen.using(stickers=self.stickers, donor=self.donor)


@dataclass(frozen=True)
class DetectionOptions:
    """How faces are detected."""

    threshold: float = DEFAULT_THRESHOLD
    """Smallest score of a detection, 0 to 1."""
    mask_scale: float = DEFAULT_MASK_SCALE
    """Factor on the sides of detected boxes; given boxes are taken as they are."""


@dataclass(frozen=True)
class KeepingOptions:
    """How the originals are kept."""

    profile: str = DEFAULT_PROFILE
    """One of `proface.profiles()`: a trained model, or ``sealed``."""
    carrier: Carrier = "pixels"
    """``pixels`` keeps the faces in their own pixels. ``file``, for ``sealed`` only, puts them
    beside, into the file that is saved."""
    bits: int | None = None
    """Bits a sample that ``sealed`` uses in pixels, 1 or 2; None for 1."""
    providers: tuple[str, ...] | None = None
    """What runs the network, in order of preference, see `proface.inference.engines`; None for
    what is best here."""

    def make_profile(self) -> Profile:
        """What keeps an original in an obfuscated face.

        Raises:
            OptionError: the carrier or the bits do not go with the profile.
            ModelError: the profile is unknown or damaged, or a provider is not installed.
        """
        return for_protection(self.profile, self.carrier, self.bits, self.providers)


@dataclass(frozen=True)
class ProtectOptions:
    """What `proface.protect` takes, as one value that serves many pictures; can be pickled."""

    look: LookOptions = field(default_factory=LookOptions)
    detection: DetectionOptions = field(default_factory=DetectionOptions)
    keeping: KeepingOptions = field(default_factory=KeepingOptions)

    def check(self) -> None:
        """Refuse at once what would be refused later.

        Raises:
            ProfaceError: as for `KeepingOptions.make_profile` and `LookOptions.check`.
        """
        self.keeping.make_profile()
        self.look.check()

    def items(self) -> Iterator[tuple[str, object]]:
        """Every choice and its name, without the groups."""
        for group in (self.look, self.detection, self.keeping):
            yield from ((each.name, getattr(group, each.name)) for each in fields(group))

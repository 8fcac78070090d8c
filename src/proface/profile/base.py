"""What every profile can do: protect one face, and recover it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ..arrays import Picture
from ..keys import FaceKey

WrongRecovery = Literal["error", "noise", "obfuscated"]
"""What a wrong secret shows in a face's place: nothing but an error, noise, or what all see."""

WRONG_RECOVERIES = ("error", "noise", "obfuscated")


@dataclass(frozen=True)
class ProfileFacts:
    """What a user wants to know of a profile."""

    name: str
    wrong_recovery: WrongRecovery
    """What a wrong secret shows."""
    secret: bool
    """Whether pictures are kept secret, and their manifests authentic; the paper's profiles do
    neither."""
    description: str
    licence: str


@dataclass(frozen=True)
class ProtectedFace:
    """A face that is protected."""

    pixels: Picture
    """What everyone sees: uint8, H x W x 3, RGB."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What the manifest keeps for the face."""
    seal: bytes = b""
    """The original, where it is carried beside the pixels."""
    quality: float | None = None
    """PSNR in dB of the face that the right key will recover; None where it is not known."""


class Profile(Protocol):
    """One way to keep the originals of faces, and to bring them back."""

    facts: ProfileFacts

    @property
    def provider(self) -> str:
        """What does the work."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for everyone who protects a picture with it."""

    def protect(
        self, original: Picture, obfuscated: Picture, key: FaceKey, index: int, associated: bytes
    ) -> ProtectedFace:
        """Keep a face in its obfuscated one.

        Args:
            original: uint8, H x W x 3, RGB.
            obfuscated: the same face obfuscated, of the same shape.
            key: of the face.
            index: of the face in its picture, for messages.
            associated: what must be the same at recovery, see `Manifest.associated`.

        Raises:
            PictureError: the face is too small to carry itself.
            ModelError: the model cannot be run.
        """

    def decoy(self, original: Picture, obfuscated: Picture) -> ProtectedFace:
        """What `protect` could have made of a face, with random numbers where it keeps the face.

        Args:
            original: uint8, H x W x 3, RGB. It decides only on what protecting it would show
                without any key, such as how long its code is.
            obfuscated: as for `protect`.

        Raises:
            OptionError: the profile's faces would be told from decoys.
            PictureError: as for `protect`.
            ModelError: the model cannot be run.
        """

    def recover(
        self, protected: ProtectedFace, key: FaceKey, index: int, associated: bytes
    ) -> tuple[Picture, tuple[str, ...]]:
        """Bring a face back.

        Args:
            protected: as `protect` returned it, or what has become of it.
            key: as for `protect`.
            index: as for `protect`.
            associated: as for `protect`.

        Returns:
            The face, uint8, H x W x 3; and sentences for the user.

        Raises:
            DamagedPictureError: the face does not open, where that is noticed.
            ModelError: the model cannot be run.
        """

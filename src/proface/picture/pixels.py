"""The pixels of one picture, or of one frame of a video: what protects them region by region."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..arrays import Picture
from ..files.manifest import FaceEntry
from ..keys import Key
from ..obfuscators import Obfuscator
from ..profile.base import Profile
from ..timing import stage
from .inspection import digest
from .options import Hiding
from .regions import Region, numbered

T = TypeVar("T")

POOR = 35.0
"""PSNR in dB below which the user is told of a face, because the loss may be seen."""

FaceProgress = Callable[[int, int], object]
"""Called with the number of faces done and the number of all, first with 0."""


@dataclass(frozen=True)
class ProtectedPixels:
    """What became of a picture's pixels."""

    pixels: Picture
    """uint8, H x W x 3, RGB."""
    faces: tuple[FaceEntry, ...]
    """For the manifest, in the order of the regions."""
    seals: tuple[bytes, ...]
    """What the file must carry for each face; empty ones where the pixels do."""
    notes: tuple[str, ...] = ()
    """Sentences for the user."""


@dataclass(frozen=True)
class Job:
    """All that is needed to protect the pixels of a picture, or of a video's frame."""

    hiding: Hiding
    cover: Obfuscator
    method: Profile
    key: Key
    """Of this picture or frame alone."""

    def protect(
        self,
        pixels: Picture,
        regions: Sequence[Region],
        associated: Callable[[int], bytes],
        progress: FaceProgress | None = None,
    ) -> ProtectedPixels:
        """Protect regions.

        Args:
            pixels: uint8, H x W x 3, RGB; left as they are.
            regions: disjoint.
            associated: what a region must be authenticated with, by its index, see
                `Manifest.associated`.
            progress: called after each region.

        Raises:
            ProfaceError: a face cannot be hidden, or a model cannot be run.
        """
        result = pixels.copy()
        entries, seals, notes = [], [], []
        everyone = list(numbered(regions))
        for index, (number, region) in counted(everyone, progress):
            obfuscated = self.obfuscate(pixels, region, number)
            original = pixels[region.box.window]
            hidden = self.method.protect(original, obfuscated, self.key, index, associated(index))
            result[region.box.window] = hidden.pixels
            entries.append(FaceEntry(region.box, digest(hidden.pixels), hidden.extra))
            seals.append(hidden.seal)
            if hidden.quality is not None and hidden.quality < POOR:
                notes.append(_poor(index, hidden.quality))
        return ProtectedPixels(result, tuple(entries), tuple(seals), tuple(notes))

    @stage("obfuscate")
    def obfuscate(self, pixels: Picture, region: Region, number: int) -> Picture:
        """One region obfuscated, with nothing hidden in it; see `Region.obfuscate`."""
        hiding = self.hiding
        return region.obfuscate(
            pixels,
            self.cover,
            hiding.strength,
            shape=hiding.shape,
            seed=hiding.seed,
            number=number,
        )


def _poor(index: int, quality: float) -> str:
    return (
        f"face {index} will come back at {quality:.0f} dB only, with errors that may be seen; a "
        "calmer obfuscator such as gaussian, or the profile 'sealed', keeps it better"
    )


def counted(items: Sequence[T], progress: FaceProgress | None) -> Iterator[tuple[int, T]]:
    """Enumerate, and tell how many are done."""
    for index, item in enumerate(items):
        if progress:
            progress(index, len(items))
        yield index, item
    if progress:
        progress(len(items), len(items))

"""The pixels of one picture, or of one frame of a clip: protected and recovered by regions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..arrays import Picture
from ..errors import DamagedPictureError, PasswordError
from ..faces.boxes import Box
from ..files.authentication import digest
from ..files.manifest import FaceEntry
from ..keys import FaceKey, noise
from ..profile.base import Profile, ProtectedFace, WrongRecovery
from ..profile.sealed.profile import SEALED
from ..timing import stage
from .options import DEFAULT_OBFUSCATOR, LookOptions
from .regions import Region, indexed

T = TypeVar("T")

POOR = 35.0
"""PSNR in dB below which the user is told of a face, because the loss may be seen."""

FaceProgress = Callable[[int, int], object]
"""Called with the number of faces done and the number of all, first with 0."""


@dataclass(frozen=True)
class Keeper:
    """What keeps the faces of one picture or frame, and brings them back."""

    profile: Profile
    face_key: Callable[[int], FaceKey | None]
    """The key of a region, by its index; None where the secret does not open it."""
    associated: Callable[[int], bytes]
    """What a region is authenticated with, by its index, see `Manifest.associated`."""


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
class RecoveredPixels:
    """A picture's pixels with their faces back."""

    pixels: Picture
    """uint8, H x W x 3, RGB."""
    failures: tuple[tuple[int, DamagedPictureError], ...]
    """The indices of faces that did not open, and stayed as they are; and why."""
    closed: tuple[int, ...]
    """The indices of faces that the secret is not for, which stayed as they are."""
    notes: tuple[str, ...]
    """Sentences for the user."""


@stage("obfuscate")
def obfuscate_regions(
    pixels: Picture,
    regions: Sequence[Region],
    look: LookOptions,
    progress: FaceProgress | None = None,
) -> Picture:
    """Obfuscate regions; nothing of the originals is kept.

    Args:
        pixels: uint8, H x W x 3, RGB; left as they are.
        regions: disjoint.
        look: what the faces become.
        progress: called after each region.

    Returns:
        uint8, H x W x 3: the picture with its regions obfuscated.

    Raises:
        ProfaceError: a face cannot be obfuscated.
    """
    result = pixels.copy()
    for _, (face_index, region) in counted(list(indexed(regions)), progress):
        result[region.box.window] = region.obfuscate(pixels, look, face_index)
    return result


def protect_regions(
    pixels: Picture,
    regions: Sequence[Region],
    look: LookOptions,
    keeper: Keeper,
    progress: FaceProgress | None = None,
) -> ProtectedPixels:
    """Obfuscate regions, and keep their originals in them.

    Args:
        pixels: uint8, H x W x 3, RGB; left as they are.
        regions: disjoint.
        look: what the faces become.
        keeper: what keeps the originals.
        progress: called after each region.

    Raises:
        ProfaceError: a face cannot be protected, or a model cannot be run.
    """
    result = obfuscate_regions(pixels, regions, look)
    entries, seals, notes, name = [], [], [], keeper.profile.facts.name
    for index, region in counted(regions, progress):
        window = region.box.window
        key = keeper.face_key(index)
        if key is None:
            raise PasswordError(f"there is no key for face {index}")
        face = keeper.profile.protect(
            pixels[window], result[window], key, index, keeper.associated(index)
        )
        result[window] = face.pixels
        members = len(region.members)
        entries.append(FaceEntry(region.box, digest(face.pixels), face.extra, members))
        seals.append(face.seal)
        if face.quality is not None and face.quality < POOR:
            notes.append(
                f"face {index} will come back at {face.quality:.0f} dB only, with errors that may "
                f"be seen; {better(look.obfuscator, name, face.extra.get('bits'))}"
            )
    return ProtectedPixels(result, tuple(entries), tuple(seals), tuple(notes))


def better(obfuscator: str, profile: str, bits: object, beside: bool = True) -> str:
    """What would keep faces better than the choices in use, for a sentence.

    Args:
        obfuscator: in use.
        profile: in use.
        bits: a sample that `sealed` uses.
        beside: whether faces could be carried beside the pixels, as those of clips cannot.
    """
    if profile == SEALED:
        ways = ["the carrier 'file'"] if beside else []
        ways += ["2 bits a sample"] if bits == 1 else []
    else:
        calmer = f"a calmer obfuscator such as {DEFAULT_OBFUSCATOR}"
        ways = [] if obfuscator == DEFAULT_OBFUSCATOR else [calmer]
        ways.append(f"the profile '{SEALED}'")
    return f"{' or '.join(ways)} would keep more" if ways else "no other choice would keep more"


def recover_regions(
    pixels: Picture,
    faces: Sequence[FaceEntry],
    seals: Sequence[bytes],
    keeper: Keeper,
    accept_damage: bool = False,
    progress: FaceProgress | None = None,
) -> RecoveredPixels:
    """Bring the originals of regions back.

    Args:
        pixels: uint8, H x W x 3, RGB, as protected; left as they are.
        faces: what the manifest says of each.
        seals: what the file carries for each; empty ones where the pixels do.
        keeper: what brings the originals back.
        accept_damage: whether a face that does not open stays as it is, and is told of.
        progress: called after each region.

    Raises:
        DamagedPictureError: a face does not open, and damage is not accepted; or it is an
            `AuthenticityError`, for its key is not the one that it was protected with.
        ProfaceError: the manifest asks for what the profile cannot do, or a model cannot be run.
    """
    result = pixels.copy()
    failures: list[tuple[int, DamagedPictureError]] = []
    closed: list[int] = []
    notes: list[str] = []
    for index, face in counted(faces, progress):
        window = face.box.window
        protected = ProtectedFace(pixels[window], face.extra, seals[index])
        try:
            key = keeper.face_key(index)
            if key is None:
                closed.append(index)
                continue
            result[window], more = keeper.profile.recover(
                protected, key, index, keeper.associated(index)
            )
        except DamagedPictureError as error:
            if not accept_damage:
                raise
            failures.append((index, error))
            continue
        notes += more
    return RecoveredPixels(result, tuple(failures), tuple(closed), tuple(notes))


def wrong_regions(pixels: Picture, boxes: Iterable[Box], shown: WrongRecovery) -> Picture:
    """What a wrong secret shows: the regions as noise, or as everyone sees them.

    The noise comes from the operating system, and tells nothing of any key.

    Args:
        pixels: uint8, H x W x 3, RGB, as protected; left as they are.
        boxes: the regions.
        shown: ``noise`` or ``obfuscated``.
    """
    result = pixels.copy()
    if shown == "noise":
        for box in boxes:
            result[box.window] = noise(box.height, box.width)
    return result


def counted(items: Sequence[T], progress: FaceProgress | None) -> Iterator[tuple[int, T]]:
    """Enumerate, and tell how many are done."""
    for index, item in enumerate(items):
        if progress:
            progress(index, len(items))
        yield index, item
    if progress:
        progress(len(items), len(items))

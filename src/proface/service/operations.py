"""The work itself: from the bytes of a request to a result, with the library, in a process."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from ..arrays import Picture
from ..errors import PictureError
from ..faces.boxes import Box, prepare
from ..faces.detector import detect
from ..files import images, opening
from ..files.images import Photograph
from ..files.manifest import Manifest
from ..keys.slots import derivations
from ..picture import evidence, inspection, protection
from ..picture.options import DetectionOptions, LookOptions, ProtectOptions
from ..picture.pixels import obfuscate_regions
from ..picture.regions import FaceChoice, choose
from ..picture.results import Inspection, Verification
from ..profile.base import WrongRecovery
from .keys import Audience, Opening
from .limits import Limits, Refusal, mebibytes
from .rlimits import processor_time


@dataclass(frozen=True)
class DetectedFaces:
    """The faces of a picture."""

    width: int
    """Of the upright picture, in pixels."""
    height: int
    """Of the upright picture, in pixels."""
    boxes: list[Box]
    """Enlarged around each detected face, from left to right; they may overlap."""
    notes: tuple[str, ...]
    """Sentences for the user."""


@dataclass(frozen=True)
class RegionChoice:
    """Which regions of a picture are meant."""

    faces: FaceChoice = "auto"
    detection: DetectionOptions = field(default_factory=DetectionOptions)


@dataclass(frozen=True)
class Finished:
    """A picture that was protected or recovered, as it leaves the process that worked on it."""

    png: bytes
    """Its file."""
    faces: int
    """How many."""
    profile: str
    """How the originals are kept."""
    notes: tuple[str, ...]
    """Sentences that the user should read."""


@dataclass(frozen=True)
class Opened(Finished):
    """A picture that was recovered."""

    key_matched: bool | None
    """As for `Recovered`."""


class Operations:
    """What one service does, within its limits.

    Its methods run in processes for pictures; what they take and give goes through a pipe. Each may
    raise `ProfaceError`, or `Refusal` for what is beyond a limit.
    """

    def __init__(self, limits: Limits, progress: Callable[[int, int], None]) -> None:
        """Make one for a process.

        Args:
            limits: of the service.
            progress: called after each face with how many are done, and how many there are.
        """
        self._limits = limits
        self._progress = progress

    def detect(self, data: bytes, detection: DetectionOptions) -> DetectedFaces:
        """The faces of a picture, as boxes for the user to choose from and to move."""
        photograph = self._read(data)
        height, width = photograph.pixels.shape[:2]
        found = detect(photograph.pixels, detection.threshold)
        self._check_count(len(found))
        boxes = [prepare([box], height, width, detection.mask_scale)[0] for box in found]
        return DetectedFaces(width, height, sorted(boxes, key=lambda box: box.x), photograph.notes)

    def preview(
        self, data: bytes, choice: RegionChoice, look: LookOptions
    ) -> list[tuple[Box, bytes]]:
        """The regions that `protect` would protect, obfuscated, each as a PNG."""
        photograph = self._read(data)
        boxes = self._regions(photograph.pixels, choice)
        # As `protect_as` chooses them from these boxes, so that what is shown is what will be.
        landmarks = look.make_obfuscator().uses_landmarks
        regions = choose(photograph.pixels, boxes, choice.detection, landmarks)
        obfuscated = obfuscate_regions(photograph.pixels, regions, look, self._progress)
        return [(each.box, _png(obfuscated[each.box.window])) for each in regions]

    def protect(
        self, data: bytes, audience: Audience, choice: RegionChoice, options: ProtectOptions
    ) -> Finished:
        """A protected picture."""
        photograph = self._read(data)
        boxes = self._regions(photograph.pixels, choice)
        result = protection.protect_as(options, photograph, audience.access, boxes, self._progress)
        return Finished(
            result.encode("PNG"), len(result.faces), result.manifest.profile, result.notes
        )

    def recover(
        self,
        data: bytes,
        opening: Opening,
        manifest: str | None,
        accept_damage: bool,
        wrong_recovery: WrongRecovery | None,
    ) -> Opened:
        """A recovered picture."""
        photograph, found = self._to_open(data, opening, manifest)
        result = protection.recover(
            photograph,
            opening.secret(),
            manifest=found,
            accept_damage=accept_damage,
            allow_weak=opening.allow_weak,
            wrong_recovery=wrong_recovery,
            progress=self._progress,
        )
        png = images.encode(result.photograph, "PNG", None)
        return Opened(png, len(result.faces), found.profile, result.notes, result.key_matched)

    def verify(
        self, data: bytes, opening: Opening, manifest: str | None, signer: str | None
    ) -> Verification:
        """What can be said of a protected picture, with a secret or without."""
        photograph, found = self._to_open(data, opening, manifest)
        return evidence.verify(
            photograph,
            opening.secret_if_any(),
            manifest=found,
            signer=None if signer is None else signer.encode(),
            allow_weak=opening.allow_weak,
        )

    def inspect(self, data: bytes, manifest: str | None) -> Inspection:
        """What a protected picture says of itself, without any password."""
        return protection.inspect(*self._protected(data, manifest))

    def _to_open(
        self, data: bytes, opening: Opening, manifest: str | None
    ) -> tuple[Photograph, Manifest]:
        """A protected picture that asks for no more work than is allowed here."""
        photograph, found = self._protected(data, manifest)
        self._check_count(len(found.faces))
        if opening.password is not None:
            self._check_derivations(found)
        return photograph, found

    def _protected(self, data: bytes, manifest: str | None) -> tuple[Photograph, Manifest]:
        photograph = self._read(data)
        given = None if manifest is None else Manifest.from_json(manifest)
        return photograph, inspection.find_manifest(photograph, photograph, given)

    def _read(self, data: bytes) -> Photograph:
        """Decode a picture, unless its header says that it is too large.

        Decoders get a time of their own, by which the system ends this process.
        """
        with processor_time(self._limits.decoding):
            return self._decode(data)

    def _decode(self, data: bytes) -> Photograph:
        try:
            width, height = opening.size(data)
        except Image.DecompressionBombError as error:
            raise self._too_many_pixels("so many pixels that no library would read it") from error
        except Exception:  # `files.images` says better what is wrong with it
            width, height = 0, 0
        if width * height > self._limits.pixels:
            raise self._too_many_pixels(f"{width} x {height} pixels")
        try:
            return images.read(data)
        except PictureError as error:
            raise PictureError(str(error).replace("the data", "the file", 1)) from error

    def _too_many_pixels(self, found: str) -> Refusal:
        allowed = f"{self._limits.pixels / 1e6:g} megapixels"
        return _beyond("too-many-pixels", f"the picture has {found}", allowed)

    def _regions(self, pixels: Picture, choice: RegionChoice) -> list[Box]:
        """The disjoint regions that are meant, if there are not too many."""
        faces = choice.faces
        if not isinstance(faces, str):
            faces = prepare(faces, *pixels.shape[:2])  # boxes may reach over the picture's edge
        regions = choose(pixels, faces, choice.detection)
        self._check_count(len(regions))
        return [region.box for region in regions]

    def _check_count(self, count: int) -> None:
        if count > self._limits.faces:
            raise _beyond("too-many-faces", f"the picture has {count} faces", self._limits.faces)

    def _check_derivations(self, manifest: Manifest) -> None:
        """Refuse slots that a password opens and that ask for too much, all of them together.

        A wrong password is tried against each. A derivation goes over its memory 16 times at
        most, so this bounds the work, too.
        """
        wanted = 1024 * sum(
            each.memory_kib for each in derivations(manifest.slots) if each.algorithm == "argon2id"
        )
        if wanted > self._limits.key_memory:
            asked = f"{mebibytes(wanted)} of memory to derive its keys"
            allowed = mebibytes(self._limits.key_memory)
            raise _beyond("too-costly-key", f"the picture asks for {asked}", allowed)


def _beyond(code: str, found: str, allowed: object) -> Refusal:
    return Refusal(413, code, f"{found}; at most {allowed} are allowed here")


def _png(pixels: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()

"""One frame of a clip, protected or only obfuscated, and what the manifest says of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..arrays import Picture
from ..faces.boxes import Box
from ..files.authentication import scene_digest
from ..files.manifest import DIGEST_BYTES
from ..keys import PictureKey
from ..picture.options import LookOptions
from ..picture.pixels import Keeper, obfuscate_regions, protect_regions
from ..picture.regions import Region
from ..profile.base import Profile
from .binding import FrameBinding
from .entries import ClipFace, FrameEntry
from .manifest import ClipManifest
from .reader import Frame


@dataclass(frozen=True)
class FrameProtection:
    """What is the same for all frames of a clip."""

    look: LookOptions
    profile: Profile
    key: PictureKey
    """Of the clip."""
    manifest: ClipManifest
    """The header."""

    def protect(self, frame: Frame, regions: Sequence[Region]) -> tuple[Picture, FrameEntry, int]:
        """Obfuscate the faces, and keep their originals in them.

        Returns:
            The pixels, uint8, H x W x 3, RGB; the frame's entry, without mac; and how many faces
            will come back poorly.

        Raises:
            ProfaceError: as for `protect_regions`.
        """
        places = tuple(
            ClipFace(region.box, bytes(DIGEST_BYTES), tracks=_tracks(region, index))
            for index, region in enumerate(regions)
        )
        scene = _scene(frame.pixels, [place.box for place in places])
        draft = FrameEntry(frame.number, frame.pts, scene, places)
        if not regions:
            return frame.pixels, draft, 0
        binding = FrameBinding(self.manifest, draft)
        keeper = Keeper(
            self.profile, lambda index: binding.region_key(self.key, index), binding.associated
        )
        done = protect_regions(frame.pixels, regions, self.look, keeper)
        faces = [
            replace(place, digest=bytes.fromhex(face.sha256), extra=face.extra)
            for place, face in zip(places, done.faces, strict=True)
        ]
        if self.manifest.is_authenticated:
            faces = [binding.committed(self.key, *each) for each in enumerate(faces)]
        return done.pixels, replace(draft, faces=tuple(faces)), len(done.notes)

    def obfuscate(self, frame: Frame, regions: Sequence[Region]) -> tuple[Picture, FrameEntry]:
        """Obfuscate the faces for good: as `protect`."""
        pixels = obfuscate_regions(frame.pixels, regions, self.look)
        boxes = tuple(region.box for region in regions)
        return pixels, FrameEntry(frame.number, frame.pts, _scene(pixels, []), plain=boxes)


def _tracks(region: Region, index: int) -> tuple[int, ...]:
    """The tracked faces of a region; its own place in the frame where faces are not followed."""
    known = [member.track for member in region.members if member.track is not None]
    return tuple(known) or (index,)


def _scene(pixels: Picture, boxes: Sequence[Box]) -> bytes:
    return bytes.fromhex(scene_digest(pixels, boxes))

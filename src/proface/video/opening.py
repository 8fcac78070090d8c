"""One frame of a protected clip after the other: checked, and its faces opened."""

from collections.abc import Iterator
from fractions import Fraction

from ..arrays import Picture
from ..errors import AuthenticityError, DamagedPictureError, GrantError, ManifestError
from ..files.authentication import digest, scene_digest
from ..files.manifest import FaceEntry
from ..keys import Grant
from ..picture.opening import FaceKeys
from ..picture.pixels import Keeper, recover_regions, wrong_regions
from ..profile.base import Profile, WrongRecovery
from .binding import FrameBinding
from .entries import FrameEntry
from .findings import Findings
from .manifest import ClipManifest
from .matching import End, Matched, Missing
from .reader import Reader


class Opener:
    """Takes what `matched` gives, in its order, and counts what it finds."""

    def __init__(
        self,
        manifest: ClipManifest,
        profile: Profile | None,
        keys: FaceKeys | None,
        findings: Findings,
        shown: WrongRecovery = "obfuscated",
    ) -> None:
        """Begin a clip.

        Args:
            manifest: the header, checked.
            profile: that brings faces back; None if there are no keys.
            keys: of the faces; None for none of them.
            findings: for what is wrong.
            shown: what stands in the faces' place without keys, ``noise`` or ``obfuscated``.
        """
        self._manifest, self._profile, self._keys = manifest, profile, keys
        self._findings, self._shown = findings, shown
        self.frames = self.left_out = self.faces = self.not_granted = 0
        self.end: End | None = None
        """What stands after all frames, once it was seen."""
        self._last_number = -1
        self._at = Fraction(0)

    def see(self, item: Matched | Missing | End) -> Picture | None:
        """The frame with its faces back; None for one that is left out, or where there is none.

        Raises:
            AuthenticityError: something is wrong, and that is not accepted.
            ManifestError: the entry is bad.
        """
        if isinstance(item, End):
            self.end = item
            if item.problem:
                self._findings.add("end", self._at, item.problem)
            return None
        if isinstance(item, Missing):
            at = Fraction(item.milliseconds, 1000)
            self._follow(item.entry, item.authentic, at)
            self._findings.add("missing", at)
            return None
        entry, pixels = item.entry, item.frame.pixels
        at = self._at = item.frame.time
        if item.beyond:
            self._findings.add("beyond", at)
            return None
        if entry is None:
            self._findings.add("added", at)
            self.frames += 1
            return pixels
        if item.moved or entry.number <= self._last_number:
            self._findings.add("moved", at)
        self._follow(entry, item.authentic, at)
        self._check_pixels(entry, pixels, at)
        if entry.plain:
            self.left_out += 1
            return None
        self.frames += 1
        if not entry.faces or not self._fits(pixels):
            return pixels
        return self._opened(entry, pixels, at)

    def check_any(self) -> None:
        """Refuse a clip of which not one face opened, where some should.

        Raises:
            AuthenticityError: none did.
            GrantError: the clip has none of the faces that are granted.
        """
        if self.faces or self._keys is None:
            return
        if self._findings.count("closed"):
            raise AuthenticityError(self._findings.first("closed"))
        if isinstance(self._keys, Grant):
            raise GrantError("the grant is for faces that the clip does not have")

    def notes(self) -> Iterator[str]:
        """What the user should know besides the findings."""
        if not isinstance(self._keys, Grant):
            return
        if self.not_granted:
            yield f"{self.not_granted} faces are not granted, and stay as they are"
        yield (
            "with a grant it cannot be checked whether frames are missing, or were added, and "
            "what the manifest says of frames without a granted face; a password or an identity "
            "can"
        )

    def _follow(self, entry: FrameEntry, authentic: bool, at: Fraction) -> None:
        """Check an entry, and its place in the order of all."""
        if not authentic:
            self._findings.add("entry", at)
        missing = entry.number - self._last_number - 1
        if missing > 0:
            self._findings.add("missing", at, count=missing)
        self._last_number = max(self._last_number, entry.number)
        comes_back = entry.number % self._manifest.key_frames == 0
        if entry.plain if comes_back else entry.faces:
            self._findings.add("plain", at)

    def _fits(self, pixels: Picture) -> bool:
        """Whether the frames have the size of those that were protected."""
        return pixels.shape[:2] == (self._manifest.picture.height, self._manifest.picture.width)

    def _check_pixels(self, entry: FrameEntry, pixels: Picture, at: Fraction) -> None:
        try:
            self._manifest.check_boxes(entry.boxes)
        except ManifestError as error:
            raise ManifestError(f"frame {entry.number}: {error}") from error
        if not self._fits(pixels):
            self._findings.add("scene", at)
            return
        if scene_digest(pixels, entry.boxes) != entry.scene.hex():
            self._findings.add("scene", at)
        for face in entry.faces:
            if digest(pixels[face.box.window]) != face.digest.hex():
                self._findings.add("face", at)

    def _opened(self, entry: FrameEntry, pixels: Picture, at: Fraction) -> Picture:
        if self._keys is None or self._profile is None:
            return wrong_regions(pixels, entry.boxes, self._shown)
        binding = FrameBinding(self._manifest, entry)
        keeper = Keeper(self._profile, binding.opener(self._keys), binding.associated)
        faces = [FaceEntry(face.box, face.digest.hex(), face.extra) for face in entry.faces]
        done = recover_regions(pixels, faces, [b""] * len(faces), keeper, accept_damage=True)
        for _, error in done.failures:
            self._findings.add("closed", at, str(error))
        self.not_granted += len(done.closed)
        self.faces += len(faces) - len(done.failures) - len(done.closed)
        return done.pixels


def check_size(manifest: ClipManifest, reader: Reader) -> None:
    """Refuse a clip that was resized.

    Raises:
        DamagedPictureError: so it was.
    """
    wanted, found = manifest.picture, reader.clip
    if (wanted.width, wanted.height) != (found.width, found.height):
        raise DamagedPictureError(
            f"the clip was resized: it has {found.width} x {found.height} pixels, and "
            f"{wanted.width} x {wanted.height} were protected"
        )

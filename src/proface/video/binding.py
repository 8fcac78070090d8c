"""The keys of the faces in one frame, and what each face is bound to.

    region key   that of its first tracked face in this frame
    shared key   ChaCha20-Poly1305(subkey of a further face's key in this frame, region key)
    commitment   HMAC-SHA256(subkey of region key, what seals are bound to, digest, extra, tracks)

So a grant for a tracked face opens its region in every frame, also where it meets other faces.
"""

import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ..errors import AuthenticityError
from ..files.manifest import canonical
from ..keys import FaceKey, PictureKey
from ..picture.opening import FaceKeys
from .entries import ClipFace, FrameEntry
from .manifest import ClipManifest

_ASSOCIATED = b"proface/v2/clip\0"
_NONCE = bytes(12)
"""Each key encrypts once only."""


@dataclass(frozen=True)
class FrameBinding:
    """One frame of a clip: gives the keys of its faces once they are known to be right."""

    manifest: ClipManifest
    entry: FrameEntry
    """Its regions must lie within the frame; digests and commitments may come later."""

    def associated(self, index: int) -> bytes:
        """What a sealed face is authenticated with, so that it opens nowhere else.

        In no other clip, frame, time, scene or place: the clip's identifier, the frame's number,
        time and scene digest, the boxes of all faces in the frame, and the face's own place among
        them.
        """
        entry = self.entry
        boxes = b"".join(
            struct.pack(">4I", box.x, box.y, box.width, box.height) for box in entry.boxes
        )
        place = struct.pack(">Qq", entry.number, entry.pts)
        counts = struct.pack(">2I", len(entry.faces), index)
        return _ASSOCIATED + self.manifest.identifier + place + entry.scene + counts + boxes

    def region_key(self, key: PictureKey, index: int) -> FaceKey:
        """The key of a region, for whoever protects it."""
        return key.face(self.entry.faces[index].tracks[0]).frame(self.entry.number)

    def committed(self, key: PictureKey, index: int, face: ClipFace) -> ClipFace:
        """A protected face with its commitment, and with its key for all tracked faces in it."""
        region = self.region_key(key, index)
        text = self.associated(index)
        shared = [
            _cipher(key.face(track), self.entry.number).encrypt(_NONCE, region.secret, text)
            for track in face.tracks[1:]
        ]
        return replace(face, commitment=self._commitment(region, index, face), shared=tuple(shared))

    def opener(self, keys: FaceKeys) -> Callable[[int], FaceKey | None]:
        """Gives the key of each region once its commitment has been checked.

        What it returns gives None for a region of no granted face, and raises `AuthenticityError`
        for one that has another key, or of which the manifest says what was not protected.
        """

        def region_key(index: int) -> FaceKey | None:
            face = self.entry.faces[index]
            region = self._found(keys, index, face)
            if region is not None and self.manifest.is_authenticated:
                expected = self._commitment(region, index, face)
                if not hmac.compare_digest(face.commitment, expected):
                    raise _refusal(index)
            return region

        return region_key

    def _found(self, keys: FaceKeys, index: int, face: ClipFace) -> FaceKey | None:
        for place, track in enumerate(face.tracks):
            key = keys.face(track)
            if key is None:
                continue
            if not place:
                return key.frame(self.entry.number)
            if place > len(face.shared):
                raise _refusal(index)
            try:
                cipher = _cipher(key, self.entry.number)
                wrapped = face.shared[place - 1]
                return FaceKey(cipher.decrypt(_NONCE, wrapped, self.associated(index)))
            except InvalidTag as error:
                raise _refusal(index) from error
        return None

    def _commitment(self, key: FaceKey, index: int, face: ClipFace) -> bytes:
        said = {
            "sha256": face.digest.hex(),
            "extra": dict(face.extra),
            "tracks": list(face.tracks),
        }
        text = self.associated(index) + canonical(said)
        return hmac.digest(key.subkey("commitment"), text, "sha256")


def _cipher(face: FaceKey, number: int) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(face.frame(number).subkey("shared"))


def _refusal(index: int) -> AuthenticityError:
    return AuthenticityError(
        f"face {index} is not authentic: its key is another one, or what the manifest says of it "
        "was changed after it was protected"
    )

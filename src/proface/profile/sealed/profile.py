"""`sealed` as a profile."""

from collections.abc import Mapping

from ...arrays import Picture
from ...errors import ManifestError
from ...files.manifest import Carrier
from ...keys import FaceKey
from ..base import ProfileFacts, ProtectedFace
from . import sealing

SEALED = "sealed"


class SealedProfile:
    """Faces coded, encrypted, and carried by the pixels or by the file."""

    provider = "CPU"
    notes = ()
    facts = ProfileFacts(
        name=SEALED,
        wrong_recovery="error",
        secret=True,
        description="Each face coded with JPEG 2000, encrypted with ChaCha20-Poly1305 and carried "
        "in the low bits of its pixels, or in the file; a wrong password is known to be wrong.",
        licence="MIT",
    )

    def __init__(self, carrier: Carrier, bits: int = 1) -> None:
        self._carrier = carrier
        self._bits = bits

    def protect(
        self, original: Picture, obfuscated: Picture, key: FaceKey, index: int, associated: bytes
    ) -> ProtectedFace:
        """Protect a face, see `proface.profile.base.Profile.protect`."""
        if self._carrier == "file":
            return ProtectedFace(obfuscated, seal=sealing.seal_file(original, key, associated))
        face = sealing.seal_face(original, obfuscated, key, associated, self._bits)
        # The codec is for whoever inspects the picture: the one that counts is under the seal.
        extra = {"codec": face.codec, "bits": face.bits}
        return ProtectedFace(face.protected, extra, quality=face.quality)

    def decoy(self, original: Picture, obfuscated: Picture) -> ProtectedFace:
        """A face that keeps nothing, see `proface.profile.base.Profile.decoy`."""
        if self._carrier == "file":
            return ProtectedFace(obfuscated, seal=sealing.decoy_file(original))
        face = sealing.decoy_face(original, obfuscated, self._bits)
        return ProtectedFace(face.protected, {"codec": face.codec, "bits": face.bits})

    def recover(
        self, protected: ProtectedFace, key: FaceKey, index: int, associated: bytes
    ) -> tuple[Picture, tuple[str, ...]]:
        """Recover a face, see `proface.profile.base.Profile.recover`."""
        if self._carrier == "file":
            height, width = protected.pixels.shape[:2]
            opened = sealing.unseal_file(protected.seal, key, height, width, associated)
        else:
            bits = _bits_of(protected.extra, index)
            opened = sealing.unseal_face(protected.pixels, key, associated, bits)
        if opened.quality is None:
            return opened.original, ()
        return opened.original, (f"face {index} came back at {opened.quality} dB",)


def _bits_of(extra: Mapping[str, object], index: int) -> int:
    """Bits a sample that a face's manifest tells, which may come from anyone."""
    bits = extra.get("bits")
    if not isinstance(bits, int) or not 1 <= bits <= sealing.MAXIMUM_BITS:
        raise ManifestError(
            f"the manifest's faces[{index}].bits is {str(bits)[:80]!r}, but must be an integer "
            f"from 1 to {sealing.MAXIMUM_BITS}"
        )
    return bits

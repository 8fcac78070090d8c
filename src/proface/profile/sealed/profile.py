"""`sealed` as a profile."""

from collections.abc import Mapping

from ...arrays import Picture
from ...errors import DamagedPictureError, ManifestError
from ...files.manifest import Carrier
from ...keys import Key, noise_like
from ..base import ProfileFacts, ProtectedFace, WrongRecovery
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

    def __init__(
        self, carrier: Carrier, bits: int = 1, wrong_recovery: WrongRecovery = "error"
    ) -> None:
        self._carrier = carrier
        self._bits = bits
        self._wrong_recovery = wrong_recovery

    def protect(
        self, original: Picture, obfuscated: Picture, key: Key, index: int, associated: bytes
    ) -> ProtectedFace:
        """Protect a face, see `proface.profile.base.Profile.protect`."""
        if self._carrier == "file":
            return ProtectedFace(
                obfuscated, seal=sealing.seal_file(original, key, index, associated)
            )
        face = sealing.seal_face(original, obfuscated, key, index, associated, self._bits)
        # For whoever inspects the picture. Nothing authenticates these: the codec that counts is
        # under the seal, and with other bits the seal does not open.
        extra = {"codec": face.codec, "bits": face.bits}
        return ProtectedFace(face.protected, extra, quality=face.quality)

    def recover(
        self, protected: ProtectedFace, key: Key, index: int, associated: bytes
    ) -> tuple[Picture, tuple[str, ...]]:
        """Recover a face, see `proface.profile.base.Profile.recover`."""
        height, width = protected.pixels.shape[:2]
        try:
            opened = self._open(protected, key, index, associated)
        except DamagedPictureError:
            if self._wrong_recovery == "noise":
                return noise_like(key, index, height, width), ()
            if self._wrong_recovery == "obfuscated":
                return protected.pixels, ()
            raise
        if opened.quality is None:
            return opened.original, ()
        return opened.original, (f"face {index} came back at {opened.quality} dB",)

    def _open(
        self, protected: ProtectedFace, key: Key, index: int, associated: bytes
    ) -> sealing.Opened:
        if self._carrier == "file":
            height, width = protected.pixels.shape[:2]
            return sealing.unseal_file(protected.seal, key, index, height, width, associated)
        bits = _bits_of(protected.extra, index)
        return sealing.unseal_face(protected.pixels, key, index, associated, bits)


def _bits_of(extra: Mapping[str, object], index: int) -> int:
    """Bits a sample that a face's manifest tells, which may come from anyone."""
    bits = extra.get("bits")
    if not isinstance(bits, int) or not 1 <= bits <= sealing.MAXIMUM_BITS:
        raise ManifestError(
            f"the manifest's faces[{index}].bits is {str(bits)[:80]!r}, but must be an integer "
            f"from 1 to {sealing.MAXIMUM_BITS}"
        )
    return bits

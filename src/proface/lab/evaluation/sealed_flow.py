"""`sealed` behind the calls of a flow, so that the same tables and attacks measure it."""

import numpy as np

from ...arrays import Picture
from ...errors import DamagedPictureError
from ...keys import PictureKey, noise
from ...profile.base import ProtectedFace
from ...profile.sealed.profile import SEALED, SealedProfile
from ...profile.trained.flow import Flow


def open_flow(name: str) -> "Flow | SealedFlow":
    """An installed profile behind the calls of a flow.

    Raises:
        ModelError: the profile is unknown or damaged.
    """
    return SealedFlow() if name == SEALED else Flow.load(name)


class SealedFlow:
    """Batches through the profile `sealed`, one bit a sample; a wrong key gives noise."""

    def __init__(self) -> None:
        # Straight to the profile: there is no manifest that would name bits and carrier.
        self._profile = SealedProfile("pixels")

    def protect(
        self, original: Picture, obfuscated: Picture, key: PictureKey, face: int = 0
    ) -> Picture:
        """See `proface.Flow.protect`; uint8, N x H x W x 3."""
        return np.stack(
            [
                self._profile.protect(one, other, key.face(index), index, b"").pixels
                for index, (one, other) in enumerate(zip(original, obfuscated, strict=True), face)
            ]
        )

    def recover(self, protected: Picture, key: PictureKey, face: int = 0) -> Picture:
        """See `proface.Flow.recover`; uint8, N x H x W x 3."""
        return np.stack(
            [self._recover(one, key, index) for index, one in enumerate(protected, face)]
        )

    def _recover(self, protected: Picture, key: PictureKey, face: int) -> Picture:
        carried = ProtectedFace(protected, {"bits": 1})
        try:
            return self._profile.recover(carried, key.face(face), face, b"")[0]
        except DamagedPictureError:
            return noise(*protected.shape[:2])

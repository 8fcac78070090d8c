"""`sealed` behind the calls of a flow, so that the same tables and attacks measure it."""

import numpy as np

from ...arrays import Picture
from ...keys import Key
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
        self._profile = SealedProfile("pixels", wrong_recovery="noise")

    def protect(self, original: Picture, obfuscated: Picture, key: Key, face: int = 0) -> Picture:
        """See `proface.Flow.protect`; uint8, N x H x W x 3."""
        return np.stack(
            [
                self._profile.protect(one, other, key, face + index, b"").pixels
                for index, (one, other) in enumerate(zip(original, obfuscated, strict=True))
            ]
        )

    def recover(self, protected: Picture, key: Key, face: int = 0) -> Picture:
        """See `proface.Flow.recover`; uint8, N x H x W x 3."""
        return np.stack(
            [
                self._profile.recover(ProtectedFace(one, {"bits": 1}), key, face + index, b"")[0]
                for index, one in enumerate(protected)
            ]
        )

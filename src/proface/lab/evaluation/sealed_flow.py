"""`sealed` behind the calls of a flow, so that the same tables and attacks measure it."""

import numpy as np

from ...arrays import Picture
from ...keys import Key
from ...profile import choice
from ...profile.base import ProtectedFace


class SealedFlow:
    """Batches through the profile `sealed`, one bit a sample; a wrong key gives noise."""

    def __init__(self) -> None:
        # Straight to the profile: there is no manifest that would name bits and carrier.
        self._method = choice.sealed_in_pixels(wrong_recovery="noise")

    def protect(self, original: Picture, obfuscated: Picture, key: Key, face: int = 0) -> Picture:
        """See `proface.Flow.protect`; uint8, N x H x W x 3."""
        return np.stack(
            [
                self._method.protect(one, hidden, key, face + index, b"").pixels
                for index, (one, hidden) in enumerate(zip(original, obfuscated, strict=True))
            ]
        )

    def recover(self, protected: Picture, key: Key, face: int = 0) -> Picture:
        """See `proface.Flow.recover`; uint8, N x H x W x 3."""
        return np.stack(
            [
                self._method.recover(ProtectedFace(one, {"bits": 1}), key, face + index, b"")[0]
                for index, one in enumerate(protected)
            ]
        )

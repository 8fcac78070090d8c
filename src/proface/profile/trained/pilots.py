"""Pilots: values that both sides know, which tell how the others came through.

They have one of four patterns, which tells how often the residual was halved. After unshuffling
with the right key they are found again, whatever the face looks like; with a wrong key there is
noise in their places.
"""

from dataclasses import dataclass

import numpy as np

from ...arrays import Floats
from ...keys import FaceKey, keystream

CHANNELS = 9
"""Of the payload: the details of three colours. The averages of 2 x 2 pixels carry nothing."""

PILOT_LIMIT = 256

PILOT_SHARE = 8
"""One place in so many is a pilot, up to the limit."""

HALVINGS = 4
"""A payload is halved less often than this."""


@dataclass(frozen=True)
class Told:
    """What pilots tell of the values that they came with."""

    halvings: int
    """How often coefficients were halved."""
    correlation: float
    """With the pattern that says so, up to 1."""
    gain: float
    """By what the network multiplied what it carried; a little less than 1."""
    noise: float
    """Mean square of what it added."""

    @classmethod
    def of(cls, found: Floats, known: Floats) -> "Told":
        """By the pattern that is the likest.

        Args:
            found: what is in the pilots' places.
            known: the patterns, each of as many values of -1 and 1.
        """
        products = known @ found / len(found)
        halvings = int(products.argmax())
        gain = float(products[halvings])
        strength = float(np.mean(np.square(found)))
        correlation = gain / max(strength**0.5, 1e-9)
        return cls(halvings, correlation, gain, max(strength - gain**2, 0.0))


def pilots(key: FaceKey, height: int, width: int) -> Floats:
    """The patterns that the pilots of a face may have.

    Returns:
        `HALVINGS` x pilots, each -1 or 1 with equal chance.
    """
    count = pilot_count(height, width)
    subkey = key.subkey("pilots", height, width)
    stream = keystream(subkey, (HALVINGS * count + 7) // 8)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8), count=HALVINGS * count)
    return (bits.astype(np.float32) * 2 - 1).reshape(HALVINGS, count)


def pilot_count(height: int, width: int) -> int:
    """How many places of a face of a size are pilots."""
    places = CHANNELS * (height // 2) * (width // 2)
    return min(PILOT_LIMIT, places // PILOT_SHARE)

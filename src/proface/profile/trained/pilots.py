"""Pilots: values that both sides know, which tell how the others came through.

After unshuffling with the right key they are found again, whatever the face looks like; with a
wrong key there is noise in their places. After them comes the scale.
"""

from dataclasses import dataclass

import numpy as np

from ...arrays import Floats
from ...keys import FaceKey, keystream
from . import scale

CHANNELS = 9
"""Of the payload: the details of three colours. The averages of 2 x 2 pixels carry nothing."""

PILOT_LIMIT = 256

PILOT_SHARE = 8
"""One place in so many is a pilot, up to the limit."""

THRESHOLD = 0.3
"""Correlation of the pilots under which a key is wrong. A wrong key gives 0 give or take 1/16 on
faces of 32 x 32 pixels and more; the right one nearly 1, and less as the root of what is lost."""


@dataclass(frozen=True)
class Told:
    """What a payload tells of its coefficients."""

    correlation: float
    """Of the pilots with those known, up to 1."""
    gain: float
    """By what the network multiplied what it carried; a little less than 1."""
    noise: float
    """Mean square of what it added."""
    scale: float
    """By what coefficients were multiplied before; 1, as is usual, where the key is wrong."""

    @classmethod
    def of(cls, values: Floats, known: Floats) -> "Told":
        """From a payload, no longer shuffled, and the pilots of its face."""
        found, rest = values[: len(known)], values[len(known) :]
        gain = float(np.mean(known * found))
        strength = float(np.mean(np.square(found)))
        correlation = gain / max(strength**0.5, 1e-9)
        telling = rest[: scale.scale_count(len(values))]
        usual = correlation < THRESHOLD
        noise = max(strength - gain**2, 0.0)
        return cls(correlation, gain, noise, 1.0 if usual else scale.told(telling))


def pilots(key: FaceKey, height: int, width: int) -> Floats:
    """The pilots of a face, each -1 or 1 with equal chance."""
    count = pilot_count(height, width)
    stream = keystream(key.subkey("pilots", height, width), (count + 7) // 8)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8), count=count)
    return bits.astype(np.float32) * 2 - 1


def pilot_count(height: int, width: int) -> int:
    """How many places of a face of a size are pilots."""
    places = CHANNELS * (height // 2) * (width // 2)
    return min(PILOT_LIMIT, places // PILOT_SHARE)

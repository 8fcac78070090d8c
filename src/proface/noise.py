"""What a wrong password gives where it shall give noise (the paper's RandWR)."""

import numpy as np

from .keys import Key, keystream
from .obfuscators import Picture


def noise_like(key: Key, face: int, height: int, width: int) -> Picture:
    """Uniform noise from the key.

    Returns:
        uint8, height x width x 3, the same for the same key and face.
    """
    subkey = key.subkey("noise/v1", face, height, width)
    samples = np.frombuffer(keystream(subkey, height * width * 3), np.uint8)
    return samples.reshape(height, width, 3).copy()

"""The keyed shuffle: a secret orthogonal map that makes a face's residual white noise.

    shuffled = mask * hartley(turns * hartley(signs * values[order]))

``order`` is a permutation of all positions; ``signs``, ``turns`` and ``mask`` are +1 or -1; all are
drawn from the key. The Hartley transform between them, which is public, spreads every value over
all positions. After the first, the values are nearly normal; how nearly depends on whether few of
them held most of the energy, and would tell. After the second, it depends on that no more. Without
the key little is left of the values but their sum of squares, which is the same for all faces of a
size (`scale`). Wherever some of the carrier is lost, every value gets a little less exact instead
of a spot going missing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ...keys import FaceKey, keystream
from ...timing import stage

_LABEL = "shuffle"
_WORD = 8
"""Bytes that decide about a position's place."""
_PART = 2**20
"""Positions compared at once: of a large face, all would take hundreds of megabytes."""


@dataclass(frozen=True)
class Shuffle:
    """The shuffle of one face; make one with `draw`."""

    order: NDArray[np.uint32]
    """A permutation: where each value comes from."""
    signs: NDArray[np.int8]
    """-1 or 1 before the transforms."""
    turns: NDArray[np.int8]
    """-1 or 1 between them."""
    mask: NDArray[np.int8]
    """-1 or 1 after them."""

    @classmethod
    @stage("key")
    def draw(cls, key: FaceKey, height: int, width: int, count: int) -> "Shuffle":
        """The shuffle of a face.

        Args:
            key: of the face.
            height: of the face, in pixels.
            width: of the face, in pixels.
            count: values to shuffle, at least 1.

        Returns:
            Each permutation and each set of sign vectors with equal chance, as far as ChaCha20's
            keystream is random.
        """
        size = (count + 7) // 8
        for attempt in range(2**32):
            subkey = key.subkey(_LABEL, height, width, attempt)
            stream = keystream(subkey, 3 * size + _WORD * count)
            words = np.frombuffer(stream, "<u8", offset=3 * size)
            order = np.argsort(words)
            # Equal words would leave the choice to the sorting.
            parts = (order[start : start + _PART + 1] for start in range(0, count, _PART))
            if all(np.all(np.diff(words[part])) for part in parts):
                break
        bits = np.frombuffer(stream, np.uint8, 3 * size).reshape(3, size)
        return cls(order.astype(np.uint32), *map(_to_signs, np.unpackbits(bits, 1, count)))

    @stage("key")
    def apply(self, values: Floats) -> Floats:
        """Shuffle; squared distances are kept."""
        return hartley(hartley(values[self.order] * self.signs) * self.turns) * self.mask

    @stage("key")
    def undo(self, shuffled: Floats) -> Floats:
        """Inverse of `apply`."""
        values = np.empty_like(shuffled)
        values[self.order] = hartley(hartley(shuffled * self.mask) * self.turns) * self.signs
        return values


def hartley(values: Floats) -> Floats:
    """Discrete Hartley transform, orthonormal and its own inverse.

    H[k] = sum of v[n] (cos(2 pi k n / N) + sin(2 pi k n / N)), over the root of N (Bracewell 1983).
    """
    count = len(values)
    half = np.fft.rfft(values, norm="ortho")
    result = np.empty(count, np.float32)
    result[: len(half)] = half.real - half.imag
    mirrored = half[1 : (count + 1) // 2][::-1]
    result[len(half) :] = mirrored.real + mirrored.imag
    return result


def _to_signs(bits: Picture) -> NDArray[np.int8]:
    return bits.astype(np.int8) * 2 - 1

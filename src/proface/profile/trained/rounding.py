"""Rounding to 8 bits where it hurts recovery least.

A file keeps whole levels, and recovery amplifies what rounding changed: tenfold along some
directions of a patch of pixels, such as its finest detail, and hardly along others, such as its
brightness. So the values of a patch are rounded one after another, and each makes up for what those
before it did. This is noise shaping; on a patch, it is Babai's nearest plane among the pictures of
whole levels (Babai 1986), with the norm

    |e|^2 = e^T (S + I) e,    S the sensitivity, e = rounded - picture in levels of 255:

the squared error that e makes in the recovered picture, and in the protected one.

Whoever recovers need not know of it. It depends on the network and the picture alone, on no key.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ...errors import ModelError

PATCH = 8
"""Side in pixels of the patches that are rounded together; the first begins in the corner."""
_PRECISION = 1e-5
"""Error of a sensitivity, relative to its largest value."""
_AT_ONCE = 2048
"""Patches that stay in the processor's cache."""


@dataclass(frozen=True)
class Rounding:
    """How to round the pictures that a network made."""

    patch: int
    """Side of a patch in pixels."""
    order: NDArray[np.intp]
    """The values of a patch, colour by colour and row by row, in the order of their rounding."""
    feedback: Floats
    """For each value in that order, the shares of the errors before it that it makes up for."""

    @classmethod
    def of(cls, sensitivity: Floats) -> "Rounding":
        """The rounding that harms least.

        Args:
            sensitivity: S above, of 3 x patch x patch values; symmetric, not negative.

        Raises:
            ModelError: it is no such matrix.
        """
        side = len(sensitivity) if sensitivity.ndim == 2 else 0
        patch = round((side / 3) ** 0.5)
        if sensitivity.shape != (side, side) or 3 * patch**2 != side or not side:
            raise ModelError(f"a sensitivity of {sensitivity.shape} values is that of no patch")
        # The second term makes up for what float32 lost of the smallest directions.
        damping = 1 + _PRECISION * np.abs(sensitivity).max()
        norm = sensitivity.astype(np.float64) + damping * np.eye(side)
        if not np.allclose(norm, norm.T):
            raise ModelError("the sensitivity is not symmetric")
        order, feedback = _eliminate(norm)
        return cls(patch, order, feedback)

    @classmethod
    def read(cls, stored: bytes) -> "Rounding":
        """As `of`, from a NumPy file (.npy).

        Raises:
            ModelError: it is none, or none of a sensitivity.
        """
        try:
            sensitivity = np.load(io.BytesIO(stored), allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            raise ModelError(f"the sensitivity cannot be read ({error})") from error
        if not np.issubdtype(sensitivity.dtype, np.floating):
            raise ModelError(f"a sensitivity is no {sensitivity.dtype}")
        return cls.of(sensitivity)

    def to_bytes(self, planes: Floats) -> Picture:
        """Whole levels.

        Args:
            planes: N x 3 x H x W in [-1, 1], or beyond.

        Returns:
            uint8, N x H x W x 3.
        """
        count, _, height, width = planes.shape
        result = np.empty((count, height, width, 3), np.uint8)
        across, down = -(-width // self.patch), -(-height // self.patch)
        rows = max(1, _AT_ONCE // across) * self.patch
        together = max(1, _AT_ONCE // (across * down))
        for first in range(0, count, together):
            for top in range(0, height, rows):
                some, strip = slice(first, first + together), slice(top, top + rows)
                result[some, strip] = self._strips(planes[some, :, strip])
        return result

    def _strips(self, planes: Floats) -> Picture:
        """N x 3 x H x W in [-1, 1] to uint8 N x H x W x 3."""
        count, _, height, width = planes.shape
        patch = self.patch
        missing = ((0, 0), (0, 0), (0, -height % patch), (0, -width % patch))
        levels = (np.pad(planes, missing, mode="edge").clip(-1, 1) + 1) * np.float32(127.5)
        down, across = levels.shape[2] // patch, levels.shape[3] // patch
        split = levels.reshape(count, 3, down, patch, across, patch).transpose(1, 3, 5, 0, 2, 4)
        values = split.reshape(len(self.order), -1)[self.order]
        errors = np.empty_like(values)
        for index, value in enumerate(values):
            wanted = value - self.feedback[index, :index] @ errors[:index]
            whole = np.rint(wanted).clip(0, 255)
            errors[index] = whole - value
            values[index] = whole
        rounded = np.empty(values.shape, np.uint8)
        rounded[self.order] = values
        joined = rounded.reshape(3, patch, patch, count, down, across).transpose(3, 4, 1, 5, 2, 0)
        return joined.reshape(count, down * patch, across * patch, 3)[:, :height, :width]


def _eliminate(norm: NDArray[np.float64]) -> tuple[NDArray[np.intp], Floats]:
    """Order and feedback of a norm, by elimination from the value rounded last to the first.

    Each time the value that matters least goes, so that those rounded first, which nothing makes
    up for, are the ones whose own errors the others can make good.
    """
    side = len(norm)
    rest, left = norm.copy(), list(range(side))
    rows, backwards = np.zeros((side, side)), []
    for _ in range(side):
        value = min(left, key=lambda one: rest[one, one])
        if not rest[value, value] > 0:
            raise ModelError("the sensitivity is negative")
        left.remove(value)
        backwards.append(value)
        rows[value, left] = rest[value, left] / rest[value, value]
        rest -= np.outer(rest[:, value], rest[value]) / rest[value, value]
    order = np.array(backwards[::-1], np.intp)
    return order, np.ascontiguousarray(rows[np.ix_(order, order)], np.float32)


NEAREST = Rounding.of(np.zeros((3, 3), np.float32))
"""Each value to the nearest level: what is right where recovery is equally sensitive to all."""

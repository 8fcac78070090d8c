"""The scale: by what a face's coefficients are multiplied, so that all faces are equally strong.

Anyone can measure the strength of a payload, and a residual's own would tell faces apart. So all
payloads of a size have the same energy, and each tells its scale inside: as a number of four
digits, each one of the eight patterns by which blocks tell their strengths, over and over.
"""

import math

import numpy as np

from ...arrays import Floats
from .residual import PATTERNS

STRENGTH = 0.44
"""Root mean square of the coefficients of every payload: about what those of usual faces have by
themselves. The geometric mean over 600 training faces, the obfuscators in turn, is 0.41; a little
more helps strong residuals, which lose the most by being scaled down."""
_BASE: int = PATTERNS.shape[0]
_PLACES: int = PATTERNS.shape[1]
_DIGITS = 4
_STEPS = 256
"""Of the number told, in an octave. Half of one is an error of a residual of -57 dB."""
_LEAST = 2.0**-6
"""The least scale; the strongest residual there is needs some 2^-4.5."""
_MOST = _LEAST * 2 ** ((_BASE**_DIGITS - 1) / _STEPS)


def equalise(coefficients: Floats) -> float:
    """Bring coefficients to `STRENGTH`, in place.

    Those of a residual of next to nothing, which no scale would make strong enough, become equal
    ones that stand for next to nothing.

    Returns:
        By what they have been multiplied.
    """
    weakest = STRENGTH / _MOST
    strength = math.sqrt(np.mean(np.square(coefficients)))
    if strength < weakest:
        coefficients[:] = strength = weakest
    scale = STRENGTH / strength
    coefficients *= np.float32(scale)
    return scale


def tell(scale: float, places: int) -> Floats:
    """A scale as values of -1 and 1, `scale_count` of them.

    Args:
        scale: that `equalise` gave.
        places: of the face's payload.
    """
    number = round(math.log2(scale / _LEAST) * _STEPS)
    digits = [number // _BASE**place % _BASE for place in range(_DIGITS)]
    return np.tile(PATTERNS[digits].ravel(), _repeats(places))


def told(values: Floats) -> float:
    """The scale of values that `tell` gave, or that are like those."""
    digits = (values.reshape(-1, _DIGITS, _PLACES).sum(axis=0) @ PATTERNS.T).argmax(axis=1)
    number = sum(int(digit) * _BASE**place for place, digit in enumerate(digits))
    return _LEAST * float(2 ** (number / _STEPS))


def scale_count(places: int) -> int:
    """In how many of its places the payload of a face tells its scale."""
    return _DIGITS * _PLACES * _repeats(places)


def _repeats(places: int) -> int:
    """How often the number is told."""
    return min(2 + places // 4096, 16)

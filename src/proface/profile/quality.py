"""How near two pictures are."""

from math import inf, log10

import numpy as np

from ..arrays import Floats, Picture

PEAK = 255
"""The largest level of a sample."""


def squared_error(first: Picture | Floats, second: Picture | Floats) -> float:
    """Mean squared error of two arrays of one shape, in squared levels of 255."""
    difference = np.subtract(first, second, dtype=np.float32)
    return float(np.mean(np.square(difference), dtype=np.float64))


def decibels(error: float) -> float:
    """PSNR in dB of a mean squared error in squared levels of 255; infinite for 0."""
    return 10 * log10(PEAK**2 / error) if error else inf


def squared_error_at(decibels: float) -> float:
    """The mean squared error, in squared levels of 255, of a PSNR in dB."""
    return float(PEAK**2 / 10 ** (decibels / 10))


def psnr(first: Picture | Floats, second: Picture | Floats) -> float:
    """Peak signal-to-noise ratio of two arrays of one shape, 0 to 255, in dB; infinite if equal."""
    return decibels(squared_error(first, second))

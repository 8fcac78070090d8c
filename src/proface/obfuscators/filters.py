"""The paper's three filters: Gaussian blur, pixelate, median blur (PRO-Face S, section V-A2)."""

import cv2
import numpy as np

from ..arrays import Picture
from .base import Function, Obfuscator, Strength, Target, register

_KERNEL_OVER_SIGMA = 21 / 8
"""The paper's blur cuts a Gaussian of deviation 8 off at a kernel of 21."""
_SMOOTH = 16
"""Deviation in pixels of a Gaussian to which a wider one may be brought by reducing the picture."""
_LARGEST_MEDIAN = 255
"""OpenCV's largest median kernel."""


def _odd(size: float) -> int:
    """The odd kernel size nearest to a size in pixels, at least 3."""
    return max(3, 2 * int(size / 2) + 1)


def gaussian_blur(target: Target, sigma: float, scale: float) -> Picture:
    """Blur with a truncated Gaussian; mirrored at the crop's border."""
    face = target.pixels
    # At 112 pixels the paper keeps the kernel at 21 for every sigma; weaker ones shrink it.
    width_over_scale = 21 * max(1.0, sigma * _KERNEL_OVER_SIGMA / 21)
    # Under so wide a blur, a reduced picture looks the same, and the time does not grow with width.
    reduction = max(1, int(sigma * scale / _SMOOTH))
    scale /= reduction
    kernel = _odd(width_over_scale * scale)
    # The mirror stands half a pixel off the border, or on it where half a pixel is a wide step.
    border = cv2.BORDER_REFLECT_101 if reduction == 1 else cv2.BORDER_REFLECT
    blurred = cv2.GaussianBlur(
        _reduced(face, reduction), (kernel, kernel), sigma * scale, borderType=border
    )
    return _magnified(np.asarray(blurred, np.uint8), face)


def pixelate(target: Target, block: float, scale: float) -> Picture:
    """Replace every block of pixels by its mean."""
    face = target.pixels
    height, width = face.shape[:2]
    side = max(2.0, block * scale)
    grid = (max(1, round(width / side)), max(1, round(height / side)))
    small = cv2.resize(face, grid, interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.uint8
    )


def median_blur(target: Target, kernel: float, scale: float) -> Picture:
    """Replace every pixel by the median around it, channel by channel."""
    face, size = target.pixels, _odd(kernel * scale)
    if size <= _LARGEST_MEDIAN:
        return np.asarray(cv2.medianBlur(face, size), dtype=np.uint8)
    # A face of some 1,900 pixels or more: the median of a reduced picture leaves as little.
    blurred = cv2.medianBlur(_reduced(face, size / _LARGEST_MEDIAN), _LARGEST_MEDIAN)
    return _magnified(np.asarray(blurred, np.uint8), face)


def _reduced(face: Picture, reduction: float) -> Picture:
    if reduction == 1:
        return face
    height, width = face.shape[:2]
    size = (max(1, round(width / reduction)), max(1, round(height / reduction)))
    return np.asarray(cv2.resize(face, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _magnified(blurred: Picture, face: Picture) -> Picture:
    """As large as the face; a picture of that size stays as it is."""
    height, width = face.shape[:2]
    if blurred.shape[:2] == (height, width):
        return blurred
    resized = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.uint8)


_FILTERS: tuple[tuple[str, str, str, Function, Strength], ...] = (
    ("gaussian", "Gaussian blur", "a mean of its surroundings", gaussian_blur,
        Strength("sigma", default=20, minimum=2, maximum=40)),
    ("pixelate", "Coarse square pixels", "the mean of its block", pixelate,
        Strength("block size", default=28, minimum=2, maximum=56)),
    ("median", "Median blur", "the median of its surroundings", median_blur,
        Strength("kernel size", default=51, minimum=3, maximum=55)),
)  # fmt: skip
"""Name, summary, what a pixel becomes, function, strength."""

for _name, _summary, _pixel, _function, _strength in _FILTERS:
    _guarantee = f"every pixel of the obfuscated region is {_pixel}, and none is an original one"
    register(Obfuscator(_name, _summary, _guarantee, _function, _strength))

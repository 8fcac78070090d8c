"""The paper's three filters: Gaussian blur, pixelate, median blur (V-A2)."""

import cv2
import numpy as np

from .base import Obfuscator, Picture, register

_KERNEL_OVER_SIGMA = 21 / 8
"""The paper's blur cuts a Gaussian of deviation 8 off at a kernel of 21."""
_LARGEST_MEDIAN = 255
"""OpenCV's largest median kernel."""


def _odd(size: float) -> int:
    """The odd kernel size nearest to a size in pixels, at least 3."""
    return max(3, 2 * int(size / 2) + 1)


def gaussian_blur(face: Picture, sigma: float, scale: float) -> Picture:
    """Blur with a truncated Gaussian; mirrored at the crop's border."""
    # At 112 pixels the paper keeps the kernel at 21 for every sigma; weaker ones shrink it.
    kernel = _odd(21 * scale * max(1.0, sigma * _KERNEL_OVER_SIGMA / 21))
    blurred = cv2.GaussianBlur(
        face, (kernel, kernel), sigma * scale, borderType=cv2.BORDER_REFLECT_101
    )
    return np.asarray(blurred, dtype=np.uint8)


def pixelate(face: Picture, block: float, scale: float) -> Picture:
    """Replace every block of pixels by its mean."""
    height, width = face.shape[:2]
    side = max(2.0, block * scale)
    grid = (max(1, round(width / side)), max(1, round(height / side)))
    small = cv2.resize(face, grid, interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.uint8
    )


def median_blur(face: Picture, kernel: float, scale: float) -> Picture:
    """Replace every pixel by the median around it, channel by channel."""
    size = _odd(kernel * scale)
    if size <= _LARGEST_MEDIAN:
        return np.asarray(cv2.medianBlur(face, size), dtype=np.uint8)
    # A face of some 1,900 pixels or more: the median of a reduced picture hides as much.
    height, width = face.shape[:2]
    reduction = size / _LARGEST_MEDIAN
    reduced = (max(1, round(width / reduction)), max(1, round(height / reduction)))
    small = cv2.resize(face, reduced, interpolation=cv2.INTER_AREA)
    blurred = cv2.medianBlur(small, _LARGEST_MEDIAN)
    return np.asarray(
        cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8
    )


GAUSSIAN = register(
    Obfuscator(
        name="gaussian",
        summary="Gaussian blur",
        strength_name="sigma",
        default=8,
        minimum=2,
        maximum=40,
        training=(6, 10),
        function=gaussian_blur,
    )
)
PIXELATE = register(
    Obfuscator(
        name="pixelate",
        summary="Coarse square pixels",
        strength_name="block size",
        default=9,
        minimum=2,
        maximum=56,
        training=(5, 13),
        function=pixelate,
    )
)
MEDIAN = register(
    Obfuscator(
        name="median",
        summary="Median blur",
        strength_name="kernel size",
        default=15,
        minimum=3,
        maximum=55,
        training=(8, 22),
        function=median_blur,
    )
)

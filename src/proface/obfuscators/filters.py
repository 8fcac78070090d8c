"""The paper's three filters: Gaussian blur, pixelate, median blur (V-A2)."""

import cv2
import numpy as np

from .base import Obfuscator, Picture, Strength, Target, register

_KERNEL_OVER_SIGMA = 21 / 8
"""The paper's blur cuts a Gaussian of deviation 8 off at a kernel of 21."""
_LARGEST_MEDIAN = 255
"""OpenCV's largest median kernel."""


def _odd(size: float) -> int:
    """The odd kernel size nearest to a size in pixels, at least 3."""
    return max(3, 2 * int(size / 2) + 1)


def gaussian_blur(target: Target, sigma: float, scale: float) -> Picture:
    """Blur with a truncated Gaussian; mirrored at the crop's border."""
    face = target.pixels
    # At 112 pixels the paper keeps the kernel at 21 for every sigma; weaker ones shrink it.
    kernel = _odd(21 * scale * max(1.0, sigma * _KERNEL_OVER_SIGMA / 21))
    blurred = cv2.GaussianBlur(
        face, (kernel, kernel), sigma * scale, borderType=cv2.BORDER_REFLECT_101
    )
    return np.asarray(blurred, dtype=np.uint8)


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
    # A face of some 1,900 pixels or more: the median of a reduced picture hides as much.
    height, width = face.shape[:2]
    reduction = size / _LARGEST_MEDIAN
    reduced = (max(1, round(width / reduction)), max(1, round(height / reduction)))
    small = cv2.resize(face, reduced, interpolation=cv2.INTER_AREA)
    blurred = cv2.medianBlur(small, _LARGEST_MEDIAN)
    return np.asarray(
        cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8
    )


_GUARANTEE = "every pixel of the hidden region is {}, and none is an original one"
GAUSSIAN = register(
    Obfuscator(
        name="gaussian",
        summary="Gaussian blur",
        guarantee=_GUARANTEE.format("a mean of its surroundings"),
        function=gaussian_blur,
        strength=Strength("sigma", default=20, test=8, minimum=2, maximum=40, training=(6, 10)),
    )
)
PIXELATE = register(
    Obfuscator(
        name="pixelate",
        summary="Coarse square pixels",
        guarantee=_GUARANTEE.format("the mean of its block"),
        function=pixelate,
        strength=Strength(
            "block size", default=28, test=9, minimum=2, maximum=56, training=(5, 13)
        ),
    )
)
MEDIAN = register(
    Obfuscator(
        name="median",
        summary="Median blur",
        guarantee=_GUARANTEE.format("the median of its surroundings"),
        function=median_blur,
        strength=Strength(
            "kernel size", default=51, test=15, minimum=3, maximum=55, training=(8, 22)
        ),
    )
)

"""What the hardened flow hides of a face: original minus obfuscated, as a vector of coefficients.

The residual's colours are decorrelated and its pixels taken apart by a Haar transform of three
levels (R = DWT(x) - DWT(y), more finely cut). Every kind of coefficient is weighted by the inverse
root of its usual deviation: for a fixed disturbance of the picture that carries them, these weights
make the squared error of what comes back least. A carrier has fewer places than a picture has
coefficients; the smallest kinds, fine detail of colour, are left out, and cost next to nothing.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LEVELS = 3
_COLOURS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32)
_COLOURS /= np.linalg.norm(_COLOURS, axis=1, keepdims=True)
"""Rows: luma, red against blue, green against both; orthonormal."""
_DEVIATIONS = np.array(
    [
        *([21.0, 3.19, 1.57], [18.4, 2.53, 1.49], [6.21, 0.79, 0.68]),
        *([57.0, 9.20, 4.16], [51.9, 7.53, 4.09], [21.9, 2.18, 1.46]),
        *([128.0, 23.3, 9.97], [114.0, 20.0, 10.2], [61.2, 8.24, 4.75]),
        [165.0, 35.1, 14.6],
    ],
    np.float32,
)
"""Root mean square of each band (`analyse`) and colour, in levels of 255: 600 training faces at
112 pixels, the paper's three filters in turn."""
MEAN_DEVIATION = np.float32(14.4)
"""Of the coefficients that are kept; it makes the usual value about 1."""


def analyse(residual: Floats) -> list[Floats]:
    """Colour and Haar transform, both orthonormal.

    Args:
        residual: H x W x 3, RGB, levels of 255.

    Returns:
        Bands of h x w x 3: horizontal, vertical and diagonal details of the finest level, those
        of the next, ..., and the averages. They have as many values as the residual; of an odd
        number of rows or columns the last is passed on to the averages as it is.
    """
    low = residual @ _COLOURS.T
    bands = []
    for _ in range(LEVELS):
        upper, lower = _halve(low, 0)
        low, horizontal = _halve(upper, 1)
        bands += [horizontal, *_halve(lower, 1)]
    return [*bands, low]


def synthesise(bands: list[Floats]) -> Floats:
    """Inverse of `analyse`. Empties the list, for the bands of a large face take much memory."""
    low = bands.pop()
    while bands:
        diagonal, vertical, horizontal = bands.pop(), bands.pop(), bands.pop()
        upper, lower = _join(low, horizontal, 1), _join(vertical, diagonal, 1)
        del diagonal, vertical, horizontal
        low = _join(upper, lower, 0)
    return low @ _COLOURS


@dataclass(frozen=True)
class Layout:
    """Which coefficients of a face are carried, and in which order."""

    height: int
    width: int
    count: int
    """Values carried; at most 3 x height x width."""

    @property
    def _shapes(self) -> list[tuple[int, int, int]]:
        """Of every band."""
        shapes, height, width = [], self.height, self.width
        for _ in range(LEVELS):
            # The averages keep the last of an odd number.
            high, wide = height - height // 2, width - width // 2
            shapes += [(high, width // 2, 3), (height // 2, wide, 3), (height // 2, width // 2, 3)]
            height, width = high, wide
        return [*shapes, (height, width, 3)]

    @cached_property
    def _kinds(self) -> list[tuple[int, int]]:
        """Bands and colours, the largest first."""
        order = np.argsort(-_DEVIATIONS, axis=None, kind="stable")
        return [divmod(int(kind), 3) for kind in order]

    def pack(self, residual: Floats) -> Floats:
        """The residual's largest kinds of coefficients, weighted.

        Args:
            residual: H x W x 3, RGB, levels of 255.

        Returns:
            ``count`` values, of deviation about 1.
        """
        bands = analyse(residual)
        parts = [
            bands[band][..., colour].ravel() * _weight(band, colour) for band, colour in self._kinds
        ]
        return np.concatenate(parts)[: self.count]

    def unpack(self, values: Floats) -> Floats:
        """The residual, H x W x 3, of the ``count`` values that `pack` gave, the rest being 0."""
        bands = [np.zeros(shape, np.float32) for shape in self._shapes]
        start = 0
        for band, colour in self._kinds:
            plane = bands[band][..., colour]
            part = values[start : start + plane.size] / _weight(band, colour)
            filled = np.zeros(plane.size, np.float32)
            filled[: part.size] = part
            bands[band][..., colour] = filled.reshape(plane.shape)
            start += plane.size
        return synthesise(bands)


def _weight(band: int, colour: int) -> np.float32:
    return np.float32(1 / np.sqrt(MEAN_DEVIATION * _DEVIATIONS[band, colour]))


def _halve(array: Floats, axis: int) -> tuple[Floats, Floats]:
    """Averages and differences of neighbours along an axis, times the root of two."""
    array = np.moveaxis(array, axis, 0)
    pairs = len(array) // 2 * 2
    first, second = array[0:pairs:2], array[1:pairs:2]
    root = np.float32(np.sqrt(0.5))
    average = np.concatenate([(first + second) * root, array[pairs:]])
    return np.moveaxis(average, 0, axis), np.moveaxis((first - second) * root, 0, axis)


def _join(average: Floats, difference: Floats, axis: int) -> Floats:
    """Inverse of `_halve`."""
    average, difference = np.moveaxis(average, axis, 0), np.moveaxis(difference, axis, 0)
    pairs = len(difference)
    root = np.float32(np.sqrt(0.5))
    array = np.empty((len(average) + pairs, *average.shape[1:]), np.float32)
    array[0 : 2 * pairs : 2] = (average[:pairs] + difference) * root
    array[1 : 2 * pairs : 2] = (average[:pairs] - difference) * root
    array[2 * pairs :] = average[pairs:]
    return np.moveaxis(array, 0, axis)

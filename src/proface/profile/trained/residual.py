"""What the hardened flow keeps of a face: original minus obfuscated, as a vector of coefficients.

The residual's colours are decorrelated, and blocks of about 16 x 16 pixels transformed (the cosine
transform, DCT-II). Every coefficient is weighted by the inverse root of its deviation: for a
fixed disturbance of the picture that carries them, these weights make the squared error of what
comes back least (reverse water-filling for linear coding).

    deviation of a coefficient = usual deviation of its colour and frequency
                                 x 2^strength of its group in its block

A residual is strong at an eye and under a sticker, and weak on a cheek. So each block tells its
strengths, one for each octave of luma and one for colour, by patterns that survive noise. A carrier
has fewer places than a picture has coefficients; those of the smallest usual deviation, fine detail
of colour, are left out, and cost next to nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats

Integers = NDArray[np.int8]

SIDE = 16
"""Usual side of a block in pixels. A face's sides are split as evenly as can be."""
GROUPS = 5
"""Of a block's coefficients: luma below 1/16 of a cycle a pixel, three octaves more, and colour."""
_COLOURS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32)
_COLOURS /= np.linalg.norm(_COLOURS, axis=1, keepdims=True)
"""Rows: luma, red against blue, green against both; orthonormal."""
_DEVIATIONS = ((290.0, 0.74, 5.23), (167.0, 0.080, 2.03), (55.5, 0.055, 1.56))
"""Usual deviation of each colour in levels of 255: a, b, c of a / (1 + frequency / b)^c, where 1 is
the highest frequency. Fitted to the mean size of the coefficients of 600 training faces at 112
pixels, the five obfuscators in turn."""
UNIT = np.float32(60)
"""Deviation of a coefficient that makes a value of deviation 1."""
USUAL = 0.23
"""Mean square of the values of a usual face."""
AMPLIFICATION = float(0.75 * UNIT**2)
"""Mean squared error of a face, in squared levels, that an error of mean square 1 of its values
makes, where these have a mean square of 1. A coefficient of deviation d has a value of variance
d / `UNIT`, and an error `UNIT` d times that of the value; so it grows as the mean square does."""
_WEAKEST = -3
PATTERNS = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], np.float32)
PATTERNS = np.concatenate([PATTERNS, -PATTERNS])
"""Of the strengths from the weakest on; biorthogonal, so that a pattern is the likest of all until
noise is as strong as half the distance to the next, the root of two."""
_RARITY = np.square(np.arange(_WEAKEST, _WEAKEST + len(PATTERNS), dtype=np.float32)) / 3
"""Minus the logarithm of how often each strength occurs, but for a constant: those of training
faces are normal about 0, with a deviation of 1.2."""
TELLING: int = GROUPS * PATTERNS.shape[1]
"""Places in which a block tells its strengths."""
_AT_ONCE = 1024
"""Blocks that stay in the processor's cache."""


@dataclass(frozen=True)
class Layout:
    """Which coefficients of a face are carried, and in which order."""

    height: int
    width: int
    count: int
    """Values carried; at least `TELLING` for each block."""

    @property
    def telling(self) -> int:
        """How many values tell strengths; they come first, and are known but for noise."""
        return TELLING * sum(part.blocks for part in self._parts)

    def pack(self, residual: Floats) -> Floats:
        """A residual as values: the strengths of all blocks, then their coefficients, weighted.

        Args:
            residual: H x W x 3, RGB, levels of 255.

        Returns:
            ``count`` values, of deviation about 1. The last few may be left over, and are 0.
        """
        coefficients = self.coefficients(residual)
        strengths = self.strengths(coefficients)
        told = PATTERNS[strengths - _WEAKEST].ravel()
        coefficients *= self.weights(strengths)
        values = np.zeros(self.count, np.float32)
        values[: told.size] = told
        values[told.size : told.size + coefficients.size] = coefficients
        return values

    def unpack(self, values: Floats, gain: float = 1, noise: float = 0, scale: float = 1) -> Floats:
        """The residual, H x W x 3, of the ``count`` values that `pack` gave, or nearly gave.

        Args:
            values: what has become of those packed.
            gain: by what they have been multiplied; above 0.
            noise: mean square of what has been added to them.
            scale: by what the coefficients among them had been multiplied before; above 0.
        """
        factors = self.factors(values, gain, noise, scale)
        start = self.telling
        return self.residual(values[start : start + factors.size] * factors)

    def factors(
        self, values: Floats, gain: float = 1, noise: float = 0, scale: float = 1
    ) -> Floats:
        """What makes the best estimate of a coefficient of its value, by multiplication.

        What is weaker than the noise is damped (Wiener's filter): by s / (s + noise), s being the
        square of weight and deviation. Arguments are those of `unpack`.

        Of two strengths that what was found is as like, as in a damaged picture, the more usual one
        is taken (maximum a posteriori).
        """
        found = values[: self.telling].reshape(-1, GROUPS, PATTERNS.shape[1])
        likeness = np.float32(gain) * (found @ PATTERNS.T) - np.float32(noise) * _RARITY
        strengths = (likeness.argmax(axis=2) + _WEAKEST).astype(np.int8)
        factor = gain * scale
        weights = self.weights(strengths) * np.float32(factor)
        variances = np.square(np.float32(factor**2) / UNIT / weights)
        factors: Floats = variances / (variances + np.float32(noise)) / weights
        return factors

    def coefficients(self, residual: Floats) -> Floats:
        """Those of a residual, H x W x 3, that are carried: block after block, not weighted."""
        parts = []
        for part in self._parts:
            colours = residual[part.rows, part.columns] @ _COLOURS.T
            down, across = part.kinds.transforms
            shape = (-1, len(down), colours.shape[1] // len(across), len(across), 3)
            blocks = colours.reshape(shape).transpose(0, 2, 4, 1, 3)
            spectra = (down @ blocks @ across.T).reshape(part.blocks, -1)
            parts.append(spectra[:, part.kinds.places].ravel())
        return np.concatenate(parts)

    def residual(self, coefficients: Floats) -> Floats:
        """The residual of coefficients, the others being 0: `coefficients`' adjoint and inverse."""
        residual = np.empty((self.height, self.width, 3), np.float32)
        for part, some in self._split(coefficients):
            down, across = part.kinds.transforms
            spectra = np.zeros((part.blocks, 3 * len(down) * len(across)), np.float32)
            spectra[:, part.kinds.places] = some
            place = residual[part.rows, part.columns]
            shape = (-1, place.shape[1] // len(across), 3, len(down), len(across))
            blocks = down.T @ spectra.reshape(shape) @ across
            place[:] = blocks.transpose(0, 3, 1, 4, 2).reshape(place.shape) @ _COLOURS
        return residual

    def strengths(self, coefficients: Floats) -> Integers:
        """How strong each group of each block is: blocks x groups, powers of 2."""
        parts = []
        for part, some in self._split(coefficients):
            energy = np.square(some / part.kinds.deviations) @ part.kinds.shares
            powers = np.rint(np.log2(np.maximum(energy, np.float32(1e-9))) / 2)
            parts.append(powers.clip(_WEAKEST, _WEAKEST + len(PATTERNS) - 1).astype(np.int8))
        return np.concatenate(parts)

    def weights(self, strengths: Integers) -> Floats:
        """By what each coefficient is multiplied."""
        parts, start = [], 0
        for part in self._parts:
            some = strengths[start : start + part.blocks].astype(np.float32)
            usual = 1 / np.sqrt(UNIT * part.kinds.deviations)
            parts.append((np.exp2(-some / 2)[:, part.kinds.groups] * usual).ravel())
            start += part.blocks
        return np.concatenate(parts)

    @cached_property
    def _parts(self) -> "list[_Part]":
        """Rectangles of equal blocks that cover the face."""
        area = self.height * self.width
        parts = []
        for left, across, wide in _runs(self.width):
            for top, down, high in _runs(self.height):
                # Every block has its share of the places.
                kinds = _kinds(high, wide, max(0, self.count * high * wide // area - TELLING))
                step = max(1, _AT_ONCE // across)
                for first in range(0, down, step):
                    count = min(step, down - first)
                    start = top + first * high
                    rows = slice(start, start + count * high)
                    columns = slice(left, left + across * wide)
                    parts.append(_Part(rows, columns, count * across, kinds))
        return parts

    def _split(self, coefficients: Floats) -> "Iterator[tuple[_Part, Floats]]":
        """The coefficients of each part, blocks x places."""
        start = 0
        for part in self._parts:
            end = start + part.blocks * len(part.kinds.places)
            yield part, coefficients[start:end].reshape(part.blocks, -1)
            start = end


@dataclass(frozen=True)
class _Kinds:
    """What there is to know of the coefficients of blocks of one size."""

    transforms: tuple[Floats, Floats]
    """Down and across: frequencies x pixels, orthonormal."""
    places: NDArray[np.intp]
    """Of those that are carried among colours x frequencies down x frequencies across."""
    deviations: Floats
    """Usual ones of those that are carried."""
    groups: NDArray[np.intp]
    """To which each of them belongs."""
    shares: Floats
    """Places x groups: what takes the mean of each group."""


@dataclass(frozen=True)
class _Part:
    rows: slice
    columns: slice
    blocks: int
    kinds: _Kinds


@cache
def _kinds(height: int, width: int, carried: int) -> _Kinds:
    """Of blocks of a size, the ``carried`` coefficients with the largest usual deviation."""
    down, across = np.arange(height)[:, None] / height, np.arange(width) / width
    frequency = np.hypot(down, across)
    usual = np.stack([a / (1 + frequency / b) ** c for a, b, c in _DEVIATIONS]).ravel()
    octave = np.digitize(np.maximum(down, across), (1 / 8, 1 / 4, 1 / 2))
    groups = np.stack([octave] + 2 * [np.full_like(octave, GROUPS - 1)]).ravel()
    places = np.sort(np.argsort(-usual, kind="stable")[:carried])
    members = groups[places][:, None] == np.arange(GROUPS)
    shares = members / np.maximum(members.sum(axis=0), 1)
    return _Kinds(
        (_cosines(height), _cosines(width)),
        places,
        usual[places].astype(np.float32),
        groups[places],
        shares.astype(np.float32),
    )


def _cosines(size: int) -> Floats:
    """The cosine transform, frequencies x pixels."""
    frequencies, pixels = np.arange(size)[:, None], np.arange(size) + 0.5
    rows: Floats = (np.cos(np.pi / size * frequencies * pixels) * np.sqrt(2 / size)).astype(
        np.float32
    )
    rows[0] /= np.sqrt(2)
    return rows


def _runs(length: int) -> list[tuple[int, int, int]]:
    """A side cut into blocks whose sides differ by one pixel at most.

    Returns:
        At most two runs of equal blocks: where it starts, how many there are, and their side.
    """
    count = max(1, round(length / SIDE))
    size, longer = divmod(length, count)
    runs = [(0, longer, size + 1), (longer * (size + 1), count - longer, size)]
    return [run for run in runs if run[1]]

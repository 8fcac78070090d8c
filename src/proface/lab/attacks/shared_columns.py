"""The two hidden sides of a shuffle, mask and turns, from known pairs; see `shared_shuffle`.

The shuffle is linear, payload = A values. For each value q there is a frequency j of its own, with

    column q of A  = sign[q] mask hartley(turns wave(j))
    wave(j)[n]     = cas(2 pi j n / N) / root of N

*Columns*. The payloads and values of K known pictures give A on the span of those values, by least
squares. A single value that lies nearly in the span (its leverage is high) gives away its column.

*Frequencies*. Squares of columns have neither sign nor mask. Multiplication by a wave shifts the
spectrum of the turns by j in both directions at once. So the squares of two columns, of frequencies
j and k, are alike when one is shifted by j - k, and when one is mirrored and shifted by j + k. Each
column votes for the frequency of one of them; those that agree with the winner have theirs.

*Signs*. Of three frequencies in equal steps, the product of the first two columns is like that of
the last two, when shifted by a step. The signs of the first and the last column then say whether
they are alike, or opposite. Each sign follows from many such threes.

*Mask and turns*. Once signs are known, these are the two sides of a product, and each follows from
the other: repeated from a random beginning, that leads to the right ones.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats

COLUMNS = 200
"""Values whose columns are estimated: those of the highest leverage."""
REFERENCES = 6
"""Columns that are tried for the one whose frequency is voted on."""
ROUNDS = 20
"""Of making mask and turns better by each other."""
_NOISE = 0.02
"""Mean square of what the network adds to a payload, about."""


def sides(payloads: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Mask and turns, -1 or 1 each, of the one shuffle that made payloads of known values.

    Args:
        payloads: K x places, less their means.
        values: K x places, less their means.
    """
    columns = _columns(payloads, values)
    return _sides(columns, _frequencies(columns))


def _columns(payloads: Floats, values: Floats) -> Floats:
    """Estimates of the columns that are known best, `COLUMNS` x places, the best first.

    By least squares with the knowledge that A is orthogonal and payloads are noisy (ridge).
    """
    left, strengths, right = np.linalg.svd(values.T, full_matrices=False)
    ridge = np.square(strengths) + np.float32(_NOISE * len(left))
    known = np.square(left) @ (np.square(strengths) / ridge)
    best = np.argsort(-known)[:COLUMNS]
    on_span = payloads.T @ (right.T * (strengths / ridge))  # A times the span's basis
    columns: Floats = left[best] @ on_span.T
    return columns


def _frequencies(columns: Floats) -> dict[int, int]:
    """By column, for those where it was found: its frequency. All may have the other direction."""
    count = columns.shape[1]
    squares = np.square(columns)
    squares /= np.linalg.norm(squares, axis=1, keepdims=True)
    spectra = np.fft.fft(squares - squares.mean(axis=1, keepdims=True), axis=1)
    best: tuple[int, dict[int, int]] = 0, {}
    for reference in range(min(REFERENCES, len(columns))):
        differences = _peaks(np.conj(spectra[reference]) * spectra)
        totals = _peaks(spectra[reference] * spectra)
        pairs = [
            (column, int(difference), int(total))
            for column, (difference, total) in enumerate(zip(differences, totals, strict=True))
            if column != reference
        ]
        votes = Counter(
            frequency
            for _, difference, total in pairs
            for double in (total - difference, total + difference)
            for frequency in _halves(double, count) + _halves(-double, count)
        )
        if not votes:
            continue
        frequency, agreeing = votes.most_common(1)[0]
        if agreeing > best[0]:
            found = {reference: frequency} | {
                column: (frequency + step) % count
                for column, difference, total in pairs
                for step in (difference, -difference)
                if (2 * frequency + step - total) % count == 0
                or (2 * frequency + step + total) % count == 0
            }
            best = agreeing, found
    return best[1]


def _peaks(spectra: NDArray[np.complex128]) -> NDArray[np.intp]:
    """The shifts, in either direction, at which each correlation is highest."""
    correlations = np.fft.ifft(spectra, axis=1).real
    count = correlations.shape[1]
    forth = correlations[:, 1 : (count + 1) // 2]
    peaks: NDArray[np.intp] = (forth + correlations[:, : count // 2 : -1]).argmax(axis=1) + 1
    return peaks


def _halves(double: int, count: int) -> list[int]:
    """The frequency whose double is known modulo the count; of two that differ by half, one."""
    double %= count
    if count % 2:
        return [double * pow(2, -1, count) % count]
    return [] if double % 2 else [double // 2]


def _sides(columns: Floats, frequencies: dict[int, int]) -> tuple[Floats, Floats]:
    """Mask and turns."""
    count, chosen = columns.shape[1], list(frequencies)
    known = columns[chosen] / np.linalg.norm(columns[chosen], axis=1, keepdims=True)
    signs = _column_signs(known, list(frequencies.values()))
    beginning = np.random.default_rng(0).choice(np.array([-1, 1], np.float32), count)
    tried = []
    for direction in (1, -1):
        waves, turns = _waves([direction * each for each in frequencies.values()], count), beginning
        for _ in range(ROUNDS):
            mask = _combined(signs, known * hartley(turns * waves))
            turns = _combined(signs, waves * hartley(mask * known))
        mask, turns = _better(known, waves, mask, turns)
        mask, turns = signs_of(mask), signs_of(turns)
        explained = np.abs((known * mask * hartley(turns * waves)).sum(axis=1)).mean()
        tried.append((float(explained), mask, turns))
    _, mask, turns = max(tried, key=lambda each: each[0])
    return mask, turns


def _column_signs(columns: Floats, frequencies: list[int]) -> Floats:
    """The columns' signs; 0 for those of another parity, if there are two, than the first's."""
    count = columns.shape[1]
    place = {frequency: column for column, frequency in enumerate(frequencies)}
    alike = np.zeros((len(columns), len(columns)), np.float32)
    for first, last in combinations(range(len(columns)), 2):
        for half in _halves(frequencies[first] + frequencies[last], count):
            for middle in {half, half if count % 2 else (half + count // 2) % count}:
                if middle not in place or place[middle] in (first, last):
                    continue
                step = (middle - frequencies[first]) % count
                before = columns[first] * columns[place[middle]]
                after = columns[place[middle]] * columns[last]
                alike[first, last] += before @ (np.roll(after, -step) + np.roll(after, step))
    alike += alike.T
    same = [count % 2 or (each - frequencies[0]) % 2 == 0 for each in frequencies]
    own = np.flatnonzero(same)
    signs = np.zeros(len(columns), np.float32)
    signs[own] = signs_of(np.linalg.eigh(alike[np.ix_(own, own)])[1][:, -1])
    return signs


def _better(columns: Floats, waves: Floats, mask: Floats, turns: Floats) -> tuple[Floats, Floats]:
    """Mask and turns that explain columns better, by turns."""
    for _ in range(ROUNDS):
        products = columns * hartley(turns * waves)
        signs = np.sign(products @ mask)
        mask = _combined(signs, products)
        turns = _combined(signs, waves * hartley(mask * columns))
    return mask, turns


def _combined(signs: Floats, products: Floats) -> Floats:
    total: Floats = signs @ products
    total *= np.float32(len(total) ** 0.5 / np.linalg.norm(total))
    return total


def _waves(frequencies: Sequence[int], count: int) -> Floats:
    places = np.arange(count)
    angles = 2 * np.pi / count * (np.outer(frequencies, places) % count)
    waves: Floats = ((np.cos(angles) + np.sin(angles)) / count**0.5).astype(np.float32)
    return waves


def hartley(rows: Floats) -> Floats:
    """The transform of `shuffle.hartley`, along the last axis."""
    spectrum = np.fft.fft(rows, axis=-1, norm="ortho")
    result: Floats = (spectrum.real - spectrum.imag).astype(np.float32)
    return result


def signs_of(numbers: Floats) -> Floats:
    """-1 or 1."""
    signs: Floats = np.where(numbers < 0, -1, 1).astype(np.float32)
    return signs

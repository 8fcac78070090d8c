"""From known pairs under one face key to the whole shuffle, which must serve one face alone.

The shuffle is linear, payload = A values. For each value q there is a frequency j of its own, with

    A[i, q] = mask[i] sign[q] cas(2 pi i j / N) / root of N,    cas = cos + sin

Columns. The payloads and values of K known pictures give A on the span of those values, by least
squares. A single value that lies nearly in the span (its leverage is high) gives away its column.

Frequencies. In the product of two columns the mask cancels: cas(j) cas(k) = cos(j - k) + sin(j + k)
makes two peaks in the product's spectrum. Every column votes for the frequency of one of them, and
all that agree with the winner have theirs.

Mask. Each such column, times its cas, has the signs of the mask, and noise; the sum has less.

Matching. The Hartley transform of the payloads without their mask has in each row one value of all
pictures. The known value that is likest over the pictures is the one. What was matched gives a
better mask, and that better matches.

Pilots are the same in all pictures, so they fall out with the means. The mask and the frequencies
are found but for a shift by N/2, which together make no difference.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ...keys import FaceKey
from ...profile.trained.hardened import Hardened, to_levels
from ...profile.trained.pilots import pilots
from ...profile.trained.shuffle import Shuffle

COLUMNS = 400
"""Values whose columns are estimated: those of the highest leverage."""
REFERENCES = 6
"""Columns that are tried for the one whose frequency is voted on."""
ROUNDS = 4
"""Of matching, and of making the mask better."""
SURE = 0.5
"""Correlation from which on a row is taken for matched."""
_FAINT = 1e-3
"""Singular values below this share of the largest are left out."""
_PART = 2048
"""Rows that are compared with all others at once."""
_OWN = FaceKey(bytes(32))
"""The attacker's: wherever the application asks for a key that makes no difference to him."""


@dataclass(frozen=True)
class SharedShuffle:
    """A shuffle as an attacker finds it."""

    mask: Floats
    """-1 or 1 at each place after the transform."""
    order: NDArray[np.intp]
    """Where each value comes from."""
    signs: Floats
    """-1 or 1 before the transform, 0 where nothing was matched."""
    gain: float
    """By what the network multiplied what it carried."""
    noise: float
    """Mean square of what it added."""

    def undo(self, payload: Floats) -> Floats:
        """The values of a payload, 0 where they are unknown."""
        values = np.zeros_like(payload)
        found = self.signs != 0
        values[self.order[found]] = (_hartley(payload * self.mask) * self.signs)[found]
        return values

    def share_right(self, true: Shuffle) -> float:
        """Share of all places of which it knows what they carry, the pilots' included."""
        count = len(self.order)
        shifts = (0, count // 2) if count % 2 == 0 else (0,)
        right = (self.order == np.roll(true.order, -shift) for shift in shifts)
        return float(max(np.mean(each & (self.signs != 0)) for each in right))


def known_values(hardened: Hardened, originals: Picture, found: Floats) -> Floats:
    """What the payloads of known pictures hold, N x places; 0 for the pilots, which are secret.

    Args:
        hardened: the flow.
        originals: uint8, N x H x W x 3.
        found: the obfuscated pictures as `Hardened.extract` gives them.
    """
    values = np.stack([hardened.values(*pair, _OWN) for pair in zip(originals, found, strict=True)])
    values[:, : pilots(_OWN, *originals.shape[1:3]).shape[-1]] = 0
    return values


def find_shuffle(payloads: Floats, values: Floats) -> SharedShuffle:
    """The shuffle that made payloads of known values, if one shuffle made them all.

    Args:
        payloads: K x places, as `Hardened.extract` gives them.
        values: K x places, see `known_values`.
    """
    payloads = payloads - payloads.mean(axis=0)
    values = values - values.mean(axis=0)
    columns = _columns(payloads, values)
    mask = _mask(columns, _frequencies(columns))
    for _ in range(ROUNDS):
        rows, order, signs = _match(payloads * mask, values)
        predicted = _hartley(values[:, order] * signs)
        mask = _signs((predicted * payloads).sum(axis=0))
    rows, order, signs = _match(payloads * mask, values)
    sure = signs != 0
    true, seen = values[:, order[sure]], (rows * signs)[:, sure]
    gain = float((true * seen).sum() / max(float((true**2).sum()), 1e-9))
    noise = float(np.mean((seen - gain * true) ** 2)) if sure.any() else 1.0
    return SharedShuffle(mask, order, signs, gain, noise)


def open_with(
    hardened: Hardened, shuffle: SharedShuffle, payload: Floats, found: Floats
) -> Picture:
    """A face from its payload and a shuffle that was found; uint8, H x W x 3.

    What pilots would tell is known from other pictures, so the attacker writes pilots of his own.
    """
    values = shuffle.undo(payload)
    known = np.ones_like(pilots(_OWN, *found.shape[:2]))
    wave = np.resize(np.array([1, -1], np.float32), known.shape[-1])
    values[: len(wave)] = shuffle.gain + wave * np.sqrt(shuffle.noise)
    return to_levels(hardened.rebuild(values, found, known)[0])


def _columns(payloads: Floats, values: Floats) -> Floats:
    """Estimates of the columns that are known best, `COLUMNS` x places."""
    left, strengths, right = np.linalg.svd(values.T, full_matrices=False)
    kept = strengths > _FAINT * strengths[0]
    left = left[:, kept]
    best = np.argsort(-np.square(left).sum(axis=1))[:COLUMNS]
    on_span = payloads.T @ (right[kept].T / strengths[kept])  # A times the span's basis
    columns: Floats = left[best] @ on_span.T
    return columns


def _frequencies(columns: Floats) -> dict[int, tuple[int, float]]:
    """By column whose frequency was found: it, and the column's sign against the reference's."""
    count = columns.shape[1]
    best: tuple[int, dict[int, tuple[int, float]]] = (0, {})
    for reference in range(min(REFERENCES, len(columns))):
        peaks = _peaks(columns, reference)
        votes = Counter(
            frequency
            for difference, total, _ in peaks.values()
            for frequency in _halves(total - difference, count) + _halves(total + difference, count)
        )
        if not votes:
            continue
        frequency, agreeing = votes.most_common(1)[0]
        if agreeing <= best[0]:
            continue
        found = {reference: (frequency, 1.0)}
        for column, (difference, total, sign) in peaks.items():
            for step in (difference, -difference):
                if (total - step - 2 * frequency) % count == 0:
                    found[column] = ((frequency + step) % count, sign)
        best = agreeing, found
    return best[1]


def _peaks(columns: Floats, reference: int) -> dict[int, tuple[int, int, float]]:
    """By column: difference and sum of its frequency and the reference's, and the sign."""
    count = columns.shape[1]
    spectra = np.fft.fft(columns * columns[reference], axis=1)
    cosines = spectra.real[:, : count // 2 + 1]
    cosines[:, 0] = 0
    sines = spectra.imag
    sines[:, 0] = 0
    peaks = {}
    for column, (cosine, sine) in enumerate(zip(cosines, sines, strict=True)):
        if column == reference:
            continue
        difference, total = int(np.abs(cosine).argmax()), int(np.abs(sine).argmax())
        sign = float(np.sign(cosine[difference]))
        # The transform of a sine is negative at its frequency, and positive at the mirrored one.
        if np.sign(sine[total]) == sign:
            total = count - total
        peaks[column] = difference, total, sign
    return peaks


def _halves(double: int, count: int) -> list[int]:
    """The frequency whose double is known modulo the count; of two that differ by half, one."""
    double %= count
    if count % 2:
        return [double * pow(2, -1, count) % count]
    return [] if double % 2 else [double // 2]


def _mask(columns: Floats, frequencies: dict[int, tuple[int, float]]) -> Floats:
    places = np.arange(columns.shape[1])
    total = np.zeros(columns.shape[1], np.float32)
    for column, (frequency, sign) in frequencies.items():
        angle = 2 * np.pi / len(places) * (places * frequency % len(places))
        total += sign * columns[column] * (np.cos(angle) + np.sin(angle)).astype(np.float32)
    return _signs(total)


def _match(unmasked: Floats, values: Floats) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Payloads before the transform; which values they are; and with which signs, 0 if unsure."""
    rows = _hartley(unmasked)
    seen, known = (_normalised(each).T for each in (rows, values))
    order = np.empty(len(seen), np.intp)
    signs = np.empty(len(seen), np.float32)
    for start in range(0, len(seen), _PART):
        likeness = seen[start : start + _PART] @ known.T
        best = np.abs(likeness).argmax(axis=1)
        highest = likeness[np.arange(len(best)), best]
        order[start : start + _PART] = best
        signs[start : start + _PART] = np.sign(highest) * (np.abs(highest) > SURE)
    return rows, order, signs


def _normalised(rows: Floats) -> Floats:
    normalised: Floats = rows / np.maximum(np.linalg.norm(rows, axis=0), np.float32(1e-9))
    return normalised


def _hartley(rows: Floats) -> Floats:
    """As `shuffle.hartley`, along the last axis."""
    spectrum = np.fft.fft(rows, axis=-1, norm="ortho")
    result: Floats = (spectrum.real - spectrum.imag).astype(np.float32)
    return result


def _signs(numbers: Floats) -> Floats:
    signs: Floats = np.where(numbers < 0, -1, 1).astype(np.float32)
    return signs

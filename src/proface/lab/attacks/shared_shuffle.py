"""From known pairs under one face key to the whole shuffle, which must serve one face alone.

Once mask and turns are known (`shared_columns`), payloads without them have in each row one value
of all pictures. The known value that is likest over the pictures is the one. Pilots and the like
are the same in all pictures, and fall out with the means. What is found may be shifted by N/2,
which makes no difference.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ...keys import FaceKey
from ...profile.trained.hardened import Hardened, to_levels
from ...profile.trained.pilots import pilots
from ...profile.trained.shuffle import Shuffle
from .shared_columns import hartley, sides

SURE = 0.5
"""Correlation from which on a row is taken for matched."""
_PART = 2048
"""Rows that are compared with all others at once."""
_OWN = FaceKey(bytes(32))
"""The attacker's: wherever the application asks for a key that makes no difference to him."""


@dataclass(frozen=True)
class SharedShuffle:
    """A shuffle as an attacker finds it."""

    mask: Floats
    """-1 or 1 at each place after the transforms."""
    turns: Floats
    """-1 or 1 between them."""
    order: NDArray[np.intp]
    """Where each value comes from."""
    signs: Floats
    """-1 or 1 before them, 0 where nothing was matched."""
    usual: Floats
    """The values' means over the known pictures."""
    twins: NDArray[np.intp]
    """By place, the one that was matched and goes with it; itself where it was matched."""
    factors: Floats
    """By what it goes with that one; 0 where none does."""
    gain: float
    """By what the network multiplied what it carried."""
    noise: float
    """Mean square of what it added."""

    def undo(self, payload: Floats) -> Floats:
        """The values of a payload, 0 where they are unknown."""
        values = np.zeros_like(payload)
        found = self.signs != 0
        rows = hartley(hartley(payload * self.mask) * self.turns)
        values[self.order[found]] = (rows * self.signs)[found]
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
    usual = values.mean(axis=0)
    payloads, values = payloads - payloads.mean(axis=0), values - usual
    mask, turns = sides(payloads, values)
    rows = hartley(hartley(payloads * mask) * turns)
    order, signs = _match(rows, values)
    sure = signs != 0
    true, seen = values[:, order[sure]], (rows * signs)[:, sure]
    gain = float((true * seen).sum() / max(float((true**2).sum()), 1e-9))
    noise = float(np.mean((seen - gain * true) ** 2)) if sure.any() else 1.0
    return SharedShuffle(
        mask, turns, order, signs, usual, *_twins(values, order[sure]), gain, noise
    )


def open_with(
    hardened: Hardened, shuffle: SharedShuffle, payload: Floats, found: Floats
) -> Picture:
    """A face from its payload and a shuffle that was found; uint8, H x W x 3.

    What pilots would tell is known from other pictures, so the attacker writes pilots of his own.
    Values that were not matched, because others are the same in all known pictures, are taken from
    those, or for the usual.
    """
    usual = shuffle.gain * shuffle.usual
    values = usual + shuffle.factors * (shuffle.undo(payload) - usual)[shuffle.twins]
    known = np.ones_like(pilots(_OWN, *found.shape[:2]))
    wave = np.resize(np.array([1, -1], np.float32), known.shape[-1])
    values[: len(wave)] = shuffle.gain + wave * np.sqrt(shuffle.noise)
    return to_levels(hardened.rebuild(values, found, known)[0])


def likeness(read: Floats, values: Floats) -> float:
    """Correlation of the values that were read with the true ones, both of mean 0 or nearly."""
    strength = float(np.linalg.norm(read) * np.linalg.norm(values))
    return float((read * values).sum()) / max(strength, 1e-9)


def _match(rows: Floats, values: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Which values the rows are, and with which signs, 0 if unsure."""
    seen, known = (_normalised(each).T for each in (rows, values))
    order = np.empty(len(seen), np.intp)
    signs = np.empty(len(seen), np.float32)
    for start in range(0, len(seen), _PART):
        likeness = seen[start : start + _PART] @ known.T
        best = np.abs(likeness).argmax(axis=1)
        highest = likeness[np.arange(len(best)), best]
        order[start : start + _PART] = best
        signs[start : start + _PART] = np.sign(highest) * (np.abs(highest) > SURE)
    return order, signs


def _twins(values: Floats, matched: NDArray[np.intp]) -> tuple[NDArray[np.intp], Floats]:
    """For each place the matched one that goes with it, and how; see `SharedShuffle`."""
    count = values.shape[1]
    twins, factors = np.arange(count), np.zeros(count, np.float32)
    factors[matched] = 1
    others = np.flatnonzero(factors == 0)
    if len(matched) and len(others):
        alike = _normalised(values[:, others]).T @ _normalised(values[:, matched])
        best = np.abs(alike).argmax(axis=1)
        highest = alike[np.arange(len(others)), best]
        strengths = np.linalg.norm(values, axis=0)
        twins[others] = matched[best]
        ratio = strengths[others] / np.maximum(strengths[twins[others]], np.float32(1e-9))
        factors[others] = highest * ratio * (np.abs(highest) > SURE)
    return twins, factors


def _normalised(rows: Floats) -> Floats:
    normalised: Floats = rows / np.maximum(np.linalg.norm(rows, axis=0), np.float32(1e-9))
    return normalised

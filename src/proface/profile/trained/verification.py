"""Protection that has been tried: what a flow keeps is recovered at once, and looked at.

The paper's networks sometimes, mostly in small faces full of contrast, take a spot of a face for
one recovered with a wrong key, and garble it. That depends on the key map, and on how the pixels
fall into the wavelet's squares of two by two: worst is a square of one colour, as in faces enlarged
by repetition. So a face with such a spot is protected again with another map, and every second time
moved by a pixel.

No flow can tell what it keeps from details that the obfuscated face has of its own: in tiny faces,
in pure black and white, under the sharp lines of a sticker. So a face that does not come back well
is protected again in a calmer obfuscated face.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from ...arrays import Picture
from ...errors import ManifestError
from ...keys import FaceKey, PictureKey, noise
from ..quality import decibels, squared_error, squared_error_at
from .flow import Flow

ATTEMPTS = 6
"""Key maps tried at most; the best is kept."""
PATCH = 8
"""Side in pixels of what counts as a spot."""
GARBLED = 24.0
"""Mean absolute error of a garbled spot, in levels of 255. Good recoveries stay below some 12."""
_KEY = "attempt"
CALM = 6
"""Degrees of calm tried at most; the best is kept."""
SURELY = 3
"""So many are tried in any case; further ones as long as each is a gain."""
GAIN = 0.9
"""A degree of calm is a gain if it leaves at most this share of the squared error."""
GOOD = 40.0
"""PSNR of a recovered face in dB with which a hardened flow is content."""
FAIR = 37.0
"""The same for a flow of the paper."""


@dataclass(frozen=True)
class Attempt:
    """A protected face that has been recovered once."""

    protected: Picture
    """uint8, H x W x 3, RGB."""
    error: float
    """Mean squared error of the recovered face, in squared levels of 255."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What the manifest must keep for the face."""
    degree: int = 0
    """Of the obfuscated face's calm, see `calm`."""

    @property
    def quality(self) -> float:
        """PSNR of the recovered face; infinite if it is the original."""
        return decibels(self.error)


def protect(flow: Flow, original: Picture, obfuscated: Picture, key: FaceKey) -> Attempt:
    """Protect a face so that it comes back, or as nearly so as can be.

    Args:
        flow: the model.
        original: uint8, H x W x 3, RGB.
        obfuscated: of the same shape.
        key: of the face.

    Raises:
        ModelError: the model cannot be run.
    """
    if flow.hardened:
        return _protect_calmly(flow, original, obfuscated, key)
    tried = []
    degree = 0
    for attempt in range(ATTEMPTS):
        calmed = calm(obfuscated, degree)
        protected = _protect(flow, original, calmed, key, attempt)
        recovered = _recover(flow, protected, key, attempt)
        error, spot = squared_error(original, recovered), worst_spot(original, recovered)
        tried.append(Attempt(protected, error, {_KEY: attempt} if attempt else {}))
        fair = error <= squared_error_at(FAIR)
        if fair and spot <= GARBLED:
            break
        degree += not fair  # a mere spot needs another map, and no calmer face
    return min(tried, key=lambda each: each.error)


def decoy(flow: Flow, original: Picture, obfuscated: Picture) -> Picture:
    """A face of a hardened flow that keeps random noise in place of the original.

    Args:
        flow: the model.
        original: uint8, H x W x 3, RGB; it decides on how calm the obfuscated face becomes, and
            nothing else of it is kept.
        obfuscated: of the same shape.

    Returns:
        uint8, H x W x 3, RGB.

    Raises:
        ModelError: the model cannot be run.
    """
    degree = _protect_calmly(flow, original, obfuscated, _throwaway()).degree
    nothing = noise(*original.shape[:2])
    return flow.protect(nothing, calm(obfuscated, degree), _throwaway())


def recover(
    flow: Flow,
    protected: Picture,
    key: FaceKey,
    index: int,
    extra: Mapping[str, object],
) -> Picture:
    """Recover what `protect` made.

    Args:
        flow: the model.
        protected: uint8, H x W x 3, RGB.
        key: of the face.
        index: of the face in its picture, for messages.
        extra: what the manifest keeps for the face; from a file of unknown origin.

    Raises:
        DamagedPictureError: the face does not open, where the flow notices that.
        ManifestError: the attempt in ``extra`` is none.
        ModelError: the model cannot be run.
    """
    if flow.hardened:
        return flow.recover(protected, key, wrong_recovery="error")
    attempt = extra.get(_KEY, 0)
    if not isinstance(attempt, int) or not 0 <= attempt < ATTEMPTS:
        raise ManifestError(
            f"the manifest's faces[{index}].{_KEY} is {str(attempt)[:80]!r}, but must be an "
            f"integer from 0 to {ATTEMPTS - 1}"
        )
    return _recover(flow, protected, key, attempt)


def worst_spot(original: Picture, recovered: Picture) -> float:
    """Largest mean absolute error of any patch of 8 x 8 pixels, in levels of 255."""
    error = np.abs(original.astype(np.float32) - recovered).mean(axis=2)
    return float(cv2.blur(error, (PATCH, PATCH)).max())


def calm(obfuscated: Picture, degree: int) -> Picture:
    """An obfuscated face with less detail of its own, and away from black and white.

    Args:
        obfuscated: uint8, H x W x 3.
        degree: 0 for the face as it is; each further one blurs more widely.
    """
    if degree == 0:
        return obfuscated
    kernel, margin = 2 * degree + 1, 4 * degree
    smooth = np.asarray(cv2.GaussianBlur(obfuscated, (kernel, kernel), 0), np.uint8)
    return smooth.clip(margin, 255 - margin)


def _protect(
    flow: Flow, original: Picture, obfuscated: Picture, key: FaceKey, attempt: int
) -> Picture:
    """Protect with an attempt's own key map, every second time moved by a pixel."""
    pixels = attempt % 2
    pair = _moved(original, pixels), _moved(obfuscated, pixels)
    return _moved(flow.protect(*pair, key.attempt(attempt)), -pixels)


def _recover(flow: Flow, protected: Picture, key: FaceKey, attempt: int) -> Picture:
    """Undo `_protect`."""
    pixels = attempt % 2
    moved = _moved(protected, pixels)
    return _moved(flow.recover(moved, key.attempt(attempt)), -pixels)


def _protect_calmly(flow: Flow, original: Picture, obfuscated: Picture, key: FaceKey) -> Attempt:
    tried: list[Attempt] = []
    for degree in range(CALM):
        protected = flow.protect(original, calm(obfuscated, degree), key)
        error = squared_error(original, flow.recover(protected, key))
        gain = not tried or error <= GAIN * min(each.error for each in tried)
        tried.append(Attempt(protected, error, degree=degree))
        if error <= squared_error_at(GOOD) or (degree + 1 >= SURELY and not gain):
            break
    return min(tried, key=lambda each: each.error)


def _throwaway() -> FaceKey:
    return PictureKey.generate().face(0)


def _moved(face: Picture, pixels: int) -> Picture:
    """A face moved down and right; what leaves at one side comes in at the other."""
    return np.roll(face, (pixels, pixels), axis=(0, 1)) if pixels else face

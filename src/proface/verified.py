"""Protection that has been tried: what a flow hides is recovered at once, and looked at.

Now and then, mostly in small faces full of contrast, a trained network takes a spot of a face for
one recovered with a wrong key, and garbles it. That depends on the key map. So each face is
recovered as soon as it is protected; if a spot is garbled, it is protected again with another map.
"""

from collections.abc import Mapping

import cv2
import numpy as np

from .errors import ManifestError
from .faces import MAX_FACES
from .flow import Flow
from .keys import Key
from .obfuscators import Picture

ATTEMPTS = 6
"""Key maps tried at most; the best is kept."""
PATCH = 8
"""Side in pixels of what counts as a spot."""
GARBLED = 24.0
"""Mean absolute error of a garbled spot, in levels of 255. Good recoveries stay below some 12."""
_KEY = "attempt"


def protect(
    flow: Flow, original: Picture, obfuscated: Picture, key: Key, index: int
) -> tuple[Picture, dict[str, object]]:
    """Protect a face with the first key map that brings it back, or the best of `ATTEMPTS`.

    Args:
        flow: the model.
        original: uint8, H x W x 3, RGB.
        obfuscated: of the same shape.
        key: of the picture.
        index: of the face in its picture.

    Returns:
        The protected face, and what the manifest must keep for it.

    Raises:
        ModelError: the model cannot be run.
    """
    tried: list[tuple[float, int, Picture]] = []
    for attempt in range(ATTEMPTS):
        number = _map_number(index, attempt)
        protected = flow.protect(original, obfuscated, key, number)
        error = worst_spot(original, flow.recover(protected, key, number))
        tried.append((error, attempt, protected))
        if error <= GARBLED:
            break
    _, attempt, protected = min(tried, key=lambda entry: entry[0])
    return protected, {_KEY: attempt} if attempt else {}


def recover(
    flow: Flow, protected: Picture, key: Key, index: int, extra: Mapping[str, object]
) -> Picture:
    """Recover what `protect` made.

    Args:
        flow: the model.
        protected: uint8, H x W x 3, RGB.
        key: of the picture.
        index: of the face in its picture.
        extra: what the manifest keeps for the face; from a file of unknown origin.

    Raises:
        ManifestError: the attempt in ``extra`` is none.
        ModelError: the model cannot be run.
    """
    attempt = extra.get(_KEY, 0)
    if not isinstance(attempt, int) or not 0 <= attempt < ATTEMPTS:
        raise ManifestError(
            f"the manifest's faces[{index}].{_KEY} is {str(attempt)[:80]!r}, but must be an "
            f"integer from 0 to {ATTEMPTS - 1}"
        )
    return flow.recover(protected, key, _map_number(index, attempt))


def worst_spot(original: Picture, recovered: Picture) -> float:
    """Largest mean absolute error of any patch of 8 x 8 pixels, in levels of 255."""
    error = np.abs(original.astype(np.float32) - recovered).mean(axis=2)
    return float(cv2.blur(error, (PATCH, PATCH)).max())


def _map_number(index: int, attempt: int) -> int:
    """Faces have indices below `MAX_FACES`; every further attempt takes as many again."""
    return index + attempt * MAX_FACES

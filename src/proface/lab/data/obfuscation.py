"""Face crops obfuscated for training and evaluation, with the landmarks that some obfuscators need.

A photograph's faces are found in the photograph. Here the crops come first, and fill their picture
so closely that the detector needs some margin to see a face in them.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from ... import obfuscators
from ...arrays import Landmarks, Picture
from ...faces import centerface
from . import paper_strengths

_MARGIN = 2 / 7
"""Of a crop's sides, added all around for the detector."""
_THRESHOLD = 0.3


def locate(face: Picture) -> Landmarks | None:
    """The landmarks of the face in the middle of a crop, uint8, H x W x 3, RGB.

    Returns:
        float32, 1 x 5 x 2, in the crop's pixels; None if no face is found.

    Raises:
        ModelError: the detector cannot be loaded.
    """
    height, width = face.shape[:2]
    down, across = round(_MARGIN * height), round(_MARGIN * width)
    padded = cv2.copyMakeBorder(face, down, down, across, across, cv2.BORDER_REPLICATE)
    found = centerface.find(np.asarray(padded, np.uint8), _THRESHOLD)
    if not len(found):
        return None
    offset = np.array([across, down], np.float32)
    centres = (found[:, :2] + found[:, 2:4]) / 2 - offset - np.array([width, height]) / 2
    nearest = found[np.hypot(*centres.T).argmin(), 5:].reshape(1, 5, 2)
    return np.asarray(nearest - offset, np.float32)


def obfuscate(
    faces: Iterable[Picture], name: str, strength: float | None = None, first: int = 0
) -> Picture:
    """Faces of one shape obfuscated, each with landmarks of its own where they matter.

    Args:
        faces: uint8, H x W x 3 each; the result is N x H x W x 3.
        name: of the obfuscator.
        strength: None for the paper's test setting.
        first: index of the first face; the others count on, so that looks differ.

    Raises:
        ObfuscatorError: the obfuscator is unknown, or lacks something.
    """
    obfuscator = obfuscators.get(name)
    chosen = paper_strengths.test_strength(name) if strength is None else strength
    return np.stack(
        [
            obfuscator.apply(
                face,
                chosen,
                landmarks=locate(face) if obfuscator.uses_landmarks else None,
                face_index=first + index,
            )
            for index, face in enumerate(faces)
        ]
    )


def obfuscate_in_turn(faces: Iterable[Picture], names: Sequence[str]) -> Picture:
    """Each face by the next obfuscator of a list, at the paper's test setting; as `obfuscate`."""
    return np.concatenate(
        [
            obfuscate([face], names[index % len(names)], first=index)
            for index, face in enumerate(faces)
        ]
    )

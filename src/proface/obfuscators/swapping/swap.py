"""``swap``: every face becomes that of nobody, or that of a donor."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ...arrays import Picture
from ...errors import ObfuscatorError
from ..base import Function, Material, Obfuscator, Target, register
from . import average_faces
from .average_faces import MODEL, SIDE, AverageFace
from .exchange import exchange
from .warp import Points, similarity

LEAST_DONOR = 24
"""Pixels between a donor's eyes at least; with fewer there is nothing to see of it."""
_THRESHOLD = 0.4


def swap(target: Target, strength: float, scale: float) -> Picture:
    """Put an average face in place of each; which one goes by seed and face index."""
    faces = average_faces.load()
    return _exchange_all(faces, target)


def _swap_for(donor: AverageFace, target: Target, strength: float, scale: float) -> Picture:
    return _exchange_all((donor,), target)


def _exchange_all(faces: tuple[AverageFace, ...], target: Target) -> Picture:
    hidden = target.pixels.copy()
    for index, landmarks in enumerate(target.landmarks):
        chosen = faces[(target.seed + target.face_index + index) % len(faces)]
        exchange(target.pixels, landmarks, chosen, hidden)
    return hidden


def read_donor(path: Path) -> tuple[Picture, Points]:
    """A donor's picture and where its face has eyes, nose and mouth.

    Returns:
        uint8, H x W x 3, RGB; float32, 5 x 2.

    Raises:
        ObfuscatorError: it cannot be read, shows no face or several, or too small a one.
    """
    # Not above: they import this package.
    from ...errors import PictureError
    from ...faces.detector import detect_with_landmarks
    from ...files import images

    try:
        pixels = images.read(path).pixels
    except PictureError as error:
        raise ObfuscatorError(f"the donor cannot be used: {error}") from error
    found = detect_with_landmarks(pixels, _THRESHOLD)
    if not found:
        raise ObfuscatorError(f"no face was found in the donor's picture {path}; crop it to one")
    if len(found) > 1:
        raise ObfuscatorError(
            f"{len(found)} faces were found in the donor's picture {path}; crop it to one"
        )
    landmarks = found[0].landmarks
    eyes = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    if eyes < LEAST_DONOR:
        raise ObfuscatorError(
            f"the face in the donor's picture {path} is too small: there are {eyes:.0f} pixels "
            f"between its eyes, and {LEAST_DONOR} are needed"
        )
    return pixels, landmarks


def donor_face(path: Path) -> AverageFace:
    """A donor's face, upright, in the model's frame.

    Raises:
        ObfuscatorError: as for `read_donor`.
    """
    pixels, landmarks = read_donor(path)
    upright = similarity(landmarks, MODEL)
    if upright is None:
        raise ObfuscatorError(f"eyes, nose and mouth in {path} are not those of a face")
    pace = 1 / np.hypot(*upright[:, 0])
    if pace > 1:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.5 * pace), np.uint8)
    straight = cv2.warpAffine(
        pixels, upright, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    moved = landmarks @ upright[:, :2].T + upright[:, 2]
    return AverageFace(np.asarray(straight, np.uint8), moved.astype(np.float32))


def _load(path: Path) -> Function:
    return partial(_swap_for, donor_face(path))


SWAP = register(
    Obfuscator(
        name="swap",
        summary="Another face: that of nobody, an average of a thousand, or a donor's",
        guarantee=(
            "from brows to chin every pixel is the new face's; of the old one twelve numbers are "
            "taken, which say how light falls on it. Around that new and old are mixed, and hair, "
            "ears and outline stay"
        ),
        function=swap,
        uses_landmarks=True,
        sources={"donor": Material(_load, "picture of the face to put in place of all others")},
        needs=average_faces.load,
    )
)

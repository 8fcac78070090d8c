"""``swap``: every face becomes that of nobody, or that of a donor."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ...arrays import Picture
from ...errors import ObfuscatorError, PictureError
from ...faces.detector import detect_with_landmarks
from ...files import images
from ..base import Function, Material, Obfuscator, Target, register
from . import average_faces
from .average_faces import MODEL, SIDE, SourceFace
from .exchange import exchange
from .warp import Points, similarity

LEAST_DONOR = 24
"""Least distance between a donor's eyes, in pixels; less shows too little of the face."""
_THRESHOLD = 0.4
"""Smallest score of a donor's face; a picture with one clear face is wanted."""


def replace_all(
    target: Target,
    sources: Sequence[SourceFace],
    put: Callable[[Picture, Points, SourceFace, Picture], None],
) -> Picture:
    """Replace every face of a crop; which face takes its place goes by seed and face index.

    Args:
        target: the crop and its faces.
        sources: the faces to choose from, at least one.
        put: (crop, landmarks, source, result) -> None: puts a source in place of a face.

    Returns:
        uint8, H x W x 3.
    """
    result = target.pixels.copy()
    for index, landmarks in enumerate(target.landmarks):
        chosen = sources[(target.seed + target.face_index + index) % len(sources)]
        put(target.pixels, landmarks, chosen, result)
    return result


def swap(target: Target, strength: float, scale: float, donor: SourceFace | None = None) -> Picture:
    """Put the donor in place of each face; without one, an average face."""
    sources = average_faces.load() if donor is None else (donor,)
    return replace_all(target, sources, exchange)


def read_donor(path: Path) -> SourceFace:
    """The face in a donor's picture, as it is there.

    Raises:
        ObfuscatorError: the picture cannot be read, shows no face or several, or too small a one.
    """
    try:
        pixels = images.read(path).pixels
    except PictureError as error:
        raise ObfuscatorError(f"the donor cannot be used: {error}") from error
    found = detect_with_landmarks(pixels, _THRESHOLD)
    if len(found) != 1:
        count = f"{len(found)} faces were" if found else "no face was"
        raise ObfuscatorError(f"{count} found in the donor's picture {path}; crop it to one")
    landmarks = found[0].landmarks
    eyes = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    if eyes < LEAST_DONOR:
        raise ObfuscatorError(
            f"the face in the donor's picture {path} is too small: there are {eyes:.0f} pixels "
            f"between its eyes, and {LEAST_DONOR} are needed"
        )
    return SourceFace(pixels, landmarks)


def donor_face(path: Path) -> SourceFace:
    """A donor's face, upright, in the frame of the model face.

    Raises:
        ObfuscatorError: as for `read_donor`.
    """
    donor = read_donor(path)
    pixels, upright = donor.pixels, similarity(donor.landmarks, MODEL)
    if upright is None:
        raise ObfuscatorError(f"eyes, nose and mouth in {path} are not those of a face")
    pace = 1 / np.hypot(*upright[:, 0])
    if pace > 1:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.5 * pace), np.uint8)
    straight = cv2.warpAffine(
        pixels, upright, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    moved = donor.landmarks @ upright[:, :2].T + upright[:, 2]
    return SourceFace(np.asarray(straight, np.uint8), moved.astype(np.float32))


def donor_material(load: Callable[[Path], Function]) -> dict[str, Material]:
    """The picture that every swapping obfuscator takes; see `Obfuscator.sources`."""
    return {"donor": Material(load, "picture of the face to put in place of all others")}


register(
    Obfuscator(
        name="swap",
        summary="Another face: that of nobody, an average of a thousand, or a donor's",
        guarantee=(
            "from brows to chin every pixel is the new face's; of the original twelve numbers are "
            "taken, which say how light falls on it. Around that new and original are mixed, and "
            "hair, ears and outline stay"
        ),
        function=swap,
        uses_landmarks=True,
        sources=donor_material(lambda path: partial(swap, donor=donor_face(path))),
        needs=average_faces.load,
    )
)

"""``simswap`` and ``faceshifter``: published face-swapping networks, from files that users bring.

SimSwap (Chen et al., 2020, https://arxiv.org/abs/2106.06340): sizes, ranges and alignment are those
of ``test_one_image.py`` and ``face_align_ffhqandnewarc.py`` in neuralchen/SimSwap. FaceShifter (Li
et al., 2019, https://arxiv.org/abs/1912.13457): those of ``inference_demo.py`` and
``align_trans.py`` in taotaonice/FaceShifter.

A network sees the original and may keep what it likes of it; nothing is promised of the result but
that within the hull every pixel is the network's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ...errors import ModelError, ObfuscatorError
from ..base import Function, Material, Obfuscator, Target, register, usual_landmarks
from . import average_faces
from .exchange import blend, reach, window_of
from .swap import read_donor
from .warp import Affine, FaceMap, Points, invert, similarity

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


ARCFACE: Points = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)
"""Landmarks where ArcFace's alignment has them, in 112 x 112."""
INSIGHTFACE: Points = np.array(
    [[39.730, 51.138], [72.270, 51.138], [56.0, 68.493], [42.463, 87.010], [69.537, 87.010]],
    np.float32,
)
"""Where SimSwap's 224-pixel network has them, seen from the front, in 112 x 112."""
FFHQ: Points = np.array(
    [
        [192.98138, 239.94708],
        [318.90277, 240.1936],
        [256.63416, 314.01935],
        [201.26117, 371.41043],
        [313.08905, 371.15118],
    ],
    np.float32,
)
"""Where its 512-pixel network has them, in 512 x 512."""
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_SMALL = 112


@dataclass(frozen=True)
class Family:
    """What a pair of networks expects."""

    name: str
    template: Callable[[int], Points]
    """Landmarks in the generator's input, by its side."""
    identity_input: Callable[[Picture], Floats]
    """From an aligned source face, S x S x 3, to the identity network's input."""
    low: float
    """What black is in the generator; white is 1."""

    def sessions(self) -> "tuple[InferenceSession, InferenceSession]":
        """Identity network and generator.

        Raises:
            ModelError: one is missing or of another kind.
        """
        from . import network_store

        return _open(str(network_store.folder()), self.name)


@lru_cache(maxsize=2)
def _open(folder: str, name: str) -> "tuple[InferenceSession, InferenceSession]":
    """The folder is named so that another one is opened anew."""
    from . import network_store

    return network_store.load(f"{name}-identity"), network_store.load(f"{name}-generator")


def _simswap_template(side: int) -> Points:
    return FFHQ * (side / 512) if side >= 512 else INSIGHTFACE * (side / _SMALL)


def _faceshifter_template(side: int) -> Points:
    # Shrunk about the middle, so that more than the face is seen.
    return ((ARCFACE - _SMALL / 2) * 0.85 + _SMALL / 2) * (side / _SMALL)


def _simswap_identity(face: Picture) -> Floats:
    small = cv2.resize(face, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    return _planes((small.astype(np.float32) / 255 - _MEAN) / _DEVIATION)


def _faceshifter_identity(face: Picture) -> Floats:
    inner = face[19:237, 19:237]
    small = cv2.resize(inner, (_SMALL, _SMALL), interpolation=cv2.INTER_LINEAR)
    return _planes(small.astype(np.float32) / 127.5 - 1)


SIMSWAP_FAMILY = Family("simswap", _simswap_template, _simswap_identity, 0.0)
FACESHIFTER_FAMILY = Family("faceshifter", _faceshifter_template, _faceshifter_identity, -1.0)


def swap_nobody(family: Family, target: Target, strength: float, scale: float) -> Picture:
    """Give each face the identity of an average face, by seed and face index."""
    faces = average_faces.load()
    sources = [(face.pixels, face.landmarks) for face in faces]
    return _swap_all(family, sources, target)


def _swap_donor(
    family: Family, donor: tuple[Picture, Points], target: Target, strength: float, scale: float
) -> Picture:
    return _swap_all(family, [donor], target)


def _swap_all(family: Family, sources: list[tuple[Picture, Points]], target: Target) -> Picture:
    hidden = target.pixels.copy()
    for index, landmarks in enumerate(target.landmarks):
        source = sources[(target.seed + target.face_index + index) % len(sources)]
        _swap_one(family, source, target.pixels, landmarks, hidden)
    return hidden


def _swap_one(
    family: Family,
    source: tuple[Picture, Points],
    picture: Picture,
    landmarks: Points,
    onto: Picture,
) -> None:
    identity_network, generator = family.sessions()
    side = int(generator.get_inputs()[0].shape[2])
    template = family.template(side)
    height, width = picture.shape[:2]
    aligned, affine = _aligned(picture, landmarks, template, side)
    donor, _ = _aligned(*source, template, side)
    identity = _run(family, identity_network, [family.identity_input(donor)])
    identity /= max(float(np.linalg.norm(identity)), 1e-12)
    levels = aligned.astype(np.float32) / 255 * (1 - family.low) + family.low
    made = _run(family, generator, [_planes(levels), identity])[0].transpose(1, 2, 0)
    colours = ((made - family.low) / (1 - family.low)).clip(0, 1) * 255
    face = FaceMap.between(landmarks, average_faces.MODEL, height, width)
    window = window_of(face, height, width)
    if window is None:
        return
    rows, columns = window
    shift = invert(affine) - np.array([[0, 0, columns.start], [0, 0, rows.start]])
    size = (columns.stop - columns.start, rows.stop - rows.start)
    placed = cv2.warpAffine(
        np.ascontiguousarray(colours),
        shift,
        size,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    blend(onto, window, np.asarray(placed.clip(0, 255), np.float32), reach(face.field(window)))


def _aligned(
    picture: Picture, landmarks: Points, template: Points, side: int
) -> tuple[Picture, Affine]:
    """A face where a network expects it, and how it got there."""
    affine = similarity(landmarks, template) if np.isfinite(landmarks).all() else None
    if affine is None:
        affine = similarity(usual_landmarks(*picture.shape[:2])[0], template)
    if affine is None:
        raise ObfuscatorError("a face of one pixel cannot be swapped")
    aligned = cv2.warpAffine(picture, affine, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(aligned, np.uint8), affine


def _planes(values: NDArray[np.floating]) -> Floats:
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)


def _run(family: Family, session: "InferenceSession", inputs: list[Floats]) -> Floats:
    names = [each.name for each in session.get_inputs()]
    try:
        output = session.run(None, dict(zip(names, inputs, strict=True)))[0]
    except Exception as error:  # ONNX Runtime's errors share no class but this one.
        raise ModelError(f"{family.name}: its networks cannot be run ({error})") from error
    return np.array(output, np.float32)


def _load(family: Family, path: Path) -> Function:
    return partial(_swap_donor, family, read_donor(path))


def _register(family: Family, summary: str) -> Obfuscator:
    donor = Material(partial(_load, family), "picture of the face to put in place of all others")
    return register(
        Obfuscator(
            name=family.name,
            summary=summary,
            guarantee=(
                "from brows to chin every pixel is the network's, which has seen the original and "
                "may keep of it what it likes; hair, ears and outline stay"
            ),
            function=partial(swap_nobody, family),
            uses_landmarks=True,
            sources={"donor": donor},
            needs=family.sessions,
        )
    )


SIMSWAP = _register(SIMSWAP_FAMILY, "SimSwap; needs networks, see `proface models`")
FACESHIFTER = _register(FACESHIFTER_FAMILY, "FaceShifter; needs networks, see `proface models`")

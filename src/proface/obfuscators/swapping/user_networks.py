"""``simswap`` and ``faceshifter``: published face-swapping networks, from files that users bring.

SimSwap (Chen et al., 2020, https://arxiv.org/abs/2106.06340): sizes, ranges and alignment are those
of ``test_one_image.py`` and ``face_align_ffhqandnewarc.py`` in neuralchen/SimSwap. FaceShifter (Li
et al., 2019, https://arxiv.org/abs/1912.13457): those of ``inference_demo.py`` and
``align_trans.py`` in taotaonice/FaceShifter.

A network sees the original and may keep what it likes of it. Within the hull every pixel is the
network's; nothing else is promised of the result.
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
from ..base import Function, Obfuscator, Target, register, usual_landmarks
from . import average_faces, network_store
from .average_faces import SourceFace
from .exchange import blend, reach, window_of
from .swap import donor_material, read_donor, replace_all
from .warp import Affine, FaceMap, Points, invert, similarity

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


ARCFACE: Points = np.array(
    [[38.2946, 73.5318, 56.0252, 41.5493, 70.7299], [51.6963, 51.5014, 71.7366, 92.3655, 92.2041]],
    np.float32,
).T
"""Where ArcFace's alignment has landmarks: 5 x 2 of (x, y), in 112 x 112 pixels."""
INSIGHTFACE: Points = np.array(
    [[39.730, 72.270, 56.0, 42.463, 69.537], [51.138, 51.138, 68.493, 87.010, 87.010]], np.float32
).T
"""Where SimSwap's 224-pixel network has them, seen from the front, in 112 x 112 pixels."""
FFHQ: Points = np.array(
    [
        [192.98138, 318.90277, 256.63416, 201.26117, 313.08905],
        [239.94708, 240.1936, 314.01935, 371.41043, 371.15118],
    ],
    np.float32,
).T
"""Where SimSwap's 512-pixel network has them, in 512 x 512 pixels."""
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
        return _open(str(network_store.folder()), self.name)


@lru_cache(maxsize=2)
def _open(folder: str, name: str) -> "tuple[InferenceSession, InferenceSession]":
    """Networks of a family; the folder is an argument so that another one is opened anew."""
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


SIMSWAP = Family("simswap", _simswap_template, _simswap_identity, 0.0)
FACESHIFTER = Family("faceshifter", _faceshifter_template, _faceshifter_identity, -1.0)


def swap_identities(
    family: Family,
    target: Target,
    strength: float,
    scale: float,
    donor: SourceFace | None = None,
) -> Picture:
    """Give each face the identity of the donor; without one, that of an average face."""
    sources = average_faces.load() if donor is None else (donor,)
    return replace_all(target, sources, partial(_swap_one, family))


def _swap_one(
    family: Family, picture: Picture, landmarks: Points, source: SourceFace, onto: Picture
) -> None:
    identity_network, generator = family.sessions()
    side = int(generator.get_inputs()[0].shape[2])
    template = family.template(side)
    height, width = picture.shape[:2]
    aligned, affine = _aligned(picture, landmarks, template, side)
    source_aligned, _ = _aligned(source.pixels, source.landmarks, template, side)
    identity = _run(family, identity_network, [family.identity_input(source_aligned)])
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


def _register(family: Family, summary: str) -> None:
    def load(path: Path) -> Function:
        return partial(swap_identities, family, donor=read_donor(path))

    register(
        Obfuscator(
            name=family.name,
            summary=summary,
            guarantee=(
                "from brows to chin every pixel is the network's, which has seen the original and "
                "may keep of it what it likes; hair, ears and outline stay"
            ),
            function=partial(swap_identities, family),
            uses_landmarks=True,
            sources=donor_material(load),
            needs=family.sessions,
        )
    )


_register(SIMSWAP, "SimSwap; needs networks, see `proface models`")
_register(FACESHIFTER, "FaceShifter; needs networks, see `proface models`")

"""Who is it: face verification by MobileFaceNet, for judging what an attacker got.

MobileFaceNet (Chen et al., 2018, https://arxiv.org/abs/1804.07573) as trained by
https://github.com/foamliu/MobileFaceNet (Apache-2.0), exported to ONNX: 1 x 3 x 112 x 112, RGB,
ImageNet's mean and deviation, 128 numbers. It is not shipped; the variable ``PROFACE_RECOGNISER``
names the file.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ...errors import ModelError, PictureError
from ...inference.engines import open_onnx
from ...obfuscators import REFERENCE_SIZE
from ..data.obfuscation import locate

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

VARIABLE = "PROFACE_RECOGNISER"
"""Environment variable naming the recogniser's ONNX file."""
Embeddings = Floats
"""N x 128, each row of length 1."""
Transforms = NDArray[np.float64]
"""N x 2 x 3: for each face the similarity that brings it to where the recogniser expects it."""

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""Eyes, nose and corners of the mouth where ArcFace's alignment has them, in 112 x 112."""
# The mean of the alignments found on originals of CelebA and LFW, which differ by half a pixel.
_USUAL = np.array([[0.973, 0.0, 1.4], [0.0, 0.973, 8.2]])


class Recogniser:
    """Turns faces into embeddings, of which those of one person are near each other."""

    def __init__(self, session: "InferenceSession") -> None:
        self._session = session
        self._input = session.get_inputs()[0].name

    @classmethod
    def load(cls, path: Path | None = None) -> "Recogniser":
        """Open the recogniser of an ONNX file, or of the one that ``PROFACE_RECOGNISER`` names.

        Raises:
            ModelError: there is no such file, or it is no model.
        """
        path = path or Path(os.environ.get(VARIABLE) or "MobileFaceNet.onnx")
        if not path.is_file():
            raise ModelError(
                f"the recogniser {path} is missing; export MobileFaceNet (foamliu/MobileFaceNet) "
                f"to ONNX and name the file in the variable {VARIABLE}"
            )
        try:
            # Others may compute beside it; and a face is too little to share among threads.
            session = open_onnx(path, most_threads=1)
        except Exception as error:  # ONNX Runtime's errors share no class but this one.
            raise ModelError(f"the recogniser {path} cannot be opened ({error})") from error
        return cls(session)

    def embed(self, pictures: Picture, transforms: Transforms | None = None) -> Embeddings:
        """Embeddings, each the normalised sum of a picture's and its mirror image's.

        Pictures are uint8, N x 112 x 112 x 3, RGB; centre crops as the test sets have them. Without
        ``transforms``, see `align`, faces are taken to be at the usual place of a centre crop.

        Raises:
            PictureError: the pictures are of another shape.
        """
        expected = (REFERENCE_SIZE, REFERENCE_SIZE, 3)
        if pictures.ndim != 4 or pictures.shape[1:] != expected:
            raise PictureError(f"faces to recognise are N x 112 x 112 x 3, not {pictures.shape}")
        if transforms is None:
            transforms = np.broadcast_to(_USUAL, (len(pictures), 2, 3))
        rows = [self._embed(*face) for face in zip(pictures, transforms, strict=True)]
        return np.stack(rows) if rows else np.empty((0, 128), np.float32)

    def _embed(self, picture: Picture, transform: NDArray[np.float64]) -> Floats:
        aligned = cv2.warpAffine(
            picture, transform, (REFERENCE_SIZE, REFERENCE_SIZE), borderMode=cv2.BORDER_REPLICATE
        )
        planes = ((aligned.astype(np.float32) / 255 - _MEAN) / _DEVIATION).transpose(2, 0, 1)[None]
        both = (planes, np.ascontiguousarray(planes[..., ::-1]))
        total = np.sum([self._session.run(None, {self._input: one})[0][0] for one in both], axis=0)
        return np.asarray(total / np.linalg.norm(total), np.float32)


def align(originals: Picture) -> Transforms:
    """How faces, uint8, N x 112 x 112 x 3, must be moved for the recogniser, by their landmarks.

    Where CenterFace finds none, the usual place is taken. Restored faces are aligned as their
    originals are, which favours the attacker a little.

    Raises:
        ModelError: the detector cannot be loaded.
    """
    return np.stack([_align(picture) for picture in originals])


def _align(original: Picture) -> NDArray[np.float64]:
    landmarks = locate(original)
    if landmarks is None:
        return _USUAL
    transform, _ = cv2.estimateAffinePartial2D(
        landmarks[0].astype(np.float64), _TEMPLATE, method=cv2.LMEDS
    )
    return _USUAL if transform is None else np.asarray(transform, np.float64)


def threshold(gallery: Embeddings, pairs: Sequence[tuple[int, int, bool]], far: float) -> float:
    """The similarity that a share ``far`` of the pairs of different people exceed.

    Raises:
        PictureError: there are no such pairs.
    """
    impostors = [float(gallery[i] @ gallery[j]) for i, j, same in pairs if not same]
    if not impostors:
        raise PictureError("verification needs pairs of different people")
    return float(np.quantile(impostors, 1 - far))


def verification_rate(
    probe: Embeddings,
    gallery: Embeddings,
    pairs: Sequence[tuple[int, int, bool]],
    far: float = 0.01,
) -> float:
    """Share of true pairs recognised, 0 to 1, each picture once the probe, once the gallery's.

    Args:
        probe: embeddings of what an attacker got of each face.
        gallery: of the original faces, in the same order.
        pairs: indices of two faces, and whether they show one person.
        far: false-accept rate at which the threshold is set, on pairs of originals; so a probe that
            shows nothing is accepted about that often.

    Raises:
        PictureError: there are no pairs of one person, or none of different people.
    """
    least = threshold(gallery, pairs, far)
    genuine = [(i, j) for i, j, same in pairs if same]
    if not genuine:
        raise PictureError("verification needs pairs of one person")
    turns = [*genuine, *((j, i) for i, j in genuine)]
    return float(np.mean([probe[i] @ gallery[j] > least for i, j in turns]))

"""Average faces for the obfuscator ``swap``: each is that of a thousand pictures, and so of nobody.

k-Same (Newton, Sweeney, Malin: Preserving Privacy by De-identifying Face Images, IEEE TKDE 2005):
an average of k faces tells no more of one of them than of k - 1 others. Faces are brought to one
shape by their landmarks and then by optical flow, so that the average is a face and no fog.
Faces that look alike in coarse are averaged together, so that the averages differ. Needs no torch.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from ...arrays import Floats, Picture
from ...errors import PictureError
from ...faces import centerface
from ...obfuscators.swapping.average_faces import (
    LANDMARKS_FILE,
    MODEL,
    PICTURES_FILE,
    SIDE,
)
from ...obfuscators.swapping.warp import FaceMap, Field, Points, similarity
from .pictures import load_face

_MARGIN = 32
_THRESHOLD = 0.4
_INPUT_SIDE = 224
"""Of the detector's input, for pictures that one face fills."""
_MOST_ASIDE = 0.12
"""Distance of nose, mouth or eyes from the middle of faces that look ahead, in distances of the
eyes."""
_PLAIN = 0.92
"""Share of the faces that are used: those most like the mean, without dark glasses or hair over
the eyes."""
_ROUNDS = 3
"""Of aligning faces to their average: by landmarks, then by flow."""
_FLOW_DEVIATION, _LONGEST_FLOW = 5.0, 12.0
"""Of the Gaussian that smooths a flow, and the longest move, in pixels of the average: features
move, pores do not."""
_COARSE = 24
"""Side of the pictures that faces are grouped by."""
_COMPONENTS = 8
"""Principal components that they are grouped by."""
_SHARPEN, _SHARPEN_DEVIATION = 0.6, 2.0
"""Unsharp mask that gives an average the contrast that averaging took."""


@dataclass(frozen=True, eq=False)
class Found:
    """A picture's face."""

    path: Path
    side: int
    landmarks: Points
    """5 x 2, in the picture's pixels."""


@dataclass(frozen=True, eq=False)
class Average:
    """A face of nobody."""

    pixels: Picture
    """SIDE x SIDE x 3."""
    landmarks: Points
    """5 x 2."""
    count: int
    """Faces that it is the average of."""


def make(paths: Sequence[Path], groups: int, size: int, threads: int = 1) -> list[Average]:
    """Make so many averages of ``size`` faces each; groups of faces may overlap.

    ``paths`` are of pictures that a face fills, about square; ``threads`` look at them.

    Raises:
        PictureError: a file is no picture, or too few show a face from the front.
    """
    with ThreadPoolExecutor(threads) as pool:
        looked = list(tqdm(pool.map(find, paths), "faces", len(paths)))
        faces = [face for face in looked if face is not None]
        if len(faces) * _PLAIN < size:
            raise PictureError(
                f"{len(faces)} of {len(paths)} faces look ahead: too few for averages of {size}"
            )
        coarse = np.stack(list(pool.map(_coarse, faces)))
        members = group(coarse, groups, size)
        return [
            average([faces[index] for index in each], pool) for each in tqdm(members, "averages")
        ]


def save(averages: Sequence[Average], folder: Path) -> None:
    """Write the pictures, one above the other, and what is known of them."""
    folder.mkdir(parents=True, exist_ok=True)
    strip = Image.fromarray(np.concatenate([each.pixels for each in averages]))
    strip.save(folder / PICTURES_FILE, quality=92, method=6)
    known = [
        {"faces": each.count, "landmarks": np.round(each.landmarks.astype(float), 2).tolist()}
        for each in averages
    ]
    text = json.dumps({"averages": known}, indent=1) + "\n"
    (folder / LANDMARKS_FILE).write_text(text, encoding="utf-8")


def find(path: Path) -> Found | None:
    """The face of a picture, if it looks ahead.

    Raises:
        PictureError: the file is no picture.
        ModelError: the detector cannot be loaded.
    """
    face = load_face(path, 1.0, 0)
    side = len(face)
    padded = cv2.copyMakeBorder(face, *(_MARGIN,) * 4, borderType=cv2.BORDER_REPLICATE)
    found = centerface.find(np.asarray(padded, np.uint8), _THRESHOLD, [_INPUT_SIDE])
    if not len(found):
        return None
    centres = (found[:, :2] + found[:, 2:4]) / 2 - _MARGIN - side / 2
    landmarks = found[np.hypot(*centres.T).argmin(), 5:].reshape(5, 2) - _MARGIN
    points = _upright(landmarks)
    if points is None:
        return None
    middles = np.array([points[:2].mean(axis=0), points[2], points[3:].mean(axis=0)])
    aside = np.abs(middles[:, 0] - SIDE / 2).max()
    eyes = MODEL[1, 0] - MODEL[0, 0]
    return Found(path, side, landmarks) if aside <= _MOST_ASIDE * eyes else None


def group(coarse: Floats, groups: int, size: int) -> list[NDArray[np.intp]]:
    """Which faces are averaged together: for each centre of k-means, the nearest ones, of N x D."""
    mean = coarse.mean(axis=0)
    likeness = coarse @ mean / np.linalg.norm(coarse, axis=1)
    plain = np.argsort(-likeness, kind="stable")[: max(size, int(_PLAIN * len(coarse)))]
    # Whitened principal components: else a broad smile would outweigh all else that differs.
    centred = coarse[plain] - coarse[plain].mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:_COMPONENTS]
    places = centred @ axes.T
    places = np.asarray(places / places.std(axis=0), np.float32)
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 100, 1e-4)
    _, _, centres = cv2.kmeans(
        places, groups, np.empty(0, np.int32), criteria, 5, cv2.KMEANS_PP_CENTERS
    )
    distances = ((places[:, None] - centres[None]) ** 2).sum(axis=2)
    return [plain[np.argsort(each, kind="stable")[:size]] for each in distances.T]


def average(faces: Sequence[Found], pool: ThreadPoolExecutor) -> Average:
    """The average of faces, in their mean shape, symmetric."""
    shapes = [points for face in faces if (points := _upright(face.landmarks)) is not None]
    shape = _mirrored(np.mean(shapes, axis=0))
    mean: Floats | None = None
    for _ in range(_ROUNDS - 1):
        mean = _mean(faces, shape, mean, pool)
    sharpest = _mean(faces, shape, mean, pool)
    blurred = cv2.GaussianBlur(sharpest, (0, 0), _SHARPEN_DEVIATION)
    sharp = np.rint(sharpest + _SHARPEN * (sharpest - blurred)).clip(0, 255).astype(np.uint8)
    return Average(sharp, shape, len(faces))


def _mean(
    faces: Sequence[Found], shape: Points, mean: Floats | None, pool: ThreadPoolExecutor
) -> Floats:
    """The mean of faces and their mirror images, aligned to an earlier mean."""
    total = np.zeros((SIDE, SIDE, 3), np.float64)
    for warped in pool.map(lambda face: _warp(face, shape, mean), faces):
        total += warped
    return np.asarray((total + total[:, ::-1]) / (2 * len(faces)), np.float32)


def _upright(landmarks: Points) -> Points | None:
    """Landmarks moved, turned and scaled to the model's place."""
    upright = similarity(landmarks, MODEL)
    if upright is None:
        return None
    return np.asarray(landmarks @ upright[:, :2].T + upright[:, 2], np.float32)


def _mirrored(points: Points) -> Points:
    """The mean of landmarks and their mirror image."""
    other = points[[1, 0, 2, 4, 3]] * [-1, 1] + [SIDE - 1, 0]
    return np.asarray((points + other) / 2, np.float32)


def _warp(face: Found, shape: Points, mean: Floats | None) -> Floats:
    """A face in a shape, SIDE x SIDE x 3, its features where the mean has them."""
    picture = load_face(face.path, 1.0, 0)
    whole = (slice(0, SIDE), slice(0, SIDE))
    field = FaceMap.between(shape, face.landmarks, SIDE, SIDE).field(whole)
    warped = _sample(picture, field)
    if mean is None:
        return warped
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    half = (SIDE // 2, SIDE // 2)  # a smooth flow needs no more, and takes a fifth of the time
    one, other = (cv2.resize(_contrast(each), half) for each in (mean, warped))
    flow = 2 * cv2.GaussianBlur(
        estimator.calc(one, other, np.zeros((*half, 2), np.float32)), (0, 0), _FLOW_DEVIATION / 2
    )
    flow = np.asarray(cv2.resize(flow, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR))
    length = np.linalg.norm(flow, axis=2, keepdims=True)
    flow *= np.minimum(1, _LONGEST_FLOW / np.maximum(length, 1e-6))
    here = np.stack(np.meshgrid(*[np.arange(SIDE, dtype=np.float32)] * 2), axis=-1)
    return _sample(picture, _sample(field, here + flow))


def _sample(values: Picture | Field, field: Field) -> Floats:
    kind = cv2.INTER_CUBIC if values.dtype == np.uint8 else cv2.INTER_LINEAR
    across, down = cv2.split(field)
    sampled = cv2.remap(values, across, down, kind, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, np.float32)


def _contrast(picture: Floats) -> Picture:
    """Luminance of equal mean and contrast everywhere, for the flow."""
    grey = cv2.cvtColor(picture.clip(0, 255), cv2.COLOR_RGB2GRAY)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 16)
    deviation = np.sqrt(cv2.GaussianBlur(detail**2, (0, 0), 16)) + 8
    return np.asarray((128 + 40 * detail / deviation).clip(0, 255), np.uint8)


def _coarse(face: Found) -> Floats:
    """What faces are grouped by: a small picture of the inner face, without light and colour.

    Colour is left out because a swapped face takes on that of the old one.
    """
    window = np.s_[SIDE // 8 : -SIDE // 16, SIDE // 6 : -SIDE // 6]
    warped = cv2.GaussianBlur(_warp(face, MODEL, None)[window], (0, 0), 3)
    small = cv2.resize(warped, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small.clip(0, 255), cv2.COLOR_RGB2GRAY), np.float32)
    detail = grey - np.asarray(cv2.GaussianBlur(grey, (0, 0), _COARSE / 4), np.float32)
    both = (detail + detail[:, ::-1]) / 2
    return np.asarray(both.ravel() / max(float(np.linalg.norm(both)), 1e-6), np.float32)

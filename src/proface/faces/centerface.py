"""CenterFace, the network that finds faces, run by ONNX Runtime; its decoder is our own.

Xu, Yan, Yang, Luo: CenterFace, Joint Face Detection and Alignment Using Face as Point,
https://arxiv.org/abs/1911.03599. The model's origin is told in ``weights/centerface/README.md``.
"""

import hashlib
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..arrays import Floats, Picture
from ..errors import ModelError
from ..inference.engines import open_onnx
from ..inference.threads import shrinking

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Table = Floats
"""Detections, one a row: left, top, right, bottom, score, then 5 x (x, y) of landmarks."""

_MODEL = Path(__file__).parents[1] / "weights" / "centerface" / "centerface.onnx"
_SHA256 = "fa78c35c899d87080da76be05c62d6bd22627f5ed8372d844cc1cd70dfc24c25"
"""Of that file; its README tells it too."""
_STRIDE = 4
_MULTIPLE = 32  # the network halves its input five times
_NMS_OVERLAP = 0.3
_CONTAINED = 0.8
_MAX_CANDIDATES = 4096
# Longer sides of the network's input. The first one finds faces that fill the picture, the second
# most others, the last small faces of large pictures; small pictures are magnified at most twice.
_COARSE, _MIDDLE, _FINE = 480, 1280, 2560
_MAGNIFICATION = 2.0
# Beyond this many pixels of input the network sees parts of a face as faces; below the other, a
# finer scale sees it better. Neither holds where there is no other scale to turn to.
_LARGEST_FACE, _SMALLEST_FACE = 384, 48


def find(picture: Picture, threshold: float, sides: Sequence[int] | None = None) -> Table:
    """The faces of a picture, the surest first.

    The network looks at the picture at up to three sizes, because it knows faces of limited
    size only; what it finds at all of them is merged.

    Args:
        picture: uint8, H x W x 3, RGB.
        threshold: smallest score, between 0 and 1.
        sides: longer sides of what the network sees, in pixels, ascending; None for those that
            find faces of every size.

    Returns:
        In the picture's pixels; faces may reach beyond its border.

    Raises:
        ModelError: the network cannot be loaded.
    """
    sides = sides or _input_sides(max(picture.shape[:2]))
    found = [
        _detect_at(picture, side, threshold, coarsest=side == sides[0], finest=side == sides[-1])
        for side in sides
    ]
    return _suppress(np.concatenate(found))


def provider() -> str:
    """ONNX Runtime's name of the provider that runs the network.

    Raises:
        ModelError: the network cannot be loaded.
    """
    return str(_session().get_providers()[0])


@lru_cache(maxsize=1)
def _session() -> "InferenceSession":
    try:
        data = _MODEL.read_bytes()
    except OSError as error:
        raise ModelError(f"the face detector {_MODEL} cannot be read: {error}") from error
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise ModelError(
            f"{_MODEL} is damaged: it is not the face detector of this version; install proface "
            "again"
        )
    try:
        return open_onnx(data)
    except Exception as error:  # its own classes are not public
        raise ModelError(f"the face detector {_MODEL} cannot be loaded: {error}") from error


def _infer(batch: Floats) -> list[Floats]:
    # Else the session would keep the memory of the largest picture, up to a gigabyte.
    outputs: list[Floats] = _session().run(None, {"input.1": batch}, shrinking())
    return outputs


def _input_sides(longer: int) -> list[int]:
    most = int(longer * _MAGNIFICATION)
    sides = {min(_COARSE, most), min(_MIDDLE, most)}
    if longer > 1.25 * _MIDDLE:
        sides.add(min(longer, _FINE))
    return sorted(sides)


def _detect_at(
    picture: Picture, side: int, threshold: float, *, coarsest: bool, finest: bool
) -> Table:
    """Detections in the picture's pixels, from an input whose longer side is ``side``."""
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    smoothing = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    rows, columns = (-(-n // _MULTIPLE) * _MULTIPLE for n in reversed(size))
    batch = np.zeros((1, rows, columns, 3), np.float32)
    batch[0, : size[1], : size[0]] = cv2.resize(picture, size, interpolation=smoothing)
    found = _decode(_infer(batch.transpose(0, 3, 1, 2)), threshold)
    longer = np.maximum(found[:, 2] - found[:, 0], found[:, 3] - found[:, 1])
    least = 0 if finest else _SMALLEST_FACE
    most = math.inf if coarsest else _LARGEST_FACE
    found = _suppress(found[(longer >= least) & (longer <= most)])
    scale = np.array([width / size[0], height / size[1]], np.float32)
    found[:, :4] *= np.tile(scale, 2)
    found[:, 5:] *= np.tile(scale, 5)
    return found


def _decode(outputs: list[Floats], threshold: float) -> Table:
    """Detections in pixels of the network's input, from its four outputs.

    Each output cell stands for 4 x 4 pixels; its size is exp(scale) cells, its centre lies
    ``offset`` from the middle of the cell, and its landmarks are in units of the box.
    """
    heatmap, scale, offset, landmarks = outputs
    rows, columns = np.nonzero(heatmap[0, 0] > threshold)
    score = heatmap[0, 0, rows, columns]
    best = np.argsort(-score, kind="stable")[:_MAX_CANDIDATES]
    rows, columns, score = rows[best], columns[best], score[best]
    height, width = np.exp(scale[0][:, rows, columns]) * _STRIDE
    shift_y, shift_x = offset[0][:, rows, columns]
    left = (columns + shift_x + 0.5) * _STRIDE - width / 2
    top = (rows + shift_y + 0.5) * _STRIDE - height / 2
    points = landmarks[0][:, rows, columns].reshape(5, 2, -1)
    points_x, points_y = left + points[:, 1] * width, top + points[:, 0] * height
    flat = np.stack([points_x, points_y], axis=1).reshape(10, -1)
    table = np.vstack([left, top, left + width, top + height, score, flat])
    return table.T.astype(np.float32)


def _suppress(found: Table) -> Table:
    """Non-maximum suppression: of rows that show the same face, the one with the highest score.

    A row goes if it overlaps a better one by an intersection over union of 0.3, or lies in it
    by 80 %: then it is a part of a face that a finer scale took for one.
    """
    order = found[np.argsort(-found[:, 4], kind="stable")]
    area = (order[:, 2] - order[:, 0]) * (order[:, 3] - order[:, 1])
    kept = []
    alive = np.ones(len(order), bool)
    for index in range(len(order)):
        if not alive[index]:
            continue
        kept.append(index)
        low = np.maximum(order[:, :2], order[index, :2])
        high = np.minimum(order[:, 2:4], order[index, 2:4])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        same = shared >= _NMS_OVERLAP * (area + area[index] - shared)
        alive &= ~(same | (shared >= _CONTAINED * area))
    return order[kept]

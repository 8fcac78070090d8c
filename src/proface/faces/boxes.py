"""Boxes, and what is done with them: read, enlarged, merged."""

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BoxError

MAX_FACES = 4096
"""Most faces of one picture."""
MINIMUM_SIDE = 32
"""Smallest side of a protected region, in pixels, where the picture has room. A smaller one has
little room to keep a face in, and its outline tells much of the face."""

_MAX_BOXES_FILE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels; (0, 0) is the picture's top left pixel.

    Raises:
        BoxError: a number is no integer, the origin is negative, or a side is less than 1.
    """

    x: int
    y: int
    width: int
    height: int
    score: float | None = field(default=None, compare=False)
    """The detector's confidence, 0 to 1; None for a box that did not come from the detector."""

    def __post_init__(self) -> None:
        for name, least in (("x", 0), ("y", 0), ("width", 1), ("height", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral):
                raise BoxError(f"a box's {name} is {value!r}, but must be a whole number of pixels")
            if value < least:
                raise BoxError(f"a box's {name} is {value}, but must be at least {least}")
            object.__setattr__(self, name, int(value))  # numpy's integers do not go into JSON

    @property
    def right(self) -> int:
        """The first column beyond the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.y + self.height

    @property
    def window(self) -> tuple[slice, slice]:
        """Index of the box in an array whose first axes are rows and columns."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def overlaps(self, other: "Box") -> bool:
        """Whether the two boxes share a pixel."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )


def prepare(boxes: Iterable[Box], height: int, width: int, mask_scale: float = 1.0) -> list[Box]:
    """The regions to protect: enlarged, even-sized, disjoint.

    Each box is enlarged about its centre, clipped to the picture, and grown where the picture
    has room: to 32 x 32 pixels at least, and by one pixel where a side is odd, because the wavelet
    transform works on pairs. Boxes that overlap become their common bounding box.

    Args:
        boxes: in any order; they may overlap.
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        mask_scale: factor on both sides of each box, more than 0, at most 100.

    Returns:
        Disjoint boxes within the picture, sorted by (y, x); scores are the highest of the merged.

    Raises:
        BoxError: the factor is out of bounds, or a box lies wholly outside the picture.
    """
    pending = [_grow(enlarge(box, height, width, mask_scale), height, width) for box in boxes]
    disjoint = _Disjoint(len(pending))
    while pending:
        box = pending.pop()
        touching = disjoint.take_overlapping(box)
        if touching:
            pending.append(_grow(_union([box, *touching]), height, width))
        else:
            disjoint.add(box)
    return sorted(disjoint.boxes(), key=lambda box: (box.y, box.x))


def overlapping(boxes: Sequence[Box], box: Box) -> list[int]:
    """Indices of those boxes that share a pixel with another box."""
    return [int(index) for index in np.flatnonzero(_overlap(_sides(boxes), box))]


def find_overlap(boxes: Sequence[Box]) -> tuple[int, int] | None:
    """Indices of two boxes that share a pixel, the lower one first; None where all are disjoint.

    A line sweeps over the picture from left to right. The boxes that it crosses, as long as all are
    disjoint, lie one below the other; so a box that begins can overlap its two neighbours alone.
    Work grows as N log N, memory as N.
    """
    starts = sorted(range(len(boxes)), key=lambda index: boxes[index].x)
    ends = iter(sorted(range(len(boxes)), key=lambda index: boxes[index].right))
    ending = next(ends, None)
    crossed: list[tuple[int, int]] = []  # top and index, from the top down
    for index in starts:
        box = boxes[index]
        while ending is not None and boxes[ending].right <= box.x:
            del crossed[bisect_left(crossed, (boxes[ending].y, ending))]
            ending = next(ends, None)
        place = bisect_left(crossed, (box.y, index))
        for _, other in crossed[max(0, place - 1) : place + 1]:
            if box.overlaps(boxes[other]):
                return min(index, other), max(index, other)
        crossed.insert(place, (box.y, index))
    return None


class _Disjoint:
    """Disjoint boxes, with their sides in one array, so that all are compared in one step."""

    def __init__(self, most: int) -> None:
        self._sides = np.zeros((most, 4), np.int64)
        self._boxes: dict[int, Box] = {}
        self._next = 0

    def boxes(self) -> Iterable[Box]:
        return self._boxes.values()

    def add(self, box: Box) -> None:
        self._sides[self._next] = box.x, box.y, box.right, box.bottom
        self._boxes[self._next] = box
        self._next += 1

    def take_overlapping(self, box: Box) -> list[Box]:
        """Take those out that share a pixel with a box."""
        hit = np.flatnonzero(_overlap(self._sides[: self._next], box))
        self._sides[hit] = 0  # which is no pixel
        return [self._boxes.pop(int(place)) for place in hit]


def _sides(boxes: Sequence[Box]) -> NDArray[np.int64]:
    """int64, N x 4: left, top, right, bottom."""
    sides = [(box.x, box.y, box.right, box.bottom) for box in boxes]
    return np.array(sides, np.int64).reshape(-1, 4)


def _overlap(sides: NDArray[np.int64], box: Box) -> NDArray[np.bool_]:
    left, top, right, bottom = sides.T
    across = (left < box.right) & (box.x < right)
    found: NDArray[np.bool_] = across & (top < box.bottom) & (box.y < bottom)
    return found


def load_boxes(path: Path) -> list[Box]:
    """Boxes from a JSON file, for those who bring their own detector.

    Args:
        path: a list of objects with integers ``x``, ``y``, ``width``, ``height`` and perhaps a
            number ``score``, or an object with such a list at ``faces``; other keys are ignored.

    Raises:
        BoxError: the file cannot be read or holds anything else.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BOXES_FILE + 1)
    except (OSError, ValueError) as error:
        raise BoxError(f"cannot read the boxes in {path}: {error}") from error
    if len(data) > _MAX_BOXES_FILE:
        raise BoxError(f"{path} has more than {_MAX_BOXES_FILE} bytes; boxes take less")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BoxError(f"{path} is not JSON: {error}") from error
    entries = content.get("faces") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        raise BoxError(f"{path} must hold a list of boxes, or an object with one at 'faces'")
    if len(entries) > MAX_FACES:
        raise BoxError(f"{path} holds {len(entries)} boxes; at most {MAX_FACES} are allowed")
    return [box_from(entry, f"{path}, box {index}") for index, entry in enumerate(entries)]


def box_from(entry: object, where: str) -> Box:
    """A box from an entry of a boxes file; ``where`` stands before what is wrong.

    Raises:
        BoxError: the entry is no object with integers ``x``, ``y``, ``width`` and ``height``.
    """
    if not isinstance(entry, dict):
        raise BoxError(f"{where}: expected an object with x, y, width and height")
    missing = [name for name in ("x", "y", "width", "height") if name not in entry]
    if missing:
        raise BoxError(f"{where}: {missing[0]} is missing")
    score = entry.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float | None):
        raise BoxError(f"{where}: score is {score!r}, but must be a number")
    try:
        return Box(entry["x"], entry["y"], entry["width"], entry["height"], score)
    except BoxError as error:
        raise BoxError(f"{where}: {error}") from error


def enlarge(box: Box, height: int, width: int, factor: float) -> Box:
    """A box with its sides times a factor, about its centre, clipped to the picture.

    Args:
        box: that begins within the picture.
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        factor: more than 0, at most 100.

    Raises:
        BoxError: the factor is out of bounds, or the box lies wholly outside the picture.
    """
    if not 0 < factor <= 100:
        raise BoxError(f"the mask scale is {factor}, but must be more than 0 and at most 100")
    if box.x >= width or box.y >= height:
        raise BoxError(f"{box} lies outside the picture of {width} x {height} pixels")
    more_x, more_y = (factor - 1) * box.width / 2, (factor - 1) * box.height / 2
    left, top = max(0, math.floor(box.x - more_x)), max(0, math.floor(box.y - more_y))
    right = min(width, max(left + 1, math.ceil(box.right + more_x)))
    bottom = min(height, max(top + 1, math.ceil(box.bottom + more_y)))
    return Box(left, top, right - left, bottom - top, box.score)


def _grow(box: Box, height: int, width: int) -> Box:
    x, new_width = _grow_side(box.x, box.width, width)
    y, new_height = _grow_side(box.y, box.height, height)
    return Box(x, y, new_width, new_height, box.score)


def _grow_side(start: int, size: int, limit: int) -> tuple[int, int]:
    wanted = max(size, MINIMUM_SIDE)
    wanted = min(wanted + wanted % 2, limit)
    start = max(0, start - (wanted - size) // 2)
    return min(start, limit - wanted), wanted


def _union(boxes: Sequence[Box]) -> Box:
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    scores = [box.score for box in boxes if box.score is not None]
    return Box(x, y, right - x, bottom - y, max(scores, default=None))

"""Faces followed from frame to frame, so that none flashes through where the detector misses it.

Detections are linked into tracks: first the sure ones, then those too faint to begin a track, which
may still go on with one (Zhang et al., ByteTrack, https://arxiv.org/abs/2110.06864). A track covers

- every frame between two detections, with the box that holds both;
- `LOOK_BACK` frames before its first detection, as a face turns to the camera before it is found;
- a second after its last one, as a face that is hidden or turned away often comes back.

The boxes are smoothed over five frames, but never so that part of a detection is left out.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import BoxError
from ..faces.boxes import Box
from ..faces.detector import Detection

LOOK_BACK = 12
"""Frames that are kept back, so that what is found later serves for them, too."""
FAINT = 0.5
"""Part of the threshold above which a detection may go on with a track."""

_SMOOTHING = 2
"""Frames on either side over which a box is smoothed."""
_MOTION_FRAMES = 5
"""Latest detections of a track from which its motion is told."""
_REACH, _REACH_PER_FRAME, _REACH_FRAMES = 1.0, 0.1, 10
"""A detection goes on with a track if its middle lies within so many sides of the face from where
the track is expected; and so many more for each frame without a detection, of so many at most."""
_SIZE_RATIO = 2.0
"""Most by which the side of a face may grow or shrink between two detections."""
_WIDENING_PER_FRAME, _WIDENING = 0.02, 0.2
"""Part of its sides by which a box grows for each frame to the nearest detection; and at most."""

_Place = NDArray[np.float64]
"""14 numbers: left, top, right, bottom, 5 x (x, y) of landmarks."""


@dataclass(frozen=True, eq=False)
class Follow:
    """A face in one frame."""

    track: int
    """Of its track, from 0."""
    detection: Detection


@dataclass(eq=False)
class _Track:
    index: int
    frames: list[int]
    places: list[_Place]
    score: float

    def add(self, frame: int, place: _Place, score: float) -> None:
        self.frames.append(frame)
        self.places.append(place)
        self.score = score

    def expected(self, frame: int) -> _Place:
        """Where the face should be, if it goes on as in the last few frames."""
        step = min(frame - self.frames[-1], _MOTION_FRAMES)
        return self.places[-1] + np.tile(self._motion(-1, -_MOTION_FRAMES) * step, 7)

    def near(self, frame: int, hold: int) -> tuple[_Place, int] | None:
        """Where the face is, and how many frames away the nearest detection is."""
        after = bisect_left(self.frames, frame)
        if after < len(self.frames) and self.frames[after] == frame:
            return self.places[after], 0
        if after == len(self.frames):
            away = frame - self.frames[-1]
            moved = self.expected(frame)
            return (_both(self.places[-1], moved), away) if away <= hold else None
        away = self.frames[after] - frame
        if after == 0:
            motion = self._motion(0, _MOTION_FRAMES - 1) * min(away, _MOTION_FRAMES)
            moved = self.places[0] - np.tile(motion, 7)
            return (_both(self.places[0], moved), away) if away <= LOOK_BACK else None
        both = _both(self.places[after - 1], self.places[after])
        return both, min(away, frame - self.frames[after - 1])

    def forget(self, frame: int) -> None:
        """Drop detections that no frame from this one on needs."""
        keep = max(0, bisect_left(self.frames, frame) - _MOTION_FRAMES)
        del self.frames[:keep], self.places[:keep]

    def _motion(self, near: int, far: int) -> NDArray[np.float64]:
        """Pixels that the middle moves in a frame, from two detections by their indices."""
        count = len(self.frames)
        near, far = near % count, max(0, count + far) if far < 0 else min(far, count - 1)
        if near == far:
            return np.zeros(2)
        change = _middle(self.places[near]) - _middle(self.places[far])
        moved: NDArray[np.float64] = change / (self.frames[near] - self.frames[far])
        return moved


@dataclass(eq=False)
class Tracker:
    """Links the detections of a clip; frames must be seen in order."""

    hold: int
    """Frames that a face stays obfuscated after it was last detected."""
    threshold: float
    """Score from which on a detection begins a track."""
    _tracks: list[_Track] = field(default_factory=list)
    _count: int = 0

    def see(self, frame: int, found: Sequence[Detection]) -> None:
        """Link the detections of a frame.

        Args:
            frame: its number, greater than that of all frames seen.
            found: all of at least `FAINT` times the threshold.
        """
        sure = [each for each in found if (each.box.score or 0) >= self.threshold]
        faint = [each for each in found if (each.box.score or 0) < self.threshold]
        tracks, rest = self._link(frame, self._tracks, sure)
        self._link(frame, tracks, faint)
        for each in rest:
            self._tracks.append(_Track(self._count, [frame], [_place(each)], each.box.score or 0))
            self._count += 1

    def faces(self, frame: int, height: int, width: int) -> list[Follow]:
        """All faces of a frame that was seen at least `LOOK_BACK` frames ago, by track.

        Args:
            frame: its number; later calls must not ask for earlier frames.
            height: of the frame, in pixels.
            width: of the frame, in pixels.
        """
        self._tracks = [each for each in self._tracks if each.frames[-1] + self.hold >= frame]
        result = []
        for track in self._tracks:
            track.forget(frame - _SMOOTHING)
            place = self._smooth(track, frame)
            box = None if place is None else _box(place, height, width, track.score)
            if place is not None and box is not None:
                landmarks = place[4:].reshape(5, 2).astype(np.float32)
                result.append(Follow(track.index, Detection(box, landmarks)))
        return result

    def _link(
        self, frame: int, tracks: Sequence[_Track], found: Sequence[Detection]
    ) -> tuple[list[_Track], list[Detection]]:
        """Give each track the nearest detection; returns what is left of both."""
        if not tracks or not found:
            return list(tracks), list(found)
        expected = np.stack([each.expected(frame) for each in tracks])
        places = np.stack([_place(each) for each in found])
        gaps = np.array([frame - each.frames[-1] for each in tracks])
        distance = _distances(expected, places, gaps)
        free_tracks, free_found = set(range(len(tracks))), set(range(len(found)))
        rows, columns = np.nonzero(np.isfinite(distance))
        for pair in np.argsort(distance[rows, columns], kind="stable"):
            row, column = int(rows[pair]), int(columns[pair])
            if row in free_tracks and column in free_found:
                tracks[row].add(frame, places[column], found[column].box.score or 0)
                free_tracks.remove(row)
                free_found.remove(column)
        return [tracks[i] for i in sorted(free_tracks)], [found[i] for i in sorted(free_found)]

    def _smooth(self, track: _Track, frame: int) -> _Place | None:
        """The mean of five frames, grown to hold the frame's own place, and widened."""
        own = track.near(frame, self.hold)
        if own is None:
            return None
        place, away = own
        nearby = range(frame - _SMOOTHING, frame + _SMOOTHING + 1)
        places = [found for each in nearby if (found := track.near(each, self.hold))]
        smooth = _both(np.mean([each for each, _ in places], axis=0), place)
        if not away:
            smooth[4:] = place[4:]
        return _widened(smooth, min(_WIDENING, away * _WIDENING_PER_FRAME))


def _place(detection: Detection) -> _Place:
    box = detection.box
    corners = [box.x, box.y, box.right, box.bottom]
    return np.concatenate([corners, detection.landmarks.ravel()]).astype(np.float64)


def _middle(place: _Place) -> NDArray[np.float64]:
    middle: NDArray[np.float64] = (place[..., :2] + place[..., 2:4]) / 2
    return middle


def _both(first: _Place, second: _Place) -> _Place:
    """The box that holds both, with the landmarks halfway."""
    low, high = np.minimum(first[:2], second[:2]), np.maximum(first[2:4], second[2:4])
    return np.concatenate([low, high, (first[4:] + second[4:]) / 2])


def _widened(place: _Place, part: float) -> _Place:
    """With a part of each side more on both of its ends."""
    result = place.copy()
    more = (place[2:4] - place[:2]) * part
    result[:2] -= more
    result[2:4] += more
    return result


def _distances(expected: _Place, places: _Place, gaps: NDArray[np.int_]) -> NDArray[np.float64]:
    """Tracks x detections: distance of the middles in sides of the face; infinite if too far."""
    sides = [np.sqrt(np.prod(each[:, 2:4] - each[:, :2], axis=1)) for each in (expected, places)]
    side = (sides[0][:, None] + sides[1]) / 2
    ratio = sides[0][:, None] / sides[1]
    apart = _middle(expected)[:, None] - _middle(places)
    distance: NDArray[np.float64] = np.sqrt((apart**2).sum(axis=2)) / side
    reach = _REACH + _REACH_PER_FRAME * np.minimum(gaps, _REACH_FRAMES)
    near = (distance <= reach[:, None]) & (ratio <= _SIZE_RATIO) & (ratio >= 1 / _SIZE_RATIO)
    return np.where(near, distance, np.inf)


def _box(place: _Place, height: int, width: int, score: float) -> Box | None:
    """Whole pixels within the frame; None if there are none."""
    left, top = np.maximum(0, np.floor(place[:2])).astype(int)
    right, bottom = np.minimum([width, height], np.ceil(place[2:4])).astype(int)
    try:
        return Box(left, top, right - left, bottom - top, score)
    except BoxError:  # it lies outside
        return None

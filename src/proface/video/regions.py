"""Which parts of each frame are protected: followed faces, given boxes, or the whole frame."""

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Protocol

from ..errors import BoxError
from ..faces.boxes import Box
from ..faces.detector import detect_with_landmarks
from ..picture.options import DetectionOptions
from ..picture.regions import Region, choose, from_detections
from .box_file import GivenBoxes
from .reader import Frame
from .streams import Clip
from .tracking import FAINT, LOOK_BACK, Tracker

HOLD_SECONDS = 1
"""How long a face stays obfuscated after it was last detected."""
_USUAL_RATE = Fraction(25)
_LOWEST_THRESHOLD = 0.01

Found = Iterator[tuple[Frame, list[Region]]]


class Finder(Protocol):
    """Takes frames in order, and gives them back with their regions, some frames later."""

    def push(self, frame: Frame) -> Found:
        """Take a frame; give those that are ready."""

    def finish(self) -> Found:
        """Give the rest."""


class FollowedFaces:
    """Detects, and follows; keeps `LOOK_BACK` frames back."""

    def __init__(self, detection: DetectionOptions, clip: Clip, every: int) -> None:
        """Begin a clip.

        Args:
            detection: threshold and mask scale.
            clip: size and rate.
            every: detect in every so manieth frame, from 1 to `LOOK_BACK`.
        """
        hold = round((clip.rate or _USUAL_RATE) * HOLD_SECONDS)
        self._detection, self._clip, self._every = detection, clip, every
        self._tracker = Tracker(max(hold, LOOK_BACK), detection.threshold)
        self._kept: deque[Frame] = deque()

    def push(self, frame: Frame) -> Found:
        """Take a frame; give the one of `LOOK_BACK` frames ago."""
        if frame.number % self._every == 0:
            faint = max(_LOWEST_THRESHOLD, self._detection.threshold * FAINT)
            self._tracker.see(frame.number, detect_with_landmarks(frame.pixels, faint))
        self._kept.append(frame)
        if len(self._kept) > LOOK_BACK:
            yield self._pop()

    def finish(self) -> Found:
        """Give the frames kept back."""
        while self._kept:
            yield self._pop()

    def _pop(self) -> tuple[Frame, list[Region]]:
        frame = self._kept.popleft()
        height, width = self._clip.height, self._clip.width
        faces = self._tracker.faces(frame.number, height, width)
        found, tracks = [each.detection for each in faces], [each.track for each in faces]
        scale = self._detection.mask_scale
        return frame, from_detections(found, height, width, scale, tracks)


class GivenFaces:
    """Boxes from a file, or the whole frame."""

    def __init__(
        self, detection: DetectionOptions, given: GivenBoxes | None, landmarks: bool
    ) -> None:
        """Begin a clip.

        Args:
            detection: threshold, for landmarks.
            given: None for the whole frame.
            landmarks: whether to look for them in the faces given.
        """
        self._detection, self._given, self._landmarks = detection, given, landmarks

    def push(self, frame: Frame) -> Found:
        """Take a frame, and give it."""
        height, width = frame.pixels.shape[:2]
        boxes = [Box(0, 0, width, height)] if self._given is None else self._given.at(frame.number)
        if not boxes:
            yield frame, []
            return
        try:
            found = choose(frame.pixels, boxes, self._detection, self._landmarks)
        except BoxError as error:
            raise BoxError(f"frame {frame.number}: {error}") from error
        yield frame, found

    def finish(self) -> Found:
        """Nothing is kept back."""
        return iter(())

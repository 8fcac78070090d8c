"""What of a clip is missing: told only where it is known, never where a file only begins late.

Two things can be known. A file that is damaged gives fewer frames than it should: packets that no
frame came of, and gaps between frames of a steady rate. And a file may promise a length that it
does not hold; not every container promises one: in transport streams, and some others, FFmpeg takes
the length from the last time stamp that is there.
"""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from .streams import AnyPacket

_CUT_SHORT = Fraction(1, 2)
"""Seconds that a file may promise more than it holds."""
_STEADY = Fraction(1, 4)
"""By how much of its usual length the time between two frames of a steady rate may differ."""
_ALMOST = Fraction(9, 10)
_USUAL_RATE = Fraction(25)
_OF_VIDEO = ("mov", "avi", "mxf")
"""Containers that keep the length of the video by itself."""
_OF_FILE = ("matroska", "flv", "asf")
"""Containers that keep the time at which the longest stream ends."""


class Losses:
    """Counts what is missing of one video, while it is read."""

    def __init__(self, video: VideoStream) -> None:
        """Begin with a video stream, of which nothing was read."""
        rate = video.guessed_rate or video.average_rate or _USUAL_RATE
        self._usual = 1 / rate
        self._base = video.time_base or Fraction(1, 1000)
        self._waiting: set[int] = set()
        self._closed = False
        self._damaged_at: int | None = None
        self._newest = 0
        self._failed = False
        self._disordered = self._corrupt = self._undecoded = self._by_time = 0
        self._steady = self._steps = self._packets = self._frames = 0
        self._last: int | None = None
        self._own: int | None = None
        self._first = 0
        self._error: Exception | None = None
        self._end: Fraction | None = None

    def packet(self, packet: AnyPacket) -> None:
        """Take note of a packet of the video that goes to the decoder."""
        if self._closed:
            return
        self._newest = packet.pts if packet.pts is not None else self._newest
        if packet.is_corrupt:
            self._damaged_at = self._newest
        if packet.pts is not None and not packet.is_discard:
            self._waiting.add(packet.pts)
            self._packets += 1

    def failed(self) -> None:
        """Take note that the newest packet is damaged."""
        if not self._closed:
            self._damaged_at, self._failed = self._newest, True

    def ended_early(self, error: Exception) -> None:
        """Take note that the file could not be read to its end."""
        if not self._closed:
            self._error = error
            self.failed()

    def frame(self, own: int | None, pts: int, corrupt: bool) -> None:
        """Take note of a frame that is wanted; what went wrong before the first does not count.

        Args:
            own: the time that the frame has of itself.
            pts: the time that it is given, in the stream's time base.
            corrupt: whether the decoder calls it damaged.
        """
        if self._last is None:
            self._waiting = {each for each in self._waiting if each >= pts}
            self._packets = len(self._waiting)
            self._failed, self._first = False, pts
            if self._damaged_at is not None and self._damaged_at < pts:
                self._damaged_at = None
        else:
            self._count(own, pts)
        self._own = own
        self._waiting.discard(pts if own is None else own)
        self._frames += 1
        if corrupt:
            self._corrupt += 1
            self._damaged_at = pts
        self._last = pts
        self.reached(pts * self._base + self._usual)

    def _count(self, own: int | None, pts: int) -> None:
        late: set[int] = set()
        if own is None or (self._own is not None and own < self._own):
            self._disordered += 1
        else:
            late = {each for each in self._waiting if each < own}
        self._waiting -= late
        self._undecoded += len(late)
        step = (pts - (self._last or 0)) * self._base
        self._steps += 1
        self._steady += abs(step - self._usual) <= self._usual * _STEADY
        self._by_time += max(len(late), round(step / self._usual) - 1)

    def reached(self, time: Fraction) -> None:
        """Take note that a stream goes on until a time, in seconds."""
        self._end = time if self._end is None else max(self._end, time)

    def close(self) -> None:
        """Take note that all that is wanted was read; what comes after does not count."""
        self._waiting.clear()
        self._closed = True

    @property
    def missing(self) -> int:
        """Frames that a damaged file lacks, as far as can be known."""
        if self._damaged_at is None:
            return 0
        if self._disordered:
            due = round(((self._own or 0) - self._first) * self._base / self._usual) + 1
            return 0 if self._closed else max(0, due - self._frames, self._packets - self._frames)
        steady = 2 * self._steady >= self._steps > 0
        return (self._by_time if steady else self._undecoded) + len(self._waiting)

    def notes(self) -> Iterator[str]:
        """Sentences for the user on what is damaged."""
        if self._error is not None:
            yield f"reading ended early, for the file is damaged there: {self._error}"
        if missing := self.missing:
            yield f"parts of the video are damaged in the file; {_frames(missing)} missing"
        elif self._failed:
            yield "parts of the video are damaged in the file; no frame is known to be missing"
        elif self._has_gap():
            yield (
                f"the times of the frames have gaps, as if {_frames(self._by_time)} missing: the "
                "file may be damaged, or the recording was paused"
            )
        if self._corrupt:
            yield f"{_frames(self._corrupt)} damaged in the file, and taken as read"

    def _has_gap(self) -> bool:
        """Whether a rate that is steady almost throughout has a gap that is seen."""
        steady = self._steady >= _ALMOST * self._steps and not self._disordered
        return steady and self._by_time * self._usual >= _CUT_SHORT

    def cut_short(
        self, container: InputContainer, video: VideoStream, first: Fraction, whole: bool
    ) -> Iterator[str]:
        """A sentence for the user, if the file promises more than it holds.

        Args:
            container: that was read to its end.
            video: of it.
            first: time of its first frame, in seconds.
            whole: whether all streams of the container were read.
        """
        if self._end is None:
            return
        kinds = container.format.name.split(",")
        if any(each in kinds for each in _OF_VIDEO) and video.duration:
            promised, held = video.duration * self._base, self._shown_until() - first
        elif whole and any(each in kinds for each in _OF_FILE) and container.duration:
            promised, held = Fraction(container.duration, av.time_base), self._end
        else:
            return
        if held < promised - max(_CUT_SHORT, 2 * self._usual):
            why = "it was cut short"
            if "avi" in kinds and self._damaged_at is not None:  # which counts, and has no times
                why = "part of it is missing"
            yield (
                f"the file promises {float(promised):.1f} s of video and holds "
                f"{float(max(held, Fraction(0))):.1f} s: {why}; what was there was kept"
            )

    def _shown_until(self) -> Fraction:
        return (self._last or 0) * self._base + self._usual


def _frames(count: int) -> str:
    return "1 frame is" if count == 1 else f"{count} frames are"

"""Reading a clip: frames as upright RGB with their exact times, and all that travels with them.

The file is read once, from front to back; nothing of it is kept.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..arrays import Picture
from ..errors import VideoError
from . import orientation, sound, streams
from .interrupts import held_back
from .sound import ConvertedTrack
from .streams import AnyPacket

_CUT_SHORT = Fraction(1, 2)
"""Seconds that a file may promise more than it holds."""
_BEYOND_END = 1
"""Seconds that packets beside the video may lag behind it in the file."""
_USUAL_RATE = Fraction(25)


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a clip."""

    number: int
    """From 0, of those that are read."""
    pts: int
    """As the file has it, in its `Clip.time_base`."""
    time: Fraction
    """Seconds from the origin of the clip, see `Clip.origin`."""
    pixels: Picture
    """uint8, H x W x 3, RGB, upright."""


class Reader:
    """A clip that is being read; iterate over it once, within ``with``.

    Meanwhile Ctrl-C is let through between two items only, see `interrupts`.
    """

    def __init__(
        self, path: Path, start: Fraction | None = None, end: Fraction | None = None
    ) -> None:
        """Open a clip.

        Args:
            path: of the file.
            start: seconds after the first frame from which on frames are read; None for all.
            end: seconds after the first frame before which reading ends; None for all.

        Raises:
            VideoError: the file cannot be read, holds no video, or one that is too large.
        """
        self._path = path
        self._stack = ExitStack()
        self.notes: list[str] = []
        """Sentences for the user; complete when the clip is read."""
        try:
            self._let_through = self._stack.enter_context(held_back())
            first = self._first_frame()
            self._rotation, self._matrix = first.rotation, orientation.display_matrix(first)
            self._container = streams.open_file(path, self._stack)
            self.streams = streams.choose(self._container, path)
            """What of the file is wanted."""
            self._video = self.streams.video
            self.clip = streams.describe(self._container, self._video, first, start, end)
            """What is known of the video."""
        except BaseException:
            self._stack.close()
            raise
        self.notes += self.streams.notes
        if streams.is_deep(first):
            self.notes.append("the video has more than 8 bits a sample; it was reduced to 8")
        if streams.has_alpha(self._video, first):
            self.notes.append("the video's transparency was dropped; all of it shows")
        self._trimmed = start is not None
        self._end = None if end is None else self.clip.first + end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def __iter__(self) -> Iterator[Frame | AnyPacket]:
        """Frames in the order of their times, and the packets of all carried streams between.

        The packets' times are those of the clip: its origin is taken from them.

        Raises:
            VideoError: the frames' size changes, or not one can be decoded.
        """
        origin = self.clip.origin
        if self._trimmed:
            self._seek(origin)
        count, last, corrupt, done = 0, None, 0, False
        for item in self._items(self._container, self._video, self.streams.beside):
            self._let_through()
            if isinstance(item, Packet):
                if self._is_beyond(item):
                    break
                if (moved := self._moved(item)) is not None:
                    yield moved
                continue
            pts = self._pts_after(last, item)
            at = pts * self.clip.time_base
            if done or (self._trimmed and at < origin):
                continue
            if self._end is not None and at >= self._end:
                done = True
                continue
            self._check_size(item, at)
            corrupt += item.is_corrupt
            last = pts
            yield Frame(count, pts, at - origin, orientation.pixels(item, self._matrix_of(item)))
            count += 1
        if not count:
            raise VideoError(f"{self._path}: there is no frame in the part that was asked for")
        if corrupt:
            self.notes.append(f"{corrupt} frames are damaged in the file, and were taken as read")
        if self._end is None and last is not None:
            self._note_missing(last * self.clip.time_base)

    def carried(self, with_sound: bool = True) -> list[Stream | ConvertedTrack]:
        """What travels with the frames, for a `Writer`; notes say what is converted or dropped."""
        wanted = [each for each in self.streams.carried if with_sound or each.type != "audio"]
        return list(sound.plan(self._path, wanted, self.notes))

    @property
    def seconds(self) -> float | None:
        """How long the file says that the video is."""
        found = streams.length(self._container, self._video)
        return None if found is None else float(found)

    def _first_frame(self) -> VideoFrame:
        """The first frame, from a reading of its own."""
        with ExitStack() as stack:
            container = streams.open_file(self._path, stack)
            video = streams.choose(container, self._path).video
            for item in self._items(container, video, []):
                if isinstance(item, VideoFrame):
                    self.notes.clear()
                    return item
        raise VideoError(f"{self._path}: not one frame of its video can be decoded")

    def _seek(self, time: Fraction) -> None:
        try:
            self._container.seek(int(time * av.time_base), backward=True)
        except FFmpegError:  # no index, or a damaged one: read from the beginning
            self._container.seek(0, backward=True)

    def _items(
        self, container: InputContainer, video: VideoStream, beside: Sequence[Stream]
    ) -> Iterator[VideoFrame | AnyPacket]:
        """Decoded frames, and packets beside; what is damaged is skipped, with a note."""
        packets = iter(container.demux([video, *beside]))
        while True:
            try:
                packet = next(packets, None)
            except (FFmpegError, OSError) as error:
                self._note_once(f"reading ended early, for the file is damaged there: {error}")
                packet = None
            try:
                if packet is None:
                    yield from video.decode(None)
                elif packet.stream is not video:
                    if packet.size:
                        yield packet
                    continue
                elif packet.size:
                    yield from video.decode(packet)
            except FFmpegError:
                self._note_once("parts of the video are damaged in the file, and were left out")
            if packet is None:
                return

    def _matrix_of(self, frame: VideoFrame) -> NDArray[np.int32] | None:
        """The display matrix; the first frame's, unless the video turns on its way."""
        if frame.rotation == self._rotation:
            return self._matrix
        return orientation.display_matrix(frame)

    def _note_once(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _pts_after(self, last: int | None, frame: VideoFrame) -> int:
        """The frame's time stamp; for one that has none, or goes back in time, the next one due."""
        if last is None:
            return frame.pts or 0
        if frame.pts is not None and frame.pts > last:
            return frame.pts
        self._note_once("some frames had no time or went back in time; they were put in order")
        rate = self._video.average_rate or _USUAL_RATE
        return last + max(1, round(1 / rate / self.clip.time_base))

    def _is_beyond(self, packet: AnyPacket) -> bool:
        """Whether all that is wanted has surely been read."""
        if self._end is None or packet.dts is None:
            return False
        return packet.dts * packet.time_base > self._end + _BEYOND_END

    def _moved(self, packet: AnyPacket) -> AnyPacket | None:
        """A carried packet with the clip's times; None for one outside the part asked for."""
        base = packet.time_base
        if packet.pts is None:
            packet.pts = packet.dts
        if packet.pts is None:
            return None
        at = packet.pts * base
        if (self._trimmed and at < self.clip.origin) or (self._end is not None and at >= self._end):
            return None
        if self.clip.origin:
            step = round(self.clip.origin / base)
            packet.pts -= step
            packet.dts = None if packet.dts is None else packet.dts - step
        return packet

    def _check_size(self, frame: VideoFrame, at: Fraction) -> None:
        width, height = streams.upright_size(frame, self._matrix_of(frame))
        if (width, height) != (self.clip.width, self.clip.height):
            seconds = float(at - self.clip.first)
            raise VideoError(
                f"{self._path}: the frames change from {self.clip.width} x {self.clip.height} to "
                f"{width} x {height} pixels at {seconds:.3f} s, which one protected video cannot "
                f"hold; protect the parts before and after that time apart"
            )

    def _note_missing(self, last: Fraction) -> None:
        length = streams.length(self._container, self._video)
        if length is None:
            return
        got = last - self.clip.first
        if got < length - max(_CUT_SHORT, 2 / (self._video.average_rate or _USUAL_RATE)):
            self.notes.append(
                f"the file promises {float(length):.1f} s of video and holds {float(got):.1f} s: "
                "it was cut short; what was there was kept"
            )

"""Reading a clip: frames as upright RGB with their exact times, and all that travels with them.

The file is read once, from front to back; nothing of it is kept.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from ..arrays import Picture
from ..errors import VideoError
from . import orientation, sound, streams, tone
from .decoding import Decoder, Items, items_from
from .fields import Deinterlacer, Timed
from .interrupts import held_back
from .sound import ConvertedTrack
from .streams import AnyPacket

_BEYOND_END = 1
"""Seconds that packets beside the video may lag behind it in the file."""
_DISORDER = "some frames had no time or went back in time; they were put in order"


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
        self,
        path: Path,
        start: Fraction | None = None,
        end: Fraction | None = None,
        tone_map: bool | None = None,
    ) -> None:
        """Open a clip.

        Args:
            path: of the file.
            start: seconds after the first frame from which on frames are read; None for all.
            end: seconds after the first frame before which reading ends; None for all.
            tone_map: whether high dynamic range is brought down, see `tone`; None for no, and for
                no note of it.

        Raises:
            VideoError: the file cannot be read, holds no video, or one that is too large.
        """
        self._path = path
        self._trimmed = start is not None
        self._count = 0
        self._stack = ExitStack()
        self.notes: list[str] = []
        """Sentences for the user; complete when the clip is read."""
        try:
            self._let_through = self._stack.enter_context(held_back())
            self._decoder = Decoder(path, self._stack)
            first, frame = self._first_frames(start)
            self._rotation, self._matrix = frame.rotation, orientation.display_matrix(frame)
            self.streams = self._decoder.streams
            """What of the file is wanted."""
            self.clip = streams.describe(
                self._decoder.container, self._decoder.video, frame, first, start, end
            )
            """What is known of the video."""
        except BaseException:
            self._stack.close()
            raise
        self._curve = tone.curve(self.clip.transfer) if tone_map else None
        self.notes += (*self.streams.notes, *_notes(self.clip, frame, tone_map))
        if streams.has_alpha(frame, self.streams.video):
            self.notes.append(
                "the transparency of the video was dropped; what was transparent shows the colour "
                "that the file has there"
            )
        if self._curve is not None:
            self.clip = replace(self.clip, transfer=tone.SDR, primaries=tone.SDR)
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
        decoder, items = self._decoder, self._decoder.items()
        if self._trimmed:
            found = items_from(self._path, self._stack, self.clip.first, origin, self._let_through)
            decoder, items = found
        fields = Deinterlacer(decoder.video)
        for item in self._timed(items):
            self._let_through()
            if isinstance(item, Packet):
                if self._is_beyond(item):
                    break
                decoder.losses.reached(_end_of(item))
                if (moved := self._moved(item)) is not None:
                    yield moved
                continue
            pts, frame = item
            at = pts * self.clip.time_base
            if self._trimmed and at < origin:
                continue
            if self._end is not None and at >= self._end:
                decoder.losses.close()
                continue
            self._check_size(frame, at)
            decoder.losses.frame(frame.pts, pts, frame.is_corrupt)
            yield from self._converted(fields.push(pts, frame))
        yield from self._converted(fields.finish())
        if not self._count:
            raise VideoError(f"{self._path}: there is no frame in the part that was asked for")
        if fields.count:
            each = "1 frame was" if fields.count == 1 else f"{fields.count} frames were"
            self.notes.append(
                f"the video is interlaced: {each} made whole from two fields, of which the later "
                "moment is lost"
            )
        self._note_losses(decoder)

    def _converted(self, frames: Timed) -> Iterator[Frame]:
        for pts, frame in frames:
            time = pts * self.clip.time_base - self.clip.origin
            array = orientation.pixels(frame, self._matrix_of(frame), self._curve)
            yield Frame(self._count, pts, time, array)
            self._count += 1

    def carried(self, with_sound: bool = True) -> list[Stream | ConvertedTrack]:
        """What travels with the frames, for a `Writer`; notes say what is converted or dropped."""
        wanted = [each for each in self.streams.carried if with_sound or each.type != "audio"]
        return list(sound.plan(self._path, wanted, self.notes))

    @property
    def seconds(self) -> float | None:
        """How long the file says that the video is."""
        found = streams.length(self._decoder.container, self._decoder.video)
        return None if found is None else float(found)

    def _first_frames(self, start: Fraction | None) -> tuple[Fraction, VideoFrame]:
        """The time of the first frame, and the first that is wanted; from readings of their own."""
        with ExitStack() as stack:
            decoder = Decoder(self._path, stack)
            frame = next(_frames(decoder.items(beside=False)), None)
            if frame is None:
                raise VideoError(f"{self._path}: not one frame of its video can be decoded")
            base = decoder.time_base
            first = (frame.pts or 0) * base
            if start is None:
                return first, frame
            wanted = first + start
            _, items = items_from(self._path, stack, first, wanted, self._let_through)
            for item in self._timed(items):
                self._let_through()
                if not isinstance(item, Packet) and item[0] * base >= wanted:
                    return first, item[1]
        return first, frame

    def _timed(self, items: Items) -> Iterator[tuple[int, VideoFrame] | AnyPacket]:
        """Frames with their times; one that has none, or goes back in time, gets the next due."""
        last: int | None = None
        for item in items:
            if isinstance(item, Packet):
                yield item
                continue
            if last is None:
                last = item.pts or 0
            elif item.pts is not None and item.pts > last:
                last = item.pts
            else:
                if _DISORDER not in self.notes:
                    self.notes.append(_DISORDER)
                last += max(1, round(1 / self._decoder.rate / self._decoder.time_base))
            yield last, item

    def _matrix_of(self, frame: VideoFrame) -> NDArray[np.int32] | None:
        """The display matrix; the first frame's, unless the video turns on its way."""
        if frame.rotation == self._rotation:
            return self._matrix
        return orientation.display_matrix(frame)

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
        if (width, height) == (self.clip.width, self.clip.height):
            return
        seconds = _rounded_down(at - self.clip.first)
        raise VideoError(
            f"{self._path}: the frames change from {self.clip.width} x {self.clip.height} to "
            f"{width} x {height} pixels at {seconds} s, which one protected video cannot hold. "
            f"Protect each part by itself: with --end {seconds} what comes before, with --start "
            f"{seconds} what comes after"
        )

    def _note_losses(self, decoder: Decoder) -> None:
        self.notes += decoder.losses.notes()
        if self._end is None:
            self.notes += decoder.losses.cut_short(
                decoder.container, decoder.video, self.clip.first, decoder.reads_all
            )


def _notes(clip: streams.Clip, frame: VideoFrame, tone_map: bool | None) -> Iterator[str]:
    """What of the colours is not kept as it was."""
    if streams.is_deep(frame):
        yield "the video has more than 8 bits a sample; it was reduced to 8"
    kind = tone.curve(clip.transfer)
    if tone_map is None:
        return
    if kind is not None and tone_map:
        yield f"the video has high dynamic range ({kind}); it was brought down to BT.709"
    elif kind is not None:
        yield (
            f"the video has high dynamic range ({kind}); its colours are kept and tagged as they "
            "are, for programs that know them. Others show it pale: --tone-map brings it down"
        )
    elif tone_map:
        yield "the video has no high dynamic range; there was nothing to bring down"


def _frames(items: Items) -> Iterator[VideoFrame]:
    return (item for item in items if isinstance(item, VideoFrame))


def _end_of(packet: AnyPacket) -> Fraction:
    return ((packet.pts or 0) + (packet.duration or 0)) * packet.time_base


def _rounded_down(seconds: Fraction) -> str:
    """A time that no frame from it on is before: to milliseconds, or microseconds if need be."""
    text = f"{float(Fraction(int(seconds * 10**6), 10**6)):.6f}"
    return text.removesuffix("000")

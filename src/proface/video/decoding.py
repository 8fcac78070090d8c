"""Decoded frames of a file and the packets beside them, from the first on or from a later time.

Where a file has no index, a seek lands between two key frames, and decoding begins at the second:
frames that are due would be lost. So what a seek gave is looked at, and if it came too late, the
next one goes further back. MPEG transport and program streams, whose times may also jump back, are
read from the first packet on; only decoding begins later.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame

from . import streams
from .losses import Losses
from .streams import AnyPacket

_RUN_UP = Fraction(1)
"""Seconds before the wanted time at which decoding begins at the latest; frames just behind a key
frame may lack what they refer to."""
_RUN_UP_FRAMES = 16
"""The same in frames: as many as H.264 and HEVC keep to refer to."""
_FURTHER = 4
"""How many times further back the next seek goes."""
_WITHOUT_INDEX = ("mpegts", "mpeg")
_USUAL_RATE = Fraction(25)

Items = Iterator[VideoFrame | AnyPacket]
LetThrough = Callable[[], None]
"""Called now and then, see `interrupts`."""


class Decoder:
    """A file that was opened, to be read once."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        """Open a file; the stack closes it.

        Raises:
            VideoError: it cannot be read, or holds no video.
        """
        self.container = streams.open_file(path, stack)
        self.streams = streams.choose(self.container, path)
        """What of the file is wanted."""
        self.video = self.streams.video
        self.losses = Losses(self.video)
        """What is missing, as far as it was read."""

    @property
    def time_base(self) -> Fraction:
        """Seconds of one unit of a frame's time."""
        return self.video.time_base or Fraction(1, 1000)

    @property
    def rate(self) -> Fraction:
        """Frames a second; 25 where the file does not tell."""
        return self.video.guessed_rate or self.video.average_rate or _USUAL_RATE

    @property
    def reads_all(self) -> bool:
        """Whether the packets of all streams are wanted."""
        timed = [each for each in self.container.streams if each.type != "attachment"]
        return len(timed) == 1 + len(self.streams.beside)

    def items(self, beside: bool = True, skip: int = 0) -> Items:
        """Decoded frames, and packets beside; what is damaged is left out, and counted.

        Args:
            beside: whether packets of other streams are wanted.
            skip: packets of the video that are not decoded.
        """
        wanted = [self.video, *(self.streams.beside if beside else [])]
        packets = iter(self.container.demux(wanted))
        while True:
            try:
                packet = next(packets, None)
            except (FFmpegError, OSError) as error:
                self.losses.ended_early(error)
                packet = None
            try:
                if packet is None:
                    yield from self.video.decode(None)
                elif packet.stream is not self.video:
                    if packet.size:
                        yield packet
                    continue
                elif packet.size and skip > 0:
                    skip -= 1
                elif packet.size:
                    self.losses.packet(packet)
                    yield from self.video.decode(packet)
            except FFmpegError:
                self.losses.failed()
            if packet is None:
                return


def items_from(
    path: Path, stack: ExitStack, first: Fraction, wanted: Fraction, let_through: LetThrough
) -> tuple[Decoder, Items]:
    """A decoder, and its items from safely before a time on.

    Args:
        path: of the file.
        stack: closes it.
        first: time of the file's first frame, in seconds.
        wanted: time from which on all frames must come, and come whole.
        let_through: called for each packet that is read on the way.

    Raises:
        VideoError: the file cannot be read.
    """
    decoder = Decoder(path, stack)
    safe = wanted - max(_RUN_UP, _RUN_UP_FRAMES / decoder.rate)
    if safe <= first:
        return decoder, decoder.items()
    if decoder.container.format.name not in _WITHOUT_INDEX:
        back = Fraction(0)
        while (target := safe - back) > first:
            items = _seek(decoder, target, safe, let_through)
            if items is not None:
                return decoder, items
            back = max(back * _FURTHER, _RUN_UP)
            decoder = Decoder(path, stack)
    skip = _undecoded(decoder, safe, let_through)
    decoder = Decoder(path, stack)
    return decoder, decoder.items(skip=skip)


def _seek(
    decoder: Decoder, target: Fraction, safe: Fraction, let_through: LetThrough
) -> Items | None:
    """Items from about a time on; None if the first frame is later than is safe."""
    try:
        decoder.container.seek(int(target * av.time_base), backward=True)
    except FFmpegError:  # no index, or a damaged one
        return None
    items = decoder.items()
    before: list[VideoFrame | AnyPacket] = []
    for item in items:
        let_through()
        before.append(item)
        if isinstance(item, VideoFrame):
            late = item.pts is None or item.pts * decoder.time_base > safe
            return None if late else chain(before, items)
    return None


def _undecoded(decoder: Decoder, safe: Fraction, let_through: LetThrough) -> int:
    """How many packets of the video come before the last key frame that is safe to begin with."""
    count = found = 0
    last: int | None = None
    try:
        for packet in decoder.container.demux(decoder.video):
            let_through()
            if not packet.size:
                continue
            time = packet.dts if packet.dts is not None else packet.pts
            if time is not None:
                if last is not None and time < last:
                    return 0  # times that jump back are put in order frame by frame
                if time * packet.time_base > safe:
                    break
                last = time
                shown = time if packet.pts is None else packet.pts
                if packet.is_keyframe and shown * packet.time_base <= safe:
                    found = count
            count += 1
    except (FFmpegError, OSError):  # met again, and told, when it is read
        pass
    return found

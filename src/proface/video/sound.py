"""Sound tracks: copied where Matroska takes them, else decoded and coded again without loss.

Matroska could hold G.711, ADPCM, WMA and AMR packet for packet, as Windows' files do: ``A_MS/ACM``.
PyAV adds only streams that FFmpeg allows at its normal strictness, which leaves those out, and has
no setting for another. What is heard is the same, sample for sample.

FLAC keeps integer samples of up to 24 bits exactly, and holds what lossy codecs give. Samples that
FLAC has no room for (floating point, 32 bits, more than eight channels) become plain PCM. A track
that nothing here decodes is dropped, with a note: no sound track refuses a clip.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.stream import Stream

from . import streams
from .streams import AnyPacket

_PROBED = 200
"""Packets of a track that are tried before it is held for one that cannot be decoded."""
_JITTER = Fraction(1, 20)
"""Seconds by which a time stamp may be off before it counts as a jump."""
_SHORT = ("u8", "u8p", "s16", "s16p")


@dataclass(frozen=True)
class SoundFormat:
    """What a track is coded as."""

    codec: str
    """FFmpeg's name of the encoder."""
    samples: str
    """FFmpeg's name of the sample format that it takes."""
    rate: int
    """Samples a second."""
    layout: str
    """FFmpeg's name of the channels."""


@dataclass(frozen=True, eq=False)
class ConvertedTrack:
    """A track that is decoded and coded again."""

    stream: Stream
    """Of the source."""
    format: SoundFormat
    """Of the result."""


def plan(
    path: Path, carried: Sequence[Stream], notes: list[str]
) -> Iterator[Stream | ConvertedTrack]:
    """What to do with each stream: itself to copy it, or how it is converted; dropped otherwise.

    Args:
        path: of the file that the streams belong to.
        carried: streams of the file; only sound is looked at.
        notes: to which a sentence is added for each track that is converted or dropped.
    """
    for stream in carried:
        if stream.type != "audio" or is_held(stream):
            yield stream
            continue
        name = stream.codec_context.name if stream.codec_context else "unknown"
        found = None if stream.codec_context is None else _probe(path, stream.index)
        if found is None:
            notes.append(
                f"the sound track of codec {name} was dropped: Matroska cannot hold it as it is, "
                "and nothing here can decode it"
            )
            continue
        kind = "FLAC" if found.codec == "flac" else "PCM"
        notes.append(
            f"the sound track of codec {name} was converted to {kind}: it cannot be copied to "
            "Matroska as it is"
        )
        yield ConvertedTrack(stream, found)


def is_held(stream: Stream) -> bool:
    """Whether Matroska takes a stream as it is, found by writing the head of such a file."""
    try:
        with av.open(io.BytesIO(), "w", format="matroska") as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (OSError, ValueError, FFmpegError):
        return False
    return True


class Converter:
    """Codes one track again; times are those of the packets that come."""

    def __init__(self, container: OutputContainer, track: ConvertedTrack) -> None:
        """Add the result's stream to a file that is not begun yet."""
        self.damaged = False
        """Whether a part could not be decoded, and was left out."""
        self._format = track.format
        self._decoder = cast(AudioCodecContext, track.stream.codec_context)
        target = container.add_stream(track.format.codec, rate=track.format.rate)
        self.target = cast(AudioStream, target)
        _set_up(self.target.codec_context, track.format)
        self._resampler: AudioResampler | None = None
        self._next: int | None = None

    def push(self, packet: AnyPacket | None) -> Iterator[AnyPacket]:
        """Coded packets that a packet of the source gives; None asks for what is left.

        Raises:
            FFmpegError: the encoder failed.
        """
        try:
            decoded = self._decoder.decode(packet)
        except FFmpegError:
            self.damaged, decoded = True, []
        for frame in decoded:
            at = None if frame.pts is None else frame.pts * (frame.time_base or Fraction(0))
            for part in self._resample(frame):
                if self._place(part, at):
                    yield from self.target.encode(part)
                at = None
        if packet is None:
            yield from self.target.encode(None)

    def _resample(self, frame: AudioFrame) -> list[AudioFrame]:
        """A frame in the result's format, whatever the track changed to on its way."""
        frame.pts = None
        if self._resampler is not None:
            try:
                return self._resampler.resample(frame)
            except ValueError:  # the track's own format changed
                pass
        to = self._format
        self._resampler = AudioResampler(to.samples, to.layout, to.rate)
        return self._resampler.resample(frame)

    def _place(self, frame: AudioFrame, at: Fraction | None) -> bool:
        """Give a frame its time, in samples; whether it comes after what was written."""
        rate = self._format.rate
        due = self._next if at is None else round(at * rate)
        if due is None:
            due = 0
        if self._next is not None and due < self._next + rate * _JITTER:
            if due < self._next - rate * _JITTER:
                return False
            due = self._next
        frame.pts, frame.time_base = due, Fraction(1, rate)
        self._next = due + frame.samples
        return True


def _probe(path: Path, index: int) -> SoundFormat | None:
    """How a track is to be coded, from its first frame; None if it gives none."""
    with ExitStack() as stack:
        container = streams.open_file(path, stack)
        stream = container.streams[index]
        if not isinstance(stream, AudioStream):
            return None
        packets = container.demux(stream)
        for _ in range(_PROBED):
            try:
                packet = next(packets, None)
            except (FFmpegError, OSError):
                return None
            if packet is None:
                return None
            try:
                for frame in stream.decode(packet):
                    return _format_for(stream.codec_context.name, frame)
            except FFmpegError:
                continue
    return None


def _format_for(codec: str, frame: AudioFrame) -> SoundFormat | None:
    """The smallest format that keeps a frame's samples."""
    choices = [("flac", "s16" if frame.format.name in _SHORT else "s32"), ("pcm_s32le", "s32")]
    if codec.startswith("pcm_f"):
        double = frame.format.name.startswith("dbl")
        choices.insert(0, ("pcm_f64le", "dbl") if double else ("pcm_f32le", "flt"))
    elif codec.startswith("pcm_") and ("32" in codec or "64" in codec):
        choices.reverse()
    for name, samples in choices:
        found = SoundFormat(name, samples, frame.sample_rate, frame.layout.name)
        trial = cast(AudioCodecContext, av.CodecContext.create(name, "w"))
        try:
            _set_up(trial, found)
            trial.open()
        except (ValueError, OSError, FFmpegError):
            continue
        return found
    return None


def _set_up(context: AudioCodecContext, wanted: SoundFormat) -> None:
    context.sample_rate, context.layout = wanted.rate, wanted.layout
    context.format = wanted.samples
    context.time_base = Fraction(1, wanted.rate)

"""Writing a clip: Matroska, RGB without loss, everything else packet for packet."""

from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, get_args

import av
from av.error import ArgumentError, FFmpegError, InvalidDataError
from av.packet import Packet
from av.stream import AttachmentStream, Stream
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from ..arrays import Picture
from ..errors import OutputError
from ..files.atomic import NewFiles, settle
from ..inference import threads
from . import display_size
from .records import due_after
from .sound import ConvertedTrack, Converter
from .streams import HEADER_NAME, TRACK_TITLE, AnyPacket, Clip
from .subtitles import is_timed_text, plain_text

VideoCodec = Literal["ffv1", "x264"]
CODECS: tuple[VideoCodec, ...] = get_args(VideoCodec)
SUFFIX = ".mkv"

MILLISECOND = Fraction(1, 1000)
_BUFFER = 2**20  # bytes
_LOSSY = (".mp4", ".m4v", ".mov", ".webm", ".avi", ".wmv", ".flv", ".mpg", ".mpeg", ".gif", ".ogv")
_RGB = 0  # AVCOL_SPC_RGB
# FFV1 version 3, every frame for itself, a checksum for every slice. x264 without prediction from
# later frames, and without looking ahead, so that frames leave it as soon as they enter.
_CODECS: dict[VideoCodec, tuple[str, str, dict[str, str]]] = {
    "ffv1": ("ffv1", "bgr0", {"level": "3", "slices": "12", "slicecrc": "1", "g": "1"}),
    "x264": (
        "libx264rgb",
        "rgb24",
        {"qp": "0", "preset": "veryfast", "bf": "0", "rc-lookahead": "0", "g": "250"},
    ),
}
# Times stay as they are, even below zero. The muxer waits a second at most for a track that has
# nothing to say, such as rare subtitles; it would keep all frames of that time in memory.
_CONTAINER = {
    "avoid_negative_ts": "disabled",
    "max_interleave_delta": "1000000",
    "fflags": "+bitexact",
}


def check_name(path: Path) -> None:
    """Refuse a name of a container that cannot keep what is protected.

    Raises:
        OutputError: the suffix is not .mkv.
    """
    suffix = path.suffix.lower()
    if suffix in _LOSSY:
        raise OutputError(
            f"{path.name}: {suffix} files are for video that loses information, and with it the "
            f"originals, which could never be recovered; write {SUFFIX}, which keeps every pixel"
        )
    if suffix != SUFFIX:
        raise OutputError(f"{path.name}: the suffix must be {SUFFIX}")


class Writer:
    """A clip that is being written; appears whole at the end of ``with``, or not at all."""

    def __init__(
        self,
        path: Path,
        clip: Clip,
        carried: Sequence[Stream | ConvertedTrack],
        codec: VideoCodec = "ffv1",
        header: str | None = None,
        files: NewFiles | None = None,
    ) -> None:
        """Begin a file.

        Args:
            path: where it shall stand.
            clip: size, rate and colours.
            carried: streams of the source, whose packets `carry` will bring; see `sound.plan`.
            codec: of the video.
            header: to be attached, with a track for the entries; None for neither.
            files: those that it belongs to; all appear when ``with`` ends. None for a file of its
                own, which replaces nothing.

        Raises:
            OutputError: it cannot be written.
        """
        self._path = path
        self._clip = clip
        self._finished = False
        self._last = -1
        self._end: str | None = None
        self.notes: list[str] = []
        self._stack = ExitStack()
        try:
            self._file = self._stack.enter_context(files or NewFiles()).begin(path)
            self._container = av.open(
                self._file,
                "w",
                format="matroska",
                container_options=_CONTAINER,
                buffer_size=_BUFFER,
            )
            self._video = self._add_video(clip, codec)
            self._targets: dict[int, Stream] = {}
            self._converters: dict[int, Converter] = {}
            self._lost: set[int] = set()
            for stream in carried:
                self._add_carried(stream)
            self._track = None if header is None else self._add_track()
            if header is not None:
                self._container.add_attachment(HEADER_NAME, "application/json", header.encode())
            self._container.start_encoding()
        except (OSError, ValueError, FFmpegError) as error:
            self._abandon(error)
            raise self._refusal(error) from error
        except BaseException as error:
            self._abandon(error)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                self.finish()
                self._stack.close()
                return
            except OutputError as failure:
                self._abandon(failure)
                raise
            except OSError as failure:
                self._abandon(failure)
                raise self._refusal(failure) from failure
        self._abandon(error)

    def finish(self) -> None:
        """Write what is still to be written; the file appears when ``with`` ends.

        Raises:
            OutputError: the disk is full.
        """
        if self._finished:
            return
        self._finished = True
        try:
            self._container.mux(self._video.encode(None))
            for converter in self._converters.values():
                self._container.mux(list(converter.push(None)))
            if self._end is not None and self._track is not None:
                self._mux_text(self._track, self._end.encode(), self._last + 1, 1)
            self._note_losses()
            self._container.close()
            settle(self._file)
            if (aspect := self._clip.aspect) is not None:
                part = Path(self._file.name)
                display_size.write(part, self._clip.width, self._clip.height, aspect)
        except (OSError, ValueError, FFmpegError) as error:
            raise self._refusal(error) from error

    def write(self, pixels: Picture, milliseconds: int, entry: str | None = None) -> None:
        """Append a frame.

        Args:
            pixels: uint8, H x W x 3, RGB.
            milliseconds: its time; frames that would fall together are kept apart by one.
            entry: for the track, where there is one.

        Raises:
            OutputError: the disk is full.
        """
        self._last = due_after(self._last, milliseconds)
        frame = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=self._format)
        frame.pts, frame.time_base = self._last, MILLISECOND
        try:
            if entry is not None and self._track is not None:
                self._mux_text(self._track, entry.encode(), self._last, 1)
            self._container.mux(self._video.encode(frame))
        except (OSError, FFmpegError) as error:
            raise self._refusal(error) from error

    def end(self, record: str) -> None:
        """Say what the track holds behind all entries, a millisecond after the last frame."""
        self._end = record

    def carry(self, packet: AnyPacket) -> None:
        """Append a packet of a carried stream, byte for byte, unless the stream is converted.

        A packet that the container refuses is left out; `notes` has a sentence in the end.

        Raises:
            OutputError: the disk is full.
        """
        index = packet.stream.index
        target = self._targets.get(index)
        try:
            if (converter := self._converters.get(index)) is not None:
                self._container.mux(list(converter.push(packet)))
                return
            if target is None:
                return
            if is_timed_text(packet.stream):
                if text := plain_text(bytes(packet)):
                    base = packet.time_base * 1000
                    start, length = (packet.pts or 0) * base, (packet.duration or 0) * base
                    self._mux_text(target, text, round(start), round(length))
                return
            packet.stream = target
            self._container.mux_one(packet)
        except (ArgumentError, InvalidDataError):
            self._lost.add(index)
        except (OSError, FFmpegError) as error:
            raise self._refusal(error) from error

    def _note_losses(self) -> None:
        damaged = {index for index, each in self._converters.items() if each.damaged}
        if count := len(self._lost | damaged):
            self.notes.append(
                f"parts of {count} sound or subtitle track{'s' if count > 1 else ''} are damaged "
                "in the file, and were left out"
            )

    def _add_video(self, clip: Clip, codec: VideoCodec) -> VideoStream:
        name, self._format, options = _CODECS[codec]
        stream = self._container.add_stream(name, rate=clip.rate, options=dict(options))
        if not isinstance(stream, VideoStream):
            raise OutputError(f"the codec {name} is none for video")
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = clip.width, clip.height, self._format
        context.time_base = MILLISECOND
        context.thread_count = threads.current()
        context.colorspace, context.color_range = _RGB, ColorRange.JPEG
        context.color_trc, context.color_primaries = clip.transfer, clip.primaries
        if clip.aspect is not None:
            context.sample_aspect_ratio = clip.aspect
            stream.metadata["title"] = display_size.PLACE
        return stream

    def _add_carried(self, stream: Stream | ConvertedTrack) -> None:
        if isinstance(stream, ConvertedTrack):
            converter = Converter(self._container, stream)
            self._converters[stream.stream.index] = converter
            _describe(converter.target, stream.stream)
            return
        if isinstance(stream, AttachmentStream):
            name = stream.metadata.get("filename", "font")
            self._container.add_attachment(name, stream.mimetype or "font/sfnt", stream.data)
            return
        try:
            if is_timed_text(stream):
                target: Stream = self._container.add_mux_stream("subrip")
            else:
                target = self._container.add_stream_from_template(stream)
        except ValueError:
            codec = stream.codec_context.name if stream.codec_context else "unknown"
            what = f"the {stream.type} track of codec {codec}"
            self.notes.append(f"{what} was dropped: Matroska cannot hold it")
            return
        _describe(target, stream)
        self._targets[stream.index] = target

    def _add_track(self) -> Stream:
        track = self._container.add_mux_stream("webvtt")
        track.metadata["title"] = TRACK_TITLE
        return track

    def _mux_text(self, stream: Stream, text: bytes, start: int, length: int) -> None:
        packet: AnyPacket = Packet(text)
        packet.stream = stream
        packet.time_base = MILLISECOND
        packet.pts = packet.dts = start
        packet.duration = length
        self._container.mux_one(packet)

    def _abandon(self, error: BaseException) -> None:
        """Close what is open and leave no file; the error is on its way already."""
        container = getattr(self, "_container", None)
        try:
            if container is not None:
                container.close()
        except (OSError, ValueError, FFmpegError):  # such as the full disk that ended it
            pass
        self._stack.__exit__(type(error), error, error.__traceback__)

    def _refusal(self, error: Exception) -> OutputError:
        reason = getattr(error, "strerror", None) or error
        return OutputError(f"cannot write {self._path}: {reason}")


def _describe(target: Stream, source: Stream) -> None:
    """Say of a stream what the source says of it."""
    for name in ("language", "title"):
        if name in source.metadata:
            target.metadata[name] = source.metadata[name]
    target.disposition = source.disposition

"""Opening a clip: which of its streams are wanted, and what is known before it is read.

Only usual containers are opened, by no name but the file's own, because some formats name further
files to be read.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import AttachmentStream, Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..errors import VideoError
from ..files.images import MAX_PIXELS
from ..files.json_fields import MAX_CHARACTERS
from ..inference import threads
from . import orientation

if TYPE_CHECKING:
    AnyPacket = Packet[Stream]
else:  # generic for the type checker only
    AnyPacket = Packet

HEADER_NAME = "proface.json"
"""Of the attachment that holds the header, see `manifest.ClipManifest`."""
TRACK_TITLE = "proface"
"""Of the track that holds an entry for each frame and an end record, see `entries`."""

_FORMATS = "mov,matroska,avi,mpegts,mpeg,asf,flv,ogg,mxf,nut,dv"


@dataclass(frozen=True)
class Clip:
    """What is known of a clip once its first frame is decoded."""

    width: int
    """Upright, in pixels."""
    height: int
    """Upright, in pixels."""
    time_base: Fraction
    """Seconds that one unit of `Frame.pts` lasts."""
    rate: Fraction | None
    """Frames a second, the usual or the mean; None where the file does not tell."""
    aspect: Fraction | None
    """Width over height of one pixel, where it is not square."""
    transfer: int
    """FFmpeg's number of the transfer characteristics; 2 for unknown."""
    primaries: int
    """FFmpeg's number of the colour primaries; 2 for unknown."""
    first: Fraction
    """Time of the first frame in the file, in seconds."""
    origin: Fraction
    """What is taken from all times: the start that was asked for; or the first frame's time, where
    that is negative; else 0."""
    frames: int | None
    """How many will be read, as far as the file says."""


@dataclass(frozen=True)
class Streams:
    """What of a file is wanted."""

    video: VideoStream
    carried: tuple[Stream, ...]
    """Whose packets and attachments go into the result as they are."""
    header: str | None
    """Of a protected clip: the header's text, unchecked."""
    track: Stream | None
    """Of a protected clip: the track of the entries."""
    notes: tuple[str, ...]
    """What was dropped, and why."""

    @property
    def beside(self) -> list[Stream]:
        """All but the video whose packets are wanted."""
        carried = [each for each in self.carried if each.type != "attachment"]
        return carried if self.track is None else [*carried, self.track]


def open_file(path: Path, stack: ExitStack) -> InputContainer:
    """Open a file; the stack closes it, and the container goes with the last of its streams.

    (PyAV's streams must not outlive a container that was closed.)

    Raises:
        VideoError: it cannot be read, is empty, or is of no known format.
    """
    try:
        file = stack.enter_context(path.open("rb"))
        if not path.stat().st_size:
            raise VideoError(f"cannot read the video {path}: the file is empty")
        options = {"format_whitelist": _FORMATS}
        container = av.open(file, "r", options=options, metadata_errors="replace")
    except (OSError, ValueError, FFmpegError) as error:
        reason = getattr(error, "strerror", None) or error
        raise VideoError(f"cannot read the video {path}: {reason}") from error
    return container


def choose(container: InputContainer, path: Path) -> Streams:
    """The streams of a file that are wanted.

    Raises:
        VideoError: there is no video, or none that can be decoded.
    """
    real = [each for each in container.streams.video if not _is_picture(each)]
    if not real:
        raise VideoError(f"{path} holds no video")
    if real[0].codec_context is None:
        raise VideoError(f"{path}: nothing here can decode its video")
    real[0].thread_type = "AUTO"
    real[0].codec_context.thread_count = threads.current()
    header, track = _find_record(container)
    carried: list[Stream] = []
    dropped: dict[str, int] = {}
    for stream in container.streams:
        if stream in (track, real[0]) or _is_header(stream):
            continue
        if stream.type in ("audio", "subtitle") or _is_font(stream):
            carried.append(stream)
        else:
            kind = "cover picture" if _is_picture(stream) else f"{stream.type} track"
            dropped[kind] = dropped.get(kind, 0) + 1
    notes = tuple(
        f"{count} {kind}{'s' if count > 1 else ''} of the file were dropped: they might show or "
        "tell what the faces hide"
        for kind, count in dropped.items()
    )
    return Streams(real[0], tuple(carried), header, track, notes)


def describe(
    container: InputContainer,
    video: VideoStream,
    frame: VideoFrame,
    first: Fraction,
    start: Fraction | None,
    end: Fraction | None,
) -> Clip:
    """What is known of a clip from the first frame that is wanted, and the time of the very first.

    Raises:
        VideoError: the frames are too large.
    """
    matrix = orientation.display_matrix(frame)
    width, height = upright_size(frame, matrix)
    if width * height > MAX_PIXELS:
        raise VideoError(f"the video has frames of {width} x {height} pixels, which is too many")
    aspect = video.sample_aspect_ratio or Fraction(1)
    if orientation.is_sideways(matrix):
        aspect = 1 / aspect
    time_base = video.time_base or Fraction(1, 1000)
    return Clip(
        width,
        height,
        time_base,
        video.guessed_rate or video.average_rate,
        aspect if aspect != 1 else None,
        int(frame.color_trc),
        int(frame.color_primaries),
        first,
        min(first, Fraction(0)) if start is None else first + start,
        _frames_expected(container, video, start, end),
    )


def upright_size(frame: VideoFrame, matrix: NDArray[np.int32] | None) -> tuple[int, int]:
    """Width and height of a frame as its display matrix shows it."""
    if orientation.is_sideways(matrix):
        return frame.height, frame.width
    return frame.width, frame.height


def length(container: InputContainer, video: VideoStream) -> Fraction | None:
    """Seconds that the file promises; None where it does not."""
    if video.duration and video.time_base:
        return video.duration * video.time_base
    if container.duration:
        return Fraction(container.duration, av.time_base)
    return None


def has_alpha(frame: VideoFrame, video: VideoStream) -> bool:
    """Whether a video has transparency; of VP8 and VP9, only the container tells."""
    told = {key.lower(): value for key, value in video.metadata.items()}.get("alpha_mode") == "1"
    return told or any(part.is_alpha for part in frame.format.components)


def is_deep(frame: VideoFrame) -> bool:
    """Whether a frame has more than 8 bits a sample."""
    return max((part.bits for part in frame.format.components), default=8) > 8


def _frames_expected(
    container: InputContainer, video: VideoStream, start: Fraction | None, end: Fraction | None
) -> int | None:
    rate = video.guessed_rate or video.average_rate
    whole = length(container, video)
    if start is None and end is None and video.frames:
        return video.frames
    if rate is None or (whole is None and end is None):
        return None
    until = min(each for each in (whole, end) if each is not None)
    return max(0, round((until - (start or 0)) * rate))


def _find_record(container: InputContainer) -> tuple[str | None, Stream | None]:
    for stream in container.streams:
        if _is_header(stream) and isinstance(stream, AttachmentStream):
            text = stream.data[: MAX_CHARACTERS + 1].decode("ascii", errors="replace")
            for track in container.streams.subtitles:
                if track.metadata.get("title") == TRACK_TITLE:
                    return text, track
    return None, None


def _is_header(stream: Stream) -> bool:
    return isinstance(stream, AttachmentStream) and stream.metadata.get("filename") == HEADER_NAME


def _is_picture(stream: Stream) -> bool:
    still = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return stream.type == "video" and bool(stream.disposition & still)


def _is_font(stream: Stream) -> bool:
    """Whether it is an attached font, which styled subtitles may need."""
    if not isinstance(stream, AttachmentStream):
        return False
    return "font" in (stream.mimetype or "").lower()

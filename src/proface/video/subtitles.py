"""Subtitles in MP4's own format, which Matroska does not have."""

from av.stream import Stream
from av.subtitles.stream import SubtitleStream


def is_timed_text(stream: Stream) -> bool:
    """Whether subtitles are in MP4's own format, which Matroska does not have."""
    if not isinstance(stream, SubtitleStream) or stream.codec_context is None:
        return False
    return bool(stream.codec_context.name == "mov_text")


def plain_text(sample: bytes) -> bytes:
    """The text of a sample of MP4's timed text (3GPP TS 26.245), in UTF-8; styles are left out."""
    size = int.from_bytes(sample[:2], "big")
    text = sample[2 : 2 + size]
    if text.startswith((b"\xfe\xff", b"\xff\xfe")):
        return text.decode("utf-16", errors="replace").encode()
    return text

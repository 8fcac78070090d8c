"""Entries and end record of a clip, as they stand in its track or in a file of their own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from av.error import FFmpegError

from ..errors import ManifestError, VideoError
from ..files.json_fields import MAX_CHARACTERS
from . import entries, streams
from .entries import EndRecord, FrameEntry
from .manifest import ClipManifest

Due = tuple[int, FrameEntry | EndRecord]
"""A record, and the time of its frame in the protected clip, in milliseconds."""


class Lines:
    """Entries from a file of their own, in the order of the frames."""

    def __init__(self, manifest: ClipManifest, file: BinaryIO) -> None:
        """Begin behind the header."""
        self._manifest, self._file = manifest, file
        self._last = -1
        self._next = self._read()

    def until(self, milliseconds: int) -> Iterator[Due]:
        """The next entries, up to a time."""
        while self._next is not None and isinstance(self._next[1], FrameEntry):
            if self._next[0] > milliseconds:
                return
            yield self._pop(self._next)

    def rest(self) -> Iterator[Due]:
        """All that is left."""
        while self._next is not None:
            yield self._pop(self._next)

    def records(self) -> Iterator[FrameEntry | EndRecord]:
        """All that is left, without times."""
        return (record for _, record in self.rest())

    def _pop(self, record: Due) -> Due:
        self._next = self._read()
        return record

    def _read(self) -> Due | None:
        line = line_of(self._file)
        if not line:
            return None
        record = parse(line)
        if isinstance(record, FrameEntry):
            self._last = due_after(self._last, self._manifest.milliseconds(record.pts))
        return self._last, record


def due_after(last: int, milliseconds: int) -> int:
    """When a frame is written that is due at a time, and follows another: one later at least."""
    return max(milliseconds, last + 1) if last >= 0 else milliseconds


def parse(text: bytes) -> FrameEntry | EndRecord:
    """A record from its line or packet.

    Raises:
        ManifestError: it is too long, or bad.
    """
    if len(text) > MAX_CHARACTERS:
        raise ManifestError(f"an entry of the manifest has {len(text)} characters")
    return entries.read(text.decode("ascii", errors="replace"))


def line_of(file: BinaryIO) -> bytes:
    """The next line without its end; empty where there is none.

    Raises:
        ManifestError: it is too long.
    """
    line = file.readline(MAX_CHARACTERS + 1)
    if len(line) > MAX_CHARACTERS:
        raise ManifestError(f"a line of the manifest has more than {MAX_CHARACTERS} characters")
    return line.strip()


def read_entries(
    source: Path, manifest: ClipManifest, lines: BinaryIO | None
) -> Iterator[FrameEntry]:
    """All entries in their order, of a clip that is not damaged; no frame is decoded.

    Args:
        source: the clip's file.
        manifest: as for `matched`.
        lines: as for `matched`.

    Raises:
        ManifestError: an entry is bad, or too long.
        VideoError: the clip cannot be read.
    """
    records = _of_track(source) if lines is None else Lines(manifest, lines).records()
    for record in records:
        if isinstance(record, FrameEntry):
            yield record


def _of_track(source: Path) -> Iterator[FrameEntry | EndRecord]:
    with ExitStack() as stack:
        container = streams.open_file(source, stack)
        track = streams.choose(container, source).track
        if track is None:
            return
        try:
            for packet in container.demux(track):
                if packet.size:
                    yield parse(bytes(packet))
        except (OSError, FFmpegError) as error:
            raise VideoError(f"cannot read the video {source}: {error}") from error

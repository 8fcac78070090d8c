"""Which entry of the manifest belongs to which frame of a protected clip."""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ..errors import ManifestError
from ..files.json_fields import MAX_CHARACTERS
from .manifest import ClipManifest, FrameEntry, detached_path
from .reader import Frame, Reader
from .streams import AnyPacket

_WAITING = 16
"""Frames that may wait for their entries; entries lie beside their frames in the file."""
_TOLERANCE = 1


@dataclass(frozen=True, eq=False)
class Matched:
    """A frame and its entry."""

    frame: Frame
    milliseconds: int
    """Its time in the protected clip."""
    entry: FrameEntry | None
    """None if there is none for its time."""
    moved: bool
    """Whether the entry names another time, beyond what a shift of the whole clip explains."""
    beyond: bool = False
    """Whether the file ended where the entry should have come."""


Item = Matched | AnyPacket


def read_manifest(
    source: Path, reader: Reader, manifest: Path | None, stack: ExitStack
) -> tuple[ClipManifest, BinaryIO | None]:
    """The header of a protected clip; and the file of the entries, where they lie beside it.

    Args:
        source: the clip's file.
        reader: of it.
        manifest: its file, if it is named.
        stack: closes the file.

    Raises:
        ManifestError: there is none, it cannot be read, or it is bad.
    """
    beside = manifest or detached_path(source)
    if manifest is None and reader.streams.header is not None:
        return ClipManifest.from_json(reader.streams.header), None
    if manifest is None and not beside.exists():
        raise ManifestError(
            f"{source} carries no proface manifest: it was not protected, or another program saved "
            "it without its attachment and tracks. If the manifest was kept apart, name its file"
        )
    try:
        lines = stack.enter_context(beside.open("rb"))
        return ClipManifest.from_json(_line(lines).decode("ascii")), lines
    except (OSError, ValueError) as error:
        raise ManifestError(f"cannot read the manifest {beside}: {error}") from error
    except ManifestError as error:
        raise ManifestError(f"{beside}: {error}") from error


def has_manifest(source: Path) -> bool:
    """Whether a clip carries a header, or has a manifest beside it.

    Raises:
        VideoError: it cannot be read.
    """
    with Reader(source) as reader:
        return reader.streams.header is not None or detached_path(source).exists()


def matched(reader: Reader, manifest: ClipManifest, lines: BinaryIO | None) -> Iterator[Item]:
    """The items of a reader, each frame with its entry; in bounded memory.

    Raises:
        ManifestError: an entry is bad, or too long.
        VideoError: as for the reader.
    """
    matcher = _Matcher(manifest, None if lines is None else _Lines(manifest, lines))
    for item in reader:
        if isinstance(item, Frame):
            yield from matcher.push(item, _milliseconds(reader, item))
        elif item.stream is reader.streams.track:
            matcher.add(round((item.pts or 0) * item.time_base * 1000), bytes(item))
            yield from matcher.ready()
        else:
            yield item
    yield from matcher.finish()


class _Matcher:
    """Keeps frames until their entries have come."""

    def __init__(self, manifest: ClipManifest, beside: "_Lines | None") -> None:
        self._manifest, self._beside = manifest, beside
        self._waiting: deque[tuple[Frame, int]] = deque()
        self._entries: dict[int, FrameEntry] = {}
        self._newest: int | None = None
        self._offset: int | None = None

    def add(self, milliseconds: int, text: bytes) -> None:
        """Take an entry from the clip's track."""
        if len(text) > MAX_CHARACTERS:
            raise ManifestError(f"an entry of the manifest has {len(text)} characters")
        entry = FrameEntry.from_json(text.decode("ascii", errors="replace"))
        if milliseconds in self._entries:
            raise ManifestError(f"the manifest has two entries for {milliseconds} ms")
        self._entries[milliseconds] = entry
        self._newest = milliseconds
        while len(self._entries) > 2 * _WAITING:  # frames are missing, or it is hostile
            del self._entries[next(iter(self._entries))]

    def push(self, frame: Frame, milliseconds: int) -> Iterator[Matched]:
        """Take a frame; give those whose entries are there, or will not come."""
        self._waiting.append((frame, milliseconds))
        if self._beside is not None and (entry := self._beside.at(milliseconds)) is not None:
            self._entries[milliseconds] = entry
        yield from self.ready()

    def ready(self) -> Iterator[Matched]:
        """Frames whose entries are there, or will not come."""
        while self._waiting:
            _, due = self._waiting[0]
            passed = self._newest is not None and self._newest > due
            late = len(self._waiting) > _WAITING or self._beside is not None
            if due not in self._entries and not passed and not late:
                return
            yield self._pop()

    def finish(self) -> Iterator[Matched]:
        """The frames that still wait."""
        while self._waiting:
            last = self._pop()
            yield replace(last, beyond=last.entry is None and self._beside is None)

    def _pop(self) -> Matched:
        frame, due = self._waiting.popleft()
        entry = self._entries.pop(due, None)
        moved = False
        if entry is not None:
            offset = due - self._manifest.milliseconds(entry.pts)
            if self._offset is None:
                self._offset = offset
            moved = abs(offset - self._offset) > _TOLERANCE
        return Matched(frame, due, entry, moved)


class _Lines:
    """Entries from a file of their own, in the order of the frames."""

    def __init__(self, manifest: ClipManifest, file: BinaryIO) -> None:
        self._manifest, self._file = manifest, file
        self._last = -1
        self._advance()

    def at(self, milliseconds: int) -> FrameEntry | None:
        """The entry of a time; times must be asked for in order."""
        while self._entry is not None and self._due < milliseconds:
            self._advance()
        return self._entry if self._due == milliseconds else None

    def _advance(self) -> None:
        line = _line(self._file)
        self._entry = FrameEntry.from_json(line.decode("ascii", errors="replace")) if line else None
        if self._entry is not None:
            wanted = self._manifest.milliseconds(self._entry.pts)
            self._due = self._last = max(wanted, self._last + 1) if self._last >= 0 else wanted


def _line(file: BinaryIO) -> bytes:
    line = file.readline(MAX_CHARACTERS + 1)
    if len(line) > MAX_CHARACTERS:
        raise ManifestError(f"a line of the manifest has more than {MAX_CHARACTERS} characters")
    return line.strip()


def _milliseconds(reader: Reader, frame: Frame) -> int:
    return round(frame.pts * reader.clip.time_base * 1000)

"""Which entry of the manifest belongs to which frame of a protected clip."""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import ManifestError
from . import streams
from .chain import Chain
from .entries import EndRecord, FrameEntry
from .manifest import ClipManifest, detached_path
from .reader import Frame, Reader
from .records import Lines, due_after, line_of, parse
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
    authentic: bool = True
    """Whether the entry is, and stands behind the one that it was written behind."""
    moved: bool = False
    """Whether the entry names another time, beyond what a shift of the whole clip explains."""
    beyond: bool = False
    """Whether the file ended where the entry should have come."""


@dataclass(frozen=True)
class Missing:
    """An entry that no frame came for."""

    entry: FrameEntry
    milliseconds: int
    """Where it stands in the file."""
    due: int
    """The time of its frame when the clip was written."""
    authentic: bool
    """As for `Matched`."""


@dataclass(frozen=True)
class End:
    """What stands after all frames; the last item."""

    record: EndRecord | None
    """None if there is none."""
    problem: str
    """What is wrong with it, or behind it; empty if nothing is."""


Item = Matched | Missing | End | AnyPacket


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
    return _manifest_of(source, reader.streams.header, manifest, stack)


def open_manifest(
    source: Path, manifest: Path | None, stack: ExitStack
) -> tuple[ClipManifest, BinaryIO | None]:
    """The same, without decoding a frame.

    Raises:
        ManifestError: as for `read_manifest`.
        VideoError: the clip cannot be read.
    """
    with ExitStack() as opened:
        header = streams.choose(streams.open_file(source, opened), source).header
    return _manifest_of(source, header, manifest, stack)


def _manifest_of(
    source: Path, header: str | None, manifest: Path | None, stack: ExitStack
) -> tuple[ClipManifest, BinaryIO | None]:
    beside = manifest or detached_path(source)
    if manifest is None and header is not None:
        return ClipManifest.from_json(header), None
    if manifest is None and not beside.exists():
        raise ManifestError(
            f"{source} carries no proface manifest: it was not protected, or another program saved "
            "it without its attachment and tracks. If the manifest was kept apart, name its file"
        )
    try:
        lines = stack.enter_context(beside.open("rb"))
        return ClipManifest.from_json(line_of(lines).decode("ascii")), lines
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


def matched(
    reader: Reader, manifest: ClipManifest, lines: BinaryIO | None, chain: Chain
) -> Iterator[Item]:
    """The items of a reader, each frame with its entry; in bounded memory.

    Args:
        reader: of the clip.
        manifest: its header.
        lines: the file of the entries, behind the header; None for those in the clip.
        chain: goes along all entries.

    Raises:
        ManifestError: an entry is bad, or too long.
        VideoError: as for the reader.
    """
    beside = None if lines is None else Lines(manifest, lines)
    matcher = _Matcher(manifest, chain, beside)
    for item in reader:
        if isinstance(item, Frame):
            yield from matcher.push(item, _milliseconds(reader, item))
        elif item.stream is reader.streams.track:
            yield from matcher.add(round((item.pts or 0) * item.time_base * 1000), bytes(item))
            yield from matcher.ready()
        else:
            yield item
    yield from matcher.finish()


class _Matcher:
    """Keeps frames until their entries have come."""

    def __init__(self, manifest: ClipManifest, chain: Chain, beside: Lines | None) -> None:
        self._manifest, self._chain, self._beside = manifest, chain, beside
        self._waiting: deque[tuple[Frame, int]] = deque()
        self._entries: dict[int, Missing] = {}
        self._newest: int | None = None
        self._offset: int | None = None
        self._last_due = -1
        self._end: End | None = None

    def add(self, milliseconds: int, text: bytes) -> Iterator[Missing]:
        """Take a record from the clip's track; give entries that no frame will come for."""
        self._take(milliseconds, parse(text))
        while len(self._entries) > 2 * _WAITING:  # frames are missing, or it is hostile
            yield self._entries.pop(next(iter(self._entries)))

    def push(self, frame: Frame, milliseconds: int) -> Iterator[Matched | Missing]:
        """Take a frame; give those whose entries are there, or will not come."""
        self._waiting.append((frame, milliseconds))
        if self._beside is not None:
            for due, record in self._beside.until(milliseconds):
                self._take(due, record)
                if due < milliseconds and due in self._entries:
                    yield self._entries.pop(due)
        yield from self.ready()

    def ready(self) -> Iterator[Matched | Missing]:
        """Frames whose entries are there, or will not come; and entries whose frames will not."""
        while self._waiting:
            _, due = self._waiting[0]
            passed = self._newest is not None and self._newest > due
            late = len(self._waiting) > _WAITING or self._beside is not None
            ended = self._end is not None
            if due not in self._entries and not passed and not late and not ended:
                return
            yield from self._pop()

    def finish(self) -> Iterator[Matched | Missing | End]:
        """The frames that still wait, the entries whose frames did not come, and the end."""
        while self._waiting:
            yield from self._pop(last=True)
        yield from self._entries.values()
        self._entries.clear()
        if self._beside is not None:
            for due, record in self._beside.rest():
                self._take(due, record)
                yield from self._entries.values()
                self._entries.clear()
        yield self._end or End(None, "the manifest has no end record")

    def _take(self, milliseconds: int, record: FrameEntry | EndRecord) -> None:
        if self._end is not None:
            self._end = End(self._end.record, "the manifest goes on behind its end record")
        if isinstance(record, EndRecord):
            if self._end is None:
                self._end = End(record, self._chain.check_end(record))
            return
        authentic = self._chain.check(record)
        if milliseconds in self._entries:
            raise ManifestError(f"the manifest has two entries for {milliseconds} ms")
        due = due_after(self._last_due, self._manifest.milliseconds(record.pts))
        if authentic:
            self._last_due = due
        self._entries[milliseconds] = Missing(record, milliseconds, due, authentic)
        self._newest = milliseconds

    def _pop(self, last: bool = False) -> Iterator[Matched | Missing]:
        frame, due = self._waiting.popleft()
        for passed in [each for each in self._entries if each < due]:
            yield self._entries.pop(passed)
        found = self._entries.pop(due, None)
        if found is None:
            cut = last and self._end is None and self._beside is None
            yield Matched(frame, due, None, beyond=cut)
            return
        offset = due - found.due
        if self._offset is None:
            self._offset = offset
        moved = abs(offset - self._offset) > _TOLERANCE
        yield Matched(frame, due, found.entry, found.authentic, moved)


def _milliseconds(reader: Reader, frame: Frame) -> int:
    return round(frame.pts * reader.clip.time_base * 1000)

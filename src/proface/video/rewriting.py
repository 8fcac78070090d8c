"""Another header in a protected clip: an attachment is exchanged, and no frame is touched.

The file is copied element by element, so that every packet, time and tag of it stays byte for byte;
what lies behind the attachment moves, and so the two tables that say where things lie are made
anew. The header stays in front of the frames, where a clip that was cut short still has it.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import BinaryIO

from ..errors import ManifestError, OutputError, VideoError
from ..files.atomic import NewFiles
from ..files.metadata import check_text
from ..files.output import check_output, reason
from . import ebml
from .streams import HEADER_NAME
from .writer import check_name

_SEEK_HEAD, _SEEK, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AC
_CUES, _CUE_POINT, _CUE_TRACK, _CUE_CLUSTER = 0x1C53BB6B, 0xBB, 0xB7, 0xF1
_ATTACHMENTS, _FILE, _FILE_NAME, _FILE_DATA = 0x1941A469, 0x61A7, 0x466E, 0x465C
_TABLES = {
    _SEEK_HEAD: (_SEEK, _SEEK_POSITION),
    _CUES: (_CUE_POINT, _CUE_TRACK, _CUE_CLUSTER),
}
"""Of each table, the way to the places in it: numbers of elements, one within the other."""
_PLACE = 8
"""Bytes of a place, so that a table is as long wherever it points."""
_MOST = 2**29
"""Bytes of a table, or of all attachments, at most; they are held in memory."""
_PIECE = 2**20


def replace_header(source: Path, out: Path, header: str, files: NewFiles | None = None) -> None:
    """Copy a protected clip with another header; nothing is decoded or encoded.

    Args:
        source: a protected clip that carries its manifest.
        out: .mkv; written as a whole or not at all.
        header: printable ASCII, as `ClipManifest.to_json` gives it.
        files: those that it belongs to, which appear when their ``with`` ends. None for a file of
            its own, which replaces nothing.

    Raises:
        ManifestError: the clip carries no header.
        VideoError: it cannot be read, or is no Matroska file.
        OutputError: ``out`` is not .mkv, exists, or cannot be written; the header is no such text.
    """
    check_name(out)
    check_text(header)
    if files is None:
        check_output(out, False, [source])
    try:
        with (
            NewFiles() if files is None else nullcontext(files) as new,
            closing(_pieces(source, header.encode())) as pieces,
        ):
            file = new.begin(out)
            for piece in pieces:
                file.write(piece)
    except (OSError, ValueError) as error:  # ValueError: the name holds a zero byte
        raise OutputError(f"cannot write {out}: {reason(error)}") from error


def _pieces(source: Path, header: bytes) -> Generator[bytes, None, None]:
    """The new file, piece by piece."""
    try:
        with source.open("rb") as file:
            yield from _Clip(file, source).with_header(header)
    except (OSError, ValueError) as error:
        raise VideoError(f"cannot read the video {source}: {reason(error)}") from error


class _Clip:
    """A Matroska file: what lies where in it."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        number, content, length = self._head(0)
        if number != ebml.HEAD:
            raise VideoError(f"{path} is no Matroska file; give the clip that proface wrote")
        while number != ebml.SEGMENT:
            self._begin = content + (length or 0)
            number, content, length = self._head(self._begin)
        self._content, self._length = content, length
        self._elements = list(self._walk())

    def with_header(self, header: bytes) -> Iterator[bytes]:
        """The file, piece by piece, with another text in the attachments of the header's name.

        Raises:
            ManifestError: there is no such attachment.
        """
        exchanged: dict[int, bytes] = {}
        tables: list[ebml.Element] = []
        count = 0
        for each in self._elements:
            number, begin, content, end = each
            if number == _ATTACHMENTS:
                attached = self._read(content, end)
                count += _count_headers(attached)
                exchanged[begin] = ebml.element(number, _with_header(attached, header))
            elif number in _TABLES:
                tables.append(each)
                exchanged[begin] = self._table(each, {}, 0)  # as long as it will be
        if not count:
            raise ManifestError(
                "the clip carries no proface manifest: it was not protected, or another program "
                "saved it without its attachment, or the manifest was kept apart"
            )
        moved, shift = self._moved(exchanged)
        for each in tables:
            exchanged[each[1]] = self._table(each, moved, shift)
        yield from self._copied(0, self._begin)
        length = None if self._length is None else self._length + shift
        yield ebml.long_head(ebml.SEGMENT, length)
        at = self._content
        for _, begin, _, end in self._elements:
            if begin in exchanged:
                yield from self._copied(at, begin)
                yield exchanged[begin]
                at = end
        yield from self._copied(at, self._size)

    def _walk(self) -> Iterator[ebml.Element]:
        """The elements of the segment that are there as a whole.

        One without a length counts as empty, and what is in it comes after it.
        """
        limit = self._size
        if self._length is not None:
            limit = min(limit, self._content + self._length)
        at = self._content
        while at < limit:
            try:
                number, content, length = self._head(at)
            except ValueError:  # the rest is copied as it is
                return
            end = content + (length or 0)
            if end > limit:
                return
            yield number, at, content, end
            at = end

    def _moved(self, exchanged: dict[int, bytes]) -> tuple[dict[int, int], int]:
        """New places in the segment by old ones; and how far what is behind them all moves."""
        moved, shift = {}, 0
        for _, begin, _, end in self._elements:
            old = begin - self._content
            moved[old] = old + shift
            if begin in exchanged:
                shift += len(exchanged[begin]) - (end - begin)
        return moved, shift

    def _table(self, table: ebml.Element, moved: dict[int, int], shift: int) -> bytes:
        def place(old: bytes) -> bytes:
            at = int.from_bytes(old, "big")
            new = moved.get(at, at + shift) % (1 << 8 * _PLACE)
            return new.to_bytes(_PLACE, "big")

        number, _, content, end = table
        return ebml.element(number, _along(self._read(content, end), _TABLES[number], place))

    def _head(self, at: int) -> tuple[int, int, int | None]:
        self._file.seek(at)
        number, content, length = ebml.head(self._file.read(ebml.LONGEST_HEAD), 0)
        return number, at + content, length

    def _read(self, begin: int, end: int) -> bytes:
        if end - begin > _MOST:
            raise ValueError(
                f"a table or its attachments have {end - begin} bytes, {_MOST} at most"
            )
        self._file.seek(begin)
        return self._file.read(end - begin)

    def _copied(self, begin: int, end: int) -> Iterator[bytes]:
        self._file.seek(begin)
        while begin < end:
            piece = self._file.read(min(_PIECE, end - begin))
            if not piece:
                raise ValueError("it became shorter while it was read")
            begin += len(piece)
            yield piece


def _along(content: bytes, way: Sequence[int], change: Callable[[bytes], bytes]) -> bytes:
    """An element's content, changed at the end of a way into it."""
    if not way:
        return change(content)
    return ebml.rebuilt(
        content, lambda number, inner: _along(inner, way[1:], change) if number == way[0] else inner
    )


def _with_header(attached: bytes, header: bytes) -> bytes:
    def change(file: bytes) -> bytes:
        return _along(file, (_FILE_DATA,), lambda _: header) if _is_header(file) else file

    return _along(attached, (_FILE,), change)


def _count_headers(attached: bytes) -> int:
    files = ebml.children(attached, 0, len(attached))
    return sum(number == _FILE and _is_header(attached[at:end]) for number, _, at, end in files)


def _is_header(file: bytes) -> bool:
    """Whether an attached file has the header's name."""
    return any(
        number == _FILE_NAME and file[at:end].rstrip(b"\0") == HEADER_NAME.encode()
        for number, _, at, end in ebml.children(file, 0, len(file))
    )

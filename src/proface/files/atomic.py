"""Files that appear as a whole or not at all, and take nobody's place unasked."""

import ctypes
import errno
import os
import secrets
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

_APPEARED = (
    "another file has appeared there meanwhile, and was not replaced; move it away, choose another "
    "name, or allow overwriting"
)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_LINUX = (1, -100)  # RENAME_NOREPLACE, AT_FDCWD
_DARWIN = 4  # RENAME_EXCL


class NewFiles:
    """The files of one result: written beside their places, put there together in the end.

    After an error, or Ctrl-C, nothing is left of them, and what stood in their places is as it was.
    They are put in place one after the other, in the order in which they were begun: so begin with
    those without which the others are of no use. Where one cannot be put in place, those before it
    are taken away again; see `put_in_place` for what a kill between two of them leaves.
    """

    def __init__(self, overwrite: bool = False, private: bool = False) -> None:
        """None yet.

        Args:
            overwrite: whether files may be replaced. If not, one that appears at any of the places
                is kept, however late it comes.
            private: whether only the owner may read them (mode 0600, where a system has modes),
                whatever the mode of a file that is replaced.
        """
        self._overwrite = overwrite
        self._mode = 0o600 if private else 0o666
        self._begun: list[tuple[Path, Path, BinaryIO]] = []

    def begin(self, path: Path) -> BinaryIO:
        """A file to write.

        Args:
            path: where it shall stand.

        Raises:
            OSError: it cannot be written.
        """
        beside = part_beside(path)
        file = open(beside, "wb", opener=self._create)  # noqa: SIM115 - needs an opener
        self._begun.append((beside, path, file))
        return file

    def _create(self, name: str, _: int) -> int:
        return os.open(name, _CREATE, self._mode)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put all in place, or after an error leave none. A second time it does nothing.

        Raises:
            OSError: they cannot be put in place; the disk is full, say.
        """
        begun, self._begun = self._begun, []
        try:
            if error is None:
                for _, _, file in begun:
                    settle(file)
                    file.close()
                places = {beside: path for beside, path, _ in begun}
                put_in_place(places, set(places.values()) if self._overwrite else ())
        finally:
            for beside, _, file in begun:
                with suppress(OSError):  # what is still to be written, on a full disk
                    file.close()
                beside.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which replaces what is at its place when all went well; see `NewFiles`.

    Raises:
        OSError: it cannot be written.
    """
    with NewFiles(overwrite=True) as files:
        yield files.begin(path)


def part_beside(path: Path) -> Path:
    """A name that nothing has, in the same folder, for what is not finished."""
    return path.with_name(f".proface-{secrets.token_hex(8)}.part")


def settle(file: BinaryIO) -> None:
    """Bring what was written to the disk, so that nothing can go wrong with it later.

    Raises:
        OSError: the disk is full, say.
    """
    file.flush()
    os.fsync(file.fileno())


def put_in_place(files: Mapping[Path, Path], replaceable: Collection[Path]) -> None:
    """Move finished files to their places, all or none.

    Where one cannot be moved, those before it are taken away again, and what they replaced comes
    back; on file systems without hard links what was replaced cannot come back. A kill between two
    moves leaves those before it in place, and what they replaced under names ``.proface-*.part``.

    Args:
        files: place by where a file is, in the same file system; moved in this order.
        replaceable: those places at which a file may be replaced. At the others `rename_new`
            refuses.

    Raises:
        OSError: one cannot be moved. FileExistsError: there is a file that may not be replaced.
    """
    moved: list[tuple[Path, os.stat_result, Path | None]] = []
    try:
        for file, path in files.items():
            own = os.lstat(file)
            kept = None
            if path not in replaceable:
                rename_new(file, path)
            else:
                kept = _keep(path) if len(files) > 1 else None
                file.replace(path)
            moved.append((path, own, kept))
    except BaseException:
        for path, own, kept in reversed(moved):
            _take_back(path, own, kept)
        raise
    finally:
        for _, _, kept in moved:
            if kept is not None:
                kept.unlink(missing_ok=True)


def rename_new(file: Path, path: Path) -> None:
    """Rename a file to a name that nothing has, by a call that refuses to replace.

    That is ``renameat2`` with ``RENAME_NOREPLACE`` on Linux, ``renamex_np`` with ``RENAME_EXCL``
    on macOS, ``MoveFile`` on Windows; or a hard link where the file system lacks these, as network
    folders do. Where there are no links either, the name is taken with an empty file, which fails
    if it is taken already, and that file is replaced: who opens the name in the few microseconds
    between, other than to make a new file, has what he writes replaced.

    Raises:
        FileExistsError: there is something already, be it a broken link.
        OSError: it cannot be renamed for another reason.
    """
    try:
        for way in (_rename_natively, _link):
            try:
                return way(file, path)
            except FileExistsError:
                raise
            except OSError:  # not here, perhaps; the last way says what else is wrong
                continue
        _reserve(file, path)
    except FileExistsError as error:
        raise FileExistsError(errno.EEXIST, _APPEARED, str(path)) from error


def _rename_natively(file: Path, path: Path) -> None:
    if sys.platform == "win32":
        file.rename(path)
        return
    call = _exclusive_rename()
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    old, new = os.fsencode(file), os.fsencode(path)
    if sys.platform == "darwin":
        failed = call(old, new, _DARWIN)
    else:
        flag, here = _LINUX
        failed = call(here, old, here, new, flag)
    if failed:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(path))


@lru_cache(maxsize=1)
def _exclusive_rename() -> Any:  # noqa: ANN401 - a function of C, or None
    """The C library's call; None where it has none."""
    name = "renamex_np" if sys.platform == "darwin" else "renameat2"
    return getattr(ctypes.CDLL(None, use_errno=True), name, None)


def _link(file: Path, path: Path) -> None:
    os.link(file, path, follow_symlinks=False)
    file.unlink()


def _reserve(file: Path, path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        own = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    try:
        if not _is_empty_still(path, own):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        file.replace(path)
    except BaseException:
        if _is_empty_still(path, own):
            path.unlink(missing_ok=True)
        raise


def _is_empty_still(path: Path, own: os.stat_result) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return os.path.samestat(found, own) and not found.st_size


def _keep(path: Path) -> Path | None:
    """A second name for what is about to be replaced; None if there is nothing, or no links."""
    kept = part_beside(path)
    try:
        os.link(path, kept, follow_symlinks=False)
    except OSError:
        return None
    return kept


def _take_back(path: Path, own: os.stat_result, kept: Path | None) -> None:
    with suppress(OSError):  # the error that ends all is on its way already
        if kept is not None:
            kept.replace(path)
        elif os.path.samestat(os.lstat(path), own):
            path.unlink()

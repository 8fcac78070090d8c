"""How a journal knows files again, and yet tells nobody what is in them.

Two ways. `KeyedMarks` are hashes under a key that follows from the secret of the run. `DatedMarks`
are for recipients alone, where the machine keeps no secret: a hash of an original, its size or its
time would tell whoever has the photograph that it was in the folder, so nothing of the kind is
noted.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

MARGIN = 2.0
"""Seconds by which a file must be older than the work on it: a FAT disk's times are that coarse."""
_TIME, _HASH = "time:", "sha256:"


class Marks(Protocol):
    """How files are known again; can be pickled."""

    def of_source(self, path: Path) -> str:
        """What is noted of a file before the work on it begins.

        Raises:
            OSError: it cannot be read.
        """

    def is_same_source(self, path: Path, mark: str) -> bool:
        """Whether a file still is what it was when it was marked.

        Raises:
            OSError: it cannot be read.
        """

    def of_result(self, path: Path, copied: bool) -> str:
        """What is noted of a result.

        Args:
            path: the result, which may be moved later.
            copied: whether it is a copy of an original, and not protected.

        Raises:
            OSError: it cannot be read.
        """

    def is_result(self, path: Path, marks: Collection[str]) -> bool:
        """Whether a file is a result with one of these marks; a link never is."""


@dataclass(frozen=True)
class KeyedMarks:
    """HMAC-SHA256 of all that a file holds; hexadecimal.

    Keyed, because who has a photograph, or guesses at one, could find it in a list of bare hashes.
    """

    key: bytes = field(repr=False)
    """32 bytes."""

    def of_source(self, path: Path) -> str:
        """See `Marks`."""
        code = hmac.new(self.key, digestmod=hashlib.sha256)
        with path.open("rb") as file:
            while block := file.read(2**20):
                code.update(block)
        return code.hexdigest()

    def is_same_source(self, path: Path, mark: str) -> bool:
        """See `Marks`."""
        return self.of_source(path) == mark

    def of_result(self, path: Path, copied: bool) -> str:
        """See `Marks`."""
        return self.of_source(path)

    def is_result(self, path: Path, marks: Collection[str]) -> bool:
        """See `Marks`."""
        try:
            return bool(marks) and not path.is_symlink() and self.of_source(path) in marks
        except OSError:
            return False


@dataclass(frozen=True)
class DatedMarks:
    """Without a secret: when the work on a file began, and which file of the disk it was.

    A file counts as changed if it was written, moved or given another mode after that, by the
    times that the system keeps, or if it is another file of the disk. A protected result is known
    by its SHA-256, which tells nothing of the original, for the result follows from a random key;
    a copy of an original by the time at which it was written.
    """

    def of_source(self, path: Path) -> str:
        """See `Marks`."""
        begun = time.time()
        return f"{begun:.3f} {path.stat().st_ino}"

    def is_same_source(self, path: Path, mark: str) -> bool:
        """See `Marks`."""
        begun, _, number = mark.partition(" ")
        file = path.stat()
        times = [each for one in (file, path.lstat()) for each in (one.st_mtime, one.st_ctime)]
        return str(file.st_ino) == number and max(times) + MARGIN < float(begun)

    def of_result(self, path: Path, copied: bool) -> str:
        """See `Marks`."""
        if copied:
            return f"{_TIME}{path.stat().st_mtime_ns}"
        with path.open("rb") as file:
            return _HASH + hashlib.file_digest(file, "sha256").hexdigest()

    def is_result(self, path: Path, marks: Collection[str]) -> bool:
        """See `Marks`."""
        try:
            if not marks or path.is_symlink() or not os.path.lexists(path):
                return False
            return any(self.of_result(path, copied) in marks for copied in (True, False))
        except OSError:
            return False

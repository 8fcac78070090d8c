"""What was done so far, a line for each file, so that a run that was killed can be taken up again.

The journal lies in the output folder, as ``proface-journal.jsonl``: one JSON object a line. The
first says what is done, with which settings, the salt of the session's key, and 16 bits of a check
of the password: enough to notice a typing error, at the price of one key derivation a guess. Then a
line ``begin`` for every file that is begun, and a line for every file that is finished.
"""

import base64
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import OptionError, OutputError, PasswordError
from ..keys import Key, key_from
from .plan import JOURNAL_NAME
from .tasks import Outcome

VERSION = 1
_PART = re.compile(r"\.proface-[0-9a-f]{16}\.part")
"""What `output.write` calls a file that it has not finished."""


@dataclass
class Journal:
    """The open journal of a run; nobody else can open it meanwhile."""

    path: Path
    file: BinaryIO
    header: dict[str, Any] | None = None
    """None before the first line is written."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """Of files that were finished in earlier runs, by name."""
    begun: set[str] = field(default_factory=set)
    """Files that an earlier run began and did not finish."""

    @classmethod
    def open(cls, out: Path) -> "Journal":
        """Open the journal of an output folder, or begin one; the folder is made if need be.

        Raises:
            OutputError: it cannot be read or written, is no journal, or another run is at work.
        """
        path = out / JOURNAL_NAME
        try:
            out.mkdir(parents=True, exist_ok=True)
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        except (OSError, ValueError) as error:
            raise OutputError(f"cannot write to {out}: {error}") from error
        journal = cls(path, file)
        try:
            _lock(file, path)
            journal._read()
        except BaseException:
            file.close()
            raise
        return journal

    def check_settings(self, settings: dict[str, Any]) -> None:
        """Refuse to go on with other settings than those that the run was begun with.

        Raises:
            OptionError: they differ.
        """
        if self.header is None:
            return
        begun = self.header["settings"]
        differing = [
            name for name in {**begun, **settings} if begun.get(name) != settings.get(name)
        ]
        if differing:
            name = differing[0]
            raise OptionError(
                f"the results in {self.path.parent} were begun with another {name}, "
                f"{begun.get(name)!r} and not {settings.get(name)!r}: repeat it to go on, or "
                "choose another output folder"
            )

    def begin_session(self, password: str | Key, settings: dict[str, Any]) -> Key:
        """The session's key, derived with the journal's salt; the first line, if there is none.

        Raises:
            PasswordError: it is another password than that of the run that is taken up.
            OutputError: the journal cannot be written.
        """
        header = self.header
        salt = base64.b64decode(header["salt"]) if header else None
        key = key_from(password, salt or None)
        check = key.subkey("folder-check/v1")[:2].hex()
        if header is None:
            salt_text = base64.b64encode(key.salt).decode()
            self.header = {
                "proface_journal": VERSION,
                "settings": settings,
                "salt": salt_text,
                "check": check,
            }
            self._write(self.header)
        elif check != header["check"]:
            raise PasswordError(
                f"the results in {self.path.parent} were begun with another password; repeat it to "
                "go on, or choose another output folder"
            )
        return key

    def begin(self, name: str) -> None:
        """A file is begun.

        Raises:
            OutputError: the journal cannot be written.
        """
        self._write({"begin": name})

    def finish(self, outcome: Outcome) -> None:
        """A file is finished; once this returns, a power failure does not undo it.

        Raises:
            OutputError: the journal cannot be written.
        """
        self._write(outcome.to_dict())
        if not outcome.resumed:
            os.fsync(self.file.fileno())

    def restart(self) -> None:
        """Forget earlier runs.

        Raises:
            OutputError: the journal cannot be written.
        """
        try:
            self.file.seek(0)
            self.file.truncate()
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error}") from error
        self.header = None
        self.outcomes.clear()
        self.begun.clear()

    def close(self) -> None:
        """Let others open it; a journal in which nothing was written goes again."""
        if self.header is None and not self.file.seek(0, os.SEEK_END):
            self.path.unlink(missing_ok=True)
        self.file.close()

    def _read(self) -> None:
        try:
            data = self.file.read()
            lines = data.split(b"\n")
            if lines.pop():  # cut short by the kill
                self.file.truncate(len(data) - len(data.rpartition(b"\n")[2]))
            self.file.seek(0, os.SEEK_END)
            if not lines:
                return
            self.header = json.loads(lines[0])
            if self.header["proface_journal"] != VERSION:
                raise ValueError("it has another version")
            for line in lines[1:]:
                content = json.loads(line)
                if "begin" in content:
                    self.begun.add(content["begin"])
                    continue
                outcome = Outcome.from_dict(content)
                self.outcomes[outcome.name] = outcome
                self.begun.discard(outcome.name)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise OutputError(
                f"{self.path} is no journal that can be read ({error}); move it away, or choose "
                "another output folder"
            ) from error

    def _write(self, content: dict[str, Any]) -> None:
        try:
            self.file.write(json.dumps(content, separators=(",", ":")).encode() + b"\n")
            self.file.flush()
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error}; free some space") from error


def remove_parts(folders: set[Path], before: float) -> int:
    """Remove what a killed run has half-written: only files of our own naming.

    Args:
        folders: where results go.
        before: a time at which nobody of this run was writing; younger files are left.

    Returns:
        How many were removed.
    """
    removed = 0
    for folder in folders:
        for path in folder.glob(".proface-*.part"):
            if _PART.fullmatch(path.name) and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _lock(file: BinaryIO, path: Path) -> None:
    """Hold the journal alone; the lock ends with the process, however that ends."""
    try:
        import fcntl
    except ImportError:  # Windows: two runs at once are not noticed there
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"another run is writing to {path.parent}; wait until it is done"
        ) from error
    except OSError:  # a network's folder without locks
        return

"""What was done so far, a line for each step, so that a run that was killed can be taken up again.

The journal lies in the output folder, as ``proface-journal.jsonl``, for its owner alone to read:
one JSON object a line. The first says what is done, with which settings, the salt of the session's
key, and 16 bits of a check of secret, recipients and signer: enough to notice a typing error, at
the price of one key derivation a guess. For recipients alone there is no such check, because it
would tell who they are. Then there are lines for every file: ``begin`` when it is begun, ``ready``
with the outcome when its results are finished and about to be put in place, and the outcome again
when they are. Of a file that failed it is only said that it did.

It names the files of the folder. How it knows them again is told in `proface.folder.marks`; it says
nothing of machines, and, but for the settings, of places.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import OptionError, OutputError, WrongKeyError
from ..files.output import reason
from ..keys import SALT_BYTES
from .marks import DatedMarks, KeyedMarks, Marks
from .search import JOURNAL_NAME
from .session import WorkSecret, session_key
from .tasks import Outcome

VERSION = 3
_OPENING = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_KEPT_OF_FAILURES = ("name", "status", "attempts")


@dataclass
class Journal:
    """The open journal of a run; nobody else can open it meanwhile."""

    path: Path
    file: BinaryIO
    header: dict[str, Any] | None = None
    """None before the first line is written."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """Of files that were finished in earlier runs, by name; also of those whose results may not yet
    have been in their places when the run was killed."""
    written: dict[str, set[str]] = field(default_factory=dict)
    """Marks of all that earlier runs wrote, by the name of the file it was made of."""

    @classmethod
    def open(cls, out: Path) -> "Journal":
        """Open the journal of an output folder, or begin one; the folder is made if need be.

        Raises:
            OutputError: it cannot be read or written, is no journal of this version, or another run
                is at work.
        """
        path = out / JOURNAL_NAME
        try:
            out.mkdir(parents=True, exist_ok=True)
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise OutputError(
                    f"{path} is no file of its own, but the journal has to be; move it away"
                )
            # Unbuffered, so that what a full disk cuts short can be taken back at once.
            file = os.fdopen(os.open(path, _OPENING, 0o600), "r+b", buffering=0)
        except (OSError, ValueError) as error:
            raise OutputError(f"cannot write to {out}: {reason(error)}") from error
        journal = cls(path, file)
        try:
            _lock(file, path)
            journal._read()
        except BaseException:
            file.close()
            raise
        return journal

    @property
    def ignores_case(self) -> bool:
        """Whether names in the output folder that differ in case alone are one."""
        try:
            return self.path.samefile(self.path.with_name(JOURNAL_NAME.upper()))
        except OSError:
            return False

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

    @property
    def salt(self) -> bytes | None:
        """Of the password of the run that is taken up; None if there is none."""
        return (_salts(self.header)[0] or None) if self.header else None

    def begin_session(self, secret: WorkSecret, settings: dict[str, Any]) -> Marks:
        """How the run knows files again; and the first line, if there is none.

        Args:
            secret: what the workers get; a password's key with `salt`, if there is one.
            settings: all that makes a difference to the results.

        Raises:
            WrongKeyError: it is another one than that of the run that is taken up.
            OutputError: the journal cannot be written.
        """
        if self.header is None:
            salt, own = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES)
        else:
            salt, own = _salts(self.header)
        key = session_key(secret, salt, own)
        check = key.check if key else ""
        if self.header is None:
            self.header = {
                "proface_journal": VERSION,
                "settings": settings,
                "salt": base64.b64encode(key.salt if key else b"").decode(),
                "own": base64.b64encode(own).decode(),
                "check": check,
            }
            self._write(self.header)
        elif check != self.header["check"]:
            raise WrongKeyError(
                f"the results in {self.path.parent} were begun with another password, key or "
                "identity, other recipients or another signer; repeat those to go on, or choose "
                "another output folder"
            )
        return KeyedMarks(key.key) if key else DatedMarks()

    def begin(self, name: str) -> None:
        """A file is begun.

        Raises:
            OutputError: the journal cannot be written.
        """
        self._write({"begin": name})

    def ready(self, outcome: Outcome) -> None:
        """A file's results are finished, and will be put in place once this returns.

        Raises:
            OutputError: the journal cannot be written.
        """
        self._write({"ready": outcome.to_dict()})

    def finish(self, outcome: Outcome) -> None:
        """A file is finished; once this returns, a power failure does not undo it.

        Raises:
            OutputError: the journal cannot be written.
        """
        content = outcome.to_dict()
        if outcome.status == "failed":
            content = {key: content[key] for key in _KEPT_OF_FAILURES if key in content}
        content["worker"] = outcome.worker.rpartition(":")[2]  # the process, not the machine
        self._write(content)
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
            raise OutputError(f"cannot write {self.path}: {reason(error)}") from error
        self.header = None
        self.outcomes.clear()
        self.written.clear()

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
            self._check_header(self.header)
            for line in lines[1:]:
                content = json.loads(line)
                if "begin" not in content:
                    outcome = Outcome.from_dict(content.get("ready", content))
                    self.outcomes[outcome.name] = outcome
                    written = self.written.setdefault(outcome.name, set())
                    written.update(outcome.outputs.values())
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise OutputError(
                f"{self.path} is no journal that can be read ({error}); move it away, or choose "
                "another output folder"
            ) from error

    def _check_header(self, header: dict[str, Any]) -> None:
        version = header["proface_journal"]
        if version != VERSION:
            raise ValueError(f"it has version {version!r}, and not {VERSION}")
        if not isinstance(header["settings"], dict) or not isinstance(header["check"], str):
            raise ValueError("its first line is garbled")
        _salts(header)

    def _write(self, content: dict[str, Any]) -> None:
        line = json.dumps(content, separators=(",", ":")).encode() + b"\n"
        end = self.file.seek(0, os.SEEK_END)
        try:
            while line:
                line = line[self.file.write(line) :]
        except OSError as error:
            self.file.truncate(end)  # half a line would spoil all that come after it
            raise OutputError(
                f"cannot write {self.path}: {reason(error)}; free some space"
            ) from error


def _salts(header: dict[str, Any]) -> tuple[bytes, bytes]:
    """Of the password, or nothing; and the journal's own."""
    salt, own = (base64.b64decode(header[name]) for name in ("salt", "own"))
    if len(salt) not in (0, SALT_BYTES) or len(own) != SALT_BYTES:
        raise ValueError(f"its salts do not have {SALT_BYTES} bytes")
    return salt, own


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

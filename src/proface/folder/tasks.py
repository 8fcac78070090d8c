"""What is done with one file, wherever it is done: here, in another process, on another machine."""

import errno
import hashlib
import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, Literal, Protocol

from ..errors import OutputError, ProfaceError
from ..files.kinds import FileKind
from ..keys import Key, Keyring
from ..timing import Stopwatch

Status = Literal["done", "copied", "left", "failed"]
"""``left``: there was nothing to protect or to recover, and nothing was written."""

Secret = Key | Keyring


@dataclass(frozen=True)
class Outcome:
    """What was done with a file."""

    name: str
    """Relative to the folder."""
    status: Status
    sha256: str = ""
    """Of the file; hexadecimal."""
    outputs: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file that was written, by its name relative to the output folder."""
    faces: tuple[dict[str, int], ...] = ()
    """Boxes of a picture that were protected or recovered."""
    clip: dict[str, int] = field(default_factory=dict)
    """Of a video: how many frames and faces were worked on, see `video_actions`."""
    profile: str = ""
    notes: tuple[str, ...] = ()
    """Sentences that the user should read."""
    error: str = ""
    """Why it failed."""
    disk_full: bool = False
    """Whether others would fail likewise."""
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds of each stage, see `proface.timing.Stage`."""
    worker: str = ""
    """Machine and process."""
    attempts: int = 1
    resumed: bool = False
    """Whether it was done in an earlier run, and found to be as it was left then."""

    @property
    def face_count(self) -> int:
        """Faces of a picture; of a video, those of all frames together."""
        return self.clip.get("faces", len(self.faces))

    def to_dict(self) -> dict[str, Any]:
        """For JSON; what is empty is left out."""
        return {key: value for key, value in asdict(self).items() if value or key == "name"}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "Outcome":
        """From `to_dict`.

        Raises:
            TypeError: it is something else.
        """
        values: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in content.items()
        }
        return cls(**values)


@dataclass(frozen=True)
class Task:
    """A file, and where its result goes."""

    name: str
    output: str
    kind: FileKind
    source: Path
    """The folder."""
    out: Path
    """The output folder."""
    overwrite: bool = False
    """Whether a result that exists may be replaced."""
    earlier: Outcome | None = None
    """What an earlier run did."""
    attempts: int = 1

    @property
    def target(self) -> Path:
        """The result's path."""
        return self.out / self.output

    def again(self) -> "Task":
        """The same after its process died, when it may have written its result already."""
        return replace(self, overwrite=True, earlier=None, attempts=self.attempts + 1)


class FolderAction(Protocol):
    """What is done with every file of a folder; can be pickled, and holds no secret."""

    action: ClassVar[str]

    def check(self, patterns: Mapping[FileKind, str]) -> None:
        """Refuse at once what would be refused for every file.

        Args:
            patterns: for each kind of file that there is.

        Raises:
            ProfaceError: whatever is wrong.
        """

    def settings(self) -> dict[str, Any]:
        """All that makes a difference to the results, for JSON."""

    def secret(self, password: str | Key, key: Key) -> Secret:
        """What the workers get of the password and the session's key."""

    def targets(self, task: Task) -> list[Path]:
        """Every file that may be written beside a result, and the result itself."""

    def picture(self, task: Task, secret: Secret) -> Outcome:
        """Do it with a picture.

        Raises:
            ProfaceError: it cannot be done.
        """

    def video(self, task: Task, secret: Secret) -> Outcome:
        """Do it with a video.

        Raises:
            ProfaceError: it cannot be done.
        """


def perform(work: FolderAction, secret: Secret, task: Task) -> Outcome:
    """Do the work with one file; whatever goes wrong becomes an outcome.

    A result of an earlier run is kept if the file and the result still are what they were.
    """
    start = perf_counter()
    steps = {"picture": work.picture, "video": work.video}
    targets = work.targets(task)
    before = {path for path in targets if path.exists()}
    digest = ""
    with Stopwatch() as watch:
        try:
            digest = file_digest(task.source / task.name)
            if task.earlier:
                if _is_current(task, task.earlier, digest):
                    return replace(task.earlier, resumed=True)
                task = replace(task, overwrite=True)
            task.target.parent.mkdir(parents=True, exist_ok=True)
            outcome = steps[task.kind](task, secret)
        except (ProfaceError, OSError) as error:
            outcome = Outcome(task.name, "failed", error=str(error), disk_full=_is_full(error))
        except MemoryError:
            outcome = Outcome(task.name, "failed", error="there is not enough memory for it")
        except Exception as error:  # one file must not end the work on a thousand others
            text = f"unexpected {type(error).__name__}: {error}; please report this"
            outcome = Outcome(task.name, "failed", error=text)
    ours = [path for path in targets if outcome.status in ("done", "copied") or path not in before]
    return replace(
        outcome,
        sha256=digest,
        outputs=_digests(ours, task.out),
        seconds=round(perf_counter() - start, 4),
        stages={name: round(seconds, 4) for name, seconds in watch.seconds.items()},
        worker=f"{socket.gethostname()}:{os.getpid()}",
        attempts=task.attempts,
    )


def file_digest(path: Path) -> str:
    """SHA-256 of a file; hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_current(task: Task, earlier: Outcome, digest: str) -> bool:
    """Whether what an earlier run did still holds.

    Raises:
        OutputError: a result was changed by someone else since.
    """
    found = _digests([task.out / name for name in earlier.outputs], task.out)
    for name, value in found.items():
        if value != earlier.outputs[name] and not task.overwrite:
            raise OutputError(
                f"{task.out / name} was changed since proface wrote it; move it away, or allow "
                "overwriting"
            )
    return earlier.status != "failed" and earlier.sha256 == digest and found == earlier.outputs


def _digests(paths: Iterable[Path], folder: Path) -> dict[str, str]:
    """SHA-256 of those files that exist, by their names relative to a folder."""
    found = {}
    for path in paths:
        with suppress(OSError):
            found[path.relative_to(folder).as_posix()] = file_digest(path)
    return found


def _is_full(error: BaseException | None) -> bool:
    """Whether a full disk is what is behind an error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False

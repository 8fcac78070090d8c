"""What is done with one file, wherever it is done: here, in another process, on another machine."""

import errno
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, Literal, Protocol

from ..errors import AuthenticityError, OutputError, ProfaceError, WrongKeyError
from ..files.kinds import FileKind
from ..files.output import reason
from ..timing import Stopwatch
from .marks import Marks
from .session import Given, WorkSecret
from .staging import discard, staging

Status = Literal["done", "copied", "left", "failed"]
"""``left``: there was nothing to protect or to recover, and nothing was written."""


@dataclass(frozen=True)
class Outcome:
    """What was done with a file."""

    name: str
    """Relative to the folder."""
    status: Status
    mark: str = ""
    """How the file is known again, see `proface.folder.marks`."""
    outputs: dict[str, str] = field(default_factory=dict)
    """Mark of every file that was written, by its name relative to the output folder; first those
    without which the others are of no use."""
    faces: tuple[dict[str, int], ...] = ()
    """Boxes of a picture that were protected or recovered."""
    clip: dict[str, int] = field(default_factory=dict)
    """Of a video: how many frames and faces were worked on, see `video_actions`."""
    profile: str = ""
    notes: tuple[str, ...] = ()
    """Sentences that the user should read."""
    error: str = ""
    """Why it failed."""
    wrong_key: bool = False
    """Whether the secret did not match: the file failed, or what was written is noise, or the faces
    as they were."""
    not_authentic: bool = False
    """Whether it failed because it is not what was protected."""
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
    staged: str = ""
    """The folder in which the results wait to be put in place; empty once they are."""

    @property
    def face_count(self) -> int:
        """Faces of a picture; of a video, those of all frames together."""
        return self.clip.get("faces", len(self.faces))

    def to_dict(self) -> dict[str, Any]:
        """For JSON; what is empty is left out, and where results wait."""
        content = asdict(self)
        del content["staged"]
        return {key: value for key, value in content.items() if value or key == "name"}

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
    written: frozenset[str] = frozenset()
    """Marks of all that earlier runs wrote for this file."""
    attempts: int = 1

    @property
    def target(self) -> Path:
        """The result's path."""
        return self.out / self.output

    @property
    def replaceable(self) -> frozenset[str] | None:
        """Marks of the files that its results may replace; None for any."""
        return None if self.overwrite else self.written

    def again(self) -> "Task":
        """The same after its process died."""
        return replace(self, attempts=self.attempts + 1)

    def staged(self, place: Path) -> "Task":
        """The same with a staging folder in place of that of the results."""
        return replace(self, out=place, output=self.target.name)


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

    def secret(self, given: Given, salt: bytes | None) -> WorkSecret:
        """What the workers get of what the user gave.

        Args:
            given: see `proface.folder.session`.
            salt: of the run that is taken up; None for a fresh one.

        Raises:
            ProfaceError: it is of no use for any file.
        """

    def targets(self, task: Task) -> list[Path]:
        """Every file that may be written: those without which others are of no use first."""

    def picture(self, task: Task, secret: WorkSecret) -> Outcome:
        """Do it with a picture.

        Raises:
            ProfaceError: it cannot be done.
        """

    def video(self, task: Task, secret: WorkSecret) -> Outcome:
        """Do it with a video.

        Raises:
            ProfaceError: it cannot be done.
        """


@dataclass(frozen=True)
class Duty:
    """What a worker does with every file."""

    action: FolderAction
    secret: WorkSecret = field(repr=False)
    marks: Marks = field(repr=False)
    """How files are known again."""


def perform(duty: Duty, task: Task) -> Outcome:
    """Do the work with one file; whatever goes wrong becomes an outcome.

    A result of an earlier run is kept if the file and the result still are what they were. New
    results wait in a staging folder, see `Outcome.staged`.
    """
    start = perf_counter()
    mark = ""
    with Stopwatch() as watch:
        try:
            if task.earlier and _is_current(task, task.earlier, duty.marks):
                return replace(task.earlier, resumed=True)
            mark = duty.marks.of_source(task.source / task.name)
            targets = duty.action.targets(task)
            _check_free(targets, task, duty.marks)
            outcome = _stage(duty, task, targets)
        except (ProfaceError, OSError) as error:
            outcome = _failed(task, error)
        except MemoryError:
            outcome = Outcome(task.name, "failed", error="there is not enough memory for it")
        except Exception as error:  # one file must not end the work on a thousand others
            text = f"unexpected {type(error).__name__}: {error}; please report this"
            outcome = Outcome(task.name, "failed", error=text)
    return replace(
        outcome,
        mark=mark,
        seconds=round(perf_counter() - start, 4),
        stages={name: round(seconds, 4) for name, seconds in watch.seconds.items()},
        worker=f"{socket.gethostname()}:{os.getpid()}",
        attempts=task.attempts,
    )


def is_full(error: BaseException) -> bool:
    """Whether a full disk is what is behind an error."""
    return _is_behind(error, errno.ENOSPC, errno.EDQUOT)


def _failed(task: Task, error: Exception) -> Outcome:
    return Outcome(
        task.name,
        "failed",
        error=_told(error),
        wrong_key=isinstance(error, WrongKeyError),
        not_authentic=isinstance(error, AuthenticityError),
        disk_full=is_full(error),
    )


def _is_behind(error: BaseException | None, *codes: int) -> bool:
    """Whether one of the system's errors led to an error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in codes:
            return True
        error = error.__cause__
    return False


def _stage(duty: Duty, task: Task, targets: list[Path]) -> Outcome:
    """Do the work, with results in a staging folder."""
    steps = {"picture": duty.action.picture, "video": duty.action.video}
    folder = task.target.parent
    with staging(folder) as place:
        try:
            outcome = steps[task.kind](task.staged(place), duty.secret)
        except (ProfaceError, OSError) as error:
            # Nobody knows the staging folder; it is their places that the user named.
            kind = type(error) if isinstance(error, ProfaceError) else OutputError
            text = str(error) if isinstance(error, ProfaceError) else _told(error)
            raise kind(text.replace(f"{place}{os.sep}", f"{folder}{os.sep}")) from error
        copied = outcome.status == "copied"
        outputs = {
            path.relative_to(task.out).as_posix(): duty.marks.of_result(place / path.name, copied)
            for path in targets
            if (place / path.name).exists()
        }
        if not outputs:
            discard(place)
            return outcome
        return replace(outcome, outputs=outputs, staged=str(place))


def _is_current(task: Task, earlier: Outcome, marks: Marks) -> bool:
    """Whether what an earlier run did still holds.

    Raises:
        OSError: the file cannot be read.
    """
    if earlier.status == "failed":
        return False
    if not marks.is_same_source(task.source / task.name, earlier.mark):
        return False
    outputs = earlier.outputs.items()
    return all(marks.is_result(task.out / name, [written]) for name, written in outputs)


def _check_free(targets: Iterable[Path], task: Task, marks: Marks) -> None:
    """Refuse, before any slow work, what could not be put in place in the end.

    Raises:
        OutputError: there is a file that may not be replaced.
    """
    ours = task.replaceable
    for path in targets:
        if ours is None or not os.path.lexists(path) or marks.is_result(path, ours):
            continue
        what = "was changed since proface wrote it" if ours else "exists already"
        raise OutputError(f"{path} {what}; move it away, or allow overwriting")


def _told(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{os.fsdecode(error.filename)}: {reason(error)}"
    if _is_behind(error, errno.ENAMETOOLONG):
        text += "; rename the file, or take a shorter pattern"
    return text

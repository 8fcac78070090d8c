"""A folder from beginning to end: plan, refuse what cannot be done, work, report."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import OptionError, OutputError
from ..files.kinds import FileKind
from ..files.output import is_one_of, reason
from ..inference.machine import cores
from . import processes, ray_cluster
from .journal import Journal
from .marks import Marks
from .plan import PATTERNS, Item, Plan, plan
from .report import Report, by_name
from .session import Given
from .staging import discard, place_results, remove_parts
from .tasks import Duty, FolderAction, Outcome, Task, is_full

FolderProgress = Callable[[Outcome | None, int, int], object]
"""Called with what was done with a file, the number of files done, and that of all; first with
None and 0."""


@dataclass
class Batch:
    """Work that can be done with a folder: all that can be refused has been.

    Make one with `prepare`, and `close` it in the end.
    """

    work: FolderAction
    plan: Plan
    tasks: tuple[Task, ...]
    journal: Journal
    settings: dict[str, Any]
    fresh: bool
    """Whether an earlier run, if there was one, is forgotten."""
    _outcomes: list[Outcome] = field(default_factory=list)
    _pending: list[str] = field(default_factory=list)
    _full: bool = False

    def __post_init__(self) -> None:
        """Know the tasks by the names of their files."""
        self._by_name = {task.name: task for task in self.tasks}

    @classmethod
    def prepare(
        cls,
        work: FolderAction,
        source: Path,
        out: Path,
        patterns: Mapping[FileKind, str] = PATTERNS,
        *,
        resume: bool = False,
        overwrite: bool = False,
    ) -> "Batch":
        """Plan, and refuse what can be refused before there is a password.

        Args:
            work: what shall be done with each file.
            source: the folder.
            out: the output folder, outside it; it is made if need be.
            patterns: see `proface.folder.plan.plan`.
            resume: whether to go on with what an earlier run began. What it finished is kept where
                file and result are unchanged.
            overwrite: whether results that exist may be replaced.

        Raises:
            OptionError: as for `plan`, or an earlier run had other settings.
            OutputError: results exist, and no run that is resumed can tell which are its own; or
                the output folder cannot be written.
            ProfaceError: the work cannot be done with any file.
        """
        found = plan(source, out, patterns)
        work.check({kind: patterns[kind] for kind in {item.kind for item in found.items}})
        settings = {"action": work.action, **work.settings(), "patterns": dict(patterns)}
        journal = Journal.open(out)
        try:
            if journal.ignores_case:
                found = found.ignoring_case()
            if resume:
                journal.check_settings(settings)
            elif journal.header is not None and not overwrite:
                raise OutputError(
                    f"{out} holds the results of an earlier run: resume it, allow overwriting, or "
                    "choose another folder"
                )
            known = journal if resume else None
            tasks = tuple(_task(item, found, known, overwrite) for item in found.items)
            _check_targets(work, tasks, found, known)
        except BaseException:
            journal.close()
            raise
        return cls(work, found, tasks, journal, settings, fresh=not resume)

    @property
    def salt(self) -> bytes | None:
        """Of the password of the run that is taken up, for `Access.make`; None for a fresh run."""
        return None if self.fresh else self.journal.salt

    def run(
        self,
        secret: Given,
        *,
        workers: int | None = None,
        ray: str | None = None,
        progress: FolderProgress | None = None,
    ) -> Report:
        """Do the work.

        Args:
            secret: to protect: a password, a `Key`, or an `Access`; a password is derived once for
                all files, each of which gets a random key of its own. To recover: a password, a
                `Key`, a `Keyring`, or an `Identity`.
            workers: processes; None for one a processor.
            ray: address of a Ray cluster that does the work instead.
            progress: called after each file.

        Raises:
            WrongKeyError: it is another one than that of the run that is taken up.
            PasswordError: it is of no use for this work.
            GrantError: it is a grant, which is for one file.
            RecipientError: the profile takes no recipients.
            OutputError: the journal cannot be written; the disk is full, say.
            ClusterError: Ray is not installed, or the cluster is not there.
            OptionError: there is no such number of workers.
        """
        if workers is not None and workers < 1:
            raise OptionError(f"{workers} workers were asked for; it takes at least one")
        worked = self.work.secret(secret, self.salt)
        start = time.time()
        if self.fresh:
            self.journal.restart()
        marks = self.journal.begin_session(worked, self.settings)
        places = {task.target.parent for task in self.tasks}
        remove_parts(places, start)
        count = max(1, min(workers or cores(), len(self.tasks)))
        duty = Duty(self.work, worked, marks)
        if progress:
            progress(None, 0, self._total)
        for name, why in self.plan.unreadable.items():
            self._take(Outcome(name, "failed", error=why), progress)
        if ray is None:
            outcomes = processes.run(duty, self._draw(), count)
        else:
            outcomes = ray_cluster.run(duty, self._draw(), ray)
        died = True  # as workers do when the run is ended by Ctrl-C
        try:
            with closing(outcomes):
                for outcome in outcomes:
                    self._take(self._settle(outcome, marks), progress)
            died = any(each.attempts > 1 for each in self._outcomes)
        finally:
            if died:
                remove_parts(places, time.time())
        return Report(
            self.work.action,
            str(self.plan.source),
            str(self.plan.out),
            self.settings,
            f"{count} here" if ray is None else f"Ray at {ray}",
            time.time() - start,
            by_name(self._outcomes),
            self.plan.skipped,
            tuple(self._pending),
            self.plan.left_open,
        )

    def check_report(self, path: Path) -> None:
        """Refuse a file for the report that is one of the folder's, a result, or the journal.

        Raises:
            OutputError: it is.
        """
        names = (*self.plan.skipped, *self.plan.unreadable, *self._by_name)
        targets = (target for task in self.tasks for target in self.work.targets(task))
        files = (self.plan.source / name for name in names)
        if is_one_of(path, (self.journal.path, *targets, *files)):
            raise OutputError(
                f"{path} is a file of {self.plan.source}, a result, or the journal; choose another "
                "name for the report"
            )

    def close(self) -> None:
        """Let other runs write to the output folder."""
        self.journal.close()

    @property
    def _total(self) -> int:
        return len(self.tasks) + len(self.plan.unreadable)

    def _draw(self) -> Iterator[Task]:
        """The files, one by one, as they are begun; on a full disk no more are."""
        for task in self.tasks:
            if not self._full:
                with self._noticing_a_full_disk():
                    self.journal.begin(task.name)
            if self._full:
                self._pending.append(task.name)
                continue
            yield task

    @contextmanager
    def _noticing_a_full_disk(self) -> Iterator[None]:
        """The journal's line is lost then, without which a run can be resumed all the same."""
        try:
            yield
        except OutputError as error:
            if not is_full(error):
                raise
            self._full = True

    def _settle(self, outcome: Outcome, marks: Marks) -> Outcome:
        """Put results in place that wait for it, after the journal says what they are.

        Raises:
            OutputError: the journal cannot be written.
        """
        if outcome.staged:
            task, staged = self._by_name[outcome.name], Path(outcome.staged)
            try:
                self.journal.ready(outcome)
                place_results(staged, task.out, outcome.outputs, task.replaceable, marks)
            except (OutputError, OSError) as error:
                discard(staged)
                text = str(error)
                if isinstance(error, OSError):
                    text = f"cannot write {error.filename or task.target}: {reason(error)}"
                full = is_full(error)
                outcome = replace(
                    Outcome(outcome.name, "failed", outcome.mark, error=text, disk_full=full),
                    seconds=outcome.seconds,
                    worker=outcome.worker,
                    attempts=outcome.attempts,
                )
            outcome = replace(outcome, staged="")
        with self._noticing_a_full_disk():
            self.journal.finish(outcome)
        return outcome

    def _take(self, outcome: Outcome, progress: FolderProgress | None) -> None:
        self._outcomes.append(outcome)
        self._full |= outcome.disk_full
        if progress:
            progress(outcome, len(self._outcomes), self._total)


def _task(item: Item, found: Plan, journal: Journal | None, overwrite: bool) -> Task:
    return Task(
        item.name,
        item.output,
        item.kind,
        found.source.absolute(),
        found.out.absolute(),
        overwrite,
        journal.outcomes.get(item.name) if journal else None,
        frozenset(journal.written.get(item.name, ())) if journal else frozenset(),
    )


def _check_targets(
    work: FolderAction, tasks: Sequence[Task], found: Plan, journal: Journal | None
) -> None:
    """Refuse results that would replace something.

    A run that is resumed knows its own results by their marks, once there is a key; what is not its
    own is told of each file then.

    Raises:
        OutputError: a result exists and may not be replaced.
        OptionError: a result would be written into the folder, through a link.
    """
    inner = found.source.resolve()
    for folder in {task.target.parent for task in tasks}:
        place = folder.resolve()
        if inner == place or inner in place.parents:
            raise OptionError(f"{folder} leads back into {found.source}; choose another folder")
    if journal is not None and journal.header is not None:
        return
    existing = [
        path
        for task in tasks
        if not task.overwrite
        for path in work.targets(task)
        if os.path.lexists(path)
    ]
    if existing:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise OutputError(
            f"{existing[0]}{more} exist already, and no run that is resumed has written them; "
            "choose another folder, or allow overwriting"
        )

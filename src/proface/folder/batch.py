"""A folder from beginning to end: plan, refuse what cannot be done, work, report."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import OptionError, OutputError
from ..files.kinds import FileKind
from ..inference.machine import cores
from ..keys import Key
from . import processes, ray_cluster
from .journal import Journal, remove_parts
from .plan import PATTERNS, Item, Plan, plan
from .report import Report, by_name
from .tasks import FolderAction, Outcome, Task

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
            OutputError: results exist, or the output folder cannot be written.
            ProfaceError: the work cannot be done with any file.
        """
        found = plan(source, out, patterns)
        work.check({kind: patterns[kind] for kind in {item.kind for item in found.items}})
        settings = {"action": work.action, **work.settings(), "patterns": dict(patterns)}
        journal = Journal.open(out)
        try:
            if resume:
                journal.check_settings(settings)
            elif journal.header is not None and not overwrite:
                raise OutputError(
                    f"{out} holds the results of an earlier run: resume it, allow overwriting, or "
                    "choose another folder"
                )
            known = journal if resume else None
            tasks = tuple(_task(item, found, known, overwrite) for item in found.items)
            _check_targets(work, tasks, found)
        except BaseException:
            journal.close()
            raise
        return cls(work, found, tasks, journal, settings, fresh=not resume)

    def run(
        self,
        password: str | Key,
        *,
        workers: int | None = None,
        ray: str | None = None,
        progress: FolderProgress | None = None,
    ) -> Report:
        """Do the work.

        Args:
            password: or a `Key`. From a password one key is derived for all files of the folder;
                each gets key maps of its own all the same, see `Key.for_picture`.
            workers: processes; None for one a processor.
            ray: address of a Ray cluster that does the work instead.
            progress: called after each file.

        Raises:
            PasswordError: it is another one than that of the run that is taken up.
            OutputError: the journal cannot be written; the disk is full, say.
            ClusterError: Ray is not installed, or the cluster is not there.
            OptionError: there is no such number of workers.
        """
        if workers is not None and workers < 1:
            raise OptionError(f"{workers} workers were asked for; it takes at least one")
        start = time.time()
        if self.fresh:
            self.journal.restart()
        key = self.journal.begin_session(password, self.settings)
        places = {task.target.parent for task in self.tasks}
        remove_parts(places, start)
        count = max(1, min(workers or cores(), len(self.tasks)))
        secret = self.work.secret(password, key)
        if progress:
            progress(None, 0, self._total)
        for name, reason in self.plan.unreadable.items():
            self._take(Outcome(name, "failed", error=reason), progress)
        if ray is None:
            outcomes = processes.run(self.work, secret, self._draw(), count)
        else:
            outcomes = ray_cluster.run(self.work, secret, self._draw(), ray)
        died = True  # as workers do when the run is ended by Ctrl-C
        try:
            with closing(outcomes):
                for outcome in outcomes:
                    self.journal.finish(outcome)
                    self._take(outcome, progress)
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
            if self._full:
                self._pending.append(task.name)
                continue
            self.journal.begin(task.name)
            yield task

    def _take(self, outcome: Outcome, progress: FolderProgress | None) -> None:
        self._outcomes.append(outcome)
        self._full |= outcome.disk_full
        if progress:
            progress(outcome, len(self._outcomes), self._total)


def _task(item: Item, found: Plan, journal: Journal | None, overwrite: bool) -> Task:
    earlier = journal.outcomes.get(item.name) if journal else None
    begun = journal is not None and item.name in journal.begun
    return Task(
        item.name,
        item.output,
        item.kind,
        found.source.absolute(),
        found.out.absolute(),
        overwrite or begun,  # what a killed run has begun it may have written, too
        earlier,
    )


def _check_targets(work: FolderAction, tasks: Sequence[Task], found: Plan) -> None:
    """Refuse results that would replace something.

    Raises:
        OutputError: a result exists and may not be replaced.
        OptionError: a result would be written into the folder, through a link.
    """
    inner = found.source.resolve()
    for folder in {task.target.parent for task in tasks}:
        place = folder.resolve()
        if inner == place or inner in place.parents:
            raise OptionError(f"{folder} leads back into {found.source}; choose another folder")
    existing = [
        path
        for task in tasks
        if not task.overwrite and task.earlier is None
        for path in work.targets(task)
        if path.exists() or path.is_symlink()
    ]
    if existing:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise OutputError(
            f"{existing[0]}{more} exist already, and no run that is resumed has written them; "
            "choose another folder, or allow overwriting"
        )

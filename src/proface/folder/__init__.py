"""Whole folders of pictures and videos, in several processes or on many machines, with resuming.

    plan -> journal -> pool or cluster: perform(file) for each -> journal -> report

>>> from proface import folder
>>> report = folder.protect("photos", "protected", "correct horse battery staple")  # doctest: +SKIP
>>> report.counts, [each.error for each in report.outcomes if each.error]  # doctest: +SKIP
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ..files.kinds import FileKind
from ..keys import Access, Key, Secret
from .actions import Protect, Recover
from .batch import Batch, FolderProgress
from .plan import PATTERNS
from .report import Report
from .session import Given
from .tasks import FolderAction, Outcome
from .video_actions import ClipChoices

__all__ = [
    "PATTERNS",
    "Batch",
    "ClipChoices",
    "FolderAction",
    "Outcome",
    "Protect",
    "Recover",
    "Report",
    "protect",
    "recover",
]


def protect(  # noqa: PLR0913 - public, by keywords
    source: str | Path,
    out: str | Path,
    access: str | Key | Access,
    action: Protect | None = None,
    *,
    patterns: Mapping[FileKind, str] = PATTERNS,
    resume: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    ray: str | None = None,
    progress: FolderProgress | None = None,
) -> Report:
    """Protect all pictures and videos of a folder and its sub-folders.

    A file that fails is told in the report, and does not keep the others from being done. Call it
    from a program's main module only under ``if __name__ == "__main__":``, because the processes
    that do the work import that module.

    Args:
        source: the folder. Nothing in it is changed.
        out: the output folder, outside it.
        access: who may open the results: a password, a `Key`, or an `Access` with recipients and
            a signer. A password is derived once for the whole folder; every picture has a random
            key of its own. With recipients alone nothing here can recover. See `Batch.salt` for
            an access from a password with ``resume``.
        action: how faces are protected, and what is done where there are none; None for the
            defaults.
        patterns: names of the results, see `proface.folder.plan.plan`.
        resume: whether to go on with an earlier run.
        overwrite: whether results that exist may be replaced.
        workers: processes; None for one a processor.
        ray: address of a Ray cluster that does the work instead.
        progress: called after each file.

    Raises:
        ProfaceError: nothing was done; see `Batch.prepare` and `Batch.run`.
    """
    where = _Folders(Path(source), Path(out), patterns, resume, overwrite)
    return _run(action or Protect(), where, access, workers, ray, progress)


def recover(  # noqa: PLR0913 - public, by keywords
    source: str | Path,
    out: str | Path,
    secret: Secret,
    action: Recover | None = None,
    *,
    patterns: Mapping[FileKind, str] = PATTERNS,
    resume: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    ray: str | None = None,
    progress: FolderProgress | None = None,
) -> Report:
    """Give all pictures and videos of a folder their faces back.

    A file that the secret does not open fails, or is written with noise or obfuscated faces, as its
    profile promises; either way it is among `Report.wrong_keys`.

    Args:
        source: the folder.
        out: the output folder, outside it.
        secret: the password, the `Key`, a `Keyring`, or an `Identity` of a recipient.
        action: how it is done; None for the defaults.
        patterns: as for `protect`.
        resume: as for `protect`.
        overwrite: as for `protect`.
        workers: as for `protect`.
        ray: as for `protect`.
        progress: as for `protect`.

    Raises:
        ProfaceError: nothing was done; see `Batch.prepare` and `Batch.run`.
    """
    where = _Folders(Path(source), Path(out), patterns, resume, overwrite)
    return _run(action or Recover(), where, secret, workers, ray, progress)


@dataclass(frozen=True)
class _Folders:
    """Where files come from, and where results go."""

    source: Path
    out: Path
    patterns: Mapping[FileKind, str]
    resume: bool
    overwrite: bool


def _run(
    action: FolderAction,
    where: _Folders,
    secret: Given,
    workers: int | None,
    ray: str | None,
    progress: FolderProgress | None,
) -> Report:
    prepared = Batch.prepare(
        action,
        where.source,
        where.out,
        where.patterns,
        resume=where.resume,
        overwrite=where.overwrite,
    )
    with closing(prepared) as batch:
        return batch.run(secret, workers=workers, ray=ray, progress=progress)

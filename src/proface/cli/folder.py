"""``proface protect`` and ``recover`` on a folder: its options, its progress, its report."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import password
from .console import UsageError, note, printable, say, say_json
from .options import CodecChoice, WrongRecovery

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    from ..files.kinds import FileKind
    from ..folder import ClipChoices, FolderAction, Outcome, Report
    from ..folder.batch import FolderProgress
    from ..picture.options import Hiding


class Absent(StrEnum):
    """What is done with a file that has nothing to protect, or to recover."""

    skip = "skip"
    copy = "copy"
    fail = "fail"


Workers = Annotated[
    int | None,
    typer.Option(
        help="Of a folder: processes that work side by side.", show_default="one a processor"
    ),
]
Patterns = Annotated[
    list[str] | None,
    typer.Option(
        "--pattern",
        help="Of a folder: names of the results; {stem} is a file's name without its suffix, "
        "{name} its whole name. Give one that ends in .mkv for videos, another one for pictures.",
        metavar="PATTERN",
        show_default="{stem}.png and {stem}.mkv",
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Of a folder: go on with a run that was killed, or repeat one for files that are new, "
        "changed or failed.",
    ),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report",
        help="Of a folder: write what was done with each file as JSON.",
        metavar="FILE.json",
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(
        help="Of a folder: address of a Ray cluster that does the work, such as auto or "
        "host:6379; needs proface[ray].",
        metavar="ADDRESS",
    ),
]
NoFace = Annotated[
    Absent | None,
    typer.Option(
        help="Of a folder: what is done with files in which no face is found: write nothing, "
        "copy them without metadata, or count them as failed.",
        show_default="skip",
    ),
]
Unprotected = Annotated[
    Absent | None,
    typer.Option(
        help="Of a folder: what is done with files that carry no manifest: write nothing, copy "
        "them without metadata, or count them as failed.",
        show_default="fail",
    ),
]


@dataclass(frozen=True)
class Options:
    """What a command line says that makes sense for folders only."""

    absent: Absent | None
    workers: int | None
    patterns: list[str] | None
    resume: bool
    report: Path | None
    ray: str | None

    def refuse(self) -> None:
        """The input is no folder.

        Raises:
            UsageError: one of these options was given.
        """
        if any(getattr(self, each.name) for each in fields(self)):
            raise UsageError(
                "--workers, --pattern, --resume, --report, --ray, --no-face and --unprotected are "
                "for folders only"
            )


@dataclass(frozen=True)
class Common:
    """Options that the commands have anyway."""

    out: Path
    password_file: Path | None
    password_stdin: bool
    overwrite: bool
    as_json: bool


def protect(
    source: Path,
    hiding: "Hiding",
    whole: bool,
    detached: bool,
    clips: "ClipChoices",
    common: Common,
    options: Options,
) -> None:
    """Protect a folder; the exit code is 1 if a file failed."""
    from ..folder import Protect

    work = Protect(
        hiding,
        "whole" if whole else "auto",
        "detached" if detached else "embed",
        options.absent.value if options.absent else "skip",
        clips,
    )
    _run(work, source, common, options)


def recover(
    source: Path,
    accept_damage: bool,
    wrong_recovery: WrongRecovery | None,
    provider: list[str] | None,
    codec: CodecChoice | None,
    common: Common,
    options: Options,
) -> None:
    """Recover a folder; the exit code is 1 if a file failed."""
    from ..folder import Recover

    work = Recover(
        accept_damage,
        wrong_recovery.value if wrong_recovery else None,
        options.absent.value if options.absent else "fail",
        tuple(provider) if provider else None,
        codec.value if codec else "ffv1",
    )
    _run(work, source, common, options)


def _run(work: "FolderAction", source: Path, common: Common, options: Options) -> None:
    from ..files.output import check_output
    from ..folder import Batch

    if options.ray is not None and options.workers is not None:
        raise UsageError("give either --workers or --ray, whose cluster knows how many it has")
    replace = common.overwrite or options.resume
    if options.report is not None:
        check_output(options.report, replace)
    prepared = Batch.prepare(
        work,
        source,
        common.out,
        _patterns(options.patterns or []),
        resume=options.resume,
        overwrite=common.overwrite,
    )
    with closing(prepared) as batch:
        secret = password.obtain(
            common.password_file, common.password_stdin, confirm=work.action == "protect"
        )
        with _progress() as progress:
            report = batch.run(secret, workers=options.workers, ray=options.ray, progress=progress)
    if options.report is not None:
        report.save(options.report, replace)
    _tell(report, common, options)
    if report.failed:
        raise typer.Exit(1)


def _patterns(given: list[str]) -> "dict[FileKind, str]":
    """The pattern of each kind of file, told by their suffixes.

    Raises:
        UsageError: there are two of a kind.
    """
    from ..folder import PATTERNS
    from ..folder.plan import KINDS

    chosen: dict[FileKind, str] = {}
    for pattern in given:
        kind = KINDS.get(Path(pattern).suffix.lower(), "picture")
        if kind in chosen:
            raise UsageError(f"--pattern is '{chosen[kind]}' and '{pattern}', both for {kind}s")
        chosen[kind] = pattern
    return PATTERNS | chosen


@contextmanager
def _progress() -> "Iterator[FolderProgress]":
    """A bar of files on standard error, if that is a terminal, and a line for each failure."""
    from tqdm import tqdm

    faces = failed = 0
    with tqdm(unit="file", disable=None) as bar:

        def move(outcome: "Outcome | None", done: int, total: int) -> None:
            nonlocal faces, failed
            bar.total = total
            if outcome is not None:
                faces += outcome.face_count
                failed += outcome.status == "failed"
                bar.set_postfix(faces=faces, failed=failed, refresh=False)
            bar.update(done - bar.n)
            if outcome is not None and outcome.status == "failed":
                with bar.external_write_mode():
                    typer.echo(printable(f"failed: {outcome.name}: {outcome.error}"), err=True)

        yield move


def _tell(report: "Report", common: Common, options: Options) -> None:
    sentences = Counter(each for outcome in report.outcomes for each in outcome.notes)
    note(f"{text} ({_files(count)})" for text, count in sentences.items())
    if report.skipped:
        first = next(iter(report.skipped.items()))
        note([f"{_files(len(report.skipped))} skipped, such as {first[0]}: {first[1]}"])
    if report.pending:
        note([f"the disk is full; {_files(len(report.pending))} not begun: --resume goes on"])
    if common.as_json:
        say_json(report.to_dict())
        return
    counts = report.counts
    verb = {"protect": "protected", "recover": "recovered"}[report.action]
    faces = f"{report.faces} faces"
    if report.clip_faces:
        faces += f", and {report.clip_faces} in the frames of videos"
    words = [f"{_files(counts['done'])} {verb} ({faces})"]
    kept = sum(each.resumed for each in report.outcomes)
    more = {
        "unchanged since an earlier run": kept,
        "copied": counts["copied"],
        "with nothing to do": counts["left"],
        "failed": counts["failed"],
    }
    words += [f"{count} {text}" for text, count in more.items() if count]
    say(f"{common.out}: {', '.join(words)}, in {report.seconds:.1f} s")
    if report.worked:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in report.stages.items())
        speeds = {"pictures": report.pictures_per_second, "frames": report.frames_per_second}
        speed = " and ".join(f"{each:.2f} {what}/s" for what, each in speeds.items() if each)
        say(f"{speed} with {report.workers}: {shares}")
    if options.report is not None:
        say(f"{options.report}: what was done with each file")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"

"""``proface protect`` and ``recover`` on a folder: its progress, its report."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .console import Code, UsageError, note, printable, say, say_json
from .requests import Job, ProtectRequest, RecoverRequest

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    from ..files.kinds import FileKind
    from ..folder import FolderAction, Outcome, Report
    from ..folder.batch import FolderProgress
    from ..folder.session import Given


def protect(request: ProtectRequest) -> None:
    """Protect a folder; see `_run` for the exit code."""
    from ..folder import Protect

    if request.boxes is not None:
        raise UsageError("--boxes is for one picture, not for a folder")
    job = request.job
    clips = job.video.of_folder()
    action = Protect(
        request.options, request.faces, request.manifest, job.folder.absent or "skip", clips
    )
    _run(
        action,
        job,
        lambda salt: request.access.prepare(job.source)(salt),
        request.access.inputs,
    )


def recover(request: RecoverRequest) -> None:
    """Recover a folder; see `_run` for the exit code."""
    from ..folder import Recover

    if request.manifest is not None:
        raise UsageError("--manifest is for one picture, not for a folder")
    if request.secret.grant is not None:
        raise UsageError("--grant opens single faces of one file, and is not for a folder")
    request.secret.check()
    job = request.job
    action = Recover(
        request.accept_damage,
        request.secret.allow_weak,
        request.wrong_recovery,
        job.folder.absent or "fail",
        request.providers,
        job.video.codec or "ffv1",
        request.silent,
    )
    _run(action, job, lambda salt: request.secret.whole(job.source), request.secret.inputs)


def _run(
    action: "FolderAction",
    job: Job,
    obtain: "Callable[[bytes | None], Given]",
    inputs: list[Path],
) -> None:
    """Do the work, and tell what was done.

    Args:
        action: what is done.
        job: with which folder.
        obtain: gives the secret, or who may open, of the salt of a run that is taken up.
        inputs: files of theirs, which no result may replace.

    Raises:
        Exit: with 5 if a file is not authentic, else 3 if the secret did not match for one, else 1
            if one failed, or may have been left open.
    """
    from ..files.output import check_output
    from ..folder import Batch
    from ..folder.report import is_report

    choices = job.folder
    if choices.ray is not None and choices.workers is not None:
        raise UsageError("give either --workers or --ray, whose cluster knows how many it has")
    replace = job.overwrite
    if choices.report is not None:
        replace |= choices.resume and is_report(choices.report)
        check_output(choices.report, replace, job.inputs(*inputs))
    prepared = Batch.prepare(
        action,
        job.source,
        job.out,
        _patterns(choices.patterns or []),
        resume=choices.resume,
        overwrite=job.overwrite,
    )
    with closing(prepared) as batch:
        if choices.report is not None:
            batch.check_report(choices.report)
        secret = obtain(batch.salt)
        with _progress() as progress:
            report = batch.run(secret, workers=choices.workers, ray=choices.ray, progress=progress)
    if choices.report is not None:
        report.save(choices.report, replace)
    _tell(report, job)
    code = _code(report)
    if code:
        raise typer.Exit(code)


def _code(report: "Report") -> int:
    if report.not_authentic:
        return Code.NOT_AUTHENTIC
    if report.wrong_keys:
        return Code.WRONG_KEY
    return Code.FAILED if report.failed else Code.DONE


def _patterns(given: list[str]) -> "dict[FileKind, str]":
    """The pattern of each kind of file, told by their suffixes.

    Raises:
        UsageError: there are two of a kind.
    """
    from ..folder import PATTERNS
    from ..folder.search import KINDS

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


def _tell(report: "Report", job: Job) -> None:
    from ..files.output import shown

    _tell_notes(report)
    if job.as_json:
        say_json(report.to_dict())
        return
    counts = report.counts
    verb = {"protect": "protected", "recover": "recovered"}[report.action]
    faces = f"{report.faces} faces"
    if report.clip_faces:
        faces += f", and {report.clip_faces} in the frames of videos"
    blind = sum(each.wrong_key and each.status == "done" for each in report.outcomes)
    words = [f"{_files(counts['done'] - blind)} {verb} ({faces})"]
    kept = sum(each.resumed for each in report.outcomes)
    more = {
        "written without their faces": blind,
        "unchanged since an earlier run": kept,
        "copied": counts["copied"],
        "with nothing to do": counts["left"],
        "failed": counts["failed"],
        "skipped that may show a face": counts["left_open"],
    }
    words += [f"{count} {text}" for text, count in more.items() if count]
    say(f"{shown(job.out)}: {', '.join(words)}, in {report.seconds:.1f} s")
    if report.worked:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in report.stages.items())
        speeds = {"pictures": report.pictures_per_second, "frames": report.frames_per_second}
        speed = " and ".join(f"{each:.2f} {what}/s" for what, each in speeds.items() if each)
        say(f"{speed} with {report.workers}: {shares}")
    if job.folder.report is not None:
        say(f"{job.folder.report}: what was done with each file")


def _tell_notes(report: "Report") -> None:
    """What the user should know, each with the names of the files that it is true of."""
    from ..folder.names import some
    from ..folder.search import JOURNAL_NAME

    sentences = ((text, each.name) for each in report.outcomes for text in each.notes)
    note(f"{text}: {some(names)}" for text, names in _grouped(sentences).items())
    for reason, names in _grouped((text, name) for name, text in report.skipped.items()).items():
        note([f"{_files(len(names))} skipped, {reason}: {some(names)}"])
    openings = {
        "the secret did not match": report.wrong_keys,
        "not what was protected": report.not_authentic,
    }
    for what, found in openings.items():
        if found:
            names = [each.name for each in found]
            note([f"{_files(len(names))}: {what}: {some(names)}"])
    if report.left_open:
        note([f"skipped, though they may show a face: {some(report.left_open)}"])
    if report.action == "protect":
        note([f"{JOURNAL_NAME} is for --resume; leave it out when you publish the folder"])
    if report.pending:
        count = _files(len(report.pending))
        note([f"the disk is full; {count} not begun: --resume goes on: {some(report.pending)}"])


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"

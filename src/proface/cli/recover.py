"""``proface recover``: the faces of a picture, a clip or a folder come back."""

from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from ..files.kinds import is_video
from . import folder, options, video, video_options
from .console import UsageError, note, progress_bar, say, say_json
from .options import WrongRecovery, check_photo
from .password import obtain

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    pass
from .protect import _count, as_objects


def recover(
    photo: options.PhotoOrFolder,
    out: options.Out,
    password_file: options.PasswordFile = None,
    password_stdin: options.PasswordStdin = False,
    manifest: options.ManifestFile = None,
    accept_damage: Annotated[
        bool,
        typer.Option(
            "--accept-damage", help="Recover what is left of faces that were changed since."
        ),
    ] = False,
    wrong_recovery: Annotated[
        WrongRecovery | None,
        typer.Option(
            help="What sealed faces become with a wrong password; other profiles have a way of "
            "their own.",
            show_default="error",
        ),
    ] = None,
    codec: video_options.CodecOption = None,
    provider: options.Provider = None,
    unprotected: folder.Unprotected = None,
    workers: folder.Workers = None,
    pattern: folder.Patterns = None,
    resume: folder.Resume = False,
    report: folder.ReportFile = None,
    ray: folder.Ray = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Give a protected picture its faces back.

    A wrong password is noticed for the profile sealed only. For others it is not, on purpose: it
    gives noise, or faces that stay hidden.
    """
    from ..files.images import format_for
    from ..files.output import check_output
    from ..picture import protection as library

    of_folder = folder.Options(unprotected, workers, pattern, resume, report, ray)
    if photo.is_dir():
        if manifest is not None:
            raise UsageError("--manifest is for one picture, not for a folder")
        common = folder.Common(out, password_file, password_stdin, overwrite, as_json)
        folder.recover(photo, accept_damage, wrong_recovery, provider, codec, common, of_folder)
        return
    of_folder.refuse()
    check_photo(photo)
    if is_video(photo):
        video.recover(
            photo,
            out,
            password_file,
            password_stdin,
            manifest,
            accept_damage,
            wrong_recovery.value if wrong_recovery else None,
            provider,
            codec,
            overwrite,
            as_json,
        )
        return
    video_options.Choices(codec=codec).refuse()
    format_for(out)
    check_output(out, overwrite, [photo])
    password = obtain(password_file, password_stdin)
    start = perf_counter()
    with progress_bar() as progress:
        result = library.recover(
            photo,
            password,
            manifest=manifest,
            accept_damage=accept_damage,
            wrong_recovery=wrong_recovery.value if wrong_recovery else None,
            providers=provider,
            progress=progress,
        )
    result.save(out, overwrite)
    seconds = perf_counter() - start
    note(result.notes)
    if as_json:
        say_json(
            {
                "file": str(out),
                "profile": result.manifest.profile,
                "faces": as_objects(result.faces),
                "provider": result.provider,
                "seconds": round(seconds, 3),
            }
        )
        return
    say(
        f"{out}: {_count(result.faces)} recovered with {result.manifest.profile} "
        f"in {seconds:.1f} s on {result.provider}"
    )

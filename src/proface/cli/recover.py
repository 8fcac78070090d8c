"""``proface recover``: the faces of a picture, a clip or a folder come back."""

from typing import Annotated

import typer

from ..files.kinds import is_video
from . import folder, folder_options, options, picture, video, video_options
from .options import WrongRecovery
from .requests import Job, RecoverRequest


def recover(  # noqa: PLR0913 - the options of a command
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
            help="What a wrong password gives. The paper's profiles take no choice.",
            show_default="what the profile promises",
        ),
    ] = None,
    codec: video_options.CodecOption = None,
    no_audio: video_options.NoAudio = None,
    provider: options.Provider = None,
    unprotected: folder_options.Unprotected = None,
    workers: folder_options.Workers = None,
    pattern: folder_options.Patterns = None,
    resume: folder_options.Resume = False,
    report: folder_options.ReportFile = None,
    ray: folder_options.Ray = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Give a protected picture its faces back.

    What a wrong password gives is the profile's: an error for sealed, noise or faces that stay
    obfuscated for the others. --wrong-recovery chooses, but for the paper's profiles.
    """
    job = Job(
        source=photo,
        out=out,
        password_file=password_file,
        password_stdin=password_stdin,
        overwrite=overwrite,
        as_json=as_json,
        video=video_options.VideoChoices(codec=codec, no_audio=no_audio),
        folder=folder_options.FolderChoices(unprotected, workers, pattern, resume, report, ray),
    )
    _dispatch(
        RecoverRequest(
            job,
            manifest,
            accept_damage,
            wrong_recovery,
            tuple(provider) if provider else None,
        )
    )


def _dispatch(request: RecoverRequest) -> None:
    kind = request.job.kind(lambda job: is_video(job.source))
    actions = {"picture": picture.recover, "folder": folder.recover, "video": video.recover}
    actions[kind](request)

"""``proface recover``: the faces of a picture, a clip or a folder come back."""

from typing import Annotated

import typer

from ..files.kinds import is_video
from . import folder, folder_options, options, picture, secret_options, video, video_options
from .options import WrongRecovery
from .password import PasswordSource
from .requests import Job, RecoverRequest
from .secret_options import SecretOptions


def recover(  # noqa: PLR0913 - the options of a command
    photo: options.PhotoOrFolder,
    out: options.Out,
    password_file: options.PasswordFile = None,
    password_stdin: options.PasswordStdin = False,
    identity: secret_options.Identities = None,
    grant: secret_options.GrantFile = None,
    allow_weak: secret_options.AllowWeak = False,
    manifest: options.ManifestFile = None,
    accept_damage: Annotated[
        bool,
        typer.Option(
            "--accept-damage",
            help="Recover what is left of faces that were changed since, or whose surroundings "
            "were.",
        ),
    ] = False,
    wrong_recovery: Annotated[
        WrongRecovery | None,
        typer.Option(
            help="What a wrong password or identity gives. The paper's profiles take no choice.",
            show_default="what the profile promises",
        ),
    ] = None,
    silent: Annotated[
        bool,
        typer.Option(
            "--silent",
            help="Do not say that the password was wrong where the result is noise or stays "
            "obfuscated, as the paper has it: exit code 0, and no word.",
        ),
    ] = False,
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
    obfuscated for the others. --wrong-recovery chooses. Either way it is said, with exit code 3;
    but the paper's profiles cannot know.
    """
    job = Job(
        source=photo,
        out=out,
        overwrite=overwrite,
        as_json=as_json,
        video=video_options.VideoChoices(codec=codec, no_audio=no_audio),
        folder=folder_options.FolderChoices(unprotected, workers, pattern, resume, report, ray),
    )
    _dispatch(
        RecoverRequest(
            job,
            SecretOptions(
                PasswordSource(password_file, password_stdin), identity or [], grant, allow_weak
            ),
            manifest,
            accept_damage,
            wrong_recovery,
            tuple(provider) if provider else None,
            silent,
        )
    )


def _dispatch(request: RecoverRequest) -> None:
    kind = request.job.kind(lambda job: is_video(job.source))
    actions = {"picture": picture.recover, "folder": folder.recover, "video": video.recover}
    actions[kind](request)

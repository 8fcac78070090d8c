"""``proface rekey``: a copy that another password, or others, open."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..files.kinds import is_video
from . import access_options, options, picture, pipes, secret_options, video
from .access_options import AccessOptions, Openers
from .console import UsageError, note, say, say_json
from .options import check_photo
from .password import PasswordSource
from .requests import RekeyRequest
from .secret_options import SecretOptions

OLD_COPIES = (
    "copies that are out keep their old password and recipients: whoever could open them still can"
)

NewPasswordFile = Annotated[
    Path | None,
    typer.Option(
        help="File whose first line is the new password. Without it and without recipients, a "
        "prompt asks for it twice.",
        metavar="FILE",
    ),
]
WithNewPassword = Annotated[
    bool,
    typer.Option("--with-new-password", help="Beside recipients: ask for a new password, too."),
]


def rekey(  # noqa: PLR0913 - the options of a command
    photo: options.Protected,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="File to write, in the same format; where a video's manifest lies beside it, the "
            "new manifest alone.",
            metavar="OUT.png",
            show_default=False,
        ),
    ],
    identity: secret_options.Identities = None,
    password_file: options.PasswordFile = None,
    password_stdin: options.PasswordStdin = False,
    allow_weak: secret_options.AllowWeak = False,
    new_password_file: NewPasswordFile = None,
    with_new_password: WithNewPassword = False,
    recipient: access_options.Recipients = None,
    recipients_file: access_options.RecipientsFiles = None,
    manifest: options.ManifestFile = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Copy a protected picture or video for another password or other recipients.

    -i or the password opens it; the new password and -r say who opens the copy, and nobody else
    does. No pixel changes. Copies that are out keep their old password and recipients.
    """
    from ..files.output import check_output, refuse_folder

    password = PasswordSource(password_file, password_stdin)
    secret = SecretOptions(password, identity or [], allow_weak=allow_weak)
    secret.check()
    if pipes.STANDARD in (photo, out):
        raise UsageError("a file is copied with its manifest; name both files")
    check_photo(photo)
    new = AccessOptions(
        PasswordSource(new_password_file, name="new password"),
        with_new_password,
        recipient or [],
        recipients_file or [],
    )
    refuse_folder(out)
    inputs = [photo, *secret.inputs, *new.inputs, *([manifest] if manifest else [])]
    check_output(out, overwrite, inputs)
    new.all_recipients()  # before anyone has typed a password
    opened = secret.whole(photo)
    access = new.prepare(None)()
    action = video.rekey if is_video(photo) else picture.rekey
    apart = action(RekeyRequest(photo, out, manifest, allow_weak, overwrite), opened, access)
    note([OLD_COPIES])
    beside = str(apart) if apart else None
    openers = Openers(access.key is not None, len(access.recipients))
    if as_json:
        say_json({"file": str(out), "manifest": beside, "opens": asdict(openers)})
        return
    say(f"{out}: {openers.sentence or 'the new password alone gives the faces back'}")
    if beside and beside != str(out):
        say(f"{beside}: the manifest; keep it, no face comes back without it")

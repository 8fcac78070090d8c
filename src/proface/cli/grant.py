"""``proface grant``: a small file that opens single faces for others."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import RecipientError
from ..files.kinds import is_video
from . import access_options, options, pipes, secret_options, video
from .access_options import AccessOptions
from .console import UsageError, note, say, say_json
from .options import check_photo
from .password import PasswordSource
from .secret_options import SecretOptions


def grant(  # noqa: PLR0913 - the options of a command
    photo: Annotated[
        Path,
        typer.Argument(
            help="The protected picture or video; - for a picture on standard input.",
            metavar="PROTECTED",
            show_default=False,
        ),
    ],
    face: Annotated[
        list[int],
        typer.Option(
            help="Which face, by its number in `proface inspect`; repeat it for several.",
            metavar="N",
            min=0,
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The grant's file.", metavar="FILE.age", show_default=False
        ),
    ],
    recipient: access_options.Recipients = None,
    recipients_file: access_options.RecipientsFiles = None,
    identity: secret_options.Identities = None,
    password_file: options.PasswordFile = None,
    password_stdin: options.PasswordStdin = False,
    allow_weak: secret_options.AllowWeak = False,
    manifest: options.ManifestFile = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Let others open single faces of a protected picture or video, and no other face.

    They do so with `proface recover PROTECTED -o OUT --grant FILE -i key.txt`.
    """
    from ..files import output

    password = PasswordSource(password_file, password_stdin)
    secret = SecretOptions(password, identity or [], allow_weak=allow_weak)
    secret.check()
    if out == pipes.STANDARD:
        raise UsageError("a grant is written to a file; name one")
    if photo != pipes.STANDARD:
        check_photo(photo)
    others = AccessOptions(PasswordSource(), False, recipient or [], recipients_file or [])
    inputs = [photo, *secret.inputs, *others.inputs, *([manifest] if manifest else [])]
    output.check_output(out, overwrite, inputs)
    recipients = others.all_recipients()
    if not recipients:
        raise RecipientError("a grant is for somebody: give a recipient with -r or -R")
    faces = sorted(set(face))
    if is_video(photo):
        pipes.refuse(photo)
        data, notes = video.grant(photo, secret, faces, recipients, manifest)
    else:
        data, notes = _of_picture(photo, secret, faces, recipients, manifest)
    output.write(out, data, overwrite, inputs)
    note(notes)
    if as_json:
        say_json({"file": str(out), "faces": faces, "recipients": len(recipients)})
        return
    what = "face" if len(faces) == 1 else "faces"
    whom = "1 recipient" if len(recipients) == 1 else f"{len(recipients)} recipients"
    say(
        f"{out}: opens {what} {', '.join(map(str, faces))} of {photo} for {whom}, and no other face"
    )


def _of_picture(
    photo: Path,
    secret: SecretOptions,
    faces: list[int],
    recipients: tuple[str, ...],
    manifest: Path | None,
) -> tuple[bytes, list[str]]:
    from ..files import images
    from ..picture import sharing
    from ..picture.inspection import find_manifest

    photograph = images.read(pipes.read(photo))
    found = find_manifest(photo, photograph, manifest)
    sharing.check_faces(found, faces)
    opened = secret.whole(photo)
    data = sharing.grant(
        photograph, opened, faces, recipients, manifest=found, allow_weak=secret.allow_weak
    )
    return data, sharing.shared(found, faces)

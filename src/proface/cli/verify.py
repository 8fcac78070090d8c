"""``proface verify``: what can be said of a protected picture or video, and why."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import __version__
from ..errors import PictureError
from ..files.kinds import is_video
from . import options, pipes, secret_options, verdict, video
from .console import Code, UsageError, say_json
from .facts import common, line, lines, made, openers, signature
from .options import check_photo
from .password import PasswordSource
from .picture import as_objects
from .requests import VerifyRequest
from .secret_options import SecretOptions
from .verdict import Verdict

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    from ..files.manifest import Manifest
    from ..keys import Grant, Secret
    from ..picture.results import FaceVerdict, Verification
    from ..video import ClipVerification

PasswordFile = Annotated[
    Path | None,
    typer.Option(
        help="Open it with the password in this file's first line.",
        metavar="FILE",
        show_default=False,
    ),
]
Signer = Annotated[
    Path | None,
    typer.Option(
        help="Who should have signed it: the Ed25519 public key, as `openssl pkey -pubout` writes "
        "it.",
        metavar="PUBLIC.pem",
        show_default=False,
    ),
]


def verify(  # noqa: PLR0913 - the options of a command
    photo: options.Protected,
    identity: secret_options.Identities = None,
    grant: secret_options.GrantFile = None,
    with_password: secret_options.WithPassword = False,
    password_file: PasswordFile = None,
    password_stdin: options.PasswordStdin = False,
    allow_weak: secret_options.AllowWeak = False,
    signer: Signer = None,
    manifest: options.ManifestFile = None,
    provider: options.Provider = None,
    as_json: options.Json = False,
) -> None:
    """Say whether a protected picture or video is what was protected; nothing is written.

    With a secret (-i, --grant, --with-password, --password-file or --password-stdin) everything is
    checked. Without one, no password is asked for, and only a signature can prove anything.
    """
    secret = SecretOptions(
        PasswordSource(password_file, password_stdin), identity or [], grant, allow_weak
    )
    secret.check()
    if with_password and secret.identities:
        raise UsageError("give either a password or an identity, not both")
    if photo == pipes.STANDARD:
        raise UsageError("a report names a file; save the picture first")
    check_photo(photo)
    if not photo.is_file():
        raise PictureError(f"{photo} is no file; a report is of a file")
    wanted = with_password or secret.password.given or bool(secret.identities)
    opened = secret.obtain(photo) if wanted else None
    request = VerifyRequest(
        photo,
        _digest(photo),
        manifest,
        signer,
        allow_weak,
        tuple(provider) if provider else None,
        as_json,
    )
    outcome = _clip(request, opened) if is_video(photo) else _picture(request, opened)
    if outcome.state == "not authentic":
        raise typer.Exit(Code.NOT_AUTHENTIC)


def _picture(request: VerifyRequest, secret: "Secret | Grant | None") -> Verdict:
    from ..picture.evidence import verify as library

    found = library(
        request.source,
        secret,
        manifest=request.manifest,
        signer=request.signer,
        allow_weak=request.allow_weak,
        providers=request.providers,
    )
    asked = secret is not None
    limits = _limits(found) if asked else []
    outcome = verdict.judge(found.authentic, found.signature, found.problems, limits, asked)
    about = found.manifest
    if request.as_json:
        faces = [
            box | {"pixels": face.pixels, "opens": face.opens, "why": face.why}
            for box, face in zip(
                as_objects(each.box for each in found.faces), found.faces, strict=True
            )
        ]
        _say_object(request, about, found, {"faces": faces, "scene": found.scene}, outcome)
        return outcome
    _say_head(request, about, f"picture of {about.width} x {about.height} pixels")
    _say_evidence(about, found, asked)
    for index, face in enumerate(found.faces):
        _say_face(index, face, asked)
    line("verdict", outcome.sentence)
    return outcome


def _clip(request: VerifyRequest, secret: "Secret | Grant | None") -> Verdict:
    found = video.verify(request, secret)
    asked = secret is not None
    limits = list(found.notes) if asked else []
    outcome = verdict.judge(found.authentic, found.signature, found.problems, limits, asked)
    about = found.manifest.picture
    if request.as_json:
        _say_object(request, about, found, _counts(found), outcome)
        return outcome
    size = f"{about.width} x {about.height} pixels"
    _say_head(request, about, f"video of {found.frames} frames of {size}")
    _say_evidence(about, found, asked)
    if asked:
        line("faces", f"{found.faces} open over all frames, and are those that were protected here")
    lines("against it", list(found.problems))
    line("verdict", outcome.sentence)
    return outcome


_SCENE_LIMIT = "whether the scene is what was protected cannot be said"


def _counts(found: "ClipVerification") -> dict[str, object]:
    return {"frames": found.frames, "faces_opened": found.faces, "scene": found.scene}


def _limits(found: "Verification") -> list[str]:
    limits = [_SCENE_LIMIT] if found.scene == "unknown" else []
    closed = [str(index) for index, face in enumerate(found.faces) if face.opens == "unknown"]
    return limits + ([f"these faces were not opened: {', '.join(closed)}"] if closed else [])


def _say_head(request: VerifyRequest, about: "Manifest", what: str) -> None:
    line("file", f"{request.source}, a {what}")
    line("SHA-256", f"{request.digest}, of the file")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    line("checked", f"{now}, with proface {__version__}, by the clock of this machine")
    line("protected", made(about))
    line("profile", f"{about.profile}, carried by the {about.carrier}")
    lines("opens with", openers(about.slots))


def _say_evidence(about: "Manifest", found: "Verification | ClipVerification", asked: bool) -> None:
    text = verdict.MANIFEST[found.authentic]
    if found.authentic == "unknown" and found.signature == "valid":
        text = verdict.SIGNED
    elif found.authentic == "unknown" and asked:
        text = verdict.PAPER
    line("manifest", text)
    line("scene", verdict.SCENE[found.scene])
    line("signature", signature(about, found.signature))


def _say_face(index: int, face: "FaceVerdict", asked: bool) -> None:
    box = face.box
    line(f"face {index}", f"{box.width} x {box.height} at {box.x}, {box.y}")
    line("", verdict.PIXELS[face.pixels])
    if face.opens == "yes":
        line("", "opens: yes, it is the face that was protected here")
    elif face.opens == "no":
        line("", f"opens: NO, {face.why}")
    else:
        line("", f"opens: cannot be said, {face.why if asked else 'no secret was given'}")


def _say_object(
    request: VerifyRequest,
    about: "Manifest",
    found: "Verification | ClipVerification",
    more: dict[str, object],
    outcome: Verdict,
) -> None:
    say_json(
        {
            "file": str(request.source),
            "sha256": request.digest,
            "width": about.width,
            "height": about.height,
            "profile": about.profile,
            "carrier": about.carrier,
            **common(about),
            "manifest": found.authentic,
            **more,
            "signature": found.signature,
            "problems": list(found.problems),
            "verdict": outcome.state,
            "sentence": outcome.sentence,
        }
    )


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror or error}") from error

"""The addresses that take a picture."""

import base64
from pathlib import PurePosixPath
from typing import Any, Literal

from fastapi import APIRouter

from ...faces.boxes import Box
from ...files.authentication import signature_of
from ...files.manifest import Manifest
from ...keys import AgeSlot, DirectSlot, Slot
from ...picture.options import ProtectOptions
from ...profile.choice import facts, profiles
from .. import fields, schemas
from ..choices import Detection, ForWhom, Keeping, Look, OpenedWith, Regions
from ..forms import FormRoute
from ..operations import Operations
from ..responses import PictureAnswer
from ..state import TheCall

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.ErrorAnswer, "description": text}
    for status, text in {
        400: "The form is malformed, or the address has a query.",
        401: "The service needs its access token.",
        403: "Called by a wrong name, or by another web site.",
        408: "The upload was too slow.",
        409: "Another request goes by this name of a job.",
        413: "The picture, its number of faces or the work it asks for is beyond a limit.",
        415: "The body is no multipart form.",
        422: "A field is wrong, or the picture cannot be worked on; the code says which.",
        429: "Too much to do; try again.",
    }.items()
}
_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
# Errors are JSON even where the answer is a picture.
_PNG: dict[int | str, dict[str, Any]] = {
    status: {"description": answer["description"], "content": _ERROR}
    for status, answer in ERRORS.items()
} | {
    200: {
        "description": "The picture. `Proface-Faces` counts its faces, `Proface-Notes` is a JSON "
        "list of sentences that the user should read. `Proface-Key-Matched`, of a recovered "
        "picture, is `true`, `false`, or `unknown` with the paper's profiles.",
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            name: {"schema": {"type": "string"}}
            for name in (
                "Content-Disposition",
                "Proface-Faces",
                "Proface-Profile",
                "Proface-Notes",
                "Proface-Key-Matched",
            )
        },
    }
}

router = APIRouter(prefix="/api", route_class=FormRoute, responses=ERRORS, tags=["pictures"])


@router.post("/detect")
async def detect(
    call: TheCall, picture: fields.PictureFile, detection: Detection
) -> schemas.Detected:
    """Find the faces of a picture, as boxes that `/api/protect` takes."""
    data = await picture.read()
    found = await call.do(Operations.detect, data, detection)
    return schemas.Detected(
        width=found.width,
        height=found.height,
        faces=[schemas.DetectedFace(**_sides(box), score=box.score) for box in found.boxes],
        notes=list(found.notes),
    )


@router.post("/preview")
async def preview(
    call: TheCall, picture: fields.PictureFile, look: Look, choice: Regions
) -> schemas.Preview:
    """Show what the obfuscated faces will look like; what this returns keeps no originals."""
    data = await picture.read()
    regions = await call.do(Operations.preview, data, choice, look)
    return schemas.Preview(
        regions=[
            schemas.Region(**_sides(box), png=base64.b64encode(png).decode())
            for box, png in regions
        ]
    )


@router.post("/protect", status_code=200, responses=_PNG, response_class=PictureAnswer)
async def protect(
    call: TheCall,
    picture: fields.PictureFile,
    audience: ForWhom,
    keeping: Keeping,
    look: Look,
    choice: Regions,
) -> PictureAnswer:
    """Protect the faces of a picture so that a password, or recipients, bring them back."""
    data = await picture.read()
    options = ProtectOptions(look, choice.detection, keeping)
    result = await call.do(Operations.protect, data, audience, choice, options)
    return PictureAnswer(result, download_name(picture.filename, "protected"))


@router.post("/recover", status_code=200, responses=_PNG, response_class=PictureAnswer)
async def recover(
    call: TheCall,
    picture: fields.PictureFile,
    opening: OpenedWith,
    manifest: fields.ManifestText = None,
    accept_damage: fields.AcceptDamage = False,
    wrong_recovery: fields.WrongRecoveryField = None,
) -> PictureAnswer:
    """Give a protected picture its faces back.

    It takes a password, or an identity, which may have a grant with it. A wrong one gives what
    `wrong_recovery` names, or what the profile promises: the error `wrong-key`, noise, or faces
    that stay obfuscated. `Proface-Key-Matched` says whether it was the right one.
    """
    data = await picture.read()
    result = await call.do(
        Operations.recover, data, opening, manifest, accept_damage, wrong_recovery
    )
    return PictureAnswer(result, download_name(picture.filename, "recovered"))


@router.post("/verify")
async def verify(
    call: TheCall,
    picture: fields.PictureFile,
    opening: OpenedWith,
    manifest: fields.ManifestText = None,
    signer: fields.Signer = None,
) -> schemas.Verified:
    """Say what can be said of a protected picture: is it what was protected?

    Without a secret only a signature proves anything: the picture may be forged, and its digests
    with it.
    """
    data = await picture.read()
    found = await call.do(Operations.verify, data, opening, manifest, signer)
    return schemas.Verified(
        is_authentic=found.is_authentic,
        problems=list(found.problems),
        authentic=found.authentic,
        scene=found.scene,
        signature=found.signature,
        made=_made(found.manifest),
        faces=[
            schemas.FaceVerdict(
                **_sides(face.box), pixels=face.pixels, opens=face.opens, why=face.why
            )
            for face in found.faces
        ],
    )


@router.post("/inspect")
async def inspect(
    call: TheCall, picture: fields.PictureFile, manifest: fields.ManifestText = None
) -> schemas.Inspected:
    """Tell what a protected picture says of itself; this takes no password."""
    data = await picture.read()
    found = await call.do(Operations.inspect, data, manifest)
    about = found.manifest
    installed = about.profile in profiles()
    return schemas.Inspected(
        width=about.width,
        height=about.height,
        profile=about.profile,
        carrier=about.carrier,
        obfuscator=about.obfuscator,
        strength=about.strength,
        faces=[schemas.BoxField(**_sides(face.box)) for face in about.faces],
        recoverable=not found.problems,
        problems=list(found.problems),
        wrong_password=facts(about.profile).wrong_recovery if installed else None,
        made=_made(about),
        slots=[_about(slot) for slot in about.slots],
        signature=signature_of(about, None),
    )


def download_name(given: str | None, what: str) -> str:
    """The name under which a browser saves a result.

    >>> download_name("C:/pictures/holiday.JPG", "protected")
    'holiday-protected.png'
    >>> download_name("holiday-protected.png", "recovered")
    'holiday-recovered.png'
    """
    stem = PurePosixPath((given or "").replace("\\", "/")).stem.removesuffix("-protected")
    kept = "".join(char for char in stem if char.isprintable()).strip(" .")[:80]
    return f"{kept or 'picture'}-{what}.png"


def _made(manifest: Manifest) -> schemas.Made:
    return schemas.Made(time=manifest.made.time, version=manifest.made.version)


def _about(slot: Slot) -> schemas.SlotFacts:
    if isinstance(slot, AgeSlot):
        return schemas.SlotFacts(kind="recipients", recipients=slot.recipients)
    kind: Literal["paper", "key", "password"] = "password"
    if isinstance(slot, DirectSlot):
        kind = "paper"
    elif slot.derivation.algorithm == "none":
        kind = "key"
    return schemas.SlotFacts(
        kind=kind, derivation=str(slot.derivation), weak=slot.derivation.is_weak
    )


def _sides(box: Box) -> dict[str, int]:
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}

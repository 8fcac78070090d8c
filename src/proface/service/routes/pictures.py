"""The addresses that take a picture."""

import base64
from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter

from ...faces.boxes import Box
from ...picture.options import ProtectOptions
from ...profile.choice import facts, profiles
from .. import schemas
from ..choices import Detection, Keeping, Look, Regions
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
        "list of sentences that the user should read.",
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            name: {"schema": {"type": "string"}}
            for name in ("Content-Disposition", "Proface-Faces", "Proface-Profile", "Proface-Notes")
        },
    }
}

router = APIRouter(prefix="/api", route_class=FormRoute, responses=ERRORS, tags=["pictures"])


@router.post("/detect")
async def detect(
    call: TheCall, picture: schemas.PictureFile, detection: Detection
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
    call: TheCall, picture: schemas.PictureFile, look: Look, choice: Regions
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
    picture: schemas.PictureFile,
    password: schemas.Password,
    keeping: Keeping,
    look: Look,
    choice: Regions,
) -> PictureAnswer:
    """Protect the faces of a picture so that the password brings them back."""
    data, secret = await picture.read(), password.get_secret_value()
    options = ProtectOptions(look, choice.detection, keeping)
    result = await call.do(Operations.protect, data, secret, choice, options)
    return PictureAnswer(result, download_name(picture.filename, "protected"))


@router.post("/recover", status_code=200, responses=_PNG, response_class=PictureAnswer)
async def recover(
    call: TheCall,
    picture: schemas.PictureFile,
    password: schemas.Password,
    manifest: schemas.ManifestText = None,
    accept_damage: schemas.AcceptDamage = False,
    wrong_recovery: schemas.WrongRecoveryField = None,
) -> PictureAnswer:
    """Give a protected picture its faces back.

    A wrong password gives what `wrong_recovery` names, or what the profile promises: an error,
    noise, or faces that stay obfuscated.
    """
    data, secret = await picture.read(), password.get_secret_value()
    result = await call.do(
        Operations.recover, data, secret, manifest, accept_damage, wrong_recovery
    )
    return PictureAnswer(result, download_name(picture.filename, "recovered"))


@router.post("/inspect")
async def inspect(
    call: TheCall, picture: schemas.PictureFile, manifest: schemas.ManifestText = None
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


def _sides(box: Box) -> dict[str, int]:
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}

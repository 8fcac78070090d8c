"""The addresses that take a picture."""

import base64
from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError

from ...errors import BoxError
from ...faces.boxes import Box
from ...picture import options
from ...profile.choice import facts, profiles
from .. import schemas
from ..forms import FormRoute
from ..operations import Choice, FaceChoice
from ..responses import PictureAnswer
from ..state import TheDesk

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
_PNG: dict[int | str, dict[str, Any]] = {
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

# Errors are JSON also where the answer is a picture.
_PNG |= {
    status: {
        "description": answer["description"],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}},
    }
    for status, answer in ERRORS.items()
}
_BOXES = TypeAdapter(list[schemas.BoxField])

router = APIRouter(prefix="/api", route_class=FormRoute, responses=ERRORS, tags=["pictures"])


@router.post("/detect")
async def detect(
    request: Request,
    desk: TheDesk,
    picture: schemas.PictureFile,
    threshold: schemas.Threshold = options.DEFAULT_THRESHOLD,
    mask_scale: schemas.MaskScale = options.DEFAULT_MASK_SCALE,
    job: schemas.Job = None,
) -> schemas.Detected:
    """Find the faces of a picture, as boxes that `/api/protect` takes."""
    data = await picture.read()
    choice = Choice(threshold=threshold, mask_scale=mask_scale)
    found = await desk.do(request, job, lambda _: desk.work.detect(data, choice))
    return schemas.Detected(
        width=found.width,
        height=found.height,
        faces=[schemas.DetectedFace(**_sides(box), score=box.score) for box in found.boxes],
        notes=list(found.notes),
    )


@router.post("/preview")
async def preview(
    request: Request,
    desk: TheDesk,
    picture: schemas.PictureFile,
    obfuscator: schemas.Obfuscator = options.DEFAULT_OBFUSCATOR,
    strength: schemas.Strength = None,
    faces: schemas.Faces = "auto",
    boxes: schemas.Boxes = None,
    threshold: schemas.Threshold = options.DEFAULT_THRESHOLD,
    mask_scale: schemas.MaskScale = options.DEFAULT_MASK_SCALE,
    job: schemas.Job = None,
) -> schemas.Preview:
    """Show what the faces will look like; nothing is hidden in what this returns."""
    data = await picture.read()
    choice = _choice(faces, boxes, threshold, mask_scale)
    regions = await desk.do(
        request, job, lambda ticket: desk.work.preview(data, choice, obfuscator, strength, ticket)
    )
    return schemas.Preview(
        regions=[
            schemas.Region(**_sides(box), png=base64.b64encode(png).decode())
            for box, png in regions
        ]
    )


@router.post("/protect", status_code=200, responses=_PNG, response_class=PictureAnswer)
async def protect(
    request: Request,
    desk: TheDesk,
    picture: schemas.PictureFile,
    password: schemas.Password,
    profile: schemas.Profile = options.DEFAULT_PROFILE,
    obfuscator: schemas.Obfuscator = options.DEFAULT_OBFUSCATOR,
    strength: schemas.Strength = None,
    faces: schemas.Faces = "auto",
    boxes: schemas.Boxes = None,
    threshold: schemas.Threshold = options.DEFAULT_THRESHOLD,
    mask_scale: schemas.MaskScale = options.DEFAULT_MASK_SCALE,
    carrier: schemas.CarrierField = "pixels",
    job: schemas.Job = None,
) -> PictureAnswer:
    """Hide the faces of a picture so that the password brings them back."""
    data, secret = await picture.read(), password.get_secret_value()
    choice = _choice(faces, boxes, threshold, mask_scale)
    result, png = await desk.do(
        request,
        job,
        lambda ticket: desk.work.protect(
            data, secret, choice, profile, obfuscator, strength, carrier, ticket
        ),
    )
    name = download_name(picture.filename, "protected")
    return PictureAnswer(png, name, len(result.faces), profile, list(result.notes))


@router.post("/recover", status_code=200, responses=_PNG, response_class=PictureAnswer)
async def recover(
    request: Request,
    desk: TheDesk,
    picture: schemas.PictureFile,
    password: schemas.Password,
    manifest: schemas.ManifestText = None,
    accept_damage: schemas.AcceptDamage = False,
    wrong_recovery: schemas.WrongRecoveryField = None,
    job: schemas.Job = None,
) -> PictureAnswer:
    """Give a protected picture its faces back.

    Only the profile `sealed` notices a wrong password, and answers with an error. The others give
    what they promise: noise, or faces that stay hidden.
    """
    data, secret = await picture.read(), password.get_secret_value()
    result, png = await desk.do(
        request,
        job,
        lambda ticket: desk.work.recover(
            data, secret, manifest, accept_damage, wrong_recovery, ticket
        ),
    )
    name = download_name(picture.filename, "recovered")
    facts_of = result.manifest
    return PictureAnswer(png, name, len(result.faces), facts_of.profile, list(result.notes))


@router.post("/inspect")
async def inspect(
    request: Request,
    desk: TheDesk,
    picture: schemas.PictureFile,
    manifest: schemas.ManifestText = None,
    job: schemas.Job = None,
) -> schemas.Inspected:
    """Tell what a protected picture says of itself; this takes no password."""
    data = await picture.read()
    found = await desk.do(request, job, lambda _: desk.work.inspect(data, manifest))
    about = found.manifest
    installed = about.profile in profiles()
    mode = schemas.WRONG_PASSWORDS[facts(about.profile).wrong_recovery] if installed else None
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
        wrong_password=mode,
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


def _choice(faces: FaceChoice, boxes: str | None, threshold: float, mask_scale: float) -> Choice:
    return Choice(faces, None if boxes is None else _boxes(boxes), threshold, mask_scale)


def _boxes(text: str) -> list[Box]:
    try:
        fields = _BOXES.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"[{each!r}]" for each in first["loc"])
        raise BoxError(f"boxes{place}: {first['msg']}") from error
    return [Box(box.x, box.y, box.width, box.height) for box in fields]


def _sides(box: Box) -> dict[str, int]:
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}

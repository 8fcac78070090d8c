"""The fields of a form that belong together, read into the library's options."""

from typing import Annotated

from fastapi import Depends, UploadFile
from pydantic import SecretStr, TypeAdapter, ValidationError

from ..errors import BoxError
from ..faces.boxes import MAX_FACES, Box
from ..picture import options
from ..picture.options import DetectionOptions, KeepingOptions, LookOptions
from . import fields
from .keys import Audience, Opening
from .operations import RegionChoice
from .schemas import BoxField

_BOXES = TypeAdapter(list[BoxField])


def read_look(
    obfuscator: fields.Obfuscator = options.DEFAULT_OBFUSCATOR,
    strength: fields.Strength = None,
) -> LookOptions:
    """What the obfuscated faces look like."""
    return LookOptions(obfuscator, strength)


def read_detection(
    threshold: fields.Threshold = options.DEFAULT_THRESHOLD,
    mask_scale: fields.MaskScale = options.DEFAULT_MASK_SCALE,
) -> DetectionOptions:
    """How faces are detected."""
    return DetectionOptions(threshold, mask_scale)


def read_keeping(
    profile: fields.Profile = options.DEFAULT_PROFILE,
    carrier: fields.CarrierField = "pixels",
) -> KeepingOptions:
    """How the originals are kept."""
    return KeepingOptions(profile, carrier)


Look = Annotated[LookOptions, Depends(read_look)]
Detection = Annotated[DetectionOptions, Depends(read_detection)]
Keeping = Annotated[KeepingOptions, Depends(read_keeping)]


def read_choice(
    detection: Detection, faces: fields.Faces = "auto", boxes: fields.Boxes = None
) -> RegionChoice:
    """Which regions of a picture are meant.

    Raises:
        BoxError: the boxes are no JSON list of boxes, or too many.
    """
    return RegionChoice(faces if boxes is None else _read_boxes(boxes), detection)


Regions = Annotated[RegionChoice, Depends(read_choice)]


def read_audience(password: fields.Password = None, recipients: fields.Recipients = "") -> Audience:
    """Whom a picture is protected for."""
    return Audience(_text(password), recipients)


async def read_opening(
    password: fields.Password = None,
    identity: fields.IdentityFile = None,
    grant: fields.GrantFile = None,
    allow_weak: fields.AllowWeak = False,
) -> Opening:
    """What a picture is opened with."""
    return Opening(_text(password), await _content(identity), await _content(grant), allow_weak)


ForWhom = Annotated[Audience, Depends(read_audience)]
OpenedWith = Annotated[Opening, Depends(read_opening)]


async def _content(file: UploadFile | None) -> bytes | None:
    return None if file is None else await file.read()


def _text(password: SecretStr | None) -> str | None:
    return None if password is None else password.get_secret_value()


def _read_boxes(text: str) -> list[Box]:
    try:
        given = _BOXES.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"[{each!r}]" for each in first["loc"])
        raise BoxError(f"boxes{place}: {first['msg']}") from error
    if len(given) > MAX_FACES:
        raise BoxError(f"there are {len(given)} boxes; at most {MAX_FACES} are allowed")
    return [Box(box.x, box.y, box.width, box.height) for box in given]

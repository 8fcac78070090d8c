"""The fields of a form that belong together, read into the library's options."""

from typing import Annotated

from fastapi import Depends
from pydantic import TypeAdapter, ValidationError

from ..errors import BoxError
from ..faces.boxes import MAX_FACES, Box
from ..picture import options
from ..picture.options import DetectionOptions, KeepingOptions, LookOptions
from . import schemas
from .operations import RegionChoice

_BOXES = TypeAdapter(list[schemas.BoxField])


def read_look(
    obfuscator: schemas.Obfuscator = options.DEFAULT_OBFUSCATOR,
    strength: schemas.Strength = None,
) -> LookOptions:
    """What the obfuscated faces look like."""
    return LookOptions(obfuscator, strength)


def read_detection(
    threshold: schemas.Threshold = options.DEFAULT_THRESHOLD,
    mask_scale: schemas.MaskScale = options.DEFAULT_MASK_SCALE,
) -> DetectionOptions:
    """How faces are detected."""
    return DetectionOptions(threshold, mask_scale)


def read_keeping(
    profile: schemas.Profile = options.DEFAULT_PROFILE,
    carrier: schemas.CarrierField = "pixels",
) -> KeepingOptions:
    """How the originals are kept."""
    return KeepingOptions(profile, carrier)


Look = Annotated[LookOptions, Depends(read_look)]
Detection = Annotated[DetectionOptions, Depends(read_detection)]
Keeping = Annotated[KeepingOptions, Depends(read_keeping)]


def read_choice(
    detection: Detection, faces: schemas.Faces = "auto", boxes: schemas.Boxes = None
) -> RegionChoice:
    """Which regions of a picture are meant.

    Raises:
        BoxError: the boxes are no JSON list of boxes, or too many.
    """
    return RegionChoice(faces if boxes is None else _read_boxes(boxes), detection)


Regions = Annotated[RegionChoice, Depends(read_choice)]


def _read_boxes(text: str) -> list[Box]:
    try:
        fields = _BOXES.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"[{each!r}]" for each in first["loc"])
        raise BoxError(f"boxes{place}: {first['msg']}") from error
    if len(fields) > MAX_FACES:
        raise BoxError(f"there are {len(fields)} boxes; at most {MAX_FACES} are allowed")
    return [Box(box.x, box.y, box.width, box.height) for box in fields]

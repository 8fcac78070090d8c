"""What goes in and out, field by field; FastAPI makes the OpenAPI schema of it."""

from typing import Annotated, Any, Literal

from fastapi import File, Form, Header, UploadFile
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ..files.manifest import Carrier
from ..picture import options
from ..profile.base import WrongRecovery

JOB_PATTERN = "^[A-Za-z0-9_-]{16,64}$"

_PIXELS = 2**31 - 1
_FACE: dict[str, Any] = {"x": 160, "y": 35, "width": 130, "height": 164}


def _example(**fields: Any) -> ConfigDict:  # noqa: ANN401 - whatever a model holds
    return ConfigDict(json_schema_extra={"example": fields})


WrongPassword = Annotated[
    WrongRecovery,
    Field(
        description="What a wrong password gives: an `error`, or faces as `noise` or still "
        "`obfuscated`."
    ),
]


class BoxField(BaseModel):
    """A rectangle of whole pixels; (0, 0) is the top left pixel of the upright picture."""

    model_config = _example(**_FACE)

    x: int = Field(ge=0, le=_PIXELS)
    y: int = Field(ge=0, le=_PIXELS)
    width: int = Field(ge=1, le=_PIXELS)
    height: int = Field(ge=1, le=_PIXELS)


class DetectedFace(BoxField):
    """A box around a detected face."""

    score: float | None = Field(ge=0, le=1, description="How sure the detector is.")


class Detected(BaseModel):
    """The faces of a picture."""

    model_config = _example(width=512, height=512, faces=[_FACE | {"score": 0.94}], notes=[])

    width: int = Field(description="Of the upright picture, in pixels.")
    height: int = Field(description="Of the upright picture, in pixels.")
    faces: list[DetectedFace] = Field(description="From left to right; they may overlap.")
    notes: list[str] = Field(description="Sentences that the user should read.")


class Region(BoxField):
    """An obfuscated region of a picture."""

    png: str = Field(
        description="Its pixels: a PNG file, in base64.",
        json_schema_extra={"contentEncoding": "base64", "contentMediaType": "image/png"},
    )


class Preview(BaseModel):
    """What the protected picture will show, as nearly as eyes can tell."""

    model_config = _example(regions=[_FACE | {"png": "iVBORw0KGgo="}])

    regions: list[Region] = Field(description="Disjoint: boxes that overlap have become one.")


class Inspected(BaseModel):
    """What a protected picture says of itself."""

    model_config = _example(
        width=512,
        height=512,
        profile="randwr",
        carrier="pixels",
        obfuscator="gaussian",
        strength=20,
        faces=[_FACE],
        recoverable=True,
        problems=[],
        wrong_password="noise",  # noqa: S106 - what one shows
    )

    width: int
    height: int
    profile: str
    carrier: Literal["pixels", "file"]
    obfuscator: str
    strength: float | None
    faces: list[BoxField]
    recoverable: bool = Field(description="Whether the password will bring the faces back here.")
    problems: list[str] = Field(description="Why not.")
    wrong_password: WrongPassword | None = Field(
        description="As for the profile; null if it is not installed."
    )


class ProfileFacts(BaseModel):
    """A profile: how the originals of faces are kept."""

    model_config = _example(
        name="sealed",
        wrong_password="error",  # noqa: S106 - what one shows
        secret=True,
        description="Each face encrypted and carried in its pixels.",
        licence="MIT",
    )

    name: str
    wrong_password: WrongPassword
    secret: bool = Field(
        description="Whether a picture is kept secret from those who train a network of their own."
    )
    description: str
    licence: str


class Profiles(BaseModel):
    """The profiles, and which one is the default."""

    default: str
    profiles: list[ProfileFacts]


class ObfuscatorFacts(BaseModel):
    """An obfuscator: what makes the obfuscated face."""

    model_config = _example(
        name="gaussian",
        summary="Gaussian blur",
        strength_name="sigma",
        default=20,
        minimum=2,
        maximum=40,
    )

    name: str
    summary: str
    strength_name: str | None = Field(
        default=None,
        description="What the strength measures, at a face of 112 pixels; null, like the three "
        "numbers, if there is no strength to choose.",
    )
    default: float | None = None
    minimum: float | None = None
    maximum: float | None = None


class Obfuscators(BaseModel):
    """The obfuscators, and which one is the default."""

    default: str
    obfuscators: list[ObfuscatorFacts]


class Allowed(BaseModel):
    """The limits of this service."""

    model_config = _example(upload=33_554_432, pixels=40_000_000, faces=200, seconds=120)

    upload: int = Field(description="Most bytes of a request.")
    pixels: int = Field(description="Most pixels of a picture.")
    faces: int = Field(description="Most faces of a picture.")
    seconds: float = Field(description="Longest time for sending, waiting, and working each.")


class Progress(BaseModel):
    """How far a request is that is not answered yet."""

    model_config = _example(state="working", done=3, total=17)

    state: Literal["waiting", "working"]
    done: int = Field(description="Faces that are done.")
    total: int = Field(description="Faces in all; 0 while they are not known.")


class Health(BaseModel):
    """The service lives."""

    model_config = _example(status="ok", version="0.1.0")

    status: Literal["ok"] = "ok"
    version: str


class ErrorAnswer(BaseModel):
    """Why a request was refused."""

    model_config = _example(
        code="no-face", message="no face was found; try a lower threshold, or give boxes"
    )

    code: str = Field(description="A word for programs.")
    message: str = Field(description="A sentence for people.")


PictureFile = Annotated[
    UploadFile,
    File(description="JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, HEIC, JPEG 2000 or PPM; a still."),
]
Password = Annotated[
    SecretStr,
    Form(
        min_length=1,
        max_length=1024,
        description="Any characters; never logged, never kept.",
        examples=["correct horse battery staple"],
    ),
]
Profile = Annotated[
    str,
    Form(description="One of `GET /api/profiles`.", examples=[options.DEFAULT_PROFILE, "sealed"]),
]
Obfuscator = Annotated[
    str, Form(description="One of `GET /api/obfuscators`.", examples=[options.DEFAULT_OBFUSCATOR])
]
Strength = Annotated[
    float | None,
    Form(
        allow_inf_nan=False,
        description="Of the obfuscator, at a face of 112 pixels; its own default if absent.",
        examples=[20],
    ),
]
Faces = Annotated[
    Literal["auto", "whole"],
    Form(description="`auto` detects them, `whole` takes the whole picture for one face."),
]
Boxes = Annotated[
    str | None,
    Form(
        description="The regions to protect instead, taken as they are: a JSON list of "
        "objects with `x`, `y`, `width` and `height`.",
        examples=['[{"x": 12, "y": 8, "width": 96, "height": 120}]'],
        json_schema_extra={"contentMediaType": "application/json"},
    ),
]
Threshold = Annotated[
    float, Form(gt=0, lt=1, description="Smallest score of a detected face; lower finds more.")
]
MaskScale = Annotated[
    float, Form(gt=0, le=100, description="Factor on the sides of a detected face.")
]
CarrierField = Annotated[
    Carrier,
    Form(
        description="`pixels` keeps the originals in the faces' own pixels; `file`, for `sealed` "
        "only, puts them beside, into the PNG file, from which they come back bit for bit."
    ),
]
AcceptDamage = Annotated[
    bool, Form(description="Recover what is left of faces that were changed since.")
]
WrongRecoveryField = Annotated[
    WrongRecovery | None,
    Form(description="What a wrong password gives; what the profile promises if absent."),
]
ManifestText = Annotated[
    str | None,
    Form(
        description="The manifest, if it was kept apart from the picture: JSON.",
        max_length=2**20,
    ),
]
Job = Annotated[
    str | None,
    Header(
        alias="Proface-Job",
        pattern=JOB_PATTERN,
        description="A random name under which `GET /api/progress/{job}` tells how far it is.",
    ),
]

"""What goes out, field by field; FastAPI makes the OpenAPI schema of it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..keys.signing import SignatureState
from ..picture.results import Answer, Scene
from ..profile.base import WrongRecovery

_PIXELS = 2**31 - 1
_FACE: dict[str, Any] = {"x": 160, "y": 35, "width": 130, "height": 164}
_MADE = {"time": "2026-11-27T09:30:00Z", "version": "0.1.0"}


def _example(**fields: Any) -> ConfigDict:  # noqa: ANN401 - whatever a model holds
    return ConfigDict(json_schema_extra={"example": fields})


WrongPassword = Annotated[
    WrongRecovery,
    Field(
        description="What a wrong password or identity gives: an `error`, or faces as `noise` or "
        "still `obfuscated`."
    ),
]


AnswerField = Annotated[
    Answer, Field(description="`unknown` where nothing can be said with what was given.")
]
SceneField = Annotated[
    Scene, Field(description="What became of pixels; `unknown` where it cannot be said.")
]
SignatureField = Annotated[
    SignatureState,
    Field(
        description="What the signature proves. One by an `unknown signer` fits the picture, but "
        "nobody said whose it should be."
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


class Made(BaseModel):
    """When and by what a picture was protected, as it says itself."""

    model_config = _example(**_MADE)

    time: str = Field(description="UTC, by the clock of the machine that protected it.")
    version: str = Field(description="Of proface.")


class SlotFacts(BaseModel):
    """A slot: one way to open a picture."""

    model_config = _example(kind="recipients", recipients=2)

    kind: Literal["password", "key", "recipients", "paper"] = Field(
        description="`key` is one of 32 bytes, as programs keep it; `paper` stands for the paper's "
        "profiles, which tell nobody whether a password is right."
    )
    derivation: str | None = Field(
        default=None, description="How a password becomes a key, in words."
    )
    weak: bool = Field(
        default=False,
        description="Whether guessing the password costs less than by default; recovery then needs "
        "`allow_weak`.",
    )
    recipients: int = Field(default=0, description="How many, as the file says.")


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
        made=_MADE,
        slots=[
            {"kind": "password", "derivation": "Argon2id, 3 passes over 64 MiB", "weak": False},
            {"kind": "recipients", "recipients": 2},
        ],
        signature="none",
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
    made: Made
    slots: list[SlotFacts] = Field(description="Each of them opens the picture.")
    signature: SignatureField


class FaceVerdict(BoxField):
    """What can be said of one face."""

    model_config = _example(**_FACE, pixels="unchanged", opens="yes", why="")

    pixels: SceneField = Field(description="Its protected pixels, against those that were written.")
    opens: AnswerField = Field(description="Whether the original opens, and is authentic.")
    why: str = Field(description="What stands against it; empty if nothing does.")


class Verified(BaseModel):
    """What can be said of a protected picture."""

    model_config = _example(
        is_authentic=True,
        problems=[],
        authentic="yes",
        scene="unchanged",
        signature="valid",
        made=_MADE,
        faces=[_FACE | {"pixels": "unchanged", "opens": "yes", "why": ""}],
    )

    is_authentic: bool = Field(
        description="Whether the manifest is authentic, and nothing speaks against the picture."
    )
    problems: list[str] = Field(description="What speaks against it, a sentence each.")
    authentic: AnswerField = Field(
        description="Whether the manifest is as it was made; `unknown` without a secret."
    )
    scene: SceneField = Field(
        description="The pixels outside the faces; `unknown` where a lossy format changes them all."
    )
    signature: SignatureField
    made: Made
    faces: list[FaceVerdict]


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

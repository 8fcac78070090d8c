"""What goes in, field by field; FastAPI makes the OpenAPI schema of it."""

from typing import Annotated, Literal

from fastapi import File, Form, Header, UploadFile
from pydantic import SecretStr

from ..files.manifest import Carrier
from ..keys.recipients import MAX_CHARACTERS
from ..picture import options
from ..profile.base import WrongRecovery

JOB_PATTERN = "^[A-Za-z0-9_-]{16,64}$"

PictureFile = Annotated[
    UploadFile,
    File(description="JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, HEIC, JPEG 2000 or PPM; a still."),
]
Password = Annotated[
    SecretStr | None,
    Form(
        max_length=1024,
        description="Any characters; never logged, never kept.",
        examples=["correct horse battery staple"],
    ),
]
Recipients = Annotated[
    str,
    Form(
        max_length=MAX_CHARACTERS,
        description="Who may recover the faces, too, or alone where there is no password: one a "
        "line, at most 64, each `age1...`, `ssh-ed25519 ...` or `ssh-rsa ...`.",
        examples=["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"],
    ),
]
IdentityFile = Annotated[
    UploadFile | None,
    File(
        description="Instead of a password: the secret of a recipient, as `age-keygen` or "
        "`ssh-keygen` writes it, without a passphrase; at most 64 KiB; never logged, never kept."
    ),
]
GrantFile = Annotated[
    UploadFile | None,
    File(description="What opens single faces, with the identity of its recipient."),
]
AllowWeak = Annotated[
    bool,
    Form(
        description="Try the password although the picture asks for a key derivation below the "
        "default. A forger may have put that there, to find out the password."
    ),
]
Signer = Annotated[
    str | None,
    Form(
        max_length=MAX_CHARACTERS,
        description="The Ed25519 public key of who should have protected the picture: PEM.",
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
    Form(
        description="What a wrong password or identity gives; what the profile promises if absent."
    ),
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

"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_PROFILE = "randwr"
"""The library's, which is too heavy to import for a help text."""

Photo = Annotated[Path, typer.Argument(help="The picture.", metavar="PHOTO", show_default=False)]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="File to write, losslessly: .png, .webp or .tif.",
        metavar="OUT.png",
        show_default=False,
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        help="File whose first line is the password. Without it and --password-stdin, the "
        "variable PROFACE_PASSWORD counts; without that, a prompt asks.",
        metavar="FILE",
    ),
]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
Profile = Annotated[str, typer.Option(help="How faces are kept, one of `proface profiles`.")]
Obfuscator = Annotated[
    str, typer.Option(help="How faces are hidden: gaussian, pixelate or median.")
]
Provider = Annotated[
    list[str] | None,
    typer.Option(
        help="What runs the network: cpu, cuda, coreml, openvino or directml; repeat it in "
        "order of preference.",
        metavar="NAME",
        show_default="cpu",
    ),
]
ManifestFile = Annotated[
    Path | None,
    typer.Option(
        help="The manifest's file, if it is neither in the picture nor beside it.", metavar="FILE"
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


class Carrier(StrEnum):
    """Where sealed faces are."""

    pixels = "pixels"
    file = "file"


class WrongRecovery(StrEnum):
    """What sealed faces become with a wrong password."""

    error = "error"
    noise = "noise"
    obfuscated = "obfuscated"


class FaceChoice(StrEnum):
    """Which faces are protected when no boxes are given."""

    auto = "auto"
    whole = "whole"


class ManifestPlace(StrEnum):
    """Where the manifest goes."""

    embed = "embed"
    detached = "detached"

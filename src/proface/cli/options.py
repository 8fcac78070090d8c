"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..errors import PictureError

DEFAULT_PROFILE = "randwr"
"""The library's, which is too heavy to import for a help text."""

Photo = Annotated[
    Path,
    typer.Argument(
        help="The picture, or the video; - for a picture on standard input.",
        metavar="PHOTO",
        show_default=False,
    ),
]
Protected = Annotated[
    Path,
    typer.Argument(help="The protected picture or video.", metavar="PROTECTED", show_default=False),
]
PhotoOrFolder = Annotated[
    Path,
    typer.Argument(
        help="The picture or video, or a folder of them.", metavar="PHOTO", show_default=False
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="File to write, losslessly: .png, .webp or .tif; .mkv for a video or an animation; a "
        "folder for one; - for a PNG on standard output.",
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
    str,
    typer.Option(
        help="What the faces become: gaussian, pixelate, median, sticker, swap, "
        "simswap or faceshifter; see `proface obfuscators`."
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        help="Which of many looks faces get, where the obfuscator has several.",
        min=0,
        max=2**32 - 1,
    ),
]
Stickers = Annotated[
    Path | None,
    typer.Option(
        help="Folder of pictures with transparency for the obfuscator sticker.",
        metavar="DIR",
        show_default="drawn ones",
    ),
]
Donor = Annotated[
    Path | None,
    typer.Option(
        help="Picture of the one face that the obfuscator swap puts in place of all others.",
        metavar="FILE",
        show_default="faces of nobody",
    ),
]
Provider = Annotated[
    list[str] | None,
    typer.Option(
        help="What runs the network: cpu, openvino, cuda, coreml or directml, see `proface "
        "doctor`; repeat it in order of preference. Without it, the variable PROFACE_PROVIDER "
        "counts.",
        metavar="NAME",
        show_default="openvino where installed, else cpu",
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


Carrier = Literal["pixels", "file"]
WrongRecovery = Literal["error", "noise", "obfuscated"]
ShapeChoice = Literal["box", "ellipse"]
CodecChoice = Literal["ffv1", "x264"]
FaceChoice = Literal["auto", "whole"]
ManifestPlace = Literal["embed", "detached"]
"""The library's, which are too heavy to import for a help text."""

Shape = Annotated[
    ShapeChoice,
    typer.Option(
        help="Obfuscate all of a face's box, or the ellipse in it and leave the corners, but for "
        "those at the picture's border."
    ),
]


def check_photo(path: Path) -> None:
    """Refuse a picture that is not there.

    Raises:
        PictureError: there is no such file.
    """
    if not path.exists():
        raise PictureError(f"there is no picture at {path}")

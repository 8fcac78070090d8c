"""What each picture format tells besides pixels: the manifest, sealed faces, whether it loses."""

import html
from typing import Literal

from PIL import Image, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from ..errors import OutputError, PictureError
from . import chunks
from .json_fields import MAX_CHARACTERS

Format = Literal["PNG", "WEBP", "TIFF", "JPEG"]

KEYWORD = "proface"
"""Names the manifest in PNG files, and begins the description of TIFF files."""
_EXIF_AS_TEXT = "Raw profile type exif"
"""As ImageMagick used to write it into PNG files: three lines, then hexadecimal digits."""
_PNG_LEVEL = 4
"""Half the time of zlib's usual 6; photographs get 2 to 5 % larger."""
TIFF_DESCRIPTION = 270
"""The tag that holds the manifest."""
_TIFF_PREDICTOR = 317
_LOSSY = ("JPEG", "MPO", "AVIF", "HEIF", "JPEG2000")
_LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp")
XMP_START, XMP_END = "<proface:manifest>", "</proface:manifest>"
"""Between them lies the manifest in the XMP data of WebP files."""
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    f'xmlns:proface="urn:proface:1">{XMP_START}%s{XMP_END}</rdf:Description></rdf:RDF>'
    "</x:xmpmeta>"
)


def check_text(manifest: str) -> None:
    """Refuse what cannot stand in every kind of file.

    Raises:
        OutputError: the text is not printable ASCII, or longer than `MAX_CHARACTERS`.
    """
    if not (manifest.isascii() and manifest.isprintable()) or len(manifest) > MAX_CHARACTERS:
        raise OutputError(
            f"a manifest must be printable ASCII, and at most {MAX_CHARACTERS} characters long"
        )


def options(format: Format, manifest: str | None) -> dict[str, object]:  # noqa: A002
    """How Pillow shall write a format, with a manifest or without.

    JPEG's manifest is not among them: `chunks.insert` puts it into the finished file.
    """
    if format == "JPEG":
        return {"quality": 95, "subsampling": 0}
    if format == "PNG":
        texts = PngInfo()
        if manifest is not None:
            texts.add_itxt(KEYWORD, manifest)
        return {"pnginfo": texts, "compress_level": _PNG_LEVEL}
    if format == "WEBP":
        xmp = "" if manifest is None else _XMP % html.escape(manifest, quote=False)
        return {"lossless": True, "exact": True, "xmp": xmp.encode()}
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[_TIFF_PREDICTOR] = 2  # differences of neighbours compress better
    if manifest is not None:
        tags[TIFF_DESCRIPTION] = f"{KEYWORD}:{manifest}"
    return {"compression": "tiff_adobe_deflate", "tiffinfo": tags}


def find_manifest(image: Image.Image, data: bytes | None, notes: list[str]) -> str | None:
    """The text of the manifest in a file, unchecked, or None.

    Args:
        image: the file as Pillow opened it.
        data: the file itself, if it is at hand.
        notes: gets a sentence for the user where a manifest had to be ignored.
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        text = str(image.tag_v2.get(TIFF_DESCRIPTION, ""))
        _, start, rest = text.partition(f"{KEYWORD}:")
        found = rest if start and text.startswith(start) else None
    elif image.format == "WEBP":
        xmp = image.info.get("xmp", b"").decode("utf-8", "replace")
        _, start, rest = xmp.partition(XMP_START)
        found = html.unescape(rest.partition(XMP_END)[0]) if start else None
    elif image.format == "PNG" and KEYWORD in image.info:
        found = str(image.info[KEYWORD])
    else:
        carried = _find(data, "manifest", notes)
        found = None if carried is None else carried.decode("utf-8", "replace")
    if found is not None and len(found) > MAX_CHARACTERS:
        notes.append(f"the manifest in the file is longer than {MAX_CHARACTERS}: ignored")
        return None
    return found


def find_exif(image: Image.Image) -> bytes:
    """The EXIF data that Pillow would read of a file; none where it is damaged."""
    exif = image.info.get("exif")
    if isinstance(exif, bytes):
        return exif
    lines = str(image.info.get(_EXIF_AS_TEXT, "")).split("\n")[3:]
    try:
        return bytes.fromhex("".join(lines))
    except ValueError:
        return b""


def find_seals(data: bytes | None, notes: list[str]) -> bytes | None:
    """The sealed faces in a file, unchecked, or None; arguments as for `find_manifest`."""
    return _find(data, "seals", notes)


def is_lossy(image: Image.Image, data: bytes | None) -> bool:
    """Whether a file's format loses information; arguments as for `find_manifest`."""
    if image.format == "WEBP" and data:
        return any(name == b"VP8 " for name, _ in chunks.webp_chunks(data))
    return image.format in _LOSSY or image.info.get("compression") in _LOSSY_TIFF


def _find(data: bytes | None, kind: chunks.ChunkKind, notes: list[str]) -> bytes | None:
    # A photograph to be protected must not fail for what some program left in it.
    try:
        return chunks.find(data or b"", kind)
    except PictureError as error:
        notes.append(f"{error}: ignored")
        return None

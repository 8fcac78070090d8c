"""Another manifest in a finished picture file: its text is exchanged, and no pixel is touched.

Nothing is decoded or encoded. All other chunks, segments and tags stay as they are, in their order.
The old text leaves the file.
"""

import html
import struct

from ..errors import ManifestError, PictureError
from . import chunks, tiff
from .metadata import KEYWORD, TIFF_DESCRIPTION, XMP_END, XMP_START, check_text

_PNG_TEXTS = (b"iTXt", b"tEXt", b"zTXt")
"""The first is written; another program may have made one of the others of it."""
_TIFF_HEAD, _TIFF_ENTRY, _TIFF_ASCII = 8, 12, 2
_TIFF_CLASSIC = 42
"""In the head of a TIFF file; BigTIFF has another number."""


def replace_manifest(data: bytes, manifest: str) -> bytes:
    """A protected picture's file with another manifest.

    In a TIFF file that has something behind the old text, zeros stand where it was; the new one is
    at the end of the file, and is replaced there the next time.

    Args:
        data: a PNG, WebP, TIFF or JPEG file that carries a manifest; at most 1 GiB.
        manifest: printable ASCII, as JSON without line breaks is.

    Returns:
        The file; the same bytes if it carries this text already, as `images.encode` writes it.

    Raises:
        PictureError: the file is of another format or layout, or damaged.
        ManifestError: it carries no manifest, or more than one.
        OutputError: the text is too long, or not printable ASCII.
    """
    check_text(manifest)
    if data.startswith(chunks.PNG_START):
        return _in_png(data, manifest)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _in_webp(data, manifest)
    if data.startswith(b"\xff\xd8"):
        return _in_jpeg(data, manifest)
    if tiff.is_tiff(data):
        return _in_tiff(data, manifest)
    raise PictureError(
        "the file is no PNG, WebP, TIFF or JPEG file, so its manifest cannot be exchanged; give "
        "the file that proface wrote"
    )


def _in_png(data: bytes, manifest: str) -> bytes:
    key = KEYWORD.encode() + b"\0"
    found: list[tuple[int, int]] = []
    position = len(chunks.PNG_START)
    for name, content in chunks.png_chunks(data):
        end = position + len(chunks.png_chunk(name, b"")) + len(content)
        if name in _PNG_TEXTS and content.startswith(key):
            found.append((position, end))
        if name == b"IEND":
            break
        position = end
    else:
        raise PictureError("the PNG file is cut short; give the file that proface wrote")
    _check_one(len(found))
    begin, end = found[0]
    # Not compressed; neither a language nor a translated keyword.
    chunk = chunks.png_chunk(_PNG_TEXTS[0], key + bytes(4) + manifest.encode())
    return data[:begin] + chunk + data[end:]


def _in_webp(data: bytes, manifest: str) -> bytes:
    start, stop = XMP_START.encode(), XMP_END.encode()
    found: list[tuple[int, int, bytes]] = []
    position = 12
    for name, content in chunks.webp_chunks(data):
        end = position + len(chunks.riff_chunk(name, content))
        if name == b"XMP " and start in content:
            found.append((position, min(end, len(data)), content))
        position = end
    _check_one(sum(xmp.count(start) for _, _, xmp in found))
    begin, end, xmp = found[0]
    before, _, rest = xmp.partition(start)
    _, closed, behind = rest.partition(stop)
    if not closed:
        raise PictureError("the manifest in the file is garbled; give the file that proface wrote")
    text = html.escape(manifest, quote=False).encode()
    chunk = chunks.riff_chunk(b"XMP ", before + start + text + stop + behind)
    size = int.from_bytes(data[4:8], "little") + len(chunk) - (end - begin)
    head = b"RIFF" + struct.pack("<I", size)
    return head + data[len(head) : begin] + chunk + data[end:]


def _in_jpeg(data: bytes, manifest: str) -> bytes:
    _check_one(chunks.find(data, "manifest") is not None)
    return chunks.replace(data, "manifest", manifest.encode())


def _in_tiff(data: bytes, manifest: str) -> bytes:
    order = "<" if data.startswith(b"II") else ">"
    key = f"{KEYWORD}:".encode()
    try:
        magic, directory = struct.unpack_from(f"{order}HI", data, 2)
        (count,) = struct.unpack_from(f"{order}H", data, directory)
        table = directory + 2, directory + 2 + count * _TIFF_ENTRY
        found = []
        for place in range(*table, _TIFF_ENTRY):
            tag, kind, size, begin = struct.unpack_from(f"{order}HHII", data, place)
            old = data[begin : begin + size] if kind == _TIFF_ASCII and size > len(key) else b""
            if tag == TIFF_DESCRIPTION and old.startswith(key):
                found.append((place, begin, begin + size))
        (following,) = struct.unpack_from(f"{order}I", data, table[1])
    except struct.error as error:
        raise PictureError(f"the TIFF file is damaged or cut short: {error}") from error
    if magic == _TIFF_CLASSIC and not following:
        _check_one(len(found))
        place, begin, end = found[0]
        apart = end <= directory or begin >= table[1] + 4
        if apart and begin >= _TIFF_HEAD and end <= len(data):
            behind = data[end:]
            kept = data[:begin] + (bytes(end - begin) + behind if behind else b"")
            kept += bytes(len(kept) % 2)  # values lie at even places
            text = key + manifest.encode() + b"\0"
            entry = (TIFF_DESCRIPTION, _TIFF_ASCII, len(text), len(kept))
            packed = struct.pack(f"{order}HHII", *entry)
            return kept[:place] + packed + kept[place + _TIFF_ENTRY :] + text
    raise PictureError(
        "the TIFF file is of another layout than proface writes, so its manifest cannot be "
        "exchanged; give the file that proface wrote"
    )


def _check_one(count: int) -> None:
    """Refuse a file that carries no manifest, or several.

    Raises:
        ManifestError: so it is.
    """
    if not count:
        raise ManifestError(
            "the file carries no proface manifest: it was not protected, or another program saved "
            "it without its metadata, or the manifest was kept apart"
        )
    if count > 1:
        raise ManifestError(
            f"the file carries {count} manifests; give the file that proface wrote, which has one"
        )

"""What a file says of its colours outside an ICC profile, and is dropped: the user is told."""

import struct

from PIL import Image

_SRGB_GAMMA = 45_455
"""Of PNG's gAMA, in hundred-thousandths: what comes nearest to sRGB."""
_NEAR = 0.05
"""Share by which a gamma may differ unseen."""
_SRGB_CORNERS = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
"""Of PNG's cHRM, in hundred-thousandths: white, red, green and blue of sRGB."""
_NEAR_CORNERS = 1_000
# Code points of ITU-T H.273 that a screen shows as sRGB, or that say nothing.
_USUAL_PRIMARIES = (1, 2, 5, 6)
_USUAL_TRANSFERS = (1, 2, 6, 13, 14, 15)
_HDR = {16: "PQ", 18: "HLG"}
_HEAD = 2**16
"""Bytes at the beginning of an AVIF or HEIC file that hold what is looked for."""


def notes(image: Image.Image, data: bytes | None) -> list[str]:
    """Sentences for the user on what was dropped of a file's colours and depth.

    Args:
        image: the file as Pillow opened it.
        data: the file itself, if it is at hand.
    """
    if data is None:
        return []
    if image.format == "PNG":
        return _of_png(data)
    if image.format in ("AVIF", "HEIF"):
        depth = _avif_bits(data) if image.format == "AVIF" else image.info.get("bit_depth", 8)
        noted = image.mode.startswith("I")  # reduced, and told of, by `colour`
        deep = [f"{depth} bits a sample were reduced to 8"] if depth > 8 and not noted else []
        return [*deep, *_of_boxes(image, data)]
    return []


def _of_png(data: bytes) -> list[str]:
    chunks: dict[bytes, bytes] = {}
    position = 8
    while position + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        if name == b"IDAT":
            break
        chunks[name] = data[position + 8 : position + 8 + size]
        position += size + 12
    # The order in which PNG's specification lets them count.
    if len(chunks.get(b"cICP", b"")) == 4:
        return _of_code_points(*chunks[b"cICP"][:2])
    if b"iCCP" in chunks or b"sRGB" in chunks:
        return []
    found = []
    if len(gamma := chunks.get(b"gAMA", b"")) == 4:
        value = int.from_bytes(gamma, "big")
        if value and abs(value / _SRGB_GAMMA - 1) > _NEAR:
            found.append(
                f"the file's gamma, {value / 100_000:g}, was dropped: other programs may show the "
                "picture darker or lighter than the file"
            )
    if len(corners := chunks.get(b"cHRM", b"")) == 32:
        values = struct.unpack(">8I", corners)
        pairs = zip(values, _SRGB_CORNERS, strict=True)
        if any(abs(value - usual) > _NEAR_CORNERS for value, usual in pairs):
            found.append("the file's primary colours were dropped; its colours may look different")
    return found


def _of_boxes(image: Image.Image, data: bytes) -> list[str]:
    start = data.find(b"colrnclx", 0, _HEAD)
    if start < 0 or image.info.get("icc_profile"):
        return []
    return _of_code_points(*struct.unpack_from(">HH", data[:_HEAD].ljust(_HEAD, b"\0"), start + 8))


def _of_code_points(primaries: int, transfer: int) -> list[str]:
    if transfer in _HDR:
        return [
            f"the picture is HDR ({_HDR[transfer]}), and its colours were taken for sRGB: it will "
            "look pale or dark; export it as a usual JPEG or PNG for better colours"
        ]
    if primaries in _USUAL_PRIMARIES and transfer in _USUAL_TRANSFERS:
        return []
    return [
        f"the file's colour space (primaries {primaries}, transfer {transfer} of ITU-T H.273) was "
        "dropped; its colours may look different"
    ]


def _avif_bits(data: bytes) -> int:
    """Bits a sample by the first AV1 configuration of a file; 8 where there is none."""
    start = data.find(b"av1C", 0, _HEAD)
    if start < 0 or start + 7 > len(data):
        return 8
    flags = data[start + 6]  # tier, high bit depth, twelve bits, ...
    return (12 if flags & 0x20 else 10) if flags & 0x40 else 8
